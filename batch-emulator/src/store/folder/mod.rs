//! The data folder: one redb file, which holds the store's identity ([`About`]), a snapshot and the
//! journal since then.
//!
//! All errors of a folder are created here, with its path and what to do.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::{
    Builder, Database, DatabaseError, ReadableTable, StorageError, TableDefinition, TableError,
};
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::item::{ABOUT, Item, JOURNAL, KEY, Outcome, SNAPSHOT, write};
use crate::time::Time;

const FILE: &str = "state.redb";
/// Name of the file while it is being created, so that a process killed meanwhile leaves nothing
/// that looks like a store.
const NEW_FILE: &str = "state.redb.new";
/// Version of the file format; incompatible changes increase it.
const FORMAT: u32 = 2;
const CACHE: usize = 32 * 1024 * 1024;
/// Identity of a store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) format: u32,
    /// Version of the program that created it.
    pub(crate) program: String,
    /// Version of the API whose requests are in the journal.
    pub(crate) api: String,
    pub(crate) account: String,
    pub(crate) anchor: Anchor,
}

/// The virtual time at a real time, and the clock's speed since then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Anchor {
    pub(crate) real: Time,
    pub(crate) virtual_: Time,
    pub(crate) speed: f64,
}

impl About {
    pub(crate) fn new(account: &str, api: &str, anchor: Anchor) -> Self {
        Self {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            api: api.to_owned(),
            account: account.to_owned(),
            anchor,
        }
    }
}

/// An open data folder. No other process can open it at the same time.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    database: Database,
}

impl Folder {
    /// Opens a folder; if it has no store, creates one with the given identity and a first
    /// snapshot.
    pub(crate) fn open(
        path: &Path,
        about: &About,
        first: impl FnOnce() -> io::Result<Vec<u8>>,
    ) -> io::Result<Self> {
        make_folder(path).map_err(|error| folder_error(path, "create", &error))?;
        let file = path.join(FILE);
        let database = if file.exists() {
            open_file(path, &file)?
        } else {
            let items = [Item::Snapshot(first()?), Item::About(about.clone())];
            create(path, &items)?
        };
        let folder = Self {
            path: path.to_owned(),
            database,
        };
        folder.check(about)?;
        Ok(folder)
    }

    /// Checks that this program and account can continue the store.
    fn check(&self, wanted: &About) -> io::Result<()> {
        let bytes = self.about_bytes()?;
        let format = |bytes: &[u8]| {
            let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
            value.get("format")?.as_u64()
        };
        match format(&bytes) {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => {
                let text = format!(
                    "has format {format}, but this program reads format {FORMAT}; use the program that wrote \
                     it, or choose another folder"
                );
                return Err(self.refuse(&text));
            }
            None => return Err(self.broken(&"its description cannot be parsed")),
        }
        let found = self.about()?;
        if !found.account.eq_ignore_ascii_case(&wanted.account) {
            let text = format!(
                "belongs to the account {}, not {}; pass the former to --account, or choose another folder",
                found.account, wanted.account
            );
            return Err(self.refuse(&text));
        }
        if found.api != wanted.api {
            let text = format!(
                "holds requests of API version {}, but this program uses {}; use the program that wrote it \
                 (version {}), or choose another folder",
                found.api, wanted.api, found.program
            );
            return Err(self.refuse(&text));
        }
        Ok(())
    }

    pub(crate) fn about(&self) -> io::Result<About> {
        let bytes = self.about_bytes()?;
        serde_json::from_slice(&bytes).map_err(|error| self.broken(&error))
    }

    fn about_bytes(&self) -> io::Result<Vec<u8>> {
        let read = || -> Outcome<Option<Vec<u8>>> {
            let reading = self.database.begin_read()?;
            let table = reading.open_table(ABOUT)?;
            Ok(table.get(KEY)?.map(|value| value.value().to_vec()))
        };
        match read() {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(self.broken(&"its description is missing")),
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Returns the snapshot that precedes the journal.
    pub(crate) fn snapshot(&self) -> io::Result<Vec<u8>> {
        let mut found = Vec::new();
        self.each(SNAPSHOT, |_, piece| {
            found.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(found)
    }

    /// Replays the journal from its oldest entry and returns the position after the last one.
    pub(crate) fn replay(
        &self,
        mut each: impl FnMut(u64, Entry) -> io::Result<()>,
    ) -> io::Result<u64> {
        let mut next = 1;
        self.each(JOURNAL, |number, bytes| {
            let entry: Entry = serde_json::from_slice(bytes)
                .map_err(|error| self.broken(&format!("entry {number}: {error}")))?;
            next = number + 1;
            each(number, entry)
        })?;
        Ok(next)
    }

    fn each(
        &self,
        table: TableDefinition<u64, &[u8]>,
        mut each: impl FnMut(u64, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let reading = (self.database.begin_read()).map_err(|error| self.broken(&error))?;
        let table = match reading.open_table(table) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            Err(error) => return Err(self.broken(&error)),
        };
        for item in table.iter().map_err(|error| self.broken(&error))? {
            let (number, bytes) = item.map_err(|error| self.broken(&error))?;
            each(number.value(), bytes.value())?;
        }
        Ok(())
    }

    /// Writes all of these items or none; they are on disk when this returns.
    pub(crate) fn write(&self, items: &[Item]) -> Outcome<()> {
        write(&self.database, items)
    }

    fn refuse(&self, text: &str) -> io::Error {
        let text = format!("the data folder {} {text}", self.path.display());
        io::Error::new(io::ErrorKind::InvalidInput, text)
    }

    /// Creates the error for a folder whose contents cannot be understood.
    pub(crate) fn broken(&self, detail: &dyn Display) -> io::Error {
        broken(&self.path, detail)
    }

    #[cfg(test)]
    pub(crate) fn of(database: Database) -> Self {
        let path = PathBuf::from("memory");
        Self { path, database }
    }
}

fn broken(path: &Path, detail: &dyn Display) -> io::Error {
    let text = format!(
        "the data folder {} is damaged, or its {FILE} is not a store of this program ({detail}); restore a backup in \
         its place, or choose another folder",
        path.display()
    );
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn folder_error(path: &Path, verb: &str, error: &io::Error) -> io::Error {
    let text = format!("cannot {verb} the data folder {}: {error}", path.display());
    io::Error::new(error.kind(), text)
}

fn in_use(path: &Path) -> io::Error {
    let text = format!(
        "the data folder {} is in use by another process; stop that process, or choose another folder",
        path.display()
    );
    io::Error::new(io::ErrorKind::ResourceBusy, text)
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    // The file format that later versions of redb read.
    builder.create_with_file_format_v3(true);
    builder
}

fn open_file(path: &Path, file: &Path) -> io::Result<Database> {
    // redb can panic on a file that is not a database at all.
    let opened = catch_unwind(AssertUnwindSafe(|| builder().open(file)));
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(in_use(path)),
        Ok(Err(DatabaseError::Storage(StorageError::Io(error))))
            if error.kind() != io::ErrorKind::InvalidData =>
        {
            Err(folder_error(path, "open", &error))
        }
        Ok(Err(error)) => Err(broken(path, &error)),
        Err(_) => Err(broken(path, &"it cannot be opened")),
    }
}

/// Creates the store under a temporary name and renames it once it is complete.
fn create(path: &Path, items: &[Item]) -> io::Result<Database> {
    let made = || -> io::Result<Database> {
        let new = path.join(NEW_FILE);
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = private_file().open(&new)?;
        let database = builder().create_file(file).map_err(io::Error::other)?;
        write(&database, items).map_err(io::Error::other)?;
        fs::rename(&new, path.join(FILE))?;
        sync_folder(path)?;
        Ok(database)
    };
    made().map_err(|error| folder_error(path, "write", &error))
}

/// Creates the folder with access for its owner only, since it contains data of clients.
fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Persists a new directory entry.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
