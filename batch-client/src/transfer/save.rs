//! A download to a file on this machine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::partial::Partial;
use super::pieces::{Failure, Pieces, Version};
use super::remote::{Owner, Remote};
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::{BoxFuture, operations};

/// How often a download begins anew because the file has changed, before that is an error.
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

/// A file to download; [`to`](Self::to) says where.
#[derive(Debug, Clone)]
#[must_use = "`to` says where to download to"]
pub struct FileDownload(pub(super) Remote);

impl FileDownload {
    /// Downloads to this path. A file there is replaced once the download is complete; its
    /// directory must exist.
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

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadProgress {
    /// Bytes that are there, those of an earlier run included.
    pub bytes: u64,
    /// Length of the file, in bytes.
    pub total: u64,
    /// Bytes that were there already.
    pub resumed: u64,
}

/// A complete download.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// Where the file is.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// How much of it an earlier run had brought, in bytes.
    pub resumed: u64,
    /// When the service's file had last changed.
    pub last_modified: Option<DateTime<Utc>>,
}

/// What one download and one of many can be told.
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

/// A download to a file, which begins when it is awaited.
///
/// The content goes to `<name>.part` beside the target as it comes, in memory there are a few
/// pieces of it at most. Once it is complete, of the length that the service says and on disk, it
/// is renamed: under the target's name there is never a part of a file.
///
/// **Broken connections.** The download goes on where it was, as often and for as long as the
/// [`RetryPolicy`] says; each byte that comes begins the count anew.
///
/// **Restarts.** A part stays behind where the download fails, its future is dropped or the program
/// ends. The next download of the same file to the same target goes on from it, if the file still
/// has the time of change and length that `<name>.part.info` beside it keeps; if not, the part
/// goes. Both are removed once the download is complete. Two downloads to one target at a time
/// disturb each other.
///
/// **Changes.** Each request asks for the version that the download began with. If there is another
/// (by its time of change, which has whole seconds, or its length), the download begins anew, up to
/// five times.
#[must_use = "a download begins only when it is awaited"]
pub struct DownloadTo {
    remote: Remote,
    target: PathBuf,
    settings: Settings,
    timeout: Option<Duration>,
    progress: Option<Box<dyn FnMut(DownloadProgress) + Send>>,
}

impl DownloadTo {
    /// Calls this with each piece that is written, and once at the beginning.
    #[inline]
    pub fn progress(mut self, callback: impl FnMut(DownloadProgress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(callback));
        self
    }

    /// How the download goes on after failures that may pass, instead of the client's policy.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = Some(policy);
        self
    }

    /// Longest time for the whole download; none by default. What is there by then is kept as when
    /// it fails.
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether to go on from the part that an earlier download left; true by default.
    #[inline]
    pub fn resume(mut self, resume: bool) -> Self {
        self.settings.resume = resume;
        self
    }

    /// Whether the part stays where the download fails, for a later one to go on from; true by
    /// default. Where the future is dropped it stays in any case.
    #[inline]
    pub fn keep_partial(mut self, keep: bool) -> Self {
        self.settings.keep_partial = keep;
        self
    }

    /// Whether to begin anew where the file changes meanwhile; true by default. If not, that is an
    /// error ([`Error::is_precondition_failed`], mostly).
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
        let tell = |so_far| {
            if let Some(progress) = &mut progress {
                progress(so_far);
            }
        };
        let operation = remote.operation();
        let download = save(&remote, &target, settings, tell);
        let result = match timeout {
            None => download.await,
            Some(limit) => match tokio::time::timeout(limit, download).await {
                Ok(result) => result,
                Err(_) => Err(Error::timed_out(operation, limit, false)),
            },
        };
        if result.is_err() && !settings.keep_partial {
            // The failure counts, not that of cleaning up.
            if let Ok(partial) = Partial::of(&target) {
                drop(partial.discard().await);
            }
        }
        result
    }
}

/// Downloads a file, from its beginning again where it changes.
#[inline]
pub(super) async fn save(
    remote: &Remote,
    target: &Path,
    settings: Settings,
    mut tell: impl FnMut(DownloadProgress) + Send,
) -> Result<Downloaded, Error> {
    let partial = Partial::of(target)?;
    let mut restarts = 0;
    loop {
        match save_version(remote, &partial, settings, &mut tell).await {
            Err(Failure::Changed(error)) => {
                partial.discard().await?;
                if !settings.restart_on_change || restarts == MOST_RESTARTS {
                    return Err(error);
                }
                restarts += 1;
                tracing::warn!(%error, "the file has changed; its download begins anew");
            }
            Err(Failure::Other(error)) => return Err(error),
            Ok((version, resumed)) => {
                return Ok(Downloaded {
                    path: target.to_owned(),
                    bytes: version.length,
                    resumed,
                    last_modified: version.last_modified,
                });
            }
        }
    }
}

/// Downloads the version that there is now; gives it and what was there of it.
#[inline]
async fn save_version(
    remote: &Remote,
    partial: &Partial,
    settings: Settings,
    tell: &mut (impl FnMut(DownloadProgress) + Send),
) -> Result<(Version, u64), Failure> {
    let properties = match remote.properties(settings.retry).await {
        Ok(properties) => properties,
        Err(error) => return Err(remote.explained(error).await.into()),
    };
    let version = Version::read(remote, &properties)?;
    let mut file = partial.open(remote, version, settings.resume).await?;
    let resumed = file.resumed;
    let mut so_far = DownloadProgress {
        bytes: resumed,
        total: version.length,
        resumed,
    };
    tell(so_far);
    let policy = settings.retry.unwrap_or(remote.client.transport().retry);
    let mut pieces = Pieces::new(remote.clone(), version, resumed, policy);
    loop {
        match pieces.try_next().await {
            Ok(Some(piece)) => file.write(&piece).await?,
            Ok(None) => break,
            Err(error) => {
                file.flush().await?;
                return Err(Failure::of(error));
            }
        }
        so_far.bytes = pieces.offset();
        tell(so_far);
    }
    file.finish(version).await?;
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
