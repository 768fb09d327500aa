//! The description as tables, for routing and checking.
//!
//! `cargo xtask regen` writes the tables themselves to `generated/`; these are their types. They
//! hold what a server needs of the description and nothing else: no prose, no names of a client.

use serde_json::{Map, Value};

use crate::generated::OperationId;

/// One operation of the API.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `Pool_Get`.
    pub(crate) id: &'static str,
    /// Key of the function that carries it out; `None` until `spec/repeats.json` has a row for it.
    pub(crate) action: Option<OperationId>,
    /// `GET`.
    pub(crate) method: &'static str,
    /// The path between its slashes; see [`Segment`].
    pub(crate) path: &'static [Segment],
    /// Query and header parameters, with those that every operation has.
    pub(crate) parameters: &'static [Parameter],
    /// The body, where it takes one.
    pub(crate) body: Option<Body>,
    /// The status of success.
    pub(crate) success: u16,
    /// What the answer of success holds.
    pub(crate) answer: Answer,
    /// The headers that an answer of success may have, in lower case.
    pub(crate) headers: &'static [&'static str],
}

/// A piece of a path: literal texts and parameters in turn, as in
/// `certificates(thumbprint={thumbprint})`.
#[derive(Debug)]
pub(crate) struct Segment {
    /// The texts around the parameters; one more than there are parameters.
    pub(crate) texts: &'static [&'static str],
    /// The names of the parameters.
    pub(crate) parameters: &'static [&'static str],
}

impl Segment {
    pub(crate) const fn text(text: &'static [&'static str; 1]) -> Self {
        Self {
            texts: text,
            parameters: &[],
        }
    }

    pub(crate) const fn parameter(name: &'static [&'static str; 1]) -> Self {
        Self {
            texts: &["", ""],
            parameters: name,
        }
    }
}

/// A query or header parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// The wire name.
    pub(crate) name: &'static str,
    /// Whether it is a header; else it stands in the query.
    pub(crate) header: bool,
    /// Whether a request must have it.
    pub(crate) required: bool,
    /// Its type.
    pub(crate) kind: Kind,
    /// Lowest value.
    pub(crate) minimum: Option<i64>,
    /// Highest value.
    pub(crate) maximum: Option<i64>,
}

#[allow(dead_code, reason = "not every description needs all of it")]
impl Parameter {
    pub(crate) const fn query(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            header: false,
            required: false,
            kind,
            minimum: None,
            maximum: None,
        }
    }

    pub(crate) const fn header(name: &'static str, kind: Kind) -> Self {
        Self {
            header: true,
            ..Self::query(name, kind)
        }
    }

    pub(crate) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    pub(crate) const fn range(self, minimum: Option<i64>, maximum: Option<i64>) -> Self {
        Self {
            minimum,
            maximum,
            ..self
        }
    }
}

/// A request body.
#[derive(Debug)]
pub(crate) struct Body {
    /// The definition.
    pub(crate) model: &'static str,
    /// Whether a request must have it.
    pub(crate) required: bool,
}

/// What an answer of success holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing but headers.
    Nothing,
    /// 200 or 404 without a body.
    Existence,
    /// The properties of a file, as headers.
    FileProperties,
    /// The content of a file.
    Bytes,
    /// A definition.
    Model(&'static str),
    /// A page of a listing.
    Page {
        /// The definition of the page.
        model: &'static str,
        /// The property with the items.
        items: &'static str,
        /// The property with the link to the next page.
        next: &'static str,
        /// The definition of an item.
        item: &'static str,
    },
}

/// A definition with properties.
#[derive(Debug)]
pub(crate) struct Model {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its properties.
    pub(crate) properties: &'static [Property],
    /// Defaults of the service, the deepest places first.
    pub(crate) defaults: &'static [Default],
}

/// A value that the service fills in if a request leaves the property out.
#[derive(Debug)]
pub(crate) struct Default {
    /// The property below the definition: one name, or a path.
    pub(crate) path: &'static [&'static str],
    /// The value.
    pub(crate) value: Filled,
    /// When it is filled in.
    pub(crate) when: Condition,
}

/// A value that the service fills in.
#[derive(Debug)]
#[allow(dead_code, reason = "not every description has all of them")]
pub(crate) enum Filled {
    /// This JSON.
    Json(&'static str),
    /// The value of another property of the definition.
    Copy(&'static [&'static str]),
    /// A time so long after the request, as an ISO 8601 duration.
    AfterNow(&'static str),
}

/// When a value is filled in.
#[derive(Debug)]
#[allow(dead_code, reason = "not every description has all of them")]
pub(crate) enum Condition {
    /// Whenever it is absent.
    Always,
    /// Where these properties of the same object have these values, in JSON.
    Equals(&'static [(&'static str, &'static str)]),
    /// Where these properties of the same object are absent.
    Absent(&'static [&'static str]),
    /// On pools of Windows nodes.
    WindowsPool,
}

impl Model {
    pub(crate) const fn new(name: &'static str, properties: &'static [Property]) -> Self {
        Self {
            name,
            properties,
            defaults: &[],
        }
    }

    pub(crate) const fn filled(self, defaults: &'static [Default]) -> Self {
        Self { defaults, ..self }
    }

    /// The property of this name.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }
}

/// A property of a definition.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent marks of the description and its tables"
)]
pub(crate) struct Property {
    /// The wire name.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) kind: Kind,
    /// Whether a request must have it.
    pub(crate) required: bool,
    /// Whether only the service sets it.
    pub(crate) read_only: bool,
    /// Set for a value that responses never hold, and that is never stored.
    pub(crate) secret: bool,
    /// The property and value beside which it is not secret.
    pub(crate) unless: Option<(&'static str, &'static str)>,
    /// Set for a string that the service returns in lower case.
    pub(crate) lowered: bool,
    /// Lowest value.
    pub(crate) minimum: Option<i64>,
    /// Highest value.
    pub(crate) maximum: Option<i64>,
    /// Most items.
    pub(crate) max_items: Option<usize>,
}

#[allow(dead_code, reason = "not every description needs all of it")]
impl Property {
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: false,
            read_only: false,
            secret: false,
            unless: None,
            lowered: false,
            minimum: None,
            maximum: None,
            max_items: None,
        }
    }

    pub(crate) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    pub(crate) const fn range(self, minimum: Option<i64>, maximum: Option<i64>) -> Self {
        Self {
            minimum,
            maximum,
            ..self
        }
    }

    pub(crate) const fn secret(self) -> Self {
        Self {
            secret: true,
            ..self
        }
    }

    pub(crate) const fn unless(self, name: &'static str, value: &'static str) -> Self {
        Self {
            unless: Some((name, value)),
            ..self
        }
    }

    pub(crate) const fn lowered(self) -> Self {
        Self {
            lowered: true,
            ..self
        }
    }

    /// Returns true if the value is secret beside the other properties of its object.
    pub(crate) fn is_secret_in(&self, object: &Map<String, Value>) -> bool {
        let is_public = self.unless.is_some_and(|(name, public)| {
            let given = object.get(name).and_then(Value::as_str);
            given.is_some_and(|given| given.eq_ignore_ascii_case(public))
        });
        self.secret && !is_public
    }

    pub(crate) const fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }

    pub(crate) const fn max_items(self, most: usize) -> Self {
        Self {
            max_items: Some(most),
            ..self
        }
    }
}

/// The type of a parameter or property.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "not every description has all of them")]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// A whole number of 32 bits.
    I32,
    /// A whole number of 64 bits.
    I64,
    /// A number.
    F64,
    /// `true` or `false`.
    Bool,
    /// RFC 3339.
    DateTime,
    /// The form of HTTP dates.
    HttpDate,
    /// ISO 8601.
    Duration,
    /// One of the texts, without regard to case.
    Enum(&'static [&'static str]),
    /// A definition, by its name.
    Model(&'static str),
    /// A list.
    Array(&'static Kind),
    /// An object of texts.
    Map,
    /// Any JSON.
    Json,
}

/// The definition of this name.
pub(crate) fn model(name: &str) -> Option<&'static Model> {
    let models = crate::generated::MODELS;
    let index = models.binary_search_by(|model| model.name.cmp(name)).ok()?;
    Some(&models[index])
}

/// The operation of this id.
#[cfg(test)]
pub(crate) fn operation(id: &str) -> Option<&'static Operation> {
    let operations = crate::generated::OPERATIONS;
    let index = operations.binary_search_by(|o| o.id.cmp(id)).ok()?;
    Some(&operations[index])
}
