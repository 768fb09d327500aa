//! Contents of blobs, through `object_store`, none of whose types leaves this module.
//!
//! A file of up to 8 MiB is one request. A longer one is sent in blocks of 8 MiB, four at a time,
//! and becomes a blob when all of them are there, so that a blob is never half a file.

use std::fmt;
use std::path::Path;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use object_store::azure::{MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::{
    Attribute, Attributes, MultipartUpload, ObjectStore as _, ObjectStoreExt as _,
    PutMultipartOptions, PutOptions, PutPayload,
};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Semaphore;

use super::Storage;
use super::credential::Kind;
use crate::error::{Error, Result};
use crate::files::LocalFile;

/// Size of a block; longer files are sent in several.
pub(crate) const BLOCK: u64 = 8 * 1024 * 1024;
/// Blocks of one file that are under way at a time.
const BLOCKS: usize = 4;
/// Most blocks of a blob.
const MOST_BLOCKS: u64 = 50_000;

/// Access to the blobs of a container.
#[derive(Clone)]
pub(crate) struct Data {
    store: MicrosoftAzure,
    container: String,
}

impl Data {
    pub(super) fn new(storage: &Storage, container: &str) -> Result<Self> {
        let builder = MicrosoftAzureBuilder::new().with_account(storage.account());
        let builder = match &storage.0.credential.0 {
            Kind::Key(key) => builder.with_access_key(key.encoded()),
            Kind::Sas(sas) => builder.with_sas_authorization(sas.pairs()),
        };
        let store = builder
            .with_container_name(container)
            .with_endpoint(storage.endpoint().as_str().trim_end_matches('/').to_owned())
            .with_allow_http(true)
            .with_http_connector(Connector(storage.0.http.clone()))
            .build();
        let container = container.to_owned();
        store
            .map(|store| Self { store, container })
            .map_err(|error| Error::invalid(format!("cannot use the storage account: {error}")))
    }

    /// Uploads a file with its time as metadata. Each block in memory holds one of the permits, so
    /// that uploads which share them share a bound of memory.
    pub(crate) async fn put(&self, file: &LocalFile, permits: &Semaphore) -> Result<()> {
        let unreadable = |error| Error::file("read", file.path(), error);
        let mut content = File::open(file.path()).await.map_err(unreadable)?;
        let mut attributes = Attributes::new();
        let name = Attribute::Metadata("lastmodified".into());
        attributes.insert(name, file.last_modified().into());
        if file.len() <= BLOCK {
            let _permit = permits.acquire().await;
            let bytes = block(&mut content, BLOCK).await.map_err(unreadable)?;
            is_whole(file, bytes.len() as u64)?;
            let options = PutOptions::from(attributes);
            let path = self::path(file.name())?;
            let sent = self
                .store
                .put_opts(&path, PutPayload::from(bytes), options)
                .await;
            sent.map_err(|error| self.failed("upload", file.name(), &error))?;
        } else {
            self.put_blocks(file, content, attributes, permits).await?;
        }
        has_not_changed(file).await
    }

    async fn put_blocks(
        &self,
        file: &LocalFile,
        mut content: File,
        attributes: Attributes,
        permits: &Semaphore,
    ) -> Result<()> {
        let failed = |error| self.failed("upload", file.name(), &error);
        let path = self::path(file.name())?;
        let options = PutMultipartOptions::from(attributes);
        let upload = self.store.put_multipart_opts(&path, options).await;
        let mut upload: Box<dyn MultipartUpload> = upload.map_err(failed)?;
        let size = BLOCK.max(file.len().div_ceil(MOST_BLOCKS));
        let mut sending = FuturesUnordered::new();
        let mut read = 0;
        loop {
            let permit = match permits.try_acquire() {
                // Blocks of this file make progress, and give their permits back, only here.
                Err(_) if !sending.is_empty() => {
                    sending.next().await.transpose().map_err(failed)?;
                    continue;
                }
                Err(_) => permits.acquire().await.ok(),
                Ok(permit) => Some(permit),
            };
            let bytes = block(&mut content, size).await;
            let bytes = bytes.map_err(|error| Error::file("read", file.path(), error))?;
            if bytes.is_empty() {
                break;
            }
            read += bytes.len() as u64;
            let part = upload.put_part(PutPayload::from(bytes));
            sending.push(async move {
                let sent = part.await;
                drop(permit);
                sent
            });
            if sending.len() >= BLOCKS {
                sending.next().await.transpose().map_err(failed)?;
            }
        }
        while let Some(sent) = sending.next().await {
            sent.map_err(failed)?;
        }
        is_whole(file, read)?;
        upload.complete().await.map_err(failed)?;
        Ok(())
    }

    /// Downloads a blob into a new file. The caller renames it into place.
    pub(crate) async fn get(&self, name: &str, to: &Path) -> Result<u64> {
        let unwritable = |error| Error::file("write", to, error);
        let found = self.store.get(&path(name)?).await;
        let mut stream = found
            .map_err(|error| self.failed("download", name, &error))?
            .into_stream();
        let mut file = File::create(to).await.map_err(unwritable)?;
        let mut len = 0;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|error| self.failed("download", name, &error))?;
            len += bytes.len() as u64;
            file.write_all(&bytes).await.map_err(unwritable)?;
        }
        file.flush().await.map_err(unwritable)?;
        Ok(len)
    }

    /// Returns the last bytes of a blob.
    pub(crate) async fn tail(&self, name: &str, most: u64) -> Result<Bytes> {
        let failed = |error| self.failed("read", name, &error);
        let path = self::path(name)?;
        let len = self.store.head(&path).await.map_err(failed)?.size;
        if len == 0 {
            return Ok(Bytes::new());
        }
        let range = len.saturating_sub(most)..len;
        self.store.get_range(&path, range).await.map_err(failed)
    }

    fn failed(&self, verb: &str, name: &str, error: &object_store::Error) -> Error {
        use object_store::Error as Cause;
        let (status, code) = match error {
            Cause::NotFound { .. } => (Some(404), Some("BlobNotFound")),
            Cause::AlreadyExists { .. } => (Some(409), None),
            Cause::Precondition { .. } => (Some(412), None),
            Cause::Unauthenticated { .. } => (Some(401), None),
            Cause::PermissionDenied { .. } => (Some(403), None),
            _ => (None, None),
        };
        let text = format!(
            "cannot {verb} the blob `{name}` of `{}`: {error}",
            self.container
        );
        Error::storage(text, status, code)
    }
}

fn is_whole(file: &LocalFile, read: u64) -> Result<()> {
    if read == file.len() {
        return Ok(());
    }
    Err(changed(file))
}

/// A file that changed while it was read is a mixture of two; its time says so, and the next run
/// sends it again.
async fn has_not_changed(file: &LocalFile) -> Result<()> {
    let about = tokio::fs::metadata(file.path()).await;
    let about = about.map_err(|error| Error::file("read", file.path(), error))?;
    if about.len() == file.len() && about.modified().ok() == Some(file.modified()) {
        return Ok(());
    }
    Err(changed(file))
}

fn path(name: &str) -> Result<object_store::path::Path> {
    object_store::path::Path::parse(name)
        .map_err(|error| Error::invalid(format!("cannot use `{name}` as a blob: {error}")))
}

fn changed(file: &LocalFile) -> Error {
    Error::storage(
        format!(
            "cannot upload {}: it changed while it was read; run it again",
            file.path().display()
        ),
        None,
        None,
    )
}

/// Reads up to this many bytes; fewer only at the end of the file.
async fn block(file: &mut File, size: u64) -> std::io::Result<Bytes> {
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes).await?;
    Ok(bytes.into())
}

/// Leaves out the store, whose Debug shows the key.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("container", &self.container)
            .finish_non_exhaustive()
    }
}

/// Gives `object_store` our HTTP client.
#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}
