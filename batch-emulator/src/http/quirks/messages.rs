//! The live service's messages, which tools look for although codes exist.
//!
//! Source of each row: a recorded response of the live service with this code.

use crate::refusal::Refusal;

const MESSAGES: &[(&str, &str)] = &[
    (
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly \
         including the signature.",
    ),
    (
        "CertificateStateActive",
        "The specified certificate is in active state.",
    ),
    (
        "ConditionNotMet",
        "The condition specified using HTTP conditional header(s) is not met.",
    ),
    ("FileNotFound", "The specified file does not exist."),
    (
        "InvalidPropertyValue",
        "The value provided for one of the properties in the request body is invalid.",
    ),
    (
        "InvalidQueryParameterValue",
        "Value for one of the query parameters specified in the request URI is invalid.",
    ),
    ("JobExists", "The specified job already exists."),
    ("JobNotFound", "The specified job does not exist."),
    ("PoolExists", "The specified pool already exists."),
    ("PoolNotFound", "The specified pool does not exist."),
    (
        "RequestBodyTooLarge",
        "The request body is too large and exceeds the maximum permissible limit.",
    ),
];

/// Replaces the message of a refusal by the live service's, if that is known. The values, which say
/// what exactly is wrong, stay.
pub(super) fn replace(refusal: &mut Refusal) {
    let row = MESSAGES.iter().find(|(code, _)| *code == refusal.code);
    if let Some((_, message)) = row {
        (*message).clone_into(&mut refusal.message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_messages_are_replaced() {
        let mut known = Refusal::new(404, "JobNotFound", "Nothing.").with("a", "b");
        replace(&mut known);
        assert_eq!(known.message, "The specified job does not exist.");
        assert_eq!(known.values.len(), 1);
        let mut other = Refusal::new(404, "TaskNotFound", "Nothing.");
        replace(&mut other);
        assert_eq!(other.message, "Nothing.");
    }
}
