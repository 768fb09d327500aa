//! Facts about the API that its description lacks: the tables under `spec/`.
//!
//! Each fact is recorded once, in one reviewed table. The stage `api` attaches it to its property
//! or operation, from where both the client and the emulator get it:
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
//! A place of the description without a row gets the most cautious value (never shown, never
//! repeated) and a `todo` row, which `regen` writes and `regen --check` refuses. A row without its
//! place is an error in the version that the tables are written for, and a note in any other.

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

/// The contents of the tables, by the names of their files under `spec/`.
pub type Contents = BTreeMap<String, String>;

/// The tables under `spec/`: those of this module, the error codes, and the filters.
pub const FILES: [&str; 9] = [
    aliases::FILE,
    super::error_codes::FILE,
    "filters.json",
    secrets::FILE,
    repeats::FILE,
    letter_case::FILE,
    read_only::FILE,
    defaults::FILE,
    RULES_FILE,
];

/// The rules about several values of a request, which the emulator checks.
pub(crate) const RULES_FILE: &str = "rules.json";

/// The results of reading the tables, other than the facts themselves.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The tables with a row for each place; equal to the input if none was missing.
    pub(crate) contents: Contents,
    /// The undecided rows: file and place.
    pub(crate) todo: Vec<String>,
    /// The operations with a decided row in `repeats.json`, including those that this description
    /// lacks.
    decided: Vec<String>,
}

/// Attaches the facts of the tables to their models and operations.
pub(super) fn apply(contents: &Contents, api: &mut Api, tables: &Tables) -> Result<Found> {
    let mut found = Found::default();
    secrets::apply(contents, &mut api.models, tables, &mut found)?;
    repeats::apply(contents, &api.codes, &mut api.groups, tables, &mut found)?;
    api.decided = std::mem::take(&mut found.decided);
    letter_case::apply(contents, &mut api.models, tables, &mut found)?;
    read_only::apply(contents, &mut api.models, tables, &mut found)?;
    defaults::apply(contents, &mut api.models, tables, &mut found)?;
    aliases::apply(contents, api, tables, &mut found)?;
    Ok(found)
}

/// Returns the content of a table.
pub(crate) fn text<'a>(contents: &'a Contents, file: &'static str) -> Result<&'a str> {
    let text = contents.get(file).map(String::as_str);
    text.ok_or_else(|| crate::Error::new(file, "the table is missing"))
}
