//! The errors of the service: a status, a code, a message and values.
//!
//! Everything on the path of a request can refuse it, so this module imports no other.
//!
//! Codes and statuses are those of `spec/error-codes.json`, whose source is the page "Batch Status
//! and Error Codes":
//! <https://learn.microsoft.com/rest/api/batchservice/batch-status-and-error-codes>. Messages are
//! this project's own; the live service's can differ.

/// Why a request is refused. `http` writes it in the service's form, with request id and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) values: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            values: Vec::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.values.push((key, value.into()));
        self
    }
}

/// There is no resource of this name.
pub(crate) fn missing(code: &'static str, what: &str) -> Refusal {
    Refusal::new(404, code, format!("There is no such {what}."))
}

/// There is a resource of this name already.
pub(crate) fn exists(code: &'static str, what: &str) -> Refusal {
    Refusal::new(409, code, format!("There is a {what} of this id already."))
}

/// The resource does not allow the operation.
pub(crate) fn conflict(code: &'static str, message: &str) -> Refusal {
    Refusal::new(409, code, message)
}

/// The state of the resource does not allow the operation.
///
/// Source: "Batch Status and Error Codes"; where a description says 409 without a code, this one is
/// taken.
pub(crate) fn wrong_state(message: &str) -> Refusal {
    conflict("OperationInvalidForCurrentState", message)
}
