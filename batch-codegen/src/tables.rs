//! What is written by hand for one version of the API: the rules of `adapt`, `filters.json`, the
//! exceptions in `emit/edits`. A description of that version must have all that they name, so that
//! none outlives the need for it. One of another version may lack it, or have more: then the client
//! is made without, and a note says so.

use std::cell::RefCell;

use crate::error::{Error, Result};

/// The version of the API that the hand-written tables are made for; it goes with the description
/// that is checked in.
pub const TABLES_VERSION: &str = "2024-02-01.19.0";

/// How strictly the tables are held against a description, and what did not fit.
#[derive(Debug)]
pub(crate) struct Tables {
    strict: bool,
    version: String,
    notes: RefCell<Vec<String>>,
}

impl Tables {
    /// For a description of this version.
    pub(crate) fn for_version(version: &str) -> Self {
        Self {
            strict: version == TABLES_VERSION,
            version: version.to_owned(),
            notes: RefCell::default(),
        }
    }

    /// A table does not fit: an error in the version that it is made for, a note in any other.
    pub(crate) fn misfit(&self, error: Error) -> Result<()> {
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

    /// The value, or what [`misfit`](Self::misfit) makes of its error.
    pub(crate) fn fitting<T>(&self, value: Result<T>) -> Result<Option<T>> {
        match value {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.misfit(error).map(|()| None),
        }
    }

    /// What did not fit, with the version that it is about.
    pub(crate) fn into_notes(self) -> Vec<String> {
        let Self { version, notes, .. } = self;
        let notes = notes.into_inner().into_iter();
        notes
            .map(|note| format!("{note} (in {version}; made for {TABLES_VERSION})"))
            .collect()
    }
}
