//! What is true of the API and not in its description: the tables of facts under `spec/`.
//!
//! Each fact is written once, in one reviewed table, and the stage `api` puts it at the property or
//! operation that it is about, from where the client and the emulator both get it:
//!
//! | table | fact |
//! | --- | --- |
//! | `secrets.json` | which values are secret, and which may be shown ([`Secrecy`]) |
//! | `repeats.json` | what sending an operation a second time does ([`Repeat`]) |
//! | `letter-case.json` | which strings the service compares without regard to case |
//! | `read-only.json` | which properties a request cannot set |
//! | `defaults.json` | what the service fills in ([`ServiceDefault`]) |
//! | `aliases.json` | what other clients call our items |
//!
//! A place of the description without a row gets the careful answer (never shown, never repeated)
//! and a row `todo`, which `regen` writes and `regen --check` refuses. A row without its place is
//! an error in the version that the tables are made for, and a note in any other.

mod aliases;
mod defaults;
mod letter_case;
mod read_only;
mod repeats;
mod rows;
mod secrets;

pub(crate) use defaults::{Condition, ServiceDefault, Source, System};
pub(crate) use letter_case::LetterCase;
pub(crate) use repeats::Repeat;
pub(crate) use secrets::{Missing, Secrecy};

use std::collections::BTreeMap;

use super::Api;
use crate::error::Result;
use crate::tables::Tables;

/// The texts of the tables, by the names of their files under `spec/`.
pub type Texts = BTreeMap<String, String>;

/// The tables under `spec/`: those of this module, the error codes, and the filters.
pub const FILES: [&str; 8] = [
    aliases::FILE,
    super::error_codes::FILE,
    "filters.json",
    secrets::FILE,
    repeats::FILE,
    letter_case::FILE,
    read_only::FILE,
    defaults::FILE,
];

/// What reading the tables found, beside the facts themselves.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The tables with a row for each place; equal to what was read where none was missing.
    pub(crate) texts: Texts,
    /// The rows that somebody has yet to decide: file and place.
    pub(crate) todo: Vec<String>,
    /// The operations with a decided row in `repeats.json`, be they in this description or not.
    decided: Vec<String>,
}

/// Puts the facts of the tables at the models and operations that they are about.
pub(super) fn apply(texts: &Texts, api: &mut Api, tables: &Tables) -> Result<Found> {
    let mut found = Found::default();
    secrets::apply(texts, &mut api.models, tables, &mut found)?;
    repeats::apply(texts, &api.codes, &mut api.groups, tables, &mut found)?;
    api.decided = std::mem::take(&mut found.decided);
    letter_case::apply(texts, &mut api.models, tables, &mut found)?;
    read_only::apply(texts, &mut api.models, tables, &mut found)?;
    defaults::apply(texts, &mut api.models, tables, &mut found)?;
    aliases::apply(texts, api, tables, &mut found)?;
    Ok(found)
}

/// The text of a table.
pub(crate) fn text<'a>(texts: &'a Texts, file: &'static str) -> Result<&'a str> {
    let text = texts.get(file).map(String::as_str);
    text.ok_or_else(|| crate::Error::new(file, "the table is missing"))
}
