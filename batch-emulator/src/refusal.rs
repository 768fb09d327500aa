//! Errors of the service: a status, a code, a message and values.
//!
//! Every module on the request path can reject a request, so this module imports none of them.
//!
//! Codes and statuses come from `spec/error-codes.json`, whose source is the page "Batch Status and
//! Error Codes": <https://learn.microsoft.com/rest/api/batchservice/batch-status-and-error-codes>.
//! Messages are this project's own; the live service's messages can differ.

/// The reason why a request is rejected. `http` writes it in the service's format, with request id
/// and time.
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

/// Creates the error for a resource that does not exist.
pub(crate) fn missing(code: &'static str, what: &str) -> Refusal {
    Refusal::new(404, code, format!("The specified {what} does not exist."))
}

/// Creates the error for a resource that already exists.
pub(crate) fn exists(code: &'static str, what: &str) -> Refusal {
    Refusal::new(409, code, format!("A {what} with this id already exists."))
}

/// Creates the error for an operation that the resource does not allow.
pub(crate) fn conflict(code: &'static str, message: &str) -> Refusal {
    Refusal::new(409, code, message)
}

/// Creates the error for an operation that the state of the resource does not allow.
///
/// Source: "Batch Status and Error Codes"; this code is used where a description says 409 without
/// naming a code.
pub(crate) fn wrong_state(message: &str) -> Refusal {
    conflict("OperationInvalidForCurrentState", message)
}
