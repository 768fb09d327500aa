//! `spec/letter-case.json`: strings that the service compares without regard to letter case.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::rows::{Row, Table};
use super::{Contents, Found};
use crate::api::Model;
use crate::error::{Error, Result};
use crate::tables::Tables;

pub(super) const FILE: &str = "letter-case.json";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Caseless {
    /// A property's name, or `Definition.property`.
    place: String,
    returned: Option<Case>,
    #[serde(rename = "source")]
    _source: String,
}

/// How the service treats the letter case of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LetterCase {
    /// It is significant.
    Exact,
    /// It is ignored, and values are returned as they were sent.
    Ignored,
    /// It is ignored, and values are returned in lower case.
    Lowered,
}

/// The letter case in which the service returns a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Case {
    Lower,
}

impl Row for Caseless {
    fn key(&self) -> &str {
        &self.place
    }
}

pub(super) fn apply(
    contents: &Contents,
    models: &mut [Model],
    tables: &Tables,
    found: &mut Found,
) -> Result<()> {
    let table: Table<Caseless> = Table::read(FILE, super::text(contents, FILE)?)?;
    let mut used = BTreeSet::new();
    for model in models {
        for property in &mut model.properties {
            let place = format!("{}.{}", model.name, property.wire);
            let row = table.get(&place).or_else(|| table.get(&property.wire));
            property.letter_case = match row.map(|row| row.returned) {
                None => LetterCase::Exact,
                Some(None) => LetterCase::Ignored,
                Some(Some(Case::Lower)) => LetterCase::Lowered,
            };
            used.extend(row.map(|row| row.place.clone()));
        }
    }
    for row in table.rows().filter(|row| !used.contains(&row.place)) {
        let why = format!("{} is not a property of the description", row.place);
        tables.mismatch(Error::new(FILE, why))?;
    }
    found.contents.insert(FILE.to_owned(), table.render());
    Ok(())
}
