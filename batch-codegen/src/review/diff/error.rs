//! Why two texts cannot be compared.

use std::fmt;

use super::change::Side;

/// One of the two texts is no description of Batch.
///
/// Display reads `the new description: $.paths: …`: which of both, the JSON path, what is wrong
/// there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    side: Side,
    cause: crate::Error,
}

impl Error {
    pub(super) fn new(side: Side, cause: crate::Error) -> Self {
        Self { side, cause }
    }

    /// Which of both texts it is.
    pub fn side(&self) -> Side {
        self.side
    }

    /// What is wrong with it, and where.
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
