//! `spec/letter-case.json`: which strings the service compares without regard to letter case.

use super::rows::{Row, Table};
use super::{Found, Texts};
use crate::api::Model;
use crate::error::{Error, Result};
use crate::tables::Tables;
use serde::Deserialize;
use std::collections::BTreeSet;

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

/// The letter case of what the service returns.
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
    texts: &Texts,
    models: &mut [Model],
    tables: &Tables,
    found: &mut Found,
) -> Result<()> {
    let table: Table<Caseless> = Table::read(FILE, super::text(texts, FILE)?)?;
    let mut used = BTreeSet::new();
    for model in models {
        for property in &mut model.properties {
            let place = format!("{}.{}", model.name, property.wire);
            let row = table.get(&place).or_else(|| table.get(&property.wire));
            property.ignores_case = row.is_some();
            property.lowered = row.is_some_and(|row| row.returned == Some(Case::Lower));
            used.extend(row.map(|row| row.place.clone()));
        }
    }
    for row in table.rows().filter(|row| !used.contains(&row.place)) {
        let why = format!("{} is not a property of the description", row.place);
        tables.misfit(Error::new(FILE, why))?;
    }
    found.texts.insert(FILE.to_owned(), table.render());
    Ok(())
}
