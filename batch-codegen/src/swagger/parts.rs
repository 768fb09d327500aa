//! Types used in many places of a description: maps, and links to documentation.

use std::ops::Deref;

use indexmap::IndexMap;
use serde::Deserialize;

/// A JSON object that preserves the order of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Map<T>(IndexMap<String, T>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Deref for Map<T> {
    type Target = IndexMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A link to further documentation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalDocs {
    /// The URL.
    pub url: String,
    /// Description of the linked page.
    pub description: Option<String>,
}
