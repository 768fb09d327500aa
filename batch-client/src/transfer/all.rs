//! Downloads of all files of a task.
//!
//! The names of the files come from a node, where tasks write what they like: each is held to lead
//! below the target before anything is made on this machine.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use tokio::fs;

use super::remote::{Owner, Remote};
use super::save::{Settings, save};
use super::tree::{FileEntry, FileTree};
use crate::client::Client;
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::{BoxFuture, operations};

impl operations::file::Operations {
    /// Downloads all files of a task to a directory on this machine, in directories as they are
    /// there.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let done = client
    ///     .file()
    ///     .download_all_from_task("nightly", "frame-1")
    ///     .to("frames/1")
    ///     .filter(|file| file.path.starts_with("wd/") && file.length < 1 << 30)
    ///     .await?;
    /// println!("{} files, {} bytes", done.files.len(), done.bytes);
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

/// The files of a task, to download; [`to`](Self::to) says where.
#[derive(Debug, Clone)]
#[must_use = "`to` says where to download to"]
pub struct DownloadAll {
    client: Client,
    owner: Owner,
}

impl DownloadAll {
    /// Downloads to this directory, which is made where it does not exist.
    #[inline]
    pub fn to(self, directory: impl Into<PathBuf>) -> DownloadAllTo {
        DownloadAllTo {
            client: self.client,
            owner: self.owner,
            directory: directory.into(),
            settings: Settings::default(),
            filter: None,
        }
    }
}

/// What was downloaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadedAll {
    /// Where the files are, in the order of the listing.
    pub files: Vec<PathBuf>,
    /// Their lengths together.
    pub bytes: u64,
    /// How many files the filter did not let pass.
    pub skipped: usize,
}

type Filter = Box<dyn FnMut(&FileEntry) -> bool + Send>;

/// A download of all files, one after the other, which begins when it is awaited.
///
/// Each file is downloaded as [`DownloadTo`](super::DownloadTo) says. A name that would lead out of
/// the directory (`..`, an absolute path, a link on this machine) is an error
/// ([`Error::is_invalid_request`]), and nothing is written for it; the first error ends the
/// download, and files that are complete stay. Directories without files are not made.
#[must_use = "a download begins only when it is awaited"]
pub struct DownloadAllTo {
    client: Client,
    owner: Owner,
    directory: PathBuf,
    settings: Settings,
    filter: Option<Filter>,
}

impl DownloadAllTo {
    /// Downloads only files that this lets pass; it is not asked for directories.
    #[inline]
    pub fn filter(mut self, wanted: impl FnMut(&FileEntry) -> bool + Send + 'static) -> Self {
        self.filter = Some(Box::new(wanted));
        self
    }

    /// How downloads go on after failures that may pass, instead of the client's policy.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = Some(policy);
        self
    }

    #[inline]
    async fn run(mut self) -> Result<DownloadedAll, Error> {
        let mut done = DownloadedAll::default();
        let mut tree = FileTree::of(&self.client, &self.owner);
        while let Some(entry) = tree.try_next().await? {
            if entry.is_directory {
                continue;
            }
            if self.filter.as_mut().is_some_and(|wanted| !wanted(&entry)) {
                done.skipped += 1;
                continue;
            }
            let target = below(&self.directory, &entry.path).await?;
            let remote = Remote {
                client: self.client.clone(),
                owner: self.owner.clone(),
                path: entry.path,
            };
            let file = save(&remote, &target, self.settings, |_| ()).await?;
            done.bytes += file.bytes;
            done.files.push(file.path);
        }
        Ok(done)
    }
}

/// Where a file of this name goes; the directories above it are made.
#[inline]
async fn below(directory: &Path, name: &str) -> Result<PathBuf, Error> {
    let Some(parts) = parts(name) else {
        return Err(refused(name, "its path leaves the directory"));
    };
    let mut path = directory.to_owned();
    make(&path).await?;
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        path.push(part);
        if parts.peek().is_none() {
            break;
        }
        match fs::symlink_metadata(&path).await {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(refused(
                    name,
                    "a part of its path is a file on this machine",
                ));
            }
            Err(_) => make(&path).await?,
        }
    }
    Ok(path)
}

#[inline]
async fn make(directory: &Path) -> Result<(), Error> {
    let made = fs::create_dir_all(directory).await;
    made.map_err(|error| Error::io(&format!("cannot create {}", directory.display()), error))
}

#[inline]
fn refused(name: &str, why: &str) -> Error {
    Error::invalid_request(format!(
        "cannot download {name:?}: {why}; choose files with `filter`"
    ))
}

/// The parts of a name, if each is the plain name of a file or directory on any system. Windows
/// nodes part them by backslashes.
#[inline]
fn parts(name: &str) -> Option<Vec<&str>> {
    let is_plain = |part: &&str| {
        let mut components = Path::new(part).components();
        let one = matches!(components.next(), Some(Component::Normal(found)) if found == *part);
        one && components.next().is_none() && !part.contains([':', '\0'])
    };
    let parts: Vec<&str> = name.split(['/', '\\']).collect();
    parts.iter().all(is_plain).then_some(parts)
}

impl IntoFuture for DownloadAllTo {
    type Output = Result<DownloadedAll, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for DownloadAllTo {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadAllTo")
            .field("owner", &self.owner)
            .field("directory", &self.directory)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn names_lead_below_or_are_refused() {
        assert_eq!(parts("stdout.txt"), Some(vec!["stdout.txt"]));
        assert_eq!(parts("wd/a/b..c"), Some(vec!["wd", "a", "b..c"]));
        assert_eq!(parts("wd\\a.txt"), Some(vec!["wd", "a.txt"]));
        for name in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "wd/../../x",
            "wd/..",
            "wd\\..\\x",
            "./x",
            "wd//x",
            "wd/",
            "C:\\x",
            "C:x",
            "wd/x:stream",
            "a\0b",
            "\\\\server\\share",
        ] {
            assert_eq!(parts(name), None, "{name:?}");
        }
    }
}
