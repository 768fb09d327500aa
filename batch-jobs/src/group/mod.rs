//! File groups: containers of files that are uploaded once and used by jobs.

mod upload;

pub use upload::{Upload, UploadFailure, UploadProgress, UploadReport};

use batch_client::chrono::{DateTime, Utc};

use crate::error::Result;
use crate::fetch::Fetch;
use crate::files::{FileSet, LocalFile};
use crate::storage::{Blob, Storage};

/// A container of files, as Batch Explorer and azure-batch-extensions know it.
#[derive(Debug, Clone)]
pub struct FileGroup {
    storage: Storage,
    name: String,
    container: String,
}

/// A file of a group or an output of a job, in storage.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RemoteFile {
    /// Name of the blob, such as `shots/a.exr`.
    pub name: String,
    /// Length in bytes.
    pub len: u64,
    /// Time at which the blob was written.
    pub written: Option<DateTime<Utc>>,
    /// Time of the local file that was uploaded, in seconds since 1970; `None` if another program
    /// wrote the blob.
    pub last_modified: Option<f64>,
}

impl RemoteFile {
    pub(crate) fn new(blob: Blob) -> Self {
        Self {
            last_modified: blob.last_modified.and_then(|text| text.parse().ok()),
            name: blob.name,
            len: blob.len,
            written: blob.changed,
        }
    }
}

impl FileGroup {
    pub(crate) fn new(storage: Storage, name: &str, container: String) -> Self {
        Self {
            storage,
            name: name.to_owned(),
            container,
        }
    }

    /// Returns the name of the group.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of its container, such as `fgrp-scenes`.
    pub fn container(&self) -> &str {
        &self.container
    }

    /// Uploads the files of a set that are new or have changed.
    ///
    /// One listing, in pages of 5,000, tells which files are there: those of the same length and
    /// time are left out. Awaiting it gives an [`UploadReport`]; a file that cannot be uploaded is
    /// in the report and does not stop the others.
    ///
    /// Dropping it stops at once. A blob is always a whole file; what was uploaded by then is found
    /// unchanged by the next call.
    ///
    /// ```no_run
    /// use batch_jobs::{FileSet, Storage};
    ///
    /// # async fn example(storage: Storage) -> batch_jobs::Result<()> {
    /// let scenes = FileSet::from_dir("scenes").recursive(true).read()?;
    /// let report = storage.group("scenes")?.upload(&scenes).progress(|p| eprintln!("{p}")).await?;
    /// println!("{report}"); // 500 files: 12 sent, 488 unchanged
    /// report.into_result()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload(&self, files: &FileSet) -> Upload {
        Upload::new(self.clone(), files.clone())
    }

    /// Returns the files of a set that [`upload`](Self::upload) would send.
    ///
    /// # Errors
    ///
    /// The container cannot be listed. One that does not exist has no files.
    pub async fn missing(&self, files: &FileSet) -> Result<Vec<LocalFile>> {
        let blobs = self.blobs().await?;
        let there = upload::Present::new(&blobs.unwrap_or_default());
        Ok(files
            .iter()
            .filter(|file| !there.has(file))
            .cloned()
            .collect())
    }

    /// Returns the file of this name, if the group has it.
    ///
    /// # Errors
    ///
    /// The container cannot be listed.
    pub async fn find(&self, name: &str) -> Result<Option<RemoteFile>> {
        let blobs = self.storage.list(&self.container, name).await?;
        let mut blobs = blobs.unwrap_or_default().into_iter();
        Ok(blobs.find(|blob| blob.name == name).map(RemoteFile::new))
    }

    /// Returns all files of the group, ordered by name; none if the container does not exist.
    ///
    /// # Errors
    ///
    /// The container cannot be listed.
    pub async fn list(&self) -> Result<Vec<RemoteFile>> {
        let blobs = self.blobs().await?.unwrap_or_default();
        Ok(blobs.into_iter().map(RemoteFile::new).collect())
    }

    /// Downloads the files of the group to a folder, except those that are there already.
    pub fn download(&self, dir: impl Into<std::path::PathBuf>) -> Fetch {
        Fetch::group(self.storage.clone(), self.container.clone(), dir.into())
    }

    /// Deletes a file; false if there was none.
    ///
    /// # Errors
    ///
    /// The account cannot be reached, or rejects the key.
    pub async fn delete_file(&self, name: &str) -> Result<bool> {
        self.storage.delete_blob(&self.container, name).await
    }

    /// Deletes the container with all files; false if it did not exist. Azure frees its name after
    /// half a minute or more.
    ///
    /// # Errors
    ///
    /// The account cannot be reached, or rejects the key.
    pub async fn delete(&self) -> Result<bool> {
        self.storage.delete(&self.container).await
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    async fn blobs(&self) -> Result<Option<Vec<Blob>>> {
        self.storage.list(&self.container, "").await
    }
}
