//! Sets of local files: which files of a folder, and the names that they get.
//!
//! A set is read from the disk when it is made. It holds paths, lengths and times, no contents.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::Metadata;
use std::path::{Component, Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use glob::{MatchOptions, Pattern};
use walkdir::WalkDir;

use crate::error::{Error, Result};
use crate::names::check_blob;

/// `*` stays within a folder, as in the patterns of output files.
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// A local file and the name that it has in a file group.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalFile {
    name: String,
    path: PathBuf,
    len: u64,
    modified: SystemTime,
}

impl LocalFile {
    /// Returns the name in the file group: the path below the folder, with `/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the path on this machine.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the length in bytes.
    #[allow(clippy::len_without_is_empty, reason = "a file, not a collection")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns the time of the last change.
    pub fn modified(&self) -> SystemTime {
        self.modified
    }

    fn new(name: String, path: PathBuf, about: &Metadata) -> Result<Self> {
        check_blob(&name)?;
        let modified = about.modified();
        Ok(Self {
            modified: modified.map_err(|error| Error::file("read the time of", &path, error))?,
            len: about.len(),
            name,
            path,
        })
    }

    /// Returns the time in the form that the metadata `lastmodified` has: seconds, as Python prints
    /// a float, because that is how azure-batch-extensions compares it.
    pub(crate) fn last_modified(&self) -> String {
        python_seconds(self.modified)
    }
}

/// Prints a time as `str(os.path.getmtime(path))` does.
pub(crate) fn python_seconds(time: SystemTime) -> String {
    #[allow(clippy::cast_precision_loss, reason = "Python loses the same digits")]
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs() as f64 + 1e-9 * f64::from(since.subsec_nanos()),
        Err(before) => -before.duration().as_secs_f64(),
    };
    format!("{seconds:?}")
}

/// Files of this machine, each with the name that it gets in a file group.
///
/// ```no_run
/// use batch_jobs::FileSet;
///
/// # fn example() -> batch_jobs::Result<()> {
/// let mut scenes = FileSet::from_dir("scenes").recursive(true).pattern("**/*.blend").read()?;
/// scenes.add("textures/wood.png")?; // As `wood.png`
/// println!("{} files, {} bytes", scenes.len(), scenes.bytes());
/// # Ok(())
/// # }
/// ```
///
/// Two files of one name are refused. Names that differ only by case are different, as they are in
/// Azure Storage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileSet {
    files: BTreeMap<String, LocalFile>,
}

impl FileSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts to read the files of a folder.
    pub fn from_dir(dir: impl Into<PathBuf>) -> Dir {
        Dir {
            root: dir.into(),
            recursive: false,
            hidden: false,
            follow_links: false,
            patterns: Vec::new(),
        }
    }

    /// Adds a file under its own name, without its folders.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not a file, or the set has another file of this name.
    pub fn add(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| {
            Error::invalid(format!(
                "cannot add {}: the path does not end with a name in UTF-8",
                path.display()
            ))
        })?;
        self.add_as(path, name)
    }

    /// Adds a file under another name, which may have folders: `textures/wood.png`.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add); also if the name is not a name of a blob.
    pub fn add_as(&mut self, path: impl AsRef<Path>, name: impl Into<String>) -> Result<()> {
        let path = path.as_ref();
        let about = path
            .metadata()
            .map_err(|error| Error::file("read", path, error))?;
        if !about.is_file() {
            return Err(Error::invalid(format!(
                "cannot add {}: it is not a file; use `FileSet::from_dir` for folders",
                path.display()
            )));
        }
        self.insert(LocalFile::new(name.into(), path.to_owned(), &about)?)
    }

    /// Adds all files of another set.
    ///
    /// # Errors
    ///
    /// Both sets have a different file of the same name. Files added by then stay.
    pub fn extend(&mut self, other: Self) -> Result<()> {
        other
            .files
            .into_values()
            .try_for_each(|file| self.insert(file))
    }

    /// Removes the file of this name and returns it, if there is one.
    pub fn remove(&mut self, name: &str) -> Option<LocalFile> {
        self.files.remove(name)
    }

    /// Returns the file of this name.
    pub fn get(&self, name: &str) -> Option<&LocalFile> {
        self.files.get(name)
    }

    /// Returns the number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Returns true if there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the length of all files together, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(LocalFile::len).sum()
    }

    /// Returns the files, ordered by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &LocalFile> {
        self.files.values()
    }

    fn insert(&mut self, file: LocalFile) -> Result<()> {
        match self.files.entry(file.name.clone()) {
            Entry::Vacant(place) => {
                place.insert(file);
                Ok(())
            }
            // The same file again changes nothing.
            Entry::Occupied(there) if there.get().path == file.path => Ok(()),
            Entry::Occupied(there) => Err(Error::invalid(format!(
                "cannot add {} as `{}`: {} has this name already; add one of them under another \
                 name with `add_as`",
                file.path.display(),
                file.name,
                there.get().path.display()
            ))),
        }
    }
}

/// A folder whose files become a [`FileSet`].
#[derive(Debug, Clone)]
#[must_use = "`read` reads the folder"]
pub struct Dir {
    root: PathBuf,
    recursive: bool,
    hidden: bool,
    follow_links: bool,
    patterns: Vec<String>,
}

impl Dir {
    /// Sets whether the folders below are read, too; false by default.
    pub fn recursive(self, recursive: bool) -> Self {
        Self { recursive, ..self }
    }

    /// Sets whether files and folders whose names begin with `.` are read; false by default.
    pub fn hidden(self, hidden: bool) -> Self {
        Self { hidden, ..self }
    }

    /// Sets whether symbolic links are followed; false by default, which leaves them out. A cycle
    /// of links is an error.
    pub fn follow_links(self, follow_links: bool) -> Self {
        Self {
            follow_links,
            ..self
        }
    }

    /// Adds a pattern: files that match none of the patterns are left out. A pattern without `/`
    /// is compared with the name of a file, another one with its path below the folder; `*` stands
    /// for any characters except `/`, `**` for any folders, `?` for one character.
    pub fn pattern(mut self, pattern: impl Into<String>) -> Self {
        self.patterns.push(pattern.into());
        self
    }

    /// Reads the folder.
    ///
    /// # Errors
    ///
    /// The folder or a file cannot be read, a name is not UTF-8 or not a name of a blob, or a
    /// pattern is malformed.
    pub fn read(&self) -> Result<FileSet> {
        let patterns = self.patterns.iter().map(|text| parse(text));
        let patterns = patterns.collect::<Result<Vec<Pattern>>>()?;
        let depth = if self.recursive { usize::MAX } else { 1 };
        let walk = WalkDir::new(&self.root)
            .follow_links(self.follow_links)
            .min_depth(1)
            .max_depth(depth);
        let is_shown =
            |name: &std::ffi::OsStr| self.hidden || !name.as_encoded_bytes().starts_with(b".");
        let entries = walk.into_iter();
        let entries =
            entries.filter_entry(|entry| entry.depth() == 0 || is_shown(entry.file_name()));
        let mut set = FileSet::new();
        for entry in entries {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(&self.root).to_owned();
                Error::file("read", &path, error.into())
            })?;
            if !entry.file_type().is_file() {
                continue;
            }
            let name = self.name(entry.path())?;
            let matches = |pattern: &Pattern| {
                let last = name.rsplit('/').next().unwrap_or(&name);
                let whole = pattern.as_str().contains('/');
                pattern.matches_with(if whole { &name } else { last }, MATCHING)
            };
            if patterns.is_empty() || patterns.iter().any(matches) {
                let path = entry.path();
                let about = entry.metadata();
                let about = about.map_err(|error| Error::file("read", path, error.into()))?;
                set.insert(LocalFile::new(name, path.to_owned(), &about)?)?;
            }
        }
        Ok(set)
    }

    /// Returns the name of a file below this folder.
    fn name(&self, path: &Path) -> Result<String> {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        let parts = below.components().map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        });
        let parts: Option<Vec<&str>> = parts.collect();
        parts.map(|parts| parts.join("/")).ok_or_else(|| {
            Error::invalid(format!(
                "cannot use {}: its name is not UTF-8; rename the file",
                path.display()
            ))
        })
    }
}

fn parse(text: &str) -> Result<Pattern> {
    Pattern::new(text)
        .map_err(|error| Error::invalid(format!("cannot use the pattern `{text}`: {error}")))
}

#[cfg(test)]
mod tests;
