//! `spec/read-only.json`: properties that a request cannot set.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::rows::{Row, Table};
use super::{Contents, Found};
use crate::api::Model;
use crate::error::{Error, Result};
use crate::tables::Tables;

pub(super) const FILE: &str = "read-only.json";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadOnly {
    definition: String,
    properties: Vec<String>,
    /// Properties that the description marks `readOnly` and that are still undecided.
    #[serde(default)]
    todo: Vec<String>,
}

impl ReadOnly {
    /// Returns the row as JSON.
    fn json(&self) -> String {
        let Self {
            definition,
            properties,
            todo,
        } = self;
        let todo = match todo.as_slice() {
            [] => String::new(),
            todo => format!(r#", "todo": {todo:?}"#),
        };
        format!(r#"{{ "definition": {definition:?}, "properties": {properties:?}{todo} }}"#)
    }
}

impl Row for ReadOnly {
    fn key(&self) -> &str {
        &self.definition
    }
}

pub(super) fn apply(
    contents: &Contents,
    models: &mut [Model],
    tables: &Tables,
    found: &mut Found,
) -> Result<()> {
    let mut table: Table<ReadOnly> = Table::read(FILE, super::text(contents, FILE)?)?;
    list_marks(&mut table, models)?;
    for row in table.rows() {
        let model = models.iter_mut().find(|model| model.name == row.definition);
        let mut properties = model.map(|model| &mut model.properties);
        for wire in &row.properties {
            let list = properties.iter_mut().flat_map(|list| list.iter_mut());
            if let Some(property) = list.into_iter().find(|property| property.wire == *wire) {
                property.read_only = true;
            } else {
                let why = format!("{}.{wire} is not in the description", row.definition);
                tables.mismatch(Error::new(FILE, why))?;
            }
        }
        let todo = row.todo.iter();
        found
            .todo
            .extend(todo.map(|wire| format!("spec/{FILE}: {}.{wire}", row.definition)));
    }
    found.contents.insert(FILE.to_owned(), table.render());
    Ok(())
}

/// Lists exactly the undecided marks of the description as `todo`.
fn list_marks(table: &mut Table<ReadOnly>, models: &[Model]) -> Result<()> {
    let listed = table.rows().map(|row| row.definition.clone());
    let marked = models.iter().map(|model| model.name.clone());
    let definitions: BTreeSet<String> = listed.chain(marked).collect();
    for definition in definitions {
        let row = table.get(&definition).cloned();
        let known = row.clone().unwrap_or(ReadOnly {
            definition: definition.clone(),
            properties: Vec::new(),
            todo: Vec::new(),
        });
        let model = models.iter().find(|model| model.name == definition);
        let properties = model.iter().flat_map(|model| &model.properties);
        let todo: Vec<String> = properties
            .filter(|property| property.read_only && !known.properties.contains(&property.wire))
            .map(|property| property.wire.clone())
            .collect();
        if todo == known.todo {
            continue;
        }
        table.retain(|row| row.definition != definition);
        if !todo.is_empty() || !known.properties.is_empty() {
            table.put(&ReadOnly { todo, ..known }.json())?;
        }
    }
    Ok(())
}
