//! The file's tables and items; several items are written in one transaction.

use std::error::Error;

use redb::{Database, TableDefinition, WriteTransaction};
use serde::Serialize;

use super::entry::Entry;
use super::folder::About;

/// Size of a snapshot's pieces. A redb value is one contiguous region of the file, whose size is a
/// power of two, including a little overhead of redb.
const PIECE: usize = 1024 * 1024 - 4096;

pub(super) const ABOUT: TableDefinition<&str, &[u8]> = TableDefinition::new("about");
pub(super) const JOURNAL: TableDefinition<u64, &[u8]> = TableDefinition::new("journal");
pub(super) const SNAPSHOT: TableDefinition<u64, &[u8]> = TableDefinition::new("snapshot");
/// The only key of the table `about`.
pub(super) const KEY: &str = "about";

/// An item to write.
#[derive(Debug)]
pub(crate) enum Item {
    /// An input, with its position.
    Entry(u64, Entry),
    /// The state after all inputs so far, which makes them obsolete.
    Snapshot(Vec<u8>),
    /// The clock and the store's identity.
    About(About),
}

/// Errors are reported, not examined, so any type will do.
pub(super) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Writes all of these items or none; they are on disk when this returns.
pub(super) fn write(database: &Database, items: &[Item]) -> Outcome<()> {
    let writing = database.begin_write()?;
    // Items that a snapshot makes obsolete need not be written first.
    let last = items
        .iter()
        .rposition(|item| matches!(item, Item::Snapshot(_)));
    for item in items.iter().skip(last.unwrap_or(0)) {
        write_item(&writing, item)?;
    }
    if let Some(about) = items.iter().rev().find_map(Item::about) {
        let bytes = bytes_of(about)?;
        writing.open_table(ABOUT)?.insert(KEY, bytes.as_slice())?;
    }
    writing.commit()?;
    Ok(())
}

fn write_item(writing: &WriteTransaction, item: &Item) -> Outcome<()> {
    match item {
        Item::Entry(number, entry) => {
            let bytes = bytes_of(entry)?;
            writing
                .open_table(JOURNAL)?
                .insert(number, bytes.as_slice())?;
        }
        Item::Snapshot(bytes) => {
            writing.delete_table(JOURNAL)?;
            writing.delete_table(SNAPSHOT)?;
            let mut table = writing.open_table(SNAPSHOT)?;
            for (number, piece) in (0..).zip(bytes.chunks(PIECE)) {
                table.insert(number, piece)?;
            }
        }
        Item::About(_) => {}
    }
    Ok(())
}

impl Item {
    fn about(&self) -> Option<&About> {
        match self {
            Self::About(about) => Some(about),
            Self::Entry(..) | Self::Snapshot(_) => None,
        }
    }
}

fn bytes_of(value: &impl Serialize) -> Outcome<Vec<u8>> {
    Ok(serde_json::to_vec(value)?)
}
