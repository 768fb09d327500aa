//! A download to a file on this machine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::content::{Content, Failure, Version};
use super::partial::Partial;
use super::remote::{Owner, Remote};
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::{BoxFuture, operations};

/// Most restarts of a download whose file changes, before that is an error.
const MOST_RESTARTS: u32 = 5;

impl operations::file::Operations {
    /// Downloads a task's file to this machine.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let done = client
    ///     .file()
    ///     .download_from_task("nightly", "frame-1", "wd/frame.exr")
    ///     .to("frames/1.exr")
    ///     .progress(|so_far| println!("{} of {}", so_far.bytes, so_far.total))
    ///     .await?;
    /// println!("{} bytes in {}", done.bytes, done.path.display());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn download_from_task(
        &self,
        job_id: impl Into<String>,
        task_id: impl Into<String>,
        file_path: impl Into<String>,
    ) -> FileDownload {
        let owner = Owner::Task {
            job: job_id.into(),
            task: task_id.into(),
        };
        FileDownload(Remote {
            client: self.client.clone(),
            owner,
            path: file_path.into(),
        })
    }

    /// Downloads a file of a node to this machine.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let download = client.file()
    ///     .download_from_compute_node("render", "tvm-1", "startup/stderr.txt");
    /// download.to("stderr.txt").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn download_from_compute_node(
        &self,
        pool_id: impl Into<String>,
        node_id: impl Into<String>,
        file_path: impl Into<String>,
    ) -> FileDownload {
        let owner = Owner::Node {
            pool: pool_id.into(),
            node: node_id.into(),
        };
        FileDownload(Remote {
            client: self.client.clone(),
            owner,
            path: file_path.into(),
        })
    }
}

/// A file to download; call [`to`](Self::to) with its destination.
#[derive(Debug, Clone)]
#[must_use = "call `to` with the destination"]
pub struct FileDownload(pub(super) Remote);

impl FileDownload {
    /// Downloads to this path. An existing file is replaced once the download is complete. The
    /// directory has to exist.
    #[inline]
    pub fn to(self, path: impl Into<PathBuf>) -> DownloadTo {
        DownloadTo {
            remote: self.0,
            target: path.into(),
            settings: Settings::default(),
            timeout: None,
            progress: None,
        }
    }
}

/// Progress of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadProgress {
    /// Bytes on disk, including those of an earlier download.
    pub bytes: u64,
    /// Length of the file, in bytes.
    pub total: u64,
    /// Bytes of an earlier download.
    pub resumed: u64,
}

/// A complete download.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// Path of the file.
    pub path: PathBuf,
    /// Length of the file.
    pub bytes: u64,
    /// Bytes of it that an earlier download had left.
    pub resumed: u64,
    /// Time of the last change of the file on the node.
    pub last_modified: Option<DateTime<Utc>>,
}

/// Settings of a download, of one file or of many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) retry: Option<RetryPolicy>,
    pub(super) resume: bool,
    pub(super) keep_partial: bool,
    pub(super) restart_on_change: bool,
}

impl Default for Settings {
    #[inline]
    fn default() -> Self {
        Self {
            retry: None,
            resume: true,
            keep_partial: true,
            restart_on_change: true,
        }
    }
}

/// A download to a file, which starts when it is awaited.
///
/// Bytes are written to an incomplete file beside the target as they arrive, with at most 4 MiB in
/// memory. When the file is complete, has the length that the service reported and is synced, it is
/// renamed: the target is always a complete file.
///
/// **Checks.** Every response has to be of the version that the download started with (`ETag` and
/// `Last-Modified`, which has a resolution of a second), of the requested range, and neither
/// compressed nor longer or shorter than the range. Otherwise it does not count.
///
/// **Broken connections.** The download continues where it stopped, as often and for as long as the
/// [`RetryPolicy`] allows. The count starts again with each byte that arrives.
///
/// **Restarts of the program.** When a download fails, its future is dropped or the program ends,
/// the incomplete file stays: `.NAME.HASH.batchpart`, with `.NAME.HASH.batchinfo` beside it. The
/// next download of the same file to the same target continues from it if the file on the node has
/// not changed. Both are removed when the download is complete. Two downloads of the same file to
/// the same target cannot run at the same time: the second one fails ([`Error::is_io`]).
///
/// **Changes.** If the file changes during the download, it starts again, up to five times.
#[must_use = "a download starts only when it is awaited"]
pub struct DownloadTo {
    remote: Remote,
    target: PathBuf,
    settings: Settings,
    timeout: Option<Duration>,
    progress: Option<Box<dyn FnMut(DownloadProgress) + Send>>,
}

impl DownloadTo {
    /// Calls a function after each piece that is written, and once at the beginning.
    #[inline]
    pub fn progress(mut self, callback: impl FnMut(DownloadProgress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(callback));
        self
    }

    /// Sets the retry policy of this download instead of the client's.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = Some(policy);
        self
    }

    /// Sets the longest time for the whole download; unlimited by default. The incomplete file is
    /// kept, as after any other failure.
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Continues from the incomplete file of an earlier download; true by default.
    #[inline]
    pub fn resume(mut self, resume: bool) -> Self {
        self.settings.resume = resume;
        self
    }

    /// Keeps the incomplete file when the download fails, for a later one to continue from; true by
    /// default. When the future is dropped, it is kept in any case.
    #[inline]
    pub fn keep_partial(mut self, keep: bool) -> Self {
        self.settings.keep_partial = keep;
        self
    }

    /// Starts again when the file changes during the download; true by default. Otherwise a change
    /// is an error ([`Error::is_precondition_failed`], in most cases).
    #[inline]
    pub fn restart_on_change(mut self, restart: bool) -> Self {
        self.settings.restart_on_change = restart;
        self
    }

    #[inline]
    async fn run(self) -> Result<Downloaded, Error> {
        let Self {
            remote,
            target,
            settings,
            timeout,
            mut progress,
        } = self;
        let report = |so_far| {
            if let Some(progress) = &mut progress {
                progress(so_far);
            }
        };
        let operation = remote.operation();
        let partial = Partial::of(&remote, &target)?;
        let _claim = partial.claim()?;
        let download = save(&remote, &partial, settings, report);
        let result = match timeout {
            None => download.await,
            Some(limit) => match tokio::time::timeout(limit, download).await {
                Ok(result) => result,
                Err(_) => Err(Error::timed_out(operation, limit, false)),
            },
        };
        if result.is_err() && !settings.keep_partial {
            // The error of the download counts, not that of the clean-up.
            drop(partial.discard().await);
        }
        result
    }
}

/// Downloads a file to a path.
#[inline]
pub(super) async fn save_to(
    remote: &Remote,
    target: &Path,
    settings: Settings,
) -> Result<Downloaded, Error> {
    let partial = Partial::of(remote, target)?;
    let _claim = partial.claim()?;
    save(remote, &partial, settings, |_| ()).await
}

/// Downloads a file that is claimed, from the beginning again whenever it changes.
#[inline]
async fn save(
    remote: &Remote,
    partial: &Partial,
    settings: Settings,
    mut report: impl FnMut(DownloadProgress) + Send,
) -> Result<Downloaded, Error> {
    let mut restarts = 0;
    loop {
        match save_version(remote, partial, settings, &mut report).await {
            Err(Failure::Changed(error)) => {
                partial.discard().await?;
                if !settings.restart_on_change || restarts == MOST_RESTARTS {
                    return Err(error);
                }
                restarts += 1;
                tracing::warn!(%error, "the file has changed; its download starts again");
            }
            Err(Failure::Other(error)) => return Err(error),
            Ok((version, resumed)) => {
                return Ok(Downloaded {
                    path: partial.target().to_owned(),
                    bytes: version.length,
                    resumed,
                    last_modified: version.last_modified,
                });
            }
        }
    }
}

/// Downloads the present version; returns it with the bytes that an earlier download left.
#[inline]
async fn save_version(
    remote: &Remote,
    partial: &Partial,
    settings: Settings,
    report: &mut (impl FnMut(DownloadProgress) + Send),
) -> Result<(Version, u64), Failure> {
    let properties = match remote.properties(settings.retry).await {
        Ok(properties) => properties,
        Err(error) => return Err(remote.explained(error).await.into()),
    };
    let version = Version::read(remote, &properties)?;
    let mut file = partial.open(remote, &version, settings.resume).await?;
    let resumed = file.resumed;
    let mut so_far = DownloadProgress {
        bytes: resumed,
        total: version.length,
        resumed,
    };
    report(so_far);
    let policy = settings.retry.unwrap_or(remote.client.transport().retry);
    let mut content = Content::new(remote.clone(), version.clone(), resumed, policy);
    loop {
        match content.try_next().await {
            Ok(Some(piece)) => file.write(&piece).await?,
            Ok(None) => break,
            Err(failure) => {
                file.flush().await?;
                return Err(failure);
            }
        }
        so_far.bytes = content.offset();
        report(so_far);
    }
    file.finish(&version).await?;
    Ok((version, resumed))
}

impl IntoFuture for DownloadTo {
    type Output = Result<Downloaded, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for DownloadTo {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadTo")
            .field("remote", &self.remote)
            .field("target", &self.target)
            .field("settings", &self.settings)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
