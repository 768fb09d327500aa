//! The common form of the tables of facts: a source, then one row per line, sorted by its first
//! value.
//!
//! The form is strict so that a row added by `regen` is one added line in a review, and so that
//! rows added on two branches merge without conflicts.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

const BEGIN: &str = "  \"rows\": [";
const END: &str = "  ]\n}\n";

/// A table under `spec/`.
#[derive(Debug)]
pub(super) struct Table<R> {
    /// Its file name, for messages.
    pub(super) file: &'static str,
    /// All lines before the rows.
    head: String,
    /// The rows by their key, each with its line.
    rows: BTreeMap<String, (R, String)>,
}

/// A row with a key.
pub(super) trait Row: DeserializeOwned {
    fn key(&self) -> &str;
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "rows")]
    _rows: Vec<serde_json::Value>,
}

impl<R: Row> Table<R> {
    /// Parses a table.
    pub(super) fn read(file: &'static str, text: &str) -> Result<Self> {
        let fail = |message: String| Error::new(file, message);
        let _: File = serde_json::from_str(text).map_err(|e| fail(e.to_string()))?;
        let form = || {
            fail(format!(
                "the file is not a table: expected `{BEGIN}`, then one row per line, then `  ]` and `}}`"
            ))
        };
        let (head, rest) = text.split_once(&format!("{BEGIN}\n")).ok_or_else(form)?;
        let lines = rest.strip_suffix(END).ok_or_else(form)?;
        let mut rows = BTreeMap::new();
        for line in lines.lines() {
            if !line.starts_with("    {") {
                return Err(fail(format!("expected one row per line, found {line}")));
            }
            let line = line.strip_suffix(',').unwrap_or(line);
            let row: R = serde_json::from_str(line).map_err(|e| fail(format!("{e} in {line}")))?;
            let key = row.key().to_owned();
            if rows.insert(key.clone(), (row, line.to_owned())).is_some() {
                return Err(fail(format!("duplicate row {key}; remove one")));
            }
        }
        let table = Self {
            file,
            head: head.to_owned(),
            rows,
        };
        if table.render() != text {
            return Err(fail(
                "the rows are not sorted, or a row is not on a separate line".to_owned(),
            ));
        }
        Ok(table)
    }

    /// Returns the table as text.
    pub(super) fn render(&self) -> String {
        let rows: Vec<&str> = self.rows.values().map(|(_, line)| line.as_str()).collect();
        let end = if rows.is_empty() { "" } else { "\n" };
        format!("{}{BEGIN}\n{}{end}{END}", self.head, rows.join(",\n"))
    }

    pub(super) fn get(&self, key: &str) -> Option<&R> {
        self.rows.get(key).map(|(row, _)| row)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &R> {
        self.rows.values().map(|(row, _)| row)
    }

    /// Drops the rows for which the condition is false.
    pub(super) fn retain(&mut self, keep: impl Fn(&R) -> bool) {
        self.rows.retain(|_, (row, _)| keep(row));
    }

    /// Adds a row, or replaces the row with the same key.
    pub(super) fn put(&mut self, json: &str) -> Result<()> {
        let line = format!("    {json}");
        let row: R =
            serde_json::from_str(json).map_err(|e| Error::new(self.file, e.to_string()))?;
        self.rows.insert(row.key().to_owned(), (row, line));
        Ok(())
    }
}
