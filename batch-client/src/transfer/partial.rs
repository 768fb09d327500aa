//! The files of an incomplete download, beside the target: `.NAME.HASH.batchpart` has the bytes,
//! and `.NAME.HASH.batchinfo` says of which file and version they are.
//!
//! HASH is made of the source and the target, so that downloads of different files never share a
//! part, and a task's file that has such a name is not downloaded. One writer holds a lock on the
//! part for as long as it writes; another one gets an error. The info is written before the first
//! byte of the part. If it is missing, or names another version, the part is emptied. The part is
//! renamed to the target once it is complete and synced.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::TryLockError;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt as _;

use super::content::Version;
use super::remote::{Owner, Remote};
use crate::error::Error;

const PART: &str = ".batchpart";
const INFO: &str = ".batchinfo";
/// Longest part of the target's name in that of the part, in bytes; file systems allow 255.
const LONGEST_NAME: usize = 200;

/// The parts that this process writes, because a lock may not exclude the process that holds it.
static WRITTEN: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// The files of an incomplete download.
#[derive(Debug, Clone)]
pub(super) struct Partial {
    target: PathBuf,
    part: PathBuf,
    info: PathBuf,
}

/// The exclusive right to write a part.
#[derive(Debug)]
pub(super) struct Claim(PathBuf);

/// A part that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    paths: Partial,
    file: File,
    /// Bytes that an earlier download left.
    pub(super) resumed: u64,
}

/// Returns true for the names of incomplete downloads.
#[inline]
pub(super) fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.strip_suffix(PART).or_else(|| name.strip_suffix(INFO));
    stem.is_some_and(|stem| stem.starts_with('.'))
}

/// Makes an error of the file system that says what was not possible.
#[inline]
fn failed(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let text = format!("cannot {verb} {}", path.display());
    move |error| Error::io(&text, error)
}

impl Partial {
    #[inline]
    pub(super) fn of(remote: &Remote, target: &Path) -> Result<Self, Error> {
        let Some(name) = target.file_name() else {
            let text = format!(
                "cannot download to {:?}: it does not end with the name of a file",
                target.display()
            );
            return Err(Error::invalid_request(text));
        };
        let hash = hash(&format!("{}{}", source(remote), name.display()));
        let mut short = name.to_string_lossy();
        if short.len() > LONGEST_NAME {
            let end = (0..=LONGEST_NAME)
                .rev()
                .find(|end| short.is_char_boundary(*end));
            short.to_mut().truncate(end.unwrap_or_default());
        }
        let beside = |suffix: &str| {
            target.with_file_name(OsString::from(format!(".{short}.{hash:016x}{suffix}")))
        };
        Ok(Self {
            target: target.to_owned(),
            part: beside(PART),
            info: beside(INFO),
        })
    }

    #[inline]
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Claims the part for this download.
    #[inline]
    pub(super) fn claim(&self) -> Result<Claim, Error> {
        let path = std::path::absolute(&self.part).map_err(failed("find", &self.part))?;
        let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
        if written.insert(path.clone()) {
            Ok(Claim(path))
        } else {
            Err(self.taken())
        }
    }

    fn taken(&self) -> Error {
        let text = format!(
            "cannot download to {}: another download of the same file to it is running",
            self.target.display()
        );
        Error::io(&text, ErrorKind::ResourceBusy.into())
    }

    /// Opens the part: the existing one if it fits and `resume` allows it, otherwise a new one.
    #[inline]
    pub(super) async fn open(
        &self,
        remote: &Remote,
        version: &Version,
        resume: bool,
    ) -> Result<Writing, Error> {
        let info = describe(remote, version);
        let file = self.locked().await?;
        let resumed = if resume && version.is_recognizable() {
            self.usable(&info, version, &file).await
        } else {
            None
        };
        if let Some(resumed) = resumed {
            return Ok(self.writing(file, resumed));
        }
        let emptied = file.set_len(0);
        emptied.map_err(failed("write", &self.part))?;
        let written = fs::write(&self.info, info).await;
        written.map_err(failed("write", &self.info))?;
        Ok(self.writing(file, 0))
    }

    /// Opens the part, which is created if it does not exist, and locks it.
    #[inline]
    async fn locked(&self) -> Result<std::fs::File, Error> {
        // A link could lead anywhere.
        let found = fs::symlink_metadata(&self.part).await;
        if found.is_ok_and(|found| !found.is_file()) {
            let removed = fs::remove_file(&self.part).await;
            removed.map_err(failed("remove", &self.part))?;
        }
        let mut options = std::fs::OpenOptions::new();
        let file = options.append(true).create(true).open(&self.part);
        let file = file.map_err(failed("open", &self.part))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(self.taken()),
            // Some file systems have no locks.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(failed("lock", &self.part)(error)),
        }
        if is_at(&file, &self.part) {
            Ok(file)
        } else {
            // Another process has completed it since it was opened.
            Err(self.taken())
        }
    }

    #[inline]
    fn writing(&self, file: std::fs::File, resumed: u64) -> Writing {
        Writing {
            paths: self.clone(),
            file: File::from_std(file),
            resumed,
        }
    }

    /// Returns the length of the part if it is of this version.
    #[inline]
    async fn usable(&self, info: &str, version: &Version, part: &std::fs::File) -> Option<u64> {
        let found = fs::read_to_string(&self.info).await.ok()?;
        let length = part.metadata().ok()?.len();
        (found == info && length <= version.length).then_some(length)
    }

    /// Removes both files, as far as they exist.
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

impl Drop for Claim {
    fn drop(&mut self) {
        let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
        written.remove(&self.0);
    }
}

impl Writing {
    #[inline]
    pub(super) async fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(piece).await;
        written.map_err(failed("write", &self.paths.part))
    }

    /// Writes buffered bytes to the part, for a download that continues later.
    #[inline]
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.file.flush().await;
        flushed.map_err(failed("write", &self.paths.part))
    }

    /// Renames the part to the target, after it is synced and has the length of the version.
    #[inline]
    pub(super) async fn finish(mut self, version: &Version) -> Result<(), Error> {
        self.flush().await?;
        let (file, paths) = (self.file, self.paths);
        file.sync_all().await.map_err(failed("sync", &paths.part))?;
        let length = file.metadata().await.map(|metadata| metadata.len());
        let length = length.map_err(failed("read", &paths.part))?;
        if length != version.length {
            let text = format!(
                "cannot complete {}: something else changed it",
                paths.part.display()
            );
            let found = format!("{length} bytes instead of {}", version.length);
            return Err(Error::io(&text, io::Error::other(found)));
        }
        // The lock is held until the part has its new name; Windows renames no open file.
        let file = (!cfg!(windows)).then_some(file);
        let renamed = fs::rename(&paths.part, &paths.target).await;
        drop(file);
        renamed.map_err(failed("write", &paths.target))?;
        sync_directory(&paths.target).await;
        match fs::remove_file(&paths.info).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failed("remove", &paths.info)(error))
            }
            _ => Ok(()),
        }
    }
}

/// Returns true if the open file is the one with this path.
#[inline]
fn is_at(file: &std::fs::File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (Ok(open), Ok(there)) = (file.metadata(), std::fs::symlink_metadata(path)) else {
            return false;
        };
        (open.dev(), open.ino()) == (there.dev(), there.ino())
    }
    #[cfg(not(unix))]
    {
        // An open file cannot be renamed there.
        let _ = (file, path);
        true
    }
}

/// Makes the new name durable, on systems that can sync a directory.
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

/// Hashes a text by FNV-1a, which unlike the standard library's hash is the same in every build: a
/// later version of a program continues the downloads of an earlier one.
#[inline]
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Describes the file that is downloaded.
#[inline]
fn source(remote: &Remote) -> String {
    let endpoint = remote.client.endpoint();
    let (group, owner, kind, item) = match &remote.owner {
        Owner::Task { job, task } => ("job", job, "task", task),
        Owner::Node { pool, node } => ("pool", pool, "node", node),
    };
    format!(
        "endpoint: {endpoint:?}\n{group}: {owner:?}\n{kind}: {item:?}\npath: {:?}\n",
        remote.path
    )
}

/// Describes the version that a part is of.
#[inline]
fn describe(remote: &Remote, version: &Version) -> String {
    let modified = version.last_modified.map(|date| date.to_rfc3339());
    format!(
        "batch-client partial download, version 2\n{}length: {}\nlast modified: {}\netag: {:?}\n",
        source(remote),
        version.length,
        modified.as_deref().unwrap_or("unknown"),
        version.etag.as_deref().unwrap_or("unknown"),
    )
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn only_the_names_of_parts_are_reserved() {
        for name in [".a.0123456789abcdef.batchpart", ".a.b.BatchInfo"] {
            assert!(is_reserved(name), "{name}");
        }
        for name in [
            "a.part",
            "a.part.info",
            "a.batchpart",
            ".batch",
            "batchinfo",
        ] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
