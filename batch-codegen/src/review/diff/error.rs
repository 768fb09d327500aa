//! The error of a comparison.

use std::fmt;

use super::change::Side;

/// One of the two inputs is not a description of Batch.
///
/// Display reads `the new description: $.paths: …`: the side, the JSON path, and the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    side: Side,
    cause: crate::Error,
}

impl Error {
    pub(super) fn new(side: Side, cause: crate::Error) -> Self {
        Self { side, cause }
    }

    /// Returns the side of the invalid text.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Returns the problem and its place.
    pub fn cause(&self) -> &crate::Error {
        &self.cause
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Old => "old",
            _ => "new",
        };
        write!(f, "the {side} description: {}", self.cause)
    }
}

impl std::error::Error for Error {}
