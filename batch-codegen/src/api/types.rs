//! The output of the stage: groups of operations, models and enums, with every type decided.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value;

use super::facts::{LetterCase, Missing, Repeat, Secrecy, ServiceDefault};

/// The versions of the API that have an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first one, unless it is the base.
    pub(crate) since: Option<String>,
    /// The last one, unless it is the newest.
    pub(crate) until: Option<String>,
}

impl Span {
    pub(super) fn of(extensions: &IndexMap<String, Value>) -> Self {
        let text = |key: &str| {
            let value = extensions.get(key).and_then(Value::as_str);
            value.map(str::to_owned)
        };
        Self {
            since: text("x-batch-since"),
            until: text("x-batch-until"),
        }
    }

    /// Returns true if every version has the item.
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Returns true if each version that has the other item has this one, too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let begins = self.since.is_none() || self.since <= other.since;
        let ends = match (&self.until, &other.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(theirs)) => mine >= theirs,
        };
        begins && ends
    }

    /// Returns the versions as a sentence for the docs; `None` for all of them.
    pub(crate) fn sentence(&self) -> Option<String> {
        match (&self.since, &self.until) {
            (None, None) => None,
            (Some(first), None) => Some(format!("Since version {first} of the API.")),
            (None, Some(last)) => Some(format!("Until version {last} of the API.")),
            (Some(first), Some(last)) if first == last => {
                Some(format!("Only in version {first} of the API."))
            }
            (Some(first), Some(last)) => {
                Some(format!("From version {first} of the API to {last}."))
            }
        }
    }
}

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
    pub(crate) span: Span,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) returns: Returns,
    /// The success status codes and their meanings.
    pub(crate) success: Vec<(u16, String)>,
    /// The headers of success responses.
    pub(crate) headers: Vec<Header>,
    /// The models in its responses, including errors.
    pub(crate) response_models: BTreeSet<String>,
    /// The effect of a second attempt.
    pub(crate) repeat: Repeat,
    /// What other clients call it.
    pub(crate) aliases: Vec<String>,
}

impl Operation {
    /// Returns every model that the operation sends or receives.
    pub(crate) fn models(&self) -> impl Iterator<Item = &str> {
        let body = self.body.iter().map(|body| body.model.as_str());
        self.response_models.iter().map(String::as_str).chain(body)
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
    pub(crate) span: Span,
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
    /// An HTTP date on the wire.
    HttpDate,
}

#[derive(Debug)]
pub(crate) struct Body {
    /// The name in the description; it is not sent.
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
    /// Headers only.
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
    /// True if a response can contain it.
    pub(crate) in_responses: bool,
    /// True if a request can contain it.
    pub(crate) in_requests: bool,
    /// The only group of operations that uses it.
    pub(crate) group: Option<String>,
    pub(crate) span: Span,
    /// The service's defaults, the deepest places first.
    pub(crate) defaults: Vec<ServiceDefault>,
    /// What other clients call it.
    pub(crate) aliases: Vec<String>,
}

impl Model {
    /// Returns the property with this name on the wire.
    pub(crate) fn property(&self, wire: &str) -> Option<&Property> {
        self.properties.iter().find(|p| p.wire == wire)
    }

    /// Whether the field is its type itself and not an `Option` of it.
    pub(crate) fn is_plain(&self, property: &Property) -> bool {
        property.required && !self.in_responses
    }
}

#[derive(Debug)]
pub(crate) struct Property {
    /// The name on the wire.
    pub(crate) wire: String,
    /// The name in clients: `x-ms-client-name`, or the name on the wire.
    pub(crate) client: String,
    pub(crate) docs: String,
    pub(crate) kind: Kind,
    /// Whether the field is boxed; see `layout`.
    pub(crate) boxed: bool,
    pub(crate) required: bool,
    /// True if a request cannot set it.
    pub(crate) read_only: bool,
    /// Who may see the value.
    pub(crate) secrecy: Secrecy,
    /// How the absence of a secret shows that the service has one.
    pub(crate) missing: Option<Missing>,
    /// The property and value beside which the value is not secret.
    pub(crate) unless: Option<(String, String)>,
    pub(crate) letter_case: LetterCase,
    pub(crate) bounds: Bounds,
    pub(crate) span: Span,
    /// The first version that writes the number as text.
    pub(crate) text_since: Option<String>,
}

impl Property {
    /// Returns true if the service never returns it.
    pub(crate) fn is_secret(&self) -> bool {
        self.secrecy == Secrecy::Secret
    }
}

/// The limits that the description states, for the docs.
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
    /// A map of strings.
    Map,
    /// Any JSON.
    Json,
}

impl Kind {
    /// Returns the model that it is or contains.
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
    pub(crate) span: Span,
}
