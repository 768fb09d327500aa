//! What the stage gives: groups of operations, models and enums, with every type decided.

use std::collections::BTreeSet;

use super::facts::{LetterCase, Missing, Repeat, Secrecy, ServiceDefault};

#[derive(Debug)]
pub(crate) struct Group {
    /// `ComputeNode`.
    pub(crate) name: String,
    pub(crate) operations: Vec<Operation>,
    /// What other clients call it.
    pub(crate) aliases: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    /// `ComputeNode_Reboot`.
    pub(crate) id: String,
    /// `Reboot`.
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) deprecated: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) returns: Returns,
    /// The status codes of success with what they mean.
    pub(crate) success: Vec<(u16, String)>,
    /// The headers of success.
    pub(crate) headers: Vec<Header>,
    /// The models that its responses hold, errors among them.
    pub(crate) answers: BTreeSet<String>,
    /// What a second attempt does.
    pub(crate) repeat: Repeat,
    /// What other clients call it.
    pub(crate) aliases: Vec<String>,
}

impl Operation {
    /// Every model that it sends or receives.
    pub(crate) fn models(&self) -> impl Iterator<Item = &str> {
        let body = self.body.iter().map(|body| body.model.as_str());
        self.answers.iter().map(String::as_str).chain(body)
    }
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) wire: String,
    pub(crate) client: String,
    pub(crate) place: Place,
    pub(crate) required: bool,
    pub(crate) scalar: Scalar,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    pub(crate) docs: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text,
    Integer,
    Long,
    Boolean,
    /// RFC 3339 on the wire.
    DateTime,
    /// The form of HTTP dates on the wire.
    HttpDate,
}

#[derive(Debug)]
pub(crate) struct Body {
    /// The name that the description gives it; nothing on the wire has it.
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) required: bool,
    pub(crate) docs: String,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Returns {
    Nothing,
    /// 200 or 404, without a body.
    Existence,
    /// Only headers.
    FileProperties,
    Bytes,
    Model(String),
    /// A page of a listing.
    Page {
        model: String,
        items: String,
        next: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) scalar: Scalar,
    pub(crate) docs: String,
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) properties: Vec<Property>,
    /// Whether a response can hold it.
    pub(crate) in_answers: bool,
    /// Whether a request can hold it.
    pub(crate) in_requests: bool,
    /// The only group of operations that uses it.
    pub(crate) group: Option<String>,
    /// What the service fills in, the deepest places first.
    pub(crate) defaults: Vec<ServiceDefault>,
    /// What other clients call it.
    pub(crate) aliases: Vec<String>,
}

impl Model {
    /// The property of this name on the wire.
    pub(crate) fn property(&self, wire: &str) -> Option<&Property> {
        self.properties.iter().find(|p| p.wire == wire)
    }
}

#[derive(Debug)]
pub(crate) struct Property {
    /// The name on the wire.
    pub(crate) wire: String,
    /// The name that clients show: `x-ms-client-name`, or the one on the wire.
    pub(crate) client: String,
    pub(crate) docs: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// Whether a request cannot set it.
    pub(crate) read_only: bool,
    /// Who may see the value.
    pub(crate) secrecy: Secrecy,
    /// How the absence of a secret tells that there is one.
    pub(crate) missing: Option<Missing>,
    /// The property and value beside which a secret is none.
    pub(crate) unless: Option<(String, String)>,
    pub(crate) letter_case: LetterCase,
    pub(crate) bounds: Bounds,
}

impl Property {
    /// Whether the service never returns it.
    pub(crate) fn is_secret(&self) -> bool {
        self.secrecy == Secrecy::Secret
    }
}

/// What the description says of values, for the docs.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) default: Option<String>,
    pub(crate) minimum: Option<String>,
    pub(crate) maximum: Option<String>,
    pub(crate) max_items: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Text,
    I32,
    I64,
    F64,
    Bool,
    DateTime,
    Duration,
    Enum(String),
    Model(String),
    Array(Box<Kind>),
    /// Names and texts.
    Map,
    /// Any JSON.
    Json,
}

impl Kind {
    /// The model that it is or holds.
    pub(crate) fn model(&self) -> Option<&str> {
        match self {
            Self::Model(name) => Some(name),
            Self::Array(item) => item.model(),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Enum {
    /// What other clients call it.
    pub(crate) aliases: Vec<String>,
    /// The first place that defines it.
    pub(crate) at: String,
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) variants: Vec<Variant>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variant {
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) docs: String,
}
