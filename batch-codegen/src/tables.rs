//! Strictness of the tables that are written by hand for one version of the API: the rules of
//! `adapt`, `filters.json`, and the exceptions in `emit/edits`. A description of that version must
//! contain everything they name, so that obsolete entries are noticed. In a description of another
//! version, an entry that does not match is skipped and reported in a note.

use std::cell::RefCell;

use crate::error::{Error, Result};

/// The API version that the hand-written tables are written for: that of the checked-in
/// description.
pub const TABLES_VERSION: &str = "2024-02-01.19.0";

/// Collects mismatches between the tables and a description, or fails on the first one.
#[derive(Debug)]
pub(crate) struct Tables {
    strict: bool,
    version: String,
    notes: RefCell<Vec<String>>,
}

impl Tables {
    /// Creates the checks for a description of this version.
    pub(crate) fn for_version(version: &str) -> Self {
        Self {
            strict: version == TABLES_VERSION,
            version: version.to_owned(),
            notes: RefCell::default(),
        }
    }

    /// Reports a mismatch: as an error in the version of the tables, as a note in any other.
    pub(crate) fn mismatch(&self, error: Error) -> Result<()> {
        if self.strict {
            return Err(error);
        }
        let note = error.to_string();
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
        Ok(())
    }

    /// Returns the value, or reports its error as a [`mismatch`](Self::mismatch).
    pub(crate) fn or_mismatch<T>(&self, value: Result<T>) -> Result<Option<T>> {
        match value {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.mismatch(error).map(|()| None),
        }
    }

    /// Returns the notes, each with the version of the description.
    pub(crate) fn into_notes(self) -> Vec<String> {
        let Self { version, notes, .. } = self;
        let notes = notes.into_inner().into_iter();
        notes
            .map(|note| format!("{note} (in {version}; the tables are for {TABLES_VERSION})"))
            .collect()
    }
}
