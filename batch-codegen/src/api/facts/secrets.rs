//! `spec/secrets.json`: values that are secret, and values that may be shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::rows::{Row, Table};
use super::{Contents, Found};
use crate::api::{Kind, Model, Property};
use crate::error::{Error, Result};
use crate::tables::Tables;

pub(super) const FILE: &str = "secrets.json";

/// How widely a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Secrecy {
    /// Never returned by the service, never stored, never shown.
    Secret,
    /// Returned by the service, never shown.
    Hidden,
    /// Shown without anything that grants access: signatures, and the user information and query of
    /// URLs.
    Scrubbed,
    /// Shown.
    Plain,
    /// Undecided: never stored and never shown.
    Todo,
}

impl Secrecy {
    /// Returns true if responses contain the value as it was sent.
    pub(crate) fn is_returned(self) -> bool {
        !matches!(self, Self::Secret | Self::Todo)
    }
}

/// How the absence of a secret shows that the service has one which it did not return. A required
/// secret that is absent always shows this.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Missing {
    /// The service has it where these are present.
    With(Vec<String>),
    /// The service has it where none of these is present.
    Without(Vec<String>),
    /// Absence shows nothing.
    Never(bool),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    /// A property's name, or `Definition.property`.
    place: String,
    is: Secrecy,
    missing: Option<Missing>,
    #[serde(default)]
    unless: BTreeMap<String, String>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

impl Secret {
    /// Returns the property and value beside which the value is not secret.
    fn unless(&self, names: &[String]) -> Result<Option<(String, String)>> {
        let fail = |why: String| Err(Error::new(FILE, format!("{}: {why}", self.place)));
        let mut unless = self.unless.iter();
        match (unless.next(), unless.next()) {
            (None, _) => Ok(None),
            (Some(_), Some(_)) => fail("`unless` names more than one property".to_owned()),
            (Some((name, _)), None) if !names.contains(name) => fail(format!(
                "`unless` names {name}, which is not a property beside it"
            )),
            (Some((name, value)), None) => Ok(Some((name.clone(), value.clone()))),
        }
    }
}

impl Row for Secret {
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
    let mut table: Table<Secret> = Table::read(FILE, super::text(contents, FILE)?)?;
    let mut used = BTreeSet::new();
    for model in models {
        let names: Vec<String> = model.properties.iter().map(|p| p.wire.clone()).collect();
        for property in model.properties.iter_mut().filter(|p| needs_row(p)) {
            let place = format!("{}.{}", model.name, property.wire);
            let known = [place, property.wire.clone()]
                .into_iter()
                .find(|key| table.get(key).is_some());
            let key = if let Some(key) = known {
                key
            } else {
                let json = format!(r#"{{ "place": {:?}, "is": "todo" }}"#, property.wire);
                table.put(&json)?;
                property.wire.clone()
            };
            // The definition's row takes precedence over the property name's row, which must still
            // count as used.
            used.insert(property.wire.clone());
            used.insert(key.clone());
            if let Some(row) = table.get(&key) {
                let is_string = !matches!(property.kind, Kind::Map | Kind::Json);
                if row.is == Secrecy::Scrubbed && !is_string {
                    let why = format!(
                        "{}.{} is not a string, so `{key}` cannot be `scrubbed`; make it `hidden`",
                        model.name, property.wire
                    );
                    return Err(Error::new(FILE, why));
                }
                if property.is_secret() && !matches!(row.is, Secrecy::Secret | Secrecy::Todo) {
                    let why = format!(
                        "{}.{} is `x-ms-secret`, but `{key}` is not `secret`",
                        model.name, property.wire
                    );
                    return Err(Error::new(FILE, why));
                }
                property.secrecy = row.is;
                property.missing.clone_from(&row.missing);
                property.unless = row.unless(&names)?;
            }
        }
    }
    // An undecided row for a property that no longer exists carries no information.
    table.retain(|row| row.is != Secrecy::Todo || used.contains(&row.place));
    for row in table.rows() {
        if row.is == Secrecy::Todo {
            found.todo.push(format!("spec/{FILE}: {}", row.place));
        }
        if !used.contains(&row.place) {
            let why = format!("{} is not a string property of the description", row.place);
            tables.mismatch(Error::new(FILE, why))?;
        }
    }
    found.contents.insert(FILE.to_owned(), table.render());
    Ok(())
}

/// Returns true if the value can contain arbitrary text: strings, and free-form JSON.
fn needs_row(property: &Property) -> bool {
    fn carries(kind: &Kind) -> bool {
        match kind {
            Kind::Text | Kind::Map | Kind::Json => true,
            Kind::Array(item) => carries(item),
            _ => false,
        }
    }
    carries(&property.kind)
}
