//! Downloads of many blobs to a folder: the files of a group, or the outputs of a job.
//!
//! A blob is written beside its place and renamed when it is complete, so that a name never holds
//! half a file. The local file gets the blob's time; one with the same length and time is not
//! fetched again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use futures_util::stream::{self, StreamExt as _};
use glob::{MatchOptions, Pattern};

use crate::BoxFuture;
use crate::error::{Error, Result};
use crate::names::{hidden_name, local_path};
use crate::storage::{Blob, Data, Storage};

/// Files under way at a time, unless another number is set.
const CONCURRENCY: usize = 8;

type Callback = Box<dyn FnMut(&FetchReport) + Send>;
/// Returns the path below the folder for a blob, or `None` if the blob is not wanted.
type Rename = fn(&str) -> Option<String>;

/// A download of many files, which starts when it is awaited.
///
/// Dropping it stops at once, and leaves no half file under its name.
#[must_use = "a download starts only when it is awaited"]
pub struct Fetch {
    storage: Storage,
    container: String,
    prefix: String,
    rename: Rename,
    dir: PathBuf,
    pattern: Option<String>,
    overwrite: bool,
    concurrency: usize,
    progress: Option<Callback>,
}

impl Fetch {
    pub(crate) fn group(storage: Storage, container: String, dir: PathBuf) -> Self {
        Self::new(
            storage,
            container,
            String::new(),
            |name| Some(name.to_owned()),
            dir,
        )
    }

    pub(crate) fn new(
        storage: Storage,
        container: String,
        prefix: String,
        rename: Rename,
        dir: PathBuf,
    ) -> Self {
        Self {
            storage,
            container,
            prefix,
            rename,
            dir,
            pattern: None,
            overwrite: true,
            concurrency: CONCURRENCY,
            progress: None,
        }
    }

    /// Fetches only files whose path below the folder matches; `*` stands for any characters except
    /// `/`, `**` for any folders.
    pub fn pattern(self, pattern: impl Into<String>) -> Self {
        let pattern = Some(pattern.into());
        Self { pattern, ..self }
    }

    /// Sets whether files that are there and differ are replaced; true by default. Otherwise each
    /// of them is a failure in the report.
    pub fn overwrite(self, overwrite: bool) -> Self {
        Self { overwrite, ..self }
    }

    /// Sets the number of files that are under way at a time; 8 by default, at least 1.
    pub fn concurrency(self, concurrency: usize) -> Self {
        let concurrency = concurrency.max(1);
        Self {
            concurrency,
            ..self
        }
    }

    /// Sets a callback that is called after each file.
    pub fn progress(self, callback: impl FnMut(&FetchReport) + Send + 'static) -> Self {
        let progress: Option<Callback> = Some(Box::new(callback));
        Self { progress, ..self }
    }

    async fn run(mut self) -> Result<FetchReport> {
        let pattern = self.pattern.as_deref().map(Pattern::new).transpose();
        let pattern = pattern.map_err(|error| {
            Error::invalid(format!("cannot use the pattern of a download: {error}"))
        })?;
        let matching = MatchOptions {
            require_literal_separator: true,
            ..MatchOptions::new()
        };
        let is_wanted = |path: &str| {
            let pattern = pattern.as_ref();
            pattern.is_none_or(|pattern| pattern.matches_with(path, matching))
        };
        let blobs = self
            .storage
            .list(&self.container, &self.prefix)
            .await?
            .unwrap_or_default();
        let blobs = blobs.into_iter().filter_map(|blob| {
            let path = (self.rename)(&blob.name).filter(|path| is_wanted(path))?;
            Some((blob, path))
        });
        let data = self.storage.data(&self.container)?;
        let (data, dir, overwrite) = (&data, &*self.dir, self.overwrite);
        let fetching = blobs.map(|(blob, path)| async move {
            let result = fetch(data, &blob, dir, &path, overwrite).await;
            (blob.name, result)
        });
        let mut fetching = stream::iter(fetching).buffer_unordered(self.concurrency);
        let mut report = FetchReport::default();
        while let Some((name, result)) = fetching.next().await {
            match result {
                Ok(Some(bytes)) => {
                    report.fetched += 1;
                    report.bytes += bytes;
                }
                Ok(None) => report.unchanged += 1,
                Err(error) => report.failed.push(FetchFailure { name, error }),
            }
            if let Some(progress) = &mut self.progress {
                progress(&report);
            }
        }
        report.failed.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(report)
    }
}

/// Fetches a blob; `None` if the file is there already, with the same length and time.
async fn fetch(
    data: &Data,
    blob: &Blob,
    dir: &Path,
    path: &str,
    overwrite: bool,
) -> Result<Option<u64>> {
    let place = local_path(dir, path).ok_or_else(|| {
        Error::invalid(format!(
            "cannot download `{}`: its name is not a path below a folder on this platform",
            blob.name.escape_debug()
        ))
    })?;
    let time = blob.changed.map(SystemTime::from);
    if let Ok(there) = tokio::fs::symlink_metadata(&place).await {
        if there.is_file() && there.len() == blob.len && there.modified().ok() == time {
            return Ok(None);
        }
        if !overwrite {
            return Err(Error::invalid(format!(
                "cannot download `{}`: {} is there and differs",
                blob.name,
                place.display()
            )));
        }
    }
    let folder = place.parent().unwrap_or(dir);
    let made = tokio::fs::create_dir_all(folder).await;
    made.map_err(|error| Error::file("create", folder, error))?;
    let part = Part(folder.join(hidden_name(path)));
    let bytes = data.get(&blob.name, &part.0).await?;
    if bytes != blob.len {
        // It was written again since it was listed; the next run fetches it whole.
        return Err(Error::storage(
            format!("cannot download `{}`: it changed; run it again", blob.name),
            None,
            None,
        ));
    }
    let unwritable = |error| Error::file("write", &place, error);
    if let Some(time) = time {
        let file = std::fs::File::options().write(true).open(&part.0);
        file.and_then(|file| file.set_modified(time))
            .map_err(unwritable)?;
    }
    tokio::fs::rename(&part.0, &place)
        .await
        .map_err(unwritable)?;
    std::mem::forget(part);
    Ok(Some(bytes))
}

/// An incomplete file, removed if the download fails or is dropped.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // It may not have been created yet.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl IntoFuture for Fetch {
    type Output = Result<FetchReport>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch")
            .field("container", &self.container)
            .field("prefix", &self.prefix)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// Outcome of a download of many files, or its state so far. Display is a summary in one line.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct FetchReport {
    /// Number of files that were fetched.
    pub fetched: u64,
    /// Number of files that were there already, with the same length and time.
    pub unchanged: u64,
    /// Bytes that were fetched.
    pub bytes: u64,
    /// Files that could not be fetched.
    pub failed: Vec<FetchFailure>,
}

impl FetchReport {
    /// Returns the report if all files were fetched or there already.
    ///
    /// # Errors
    ///
    /// A file could not be fetched. The error names the first one and the number of the others.
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

impl fmt::Display for FetchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failed.len() as u64;
        let files = self.fetched + self.unchanged + failed;
        write!(
            f,
            "{files} files: {} fetched, {} unchanged",
            self.fetched, self.unchanged
        )?;
        if failed > 0 {
            write!(f, ", {failed} failed")?;
        }
        Ok(())
    }
}

/// A file that could not be downloaded.
#[derive(Debug)]
#[non_exhaustive]
pub struct FetchFailure {
    /// Name of the blob.
    pub name: String,
    /// Reason for the failure.
    pub error: Error,
}

impl fmt::Display for FetchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.error)
    }
}
