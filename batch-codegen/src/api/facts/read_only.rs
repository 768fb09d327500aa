//! `spec/read-only.json`: which properties a request cannot set.

use serde::Deserialize;

use super::rows::{Row, Table};
use super::{Found, Texts};
use crate::api::Model;
use crate::error::{Error, Result};
use crate::tables::Tables;

pub(super) const FILE: &str = "read-only.json";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadOnly {
    definition: String,
    properties: Vec<String>,
    /// Marked `readOnly` by the description, and nobody has decided.
    #[serde(default)]
    todo: Vec<String>,
}

impl ReadOnly {
    /// The row as it stands in the table.
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
    texts: &Texts,
    models: &mut [Model],
    tables: &Tables,
    found: &mut Found,
) -> Result<()> {
    let mut table: Table<ReadOnly> = Table::read(FILE, super::text(texts, FILE)?)?;
    for model in models.iter_mut() {
        let row = table.get(&model.name).cloned().unwrap_or(ReadOnly {
            definition: model.name.clone(),
            properties: Vec::new(),
            todo: Vec::new(),
        });
        let unlisted: Vec<&str> = model
            .properties
            .iter()
            .filter(|property| property.read_only)
            .map(|property| property.wire.as_str())
            .filter(|wire| {
                !row.properties
                    .iter()
                    .chain(&row.todo)
                    .any(|known| known == wire)
            })
            .collect();
        if !unlisted.is_empty() {
            let todo = row.todo.iter().map(String::as_str).chain(unlisted);
            let todo = todo.map(str::to_owned).collect();
            table.put(
                &ReadOnly {
                    todo,
                    ..row.clone()
                }
                .json(),
            )?;
        }
        for property in &mut model.properties {
            property.read_only |= row.properties.contains(&property.wire);
        }
    }
    // Marks that are gone, on which nobody has decided, have nothing to tell.
    let marked = |row: &ReadOnly, wire: &String| {
        let model = models.iter().find(|model| model.name == row.definition);
        model.is_some_and(|model| {
            model
                .properties
                .iter()
                .any(|p| p.wire == *wire && p.read_only)
        })
    };
    let stale: Vec<ReadOnly> = table
        .rows()
        .filter(|row| row.todo.iter().any(|wire| !marked(row, wire)))
        .cloned()
        .collect();
    for mut row in stale {
        let todo = std::mem::take(&mut row.todo);
        row.todo = todo.into_iter().filter(|wire| marked(&row, wire)).collect();
        table.retain(|other| other.definition != row.definition);
        if !row.todo.is_empty() || !row.properties.is_empty() {
            table.put(&row.json())?;
        }
    }
    for row in table.rows() {
        let model = models.iter().find(|model| model.name == row.definition);
        let has = |wire: &String| {
            model.is_some_and(|model| model.properties.iter().any(|p| p.wire == *wire))
        };
        for wire in row
            .properties
            .iter()
            .chain(&row.todo)
            .filter(|wire| !has(wire))
        {
            let why = format!("{}.{wire} is not in the description", row.definition);
            tables.misfit(Error::new(FILE, why))?;
        }
        let todo = row.todo.iter();
        found
            .todo
            .extend(todo.map(|wire| format!("spec/{FILE}: {}.{wire}", row.definition)));
    }
    found.texts.insert(FILE.to_owned(), table.render());
    Ok(())
}
