//! What the service says where a resource is not there, is there already, or is in the wrong state.

use crate::fault::Fault;

pub(crate) fn missing(code: &'static str, what: &str) -> Fault {
    Fault::new(404, code, format!("There is no such {what}."))
}

pub(crate) fn exists(code: &'static str, what: &str) -> Fault {
    Fault::new(409, code, format!("There is a {what} of this id already."))
}

pub(crate) fn conflict(code: &'static str, message: &str) -> Fault {
    Fault::new(409, code, message)
}

/// The state of the resource does not allow the operation.
pub(crate) fn wrong_state(message: &str) -> Fault {
    conflict("OperationInvalidForCurrentState", message)
}
