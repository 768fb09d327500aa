//! Effect of sending a request a second time, generated from `spec/repeats.json`.

use reqwest::Method;

use super::comparison::ModelComparison;

/// Effect of a request on the service, and how a second attempt detects the first.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect {
    /// It changes nothing.
    Reads,
    /// It adds one resource, which a second attempt finds.
    Adds(&'static Added),
    /// It deletes something: a second attempt finds nothing, or one of these codes.
    Deletes(&'static [&'static str]),
    /// It sets values; a second attempt sets the same ones.
    Sets,
    /// It acts; one of these codes tells a second attempt that the first did.
    Acts(&'static [&'static str]),
    /// It is not known: the request is the caller's own, or nobody has decided.
    Unknown,
}

/// How an added resource is found and recognized.
#[derive(Debug)]
pub(crate) struct Added {
    /// The codes that say that there is one of this id.
    pub(crate) exists: &'static [&'static str],
    /// The part of the resource's address that follows the address of the request, with properties
    /// of the body in braces.
    pub(crate) suffix: &'static str,
    /// The table by which the resource is compared with the request.
    pub(crate) compared: &'static ModelComparison,
}

impl Added {
    /// Returns true for the codes that say no more than that the id is taken (`JobExists`). Others
    /// of [`exists`](Self::exists) say that the resource is in a state that refuses the request.
    pub(crate) fn is_existence(code: &str) -> bool {
        code.ends_with("Exists")
    }
}

impl Effect {
    /// The effect of a request that is the caller's own, by its method alone.
    pub(crate) fn of_request(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Reads,
            _ => Self::Unknown,
        }
    }
}
