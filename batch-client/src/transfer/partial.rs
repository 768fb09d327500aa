//! What is on disk of a download that is not complete: `<name>.part` beside the target, and
//! `<name>.part.info` with what it is a part of.
//!
//! The info is written before the part and names the file and its version; without it, or with
//! another, a part is nothing and goes. The part becomes the target by a rename once it is complete
//! and on disk.

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::pieces::Version;
use super::remote::{Owner, Remote};
use crate::error::Error;

/// The files of an incomplete download.
#[derive(Debug, Clone)]
pub(super) struct Partial {
    target: PathBuf,
    part: PathBuf,
    info: PathBuf,
}

/// One that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    paths: Partial,
    file: File,
    /// How much of the file was there already, in bytes.
    pub(super) resumed: u64,
}

/// Adds to an error of the file system the access that failed.
#[inline]
fn failed(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let text = format!("cannot {what} {}", path.display());
    move |error| Error::io(&text, error)
}

impl Partial {
    #[inline]
    pub(super) fn of(target: &Path) -> Result<Self, Error> {
        let Some(name) = target.file_name() else {
            let text = format!(
                "cannot download to {:?}: it is not the path of a file; add the file's name",
                target.display()
            );
            return Err(Error::invalid_request(text));
        };
        let beside = |suffix: &str| {
            let mut name = OsString::from(name);
            name.push(suffix);
            target.with_file_name(name)
        };
        Ok(Self {
            target: target.to_owned(),
            part: beside(".part"),
            info: beside(".part.info"),
        })
    }

    /// Opens the part: the one that is there where it fits (and may be used), else a new one.
    #[inline]
    pub(super) async fn open(
        &self,
        remote: &Remote,
        version: Version,
        resume: bool,
    ) -> Result<Writing, Error> {
        let info = describe(remote, version);
        if resume
            && version.last_modified.is_some()
            && let Some(resumed) = self.usable(&info, version).await
        {
            let file = OpenOptions::new().append(true).open(&self.part).await;
            return self.writing(file, resumed);
        }
        self.discard().await?;
        let written = fs::write(&self.info, info).await;
        written.map_err(failed("write", &self.info))?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(&self.part).await;
        self.writing(file, 0)
    }

    #[inline]
    fn writing(&self, file: io::Result<File>, resumed: u64) -> Result<Writing, Error> {
        Ok(Writing {
            paths: self.clone(),
            file: file.map_err(failed("open", &self.part))?,
            resumed,
        })
    }

    /// How much there is of this version.
    #[inline]
    async fn usable(&self, info: &str, version: Version) -> Option<u64> {
        let found = fs::read_to_string(&self.info).await.ok()?;
        // Not through a link, which could lead anywhere.
        let part = fs::symlink_metadata(&self.part).await.ok()?;
        let usable = found == info && part.is_file() && part.len() <= version.length;
        usable.then_some(part.len())
    }

    /// Removes both files, as far as they are there.
    #[inline]
    pub(super) async fn discard(&self) -> Result<(), Error> {
        for path in [&self.part, &self.info] {
            match fs::remove_file(path).await {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(failed("remove", path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Writing {
    #[inline]
    pub(super) async fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(piece).await;
        written.map_err(failed("write", &self.paths.part))
    }

    /// Brings everything that was written into the part, for one who goes on later.
    #[inline]
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.file.flush().await;
        flushed.map_err(failed("write", &self.paths.part))
    }

    /// Makes the part the target. Its length is that of the version, on disk.
    #[inline]
    pub(super) async fn finish(mut self, version: Version) -> Result<(), Error> {
        self.flush().await?;
        let (file, paths) = (self.file, self.paths);
        file.sync_all().await.map_err(failed("sync", &paths.part))?;
        let length = file.metadata().await.map(|metadata| metadata.len());
        let length = length.map_err(failed("read", &paths.part))?;
        drop(file);
        if length != version.length {
            let text = format!("cannot finish {}", paths.part.display());
            let found = format!(
                "it has {length} bytes instead of {}; another program changed it",
                version.length
            );
            return Err(Error::io(&text, io::Error::other(found)));
        }
        let renamed = fs::rename(&paths.part, &paths.target).await;
        renamed.map_err(failed("put the downloaded file in place as", &paths.target))?;
        sync_directory(&paths.target).await;
        paths.discard().await
    }
}

/// Makes the new name durable where the system can do that; where not, there is nothing to be done.
#[inline]
async fn sync_directory(target: &Path) {
    #[cfg(unix)]
    if let Some(directory) = target.parent() {
        let here = directory.as_os_str().is_empty();
        let directory = if here { Path::new(".") } else { directory };
        if let Ok(directory) = File::open(directory).await {
            // Some file systems refuse it.
            drop(directory.sync_all().await);
        }
    }
    #[cfg(not(unix))]
    let _ = target;
}

/// What a part is a part of.
#[inline]
fn describe(remote: &Remote, version: Version) -> String {
    let endpoint = remote.client.endpoint();
    let (group, owner, kind, item) = match &remote.owner {
        Owner::Task { job, task } => ("job", job, "task", task),
        Owner::Node { pool, node } => ("pool", pool, "node", node),
    };
    let modified = version.last_modified.map(|date| date.to_rfc3339());
    format!(
        "batch-client partial download, version 1\nendpoint: {endpoint:?}\n{group}: {owner:?}\n{kind}: {item:?}\n\
         path: {:?}\nlength: {}\nlast modified: {}\n",
        remote.path,
        version.length,
        modified.as_deref().unwrap_or("unknown")
    )
}
