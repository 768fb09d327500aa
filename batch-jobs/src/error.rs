//! The error of this crate.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use batch_client::bulk::AddAllError;

/// An error of a job, a file group or a storage account. Display says what failed, why, and what to
/// do about it; it never has a key or a signature.
pub struct Error(Box<Kind>);

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

enum Kind {
    Invalid(String),
    File {
        verb: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    Storage {
        text: String,
        status: Option<u16>,
        code: Option<String>,
    },
    Batch(batch_client::Error),
    Add(AddAllError),
}

impl Error {
    /// Returns true if the input was rejected before anything was sent.
    pub fn is_invalid(&self) -> bool {
        matches!(*self.0, Kind::Invalid(_))
    }

    /// Returns true if the service or the storage account says that the resource does not exist.
    pub fn is_not_found(&self) -> bool {
        match &*self.0 {
            Kind::Storage { status, .. } => *status == Some(404),
            Kind::Batch(error) => error.is_not_found(),
            _ => false,
        }
    }

    /// Returns the status of Azure Storage's response, if there was one.
    pub fn storage_status(&self) -> Option<u16> {
        match &*self.0 {
            Kind::Storage { status, .. } => *status,
            _ => None,
        }
    }

    /// Returns the code of the service's or the storage account's error.
    pub fn code(&self) -> Option<&str> {
        match &*self.0 {
            Kind::Storage { code, .. } => code.as_deref(),
            Kind::Batch(error) => error.code(),
            _ => None,
        }
    }

    /// Returns the error of the Batch client, if a call of it failed.
    pub fn batch(&self) -> Option<&batch_client::Error> {
        match &*self.0 {
            Kind::Batch(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the error of the bulk add, with its report, if tasks could not be added.
    pub fn tasks_not_added(&self) -> Option<&AddAllError> {
        match &*self.0 {
            Kind::Add(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the error of the file system, if a local file could not be read or written.
    pub fn io_error(&self) -> Option<&io::Error> {
        match &*self.0 {
            Kind::File { source, .. } => Some(source),
            _ => None,
        }
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self(Box::new(Kind::Invalid(text.into())))
    }

    pub(crate) fn file(verb: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self(Box::new(Kind::File { verb, path, source }))
    }

    pub(crate) fn storage(
        text: impl Into<String>,
        status: Option<u16>,
        code: Option<&str>,
    ) -> Self {
        Self(Box::new(Kind::Storage {
            text: text.into(),
            status,
            code: code.map(str::to_owned),
        }))
    }
}

impl From<batch_client::Error> for Error {
    fn from(error: batch_client::Error) -> Self {
        Self(Box::new(Kind::Batch(error)))
    }
}

impl From<AddAllError> for Error {
    fn from(error: AddAllError) -> Self {
        Self(Box::new(Kind::Add(error)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Invalid(text) | Kind::Storage { text, .. } => f.write_str(text),
            Kind::File { verb, path, source } => {
                write!(f, "cannot {verb} {}: {source}", path.display())
            }
            Kind::Batch(error) => error.fmt(f),
            Kind::Add(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Invalid(_) | Kind::Storage { .. } => None,
            Kind::File { source, .. } => Some(source),
            Kind::Batch(error) => error.source(),
            Kind::Add(error) => error.source(),
        }
    }
}
