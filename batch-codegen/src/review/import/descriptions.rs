//! Our descriptions that fit a new place because they describe the same thing elsewhere: an enum
//! value wherever the enum occurs, a header of many responses.

use std::collections::{BTreeMap, HashMap};

use super::facts;
use crate::json::Json;

/// The marker at a place whose description has yet to be written.
pub const MARKER: &str = "(description to be written)";

#[derive(Debug, Default)]
pub(super) struct Descriptions {
    /// Keyed by the enum's name and the value.
    values: HashMap<(String, String), String>,
    /// Keyed by the header's name and facts: each description with its number of occurrences.
    headers: HashMap<String, BTreeMap<String, usize>>,
}

impl Descriptions {
    pub(super) fn of(document: &Json) -> Self {
        let mut descriptions = Self::default();
        descriptions.collect(document);
        descriptions
    }

    pub(super) fn value(&self, of: &str, value: &str) -> Option<&str> {
        let key = (of.to_owned(), value.to_owned());
        self.values.get(&key).map(String::as_str)
    }

    /// Returns the most frequent description of headers with this name and these facts.
    pub(super) fn header(&self, name: &str, facts: &Json) -> Option<&str> {
        let descriptions = self.headers.get(&key(name, facts))?;
        let most = descriptions.iter().max_by_key(|(_, count)| **count)?;
        Some(most.0)
    }

    fn collect(&mut self, node: &Json) {
        let ms_enum = node.get("x-ms-enum");
        for entry in ms_enum.get("values").items() {
            let of = ms_enum.get("name").text();
            if let (Some(of), Some(value), Some(text)) = (
                of,
                entry.get("value").text(),
                written(entry.get("description")),
            ) {
                let key = (of.to_owned(), value.to_owned());
                self.values.entry(key).or_insert_with(|| text.to_owned());
            }
        }
        for (name, header) in node.get("headers").entries() {
            if let Some(text) = written(header.get("description")) {
                let descriptions = self
                    .headers
                    .entry(key(name, &facts::of_header(header)))
                    .or_default();
                *descriptions.entry(text.to_owned()).or_default() += 1;
            }
        }
        for (_, inner) in node.entries() {
            self.collect(inner);
        }
        for inner in node.items() {
            self.collect(inner);
        }
    }
}

fn written(text: &Json) -> Option<&str> {
    text.text().filter(|text| *text != MARKER)
}

fn key(name: &str, facts: &Json) -> String {
    format!(
        "{name} {}",
        serde_json::to_string(facts).unwrap_or_default()
    )
}
