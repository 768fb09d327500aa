//! Types of the tables that describe the API, for routing and validation.
//!
//! `cargo xtask regen` writes the tables to `generated/`. They hold only what a server needs from
//! the description: no prose and no client names.

use serde_json::{Map, Value};

use crate::generated::OperationId;
use crate::version::Version;

/// One operation of the API.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Operation id, such as `Pool_Get`.
    pub(crate) id: &'static str,
    /// Selects the function that handles the operation; `None` until `spec/repeats.json` has a row
    /// for it.
    pub(crate) action: Option<OperationId>,
    /// HTTP method, such as `GET`.
    pub(crate) method: &'static str,
    /// The path between its slashes; see [`Segment`].
    pub(crate) path: &'static [Segment],
    /// Query and header parameters, including those that every operation has.
    pub(crate) parameters: &'static [Parameter],
    /// The request body, if the operation takes one.
    pub(crate) body: Option<Body>,
    /// Status of a successful response.
    pub(crate) success: u16,
    /// Content of a successful response.
    pub(crate) returns: Returns,
    /// Headers that a successful response may have, in lower case.
    pub(crate) headers: &'static [&'static str],
    /// The versions that have it.
    pub(crate) span: Span,
}

/// The versions of the API that have an item. Versions begin with a date and compare as text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// The first one; empty for the oldest.
    since: &'static str,
    /// The last one; empty for the newest.
    until: &'static str,
}

#[allow(dead_code, reason = "not every description has several versions")]
impl Span {
    pub(crate) const ALL: Self = Self::new("", "");

    pub(crate) const fn new(since: &'static str, until: &'static str) -> Self {
        Self { since, until }
    }

    pub(crate) fn has(self, version: Version) -> bool {
        let version = version.text();
        self.since <= version && (self.until.is_empty() || version <= self.until)
    }
}

/// A path segment: literal strings and parameters in turn, as in
/// `certificates(thumbprint={thumbprint})`.
#[derive(Debug)]
pub(crate) struct Segment {
    /// The strings around the parameters; always one more than there are parameters.
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
    /// Name on the wire.
    pub(crate) name: &'static str,
    /// True if it is a header, false if it is a query parameter.
    pub(crate) header: bool,
    /// True if a request must have it.
    pub(crate) required: bool,
    /// Its type.
    pub(crate) kind: Kind,
    /// Minimum value.
    pub(crate) minimum: Option<i64>,
    /// Maximum value.
    pub(crate) maximum: Option<i64>,
    /// The versions that have it.
    pub(crate) span: Span,
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
            span: Span::ALL,
        }
    }

    pub(crate) const fn only(self, span: Span) -> Self {
        Self { span, ..self }
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
    /// True if a request must have it.
    pub(crate) required: bool,
}

/// Content of a successful response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// Headers only.
    Nothing,
    /// 200 or 404 without a body.
    Existence,
    /// Properties of a file, as headers.
    FileProperties,
    /// The content of a file.
    Bytes,
    /// A definition.
    Model(&'static str),
    /// A page of a listing.
    Page {
        /// The definition of the page.
        model: &'static str,
        /// Name of the property that holds the items.
        items: &'static str,
        /// Name of the property that links to the next page.
        next: &'static str,
        /// The definition of an item.
        item: &'static str,
    },
}

/// A definition with properties.
#[derive(Debug)]
pub(crate) struct Model {
    /// Name of the definition.
    pub(crate) name: &'static str,
    /// Properties of the definition.
    pub(crate) properties: &'static [Property],
    /// Defaults of the service, the most deeply nested first.
    pub(crate) defaults: &'static [Default],
}

/// A value that the service fills in if a request leaves the property out.
#[derive(Debug)]
pub(crate) struct Default {
    /// Path of the property below the definition: one name or several.
    pub(crate) path: &'static [&'static str],
    /// The default value.
    pub(crate) value: DefaultValue,
    /// Condition under which it is filled in.
    pub(crate) when: Condition,
}

/// A value that the service fills in.
#[derive(Debug)]
#[allow(dead_code, reason = "not every description has all of them")]
pub(crate) enum DefaultValue {
    /// A JSON value.
    Json(&'static str),
    /// The value of another property of the definition.
    Copy(&'static [&'static str]),
    /// The time of the request plus this ISO 8601 duration.
    AfterNow(&'static str),
}

/// Condition under which a value is filled in.
#[derive(Debug)]
#[allow(dead_code, reason = "not every description has all of them")]
pub(crate) enum Condition {
    /// Always, if the property is absent.
    Always,
    /// If these properties of the same object have these values, in JSON.
    Equals(&'static [(&'static str, &'static str)]),
    /// If these properties of the same object are absent.
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

    pub(crate) const fn defaults(self, defaults: &'static [Default]) -> Self {
        Self { defaults, ..self }
    }

    /// Returns the property with this name.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }

    /// Returns the property with this name, if a version has it.
    pub(crate) fn property_in(&self, name: &str, version: Version) -> Option<&'static Property> {
        self.property(name)
            .filter(|property| property.span.has(version))
    }
}

/// A property of a definition.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent flags of the description and its tables"
)]
pub(crate) struct Property {
    /// Name on the wire.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) kind: Kind,
    /// True if a request must have it.
    pub(crate) required: bool,
    /// True if only the service sets it.
    pub(crate) read_only: bool,
    /// True if the value is a secret: responses omit it and it is never stored.
    pub(crate) secret: bool,
    /// The property and its value that make this one not secret.
    pub(crate) unless: Option<(&'static str, &'static str)>,
    /// True if the service returns the string in lower case.
    pub(crate) lowered: bool,
    /// Minimum value.
    pub(crate) minimum: Option<i64>,
    /// Maximum value.
    pub(crate) maximum: Option<i64>,
    /// Maximum number of items.
    pub(crate) max_items: Option<usize>,
    /// The versions that have it.
    pub(crate) span: Span,
    /// The first version that writes the number as text; empty for none.
    text_since: &'static str,
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
            span: Span::ALL,
            text_since: "",
        }
    }

    pub(crate) const fn only(self, span: Span) -> Self {
        Self { span, ..self }
    }

    pub(crate) const fn text_since(self, text_since: &'static str) -> Self {
        Self { text_since, ..self }
    }

    /// Returns true if the version writes the number as text.
    pub(crate) fn is_text(&self, version: Version) -> bool {
        !self.text_since.is_empty() && self.text_since <= version.text()
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
    /// A string.
    Text,
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A number.
    F64,
    /// `true` or `false`.
    Bool,
    /// RFC 3339 date and time.
    DateTime,
    /// HTTP date.
    HttpDate,
    /// ISO 8601 duration.
    Duration,
    /// One of these strings, compared case-insensitively.
    Enum(&'static [&'static str]),
    /// The definition with this name.
    Model(&'static str),
    /// An array.
    Array(&'static Kind),
    /// An object whose values are strings.
    Map,
    /// Any JSON value.
    Json,
}

/// Returns the definition with this name.
pub(crate) fn model(name: &str) -> Option<&'static Model> {
    let models = crate::generated::MODELS;
    let index = models.binary_search_by(|model| model.name.cmp(name)).ok()?;
    Some(&models[index])
}

/// Returns the operation with this id.
pub(crate) fn operation(id: &str) -> Option<&'static Operation> {
    let operations = crate::generated::OPERATIONS;
    let index = operations.binary_search_by(|o| o.id.cmp(id)).ok()?;
    Some(&operations[index])
}
