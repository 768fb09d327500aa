//! HTTP client for file transfers: any server for a single file, Azure Storage for containers.
//!
//! The query of a URL holds signatures, so no error that leaves this module contains one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Client, Method, Response, StatusCode, Url, header};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::AsyncWriteExt as _;

use super::limits;

/// Maximum number of pages of a list of blobs, so that a server cannot keep a task running forever.
/// Azure Storage has 5,000 blobs on a page.
const MAX_PAGES: usize = 1000;
/// Number of attempts for a request that fails with a transient error.
const ATTEMPTS: u32 = 3;
const CONNECT: Duration = Duration::from_secs(10);
/// Maximum pause within a response.
const PAUSE: Duration = Duration::from_secs(60);
/// Version of Azure Storage's API.
const VERSION: &str = "2021-08-06";
/// Maximum size of a list of blobs; a page has at most 5000 of them.
const LIST_LIMIT: usize = 64 * 1024 * 1024;

/// Reason why a request failed.
#[derive(Debug)]
pub(super) enum BlobError {
    /// The status of the response is not a success.
    Status(u16),
    /// The request timed out.
    Time,
    /// Anything else.
    Other(String),
}

impl BlobError {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Status(status) => format!("The server responded with status {status}."),
            Self::Time => "The server did not respond in time.".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }

    fn passes(&self) -> bool {
        match self {
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::Time | Self::Other(_) => true,
        }
    }
}

impl From<reqwest::Error> for BlobError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Time;
        }
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Self::Other(text)
    }
}

/// Returns a URL without the parts that may be secret.
pub(super) fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else {
        return "an invalid URL".to_owned();
    };
    url.set_query(None);
    url.set_fragment(None);
    // URLs that cannot have credentials have none to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

fn parse(url: &str) -> Result<Url, BlobError> {
    let url = Url::parse(url)
        .map_err(|error| BlobError::Other(format!("The URL is invalid: {error}.")))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(BlobError::Other(
            "The URL is not an HTTP or HTTPS URL.".to_owned(),
        ))
    }
}

/// The client for all transfers.
#[derive(Debug, Clone)]
pub(super) struct Blobs(Client);

impl Blobs {
    pub(super) fn new() -> io::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(io::Error::other)?
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT)
            .read_timeout(PAUSE)
            // It would send a signature to the target of a redirect.
            .referer(false)
            .build();
        client.map(Self).map_err(io::Error::other)
    }

    async fn get(&self, url: Url) -> Result<Response, BlobError> {
        let mut tried = 0;
        loop {
            let request = self
                .0
                .request(Method::GET, url.clone())
                .header("x-ms-version", VERSION);
            let result = checked(request.send().await);
            tried += 1;
            match result {
                Err(trouble) if trouble.passes() && tried < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(200) * tried).await;
                }
                result => return result,
            }
        }
    }

    /// Downloads into an open file at most the bytes that are left, and takes them off.
    pub(super) async fn fetch(
        &self,
        url: &str,
        file: &mut tokio::fs::File,
        left: &mut u64,
    ) -> Result<(), FetchError> {
        let mut response = self
            .get(parse(url).map_err(FetchError::Server)?)
            .await
            .map_err(FetchError::Server)?;
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| FetchError::Server(error.into()))?
        {
            let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            let rest = left.checked_sub(length);
            *left = rest.ok_or_else(|| FetchError::File(limits::exceeded()))?;
            file.write_all(&chunk).await.map_err(FetchError::File)?;
        }
        file.flush().await.map_err(FetchError::File)
    }

    /// Returns the names of a container's blobs with this prefix.
    pub(super) async fn list(
        &self,
        container: &str,
        prefix: &str,
    ) -> Result<Vec<String>, BlobError> {
        let mut names = Vec::new();
        let mut marker = String::new();
        for _ in 0..MAX_PAGES {
            let mut url = parse(container)?;
            url.query_pairs_mut()
                .append_pair("restype", "container")
                .append_pair("comp", "list");
            for (name, value) in [("prefix", prefix), ("marker", marker.as_str())] {
                if !value.is_empty() {
                    url.query_pairs_mut().append_pair(name, value);
                }
            }
            let page = text(self.get(url).await?).await?;
            marker = read_list(&page, &mut names).map_err(|error| {
                BlobError::Other(format!("The list of blobs is invalid: {error}."))
            })?;
            if marker.is_empty() {
                return Ok(names);
            }
        }
        let text = format!("The list of blobs does not end after {MAX_PAGES} pages.");
        Err(BlobError::Other(text))
    }

    /// Uploads a file as a block blob.
    pub(super) async fn put(
        &self,
        url: Url,
        file: std::fs::File,
        length: u64,
        headers: &[(String, String)],
    ) -> Result<(), BlobError> {
        let other =
            |error: io::Error| BlobError::Other(format!("The file cannot be read: {error}."));
        let mut tried = 0;
        loop {
            let file = file.try_clone().map_err(other)?;
            let stream = from_start(file, length).await.map_err(other)?;
            let mut request = self
                .0
                .request(Method::PUT, url.clone())
                .header("x-ms-version", VERSION)
                .header("x-ms-blob-type", "BlockBlob")
                .header(header::CONTENT_LENGTH, length);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let result = checked(request.body(stream).send().await);
            tried += 1;
            match result {
                Err(trouble) if trouble.passes() && tried < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(200) * tried).await;
                }
                result => return result.map(drop),
            }
        }
    }
}

/// Reason why a download failed: a remote error, or one with the local file.
#[derive(Debug)]
pub(super) enum FetchError {
    Server(BlobError),
    File(io::Error),
}

/// Streams a file from its start, up to the length that it had when it was opened.
async fn from_start(file: std::fs::File, length: u64) -> io::Result<reqwest::Body> {
    use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
    let mut file = tokio::fs::File::from_std(file);
    file.rewind().await?;
    let stream = tokio_util::io::ReaderStream::new(file.take(length));
    Ok(reqwest::Body::wrap_stream(stream))
}

fn checked(result: reqwest::Result<Response>) -> Result<Response, BlobError> {
    let response = result?;
    match response.status() {
        status if status.is_success() => Ok(response),
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Err(BlobError::Time),
        status => Err(BlobError::Status(status.as_u16())),
    }
}

async fn text(response: Response) -> Result<String, BlobError> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > LIST_LIMIT {
            return Err(BlobError::Other(
                "The list of blobs is too long.".to_owned(),
            ));
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| BlobError::Other("The list of blobs is not valid UTF-8.".to_owned()))
}

/// Parses a page of a list of blobs: adds the names and returns the marker of the next page.
fn read_list(page: &str, names: &mut Vec<String>) -> Result<String, String> {
    use quick_xml::events::Event;
    let page = page.trim_start_matches('\u{feff}');
    let mut reader = quick_xml::Reader::from_str(page);
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let mut marker = String::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => {
                path.push(tag.name().as_ref().to_owned());
                value.clear();
            }
            Event::Text(part) => {
                value.push_str(&part);
            }
            Event::GeneralRef(part) => {
                let whole = format!("&{};", &*part);
                let read = quick_xml::escape::unescape(&whole);
                value.push_str(&read.map_err(|error| error.to_string())?);
            }
            Event::End(_) => {
                let inside: Vec<&str> = path.iter().map(String::as_str).collect();
                match inside.as_slice() {
                    [.., "Blob", "Name"] => names.push(value.clone()),
                    [_, "NextMarker"] => marker.clone_from(&value),
                    _ => {}
                }
                value.clear();
                path.pop();
            }
            Event::Eof => return Ok(marker),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_blobs_are_read() {
        let page = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"c\">\
             <Blobs><Blob><Name>a &amp; b/c&#x41;.txt</Name><Properties><Name>no</Name></Properties></Blob>\
             <Blob><Name>d</Name></Blob></Blobs><NextMarker>2!m</NextMarker></EnumerationResults>";
        let mut names = Vec::new();
        assert_eq!(read_list(page, &mut names).as_deref(), Ok("2!m"));
        assert_eq!(names, ["a & b/cA.txt", "d"]);
        let last = "<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>";
        assert_eq!(read_list(last, &mut names).as_deref(), Ok(""));
        assert!(read_list("<a><b></a>", &mut names).is_err());
    }

    #[test]
    fn signatures_are_not_shown() {
        let url = "https://user:pw@h.example/c/b?sv=1&sig=secret#secret";
        assert_eq!(shown(url), "https://h.example/c/b");
        assert_eq!(shown("sig=secret"), "an invalid URL");
    }
}
