//! The error of the pipeline: a message and the place in the description.

use std::fmt;

/// The reason why a client cannot be generated from a description.
///
/// Display reads `$.paths['/pools'].post: duplicate operation id "Pool_Add"`: the JSON path, then
/// the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    path: String,
    message: String,
}

/// The result of a stage.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }

    /// The place in the description, as a JSON path from its root `$`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the message, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for Error {}

/// Appends a step to a JSON path: `.name` where possible, `['name']` elsewhere.
pub(crate) fn step(path: &str, key: &str) -> String {
    let plain = key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && !key.is_empty();
    if plain {
        format!("{path}.{key}")
    } else {
        format!("{path}['{}']", key.replace('\'', "\\'"))
    }
}
