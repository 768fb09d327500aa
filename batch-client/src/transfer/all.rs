//! Downloads of all files of a task, with an outcome for each.
//!
//! Tree (which files) → `names` (where each goes) → `save`. A file that cannot be downloaded does
//! not keep the others from it.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use tokio::fs;

use super::names::Platform;
use super::remote::{Owner, Remote};
use super::save::{Settings, save_to};
use super::tree::{FileEntry, FileTree};
use crate::client::Client;
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::{BoxFuture, operations};

impl operations::file::Operations {
    /// Downloads all files of a task to a folder on this machine, in subfolders as on the node.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let downloaded = client
    ///     .file()
    ///     .download_all_from_task("nightly", "frame-1")
    ///     .to("frames/1")
    ///     .filter(|file| file.path.starts_with("wd/") && file.length < 1 << 30)
    ///     .await?;
    /// println!("{} files, {} bytes", downloaded.files.len(), downloaded.bytes);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn download_all_from_task(
        &self,
        job_id: impl Into<String>,
        task_id: impl Into<String>,
    ) -> DownloadAll {
        DownloadAll {
            client: self.client.clone(),
            owner: Owner::Task {
                job: job_id.into(),
                task: task_id.into(),
            },
        }
    }
}

/// The files of a task to download; call [`to`](Self::to) with their destination.
#[derive(Debug, Clone)]
#[must_use = "call `to` with the destination"]
pub struct DownloadAll {
    client: Client,
    owner: Owner,
}

impl DownloadAll {
    /// Downloads to this folder, which is created if it does not exist.
    #[inline]
    pub fn to(self, folder: impl Into<PathBuf>) -> DownloadAllTo {
        DownloadAllTo {
            client: self.client,
            owner: self.owner,
            folder: folder.into(),
            settings: Settings::default(),
            filter: None,
        }
    }
}

/// The outcome of a download of all files.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct DownloadedAll {
    /// Paths of the files on this machine, in the order of the listing.
    pub files: Vec<PathBuf>,
    /// Their total length.
    pub bytes: u64,
    /// Number of files that the filter excluded.
    pub skipped: usize,
    /// The files that could not be downloaded.
    pub failures: Vec<DownloadFailure>,
    error: Option<Error>,
}

/// A file that could not be downloaded.
#[derive(Debug)]
#[non_exhaustive]
pub struct DownloadFailure {
    /// Path of the file on the node.
    pub path: String,
    /// The reason. [`Error::is_invalid_request`] is true if this platform cannot store its name.
    pub error: Error,
}

/// The error of a download that did not bring every file.
#[derive(Debug)]
pub struct DownloadAllError {
    report: Box<DownloadedAll>,
}

/// Consecutive files that fail transiently, after all their retries, before the download ends: then
/// it is not the file.
const MOST_TRANSIENT: u32 = 3;

type Filter = Box<dyn FnMut(&FileEntry) -> bool + Send>;

/// A download of all files, one after the other, which starts when it is awaited.
///
/// Each file is downloaded as by [`DownloadTo`](super::DownloadTo). Files that cannot be downloaded
/// do not end it: their names lead out of the folder (`..`, an absolute path, a link on this
/// machine) or cannot be stored by this platform, or they are gone by the time they are read.
/// Awaiting returns an error if there is such a file; [`report`](Self::report) returns the outcome
/// in every case. Empty folders are not created.
///
/// Paths are judged by the platform that writes them: `:` and `con` are good names on Linux and not
/// on Windows, and two names that differ in case alone are the same file on Windows and macOS,
/// where the second one is a failure. Nodes with Windows separate names by backslashes.
#[must_use = "a download starts only when it is awaited"]
pub struct DownloadAllTo {
    client: Client,
    owner: Owner,
    folder: PathBuf,
    settings: Settings,
    filter: Option<Filter>,
}

impl DownloadAllTo {
    /// Downloads only the files for which this returns true. It is not called for folders.
    #[inline]
    pub fn filter(mut self, wanted: impl FnMut(&FileEntry) -> bool + Send + 'static) -> Self {
        self.filter = Some(Box::new(wanted));
        self
    }

    /// Sets the retry policy of this download instead of the client's.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = Some(policy);
        self
    }

    /// Downloads, and returns the outcome of all files, whether or not some failed.
    #[inline]
    pub async fn report(mut self) -> DownloadedAll {
        let mut done = DownloadedAll::default();
        if let Err(error) = self.run(&mut done).await {
            done.error = Some(error);
        }
        done
    }

    /// Downloads file by file, until an error concerns all of them.
    #[inline]
    async fn run(&mut self, done: &mut DownloadedAll) -> Result<(), Error> {
        let mut tree = FileTree::of(&self.client, &self.owner);
        let (mut targets, mut transient) = (HashMap::new(), 0);
        while let Some(entry) = tree.try_next().await? {
            if entry.is_directory {
                continue;
            }
            if self.filter.as_mut().is_some_and(|wanted| !wanted(&entry)) {
                done.skipped += 1;
                continue;
            }
            match self.one(&entry.path, &mut targets).await {
                Ok(file) => {
                    transient = 0;
                    done.bytes += file.bytes;
                    done.files.push(file.path);
                }
                Err(error) if concerns_all(&error) => return Err(error),
                Err(error) => {
                    transient = if error.may_pass() { transient + 1 } else { 0 };
                    done.failures.push(DownloadFailure {
                        path: entry.path,
                        error: error.clone(),
                    });
                    if transient == MOST_TRANSIENT {
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }

    #[inline]
    async fn one(
        &mut self,
        path: &str,
        targets: &mut HashMap<String, String>,
    ) -> Result<super::Downloaded, Error> {
        let names = Platform::HERE.split(path);
        let names = names.map_err(|why| refused(path, why))?;
        let key = Platform::HERE.key(&names.join("/"));
        if let Some(other) = targets.insert(key, path.to_owned()) {
            let why = format!("{other:?} is the same file on this platform");
            return Err(refused(path, &why));
        }
        let target = below(&self.folder, path, &names).await?;
        let remote = Remote {
            client: self.client.clone(),
            owner: self.owner.clone(),
            path: path.to_owned(),
        };
        save_to(&remote, &target, self.settings).await
    }
}

/// Returns true for errors that the next file would meet, too.
#[inline]
fn concerns_all(error: &Error) -> bool {
    let disk_full = |error: &std::io::Error| {
        use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        matches!(
            error.kind(),
            StorageFull | QuotaExceeded | ReadOnlyFilesystem
        )
    };
    error.is_auth() || error.is_connect() || error.io_error().is_some_and(disk_full)
}

/// Returns the path of a file below the folder; the folders above it are created.
#[inline]
async fn below(folder: &Path, path: &str, names: &[&str]) -> Result<PathBuf, Error> {
    let mut target = folder.to_owned();
    create(&target).await?;
    let Some((name, folders)) = names.split_last() else {
        return Err(refused(path, "it has no name"));
    };
    for folder in folders {
        target.push(folder);
        match fs::symlink_metadata(&target).await {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(refused(path, "something that is not a folder is above it")),
            Err(_) => create(&target).await?,
        }
    }
    target.push(name);
    Ok(target)
}

#[inline]
async fn create(folder: &Path) -> Result<(), Error> {
    let created = fs::create_dir_all(folder).await;
    created.map_err(|error| Error::io(&format!("cannot create {}", folder.display()), error))
}

#[inline]
fn refused(path: &str, why: &str) -> Error {
    Error::invalid_request(format!(
        "cannot download {path:?}: {why}; choose files with `filter`"
    ))
}

impl DownloadedAll {
    /// Returns true if every file was downloaded that the filter included.
    #[inline]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.error.is_none()
    }

    /// Returns the error that ended the download before all files were tried, such as a task that
    /// does not exist or a full disk.
    #[inline]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Returns this outcome, or an error if a file is missing.
    ///
    /// # Errors
    ///
    /// If [`is_complete`](Self::is_complete) is false.
    #[inline]
    pub fn into_result(self) -> Result<Self, DownloadAllError> {
        if self.is_complete() {
            return Ok(self);
        }
        Err(DownloadAllError {
            report: Box::new(self),
        })
    }
}

impl DownloadAllError {
    /// Returns the outcome of all files.
    #[inline]
    pub fn report(&self) -> &DownloadedAll {
        &self.report
    }

    /// Returns the outcome of all files.
    #[inline]
    pub fn into_report(self) -> DownloadedAll {
        *self.report
    }
}

impl From<DownloadAllError> for Error {
    #[inline]
    fn from(error: DownloadAllError) -> Self {
        let text = error.to_string();
        let report = error.into_report();
        let first = report.failures.into_iter().next();
        match report.error.or_else(|| first.map(|failure| failure.error)) {
            Some(cause) => Self::partial(text, cause),
            None => Self::invalid_request(text),
        }
    }
}

impl fmt::Display for DownloadAllError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.report;
        if report.error.is_some() {
            return write!(
                f,
                "cannot download all files: the download ended after {} files",
                report.files.len()
            );
        }
        let failed = report.failures.len();
        let total = failed + report.files.len();
        write!(f, "cannot download {failed} of {total} files")?;
        match report.failures.first() {
            Some(first) => write!(f, "; the first is {:?}", first.path),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DownloadAllError {
    #[inline]
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let first = self.report.failures.first().map(|failure| &failure.error);
        self.report.error.as_ref().or(first).map(|error| error as _)
    }
}

impl IntoFuture for DownloadAllTo {
    type Output = Result<DownloadedAll, DownloadAllError>;
    type IntoFuture = BoxFuture<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.report().await.into_result() })
    }
}

impl fmt::Debug for DownloadAllTo {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadAllTo")
            .field("owner", &self.owner)
            .field("folder", &self.folder)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
