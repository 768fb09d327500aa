//! `spec/aliases.json`: what other clients call our models, enums, operations and groups.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::rows::{Row, Table};
use super::{Contents, Found};
use crate::api::Api;
use crate::error::{Error, Result};
use crate::names::snake;
use crate::tables::Tables;

pub(super) const FILE: &str = "aliases.json";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Aliases {
    /// A definition, an enum, an operation id or a group.
    place: String,
    names: Vec<String>,
}

impl Row for Aliases {
    fn key(&self) -> &str {
        &self.place
    }
}

impl Aliases {
    /// Checks that each name is one that rustdoc takes for an item of our name.
    fn check(&self, ours: &str) -> Result<()> {
        let mut seen = BTreeSet::new();
        for name in &self.names {
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let why = if name.is_empty() || !name.chars().all(is_name) {
                "is not a name"
            } else if name == ours {
                "is our own name"
            } else if !seen.insert(name) {
                "is there twice"
            } else {
                continue;
            };
            let message = format!("the alias {name:?} of {} {why}", self.place);
            return Err(Error::new(FILE, message));
        }
        if self.names.is_empty() {
            let message = format!("the row of {} has no names; remove it", self.place);
            return Err(Error::new(FILE, message));
        }
        Ok(())
    }
}

pub(super) fn apply(
    contents: &Contents,
    api: &mut Api,
    tables: &Tables,
    found: &mut Found,
) -> Result<()> {
    let table: Table<Aliases> = Table::read(FILE, super::text(contents, FILE)?)?;
    for row in table.rows() {
        let Some((ours, aliases)) = item(&row.place, api) else {
            let message = format!(
                "{} is not a definition, enum, operation or group of the description",
                row.place
            );
            tables.mismatch(Error::new(FILE, message))?;
            continue;
        };
        row.check(&ours)?;
        aliases.clone_from(&row.names);
    }
    found.contents.insert(FILE.to_owned(), table.render());
    Ok(())
}

/// The Rust name of an item, and the place of its aliases.
fn item<'a>(place: &str, api: &'a mut Api) -> Option<(String, &'a mut Vec<String>)> {
    if let Some(model) = api.models.iter_mut().find(|model| model.name == place) {
        return Some((model.name.clone(), &mut model.aliases));
    }
    if let Some(one) = api.enums.iter_mut().find(|one| one.name == place) {
        return Some((one.name.clone(), &mut one.aliases));
    }
    for group in &mut api.groups {
        if group.name == place {
            return Some((snake(&group.name), &mut group.aliases));
        }
        let mut operations = group.operations.iter_mut();
        if let Some(operation) = operations.find(|operation| operation.id == place) {
            return Some((snake(&operation.name), &mut operation.aliases));
        }
    }
    None
}
