//! What stands at many places of a description: maps, and links to read.

use std::ops::Deref;

use indexmap::IndexMap;
use serde::Deserialize;

/// A JSON object in the order of the file.
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

/// A link to read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalDocs {
    /// The address.
    pub url: String,
    /// What is found there.
    pub description: Option<String>,
}
