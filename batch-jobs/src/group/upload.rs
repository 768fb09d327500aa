//! Uploads: the files to send, some at a time, and the outcome of each.

use std::collections::HashMap;
use std::fmt;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;

use super::FileGroup;
use crate::BoxFuture;
use crate::error::{Error, Result};
use crate::files::{FileSet, LocalFile};
use crate::storage::Blob;

/// Files under way at a time, unless another number is set.
const CONCURRENCY: usize = 8;
/// Blocks in memory at a time, of 8 MiB: 128 MiB.
const BLOCKS: usize = 16;

type Callback = Box<dyn FnMut(&UploadProgress) + Send>;

/// An upload, which starts when it is awaited; see [`FileGroup::upload`].
#[must_use = "an upload starts only when it is awaited"]
pub struct Upload {
    group: FileGroup,
    files: FileSet,
    concurrency: usize,
    force: bool,
    progress: Option<Callback>,
}

impl Upload {
    pub(super) fn new(group: FileGroup, files: FileSet) -> Self {
        Self {
            group,
            files,
            concurrency: CONCURRENCY,
            force: false,
            progress: None,
        }
    }

    /// Sets the number of files that are under way at a time; 8 by default, at least 1. Memory
    /// holds at most 128 MiB of contents, whatever the number.
    pub fn concurrency(self, concurrency: usize) -> Self {
        let concurrency = concurrency.max(1);
        Self {
            concurrency,
            ..self
        }
    }

    /// Sets whether unchanged files are sent, too; false by default.
    pub fn force(self, force: bool) -> Self {
        Self { force, ..self }
    }

    /// Sets a callback that is called after each file.
    pub fn progress(self, callback: impl FnMut(&UploadProgress) + Send + 'static) -> Self {
        let progress: Option<Callback> = Some(Box::new(callback));
        Self { progress, ..self }
    }

    async fn run(mut self) -> Result<UploadReport> {
        let group = &self.group;
        let there = if let Some(blobs) = group.blobs().await? {
            Present::new(&blobs)
        } else {
            group.storage.create(&group.container).await?;
            Present::default()
        };
        let data = group.storage.data(&group.container)?;
        let permits = Semaphore::new(BLOCKS);
        let mut report = UploadReport::default();
        let mut now = UploadProgress {
            files: self.files.len() as u64,
            ..UploadProgress::default()
        };
        let is_new = |file: &&LocalFile| self.force || !there.has(file);
        let (new, old): (Vec<&LocalFile>, Vec<&LocalFile>) = self.files.iter().partition(is_new);
        report.unchanged = old.len() as u64;
        now.unchanged = report.unchanged;
        now.bytes_left = new.iter().map(|file| file.len()).sum();
        call(&mut self.progress, &now);
        let (data, permits) = (&data, &permits);
        let sending = new.into_iter().cloned().map(|file| async move {
            let result = data.put(&file, permits).await;
            (file, result)
        });
        let mut sending = stream::iter(sending).buffer_unordered(self.concurrency);
        while let Some((file, result)) = sending.next().await {
            now.bytes_left -= file.len();
            match result {
                Ok(()) => {
                    report.sent += 1;
                    report.bytes += file.len();
                }
                Err(error) => report.failed.push(UploadFailure {
                    name: file.name().to_owned(),
                    error,
                }),
            }
            now.sent = report.sent;
            now.failed = report.failed.len() as u64;
            call(&mut self.progress, &now);
        }
        report.failed.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(report)
    }
}

fn call(progress: &mut Option<Callback>, now: &UploadProgress) {
    if let Some(progress) = progress {
        progress(now);
    }
}

impl IntoFuture for Upload {
    type Output = Result<UploadReport>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("group", &self.group)
            .field("files", &self.files.len())
            .field("concurrency", &self.concurrency)
            .field("force", &self.force)
            .finish_non_exhaustive()
    }
}

/// Length and time of the blobs of a container, by name.
#[derive(Default)]
pub(super) struct Present(HashMap<String, (u64, Option<String>)>);

impl Present {
    pub(super) fn new(blobs: &[Blob]) -> Self {
        let blobs = blobs.iter();
        let pairs = blobs.map(|blob| (blob.name.clone(), (blob.len, blob.last_modified.clone())));
        Self(pairs.collect())
    }

    /// Returns true if the file is there with the same length and time.
    pub(super) fn has(&self, file: &LocalFile) -> bool {
        let there = self.0.get(file.name());
        there.is_some_and(|(len, time)| *len == file.len() && *time == Some(file.last_modified()))
    }
}

/// Progress of an upload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// All files of the set.
    pub files: u64,
    /// Files that were sent.
    pub sent: u64,
    /// Files that were there already.
    pub unchanged: u64,
    /// Files that could not be sent.
    pub failed: u64,
    /// Bytes of the files that are still to be sent.
    pub bytes_left: u64,
}

impl UploadProgress {
    /// Returns the number of files of which the outcome is known.
    pub fn done(&self) -> u64 {
        self.sent + self.unchanged + self.failed
    }
}

impl fmt::Display for UploadProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, files, left) = (self.done(), self.files, self.bytes_left);
        write!(f, "uploaded {done} of {files} files, {left} bytes left")
    }
}

/// Outcome of an upload. Display is a summary in one line.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct UploadReport {
    /// Number of files that were sent.
    pub sent: u64,
    /// Number of files that were there already, with the same length and time.
    pub unchanged: u64,
    /// Bytes that were sent.
    pub bytes: u64,
    /// Files that could not be sent, ordered by name.
    pub failed: Vec<UploadFailure>,
}

impl UploadReport {
    /// Returns the report if all files are in the group.
    ///
    /// # Errors
    ///
    /// A file could not be sent. The error names the first one and the number of the others.
    pub fn into_result(mut self) -> Result<Self> {
        if self.failed.is_empty() {
            return Ok(self);
        }
        let others = self.failed.len() - 1;
        let first = self.failed.swap_remove(0).error;
        if others == 0 {
            return Err(first);
        }
        let (status, code) = (first.storage_status(), first.code());
        let text = format!("{first} (and {others} more files)");
        Err(Error::storage(text, status, code))
    }
}

impl fmt::Display for UploadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failed.len() as u64;
        let files = self.sent + self.unchanged + failed;
        write!(
            f,
            "{files} files: {} sent, {} unchanged",
            self.sent, self.unchanged
        )?;
        if failed > 0 {
            write!(f, ", {failed} failed")?;
        }
        Ok(())
    }
}

/// A file that could not be uploaded.
#[derive(Debug)]
#[non_exhaustive]
pub struct UploadFailure {
    /// Name of the file in the group.
    pub name: String,
    /// Reason for the failure.
    pub error: Error,
}

impl fmt::Display for UploadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.error)
    }
}
