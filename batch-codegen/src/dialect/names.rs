//! The names that TypeSpec gives to what we know under another name: `spec/names.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::typed;

/// Their names → ours, as in `spec/names.json`. A name without a row is the same in both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Where the rows come from.
    source: String,
    /// Ids of operations: `Pools_GetPool` → `Pool_Get`.
    pub(super) operations: BTreeMap<String, String>,
    /// Definitions of objects: `BatchPool` → `CloudPool`. Two of their models can be one
    /// of our models.
    pub(super) models: BTreeMap<String, String>,
    /// Enums: `BatchPoolState` → `PoolState`.
    pub(super) enums: BTreeMap<String, String>,
    /// Our names in clients of properties whose wire name we do not use, by our definition:
    /// `ContainerRegistry.username` → `userName`.
    pub(super) properties: BTreeMap<String, String>,
    /// Our definition for the body of an operation that takes the whole resource in their file.
    pub(super) updates: BTreeMap<String, String>,
}

impl Names {
    /// Reads the content of `spec/names.json`.
    ///
    /// # Errors
    ///
    /// Returns an error with its JSON path for an unknown or duplicate key.
    pub fn read(text: &str) -> Result<Self> {
        let in_names = |error: Error| Error::new(error.path(), format!("names.json: {error}"));
        typed::check_keys(text).map_err(in_names)?;
        typed::read(text).map_err(in_names)
    }

    /// Returns the content of `spec/names.json`: one row a line, sorted.
    ///
    /// # Panics
    ///
    /// Does not panic: strings are always JSON.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("strings are JSON");
        text.push('\n');
        text
    }

    /// Returns true if there is no row.
    pub fn is_empty(&self) -> bool {
        self.tables().iter().all(|table| table.is_empty())
    }

    /// Returns the table without the rows that change nothing.
    pub(super) fn without_equal(mut self) -> Self {
        for table in [&mut self.operations, &mut self.models, &mut self.enums] {
            table.retain(|theirs, ours| theirs != ours);
        }
        self
    }

    /// Adds the rows of another table for names that this one lacks.
    pub(super) fn fill(&mut self, other: &Self) {
        let tables = [
            (&mut self.operations, &other.operations),
            (&mut self.models, &other.models),
            (&mut self.enums, &other.enums),
            (&mut self.properties, &other.properties),
            (&mut self.updates, &other.updates),
        ];
        for (table, rows) in tables {
            for (theirs, ours) in rows {
                let row = table.entry(theirs.clone());
                row.or_insert_with(|| ours.clone());
            }
        }
    }

    fn tables(&self) -> [&BTreeMap<String, String>; 5] {
        [
            &self.operations,
            &self.models,
            &self.enums,
            &self.properties,
            &self.updates,
        ]
    }
}
