//! Texts of ours that fit a new place because they speak of the same thing elsewhere: a value of an
//! enum wherever the enum stands, a header that many responses have.

use std::collections::{BTreeMap, HashMap};

use super::facts;
use super::json::Json;

/// What stands at a place whose text is yet to be written.
pub const MARKER: &str = "(text to be written)";

#[derive(Debug, Default)]
pub(super) struct Texts {
    /// By the enum's name and the value.
    values: HashMap<(String, String), String>,
    /// By the header's name and facts: each text with how often it stands.
    headers: HashMap<String, BTreeMap<String, usize>>,
}

impl Texts {
    pub(super) fn of(document: &Json) -> Self {
        let mut texts = Self::default();
        texts.collect(document);
        texts
    }

    pub(super) fn value(&self, of: &str, value: &str) -> Option<&str> {
        let key = (of.to_owned(), value.to_owned());
        self.values.get(&key).map(String::as_str)
    }

    /// The text that most headers of this name and these facts have.
    pub(super) fn header(&self, name: &str, facts: &Json) -> Option<&str> {
        let texts = self.headers.get(&key(name, facts))?;
        let most = texts.iter().max_by_key(|(_, count)| **count)?;
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
                let texts = self
                    .headers
                    .entry(key(name, &facts::of_header(header)))
                    .or_default();
                *texts.entry(text.to_owned()).or_default() += 1;
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
