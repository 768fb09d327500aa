//! The facts of one value on the wire (a property, a parameter, a header), each under its aspect.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::api::Kind;
use crate::swagger::{Header, Parameter, Schema};

/// A kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    Place,
    Type,
    Format,
    Required,
    ReadOnly,
    Nullable,
    Default,
    Minimum,
    Maximum,
    MinItems,
    MaxItems,
    MinLength,
    MaxLength,
    Pattern,
    Values,
    Secret,
    AsText,
    ClientName,
}

impl Aspect {
    /// Returns the name as in the description.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Place => "in",
            Self::Type => "type",
            Self::Format => "format",
            Self::Required => "required",
            Self::ReadOnly => "readOnly",
            Self::Nullable => "x-nullable",
            Self::Default => "default",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::MinItems => "minItems",
            Self::MaxItems => "maxItems",
            Self::MinLength => "minLength",
            Self::MaxLength => "maxLength",
            Self::Pattern => "pattern",
            Self::Values => "enum",
            Self::Secret => "x-ms-secret",
            Self::AsText => "x-batch-as-text",
            Self::ClientName => "x-ms-client-name",
        }
    }
}

/// The array depth of a fact, and its aspect.
pub(super) type Key = (usize, Aspect);

/// Facts by their aspect; an absent or `false` fact has no entry.
pub(super) type Facts = BTreeMap<Key, String>;

/// Returns the facts of a property. Its type is the one that the emitters use, so that an inline
/// enum equals one by reference.
pub(super) fn property(schema: &Schema, kind: &Kind, required: bool) -> Facts {
    let mut facts = Facts::new();
    schema_facts(schema, 0, &mut facts);
    put(&mut facts, 0, Aspect::Type, Some(type_name(kind)));
    flag(&mut facts, Aspect::Required, required);
    flag(&mut facts, Aspect::ReadOnly, schema.read_only);
    flag(&mut facts, Aspect::Nullable, schema.nullable == Some(true));
    flag(&mut facts, Aspect::Secret, schema.secret == Some(true));
    flag(&mut facts, Aspect::AsText, schema.as_text == Some(true));
    put(
        &mut facts,
        0,
        Aspect::ClientName,
        schema.client_name.clone(),
    );
    facts
}

/// Collects the facts of a schema and its items.
fn schema_facts(schema: &Schema, depth: usize, facts: &mut Facts) {
    let number = |n: &Option<Number>| n.as_ref().map(ToString::to_string);
    let count = |n: Option<usize>| n.map(|n| n.to_string());
    let all = [
        (Aspect::Format, own_format(schema.format.as_deref())),
        (
            Aspect::Default,
            schema.default.as_ref().map(Value::to_string),
        ),
        (Aspect::Minimum, number(&schema.minimum)),
        (Aspect::Maximum, number(&schema.maximum)),
        (Aspect::MinItems, count(schema.min_items)),
        (Aspect::MaxItems, count(schema.max_items)),
        (Aspect::MinLength, count(schema.min_length)),
        (Aspect::MaxLength, count(schema.max_length)),
        (Aspect::Pattern, schema.pattern.clone()),
    ];
    for (aspect, value) in all {
        put(facts, depth, aspect, value);
    }
    if let Some(items) = &schema.items {
        schema_facts(items, depth + 1, facts);
    }
}

/// Returns a format that is not part of the type's name.
fn own_format(format: Option<&str>) -> Option<String> {
    let known = ["int32", "int64", "date-time", "duration"];
    format
        .filter(|format| !known.contains(format))
        .map(str::to_owned)
}

/// Returns the facts of a parameter other than a body.
pub(super) fn parameter(parameter: &Parameter) -> Facts {
    let mut facts = Facts::new();
    let number = |n: &Option<Number>| n.as_ref().map(ToString::to_string);
    let all = [
        (Aspect::Place, parameter.location.clone()),
        (
            Aspect::Type,
            parameter_type(parameter.kind.as_deref(), parameter.format.as_deref()),
        ),
        (Aspect::Format, uuid(parameter.format.as_deref())),
        (
            Aspect::Default,
            parameter.default.as_ref().map(Value::to_string),
        ),
        (Aspect::Minimum, number(&parameter.minimum)),
        (Aspect::Maximum, number(&parameter.maximum)),
        (
            Aspect::Values,
            parameter.values.as_ref().map(|v| v.join(", ")),
        ),
        (Aspect::ClientName, parameter.client_name.clone()),
    ];
    for (aspect, value) in all {
        put(&mut facts, 0, aspect, value);
    }
    flag(&mut facts, Aspect::Required, parameter.required);
    facts
}

/// Returns the facts of a response header.
pub(super) fn header(header: &Header) -> Facts {
    let mut facts = Facts::new();
    let format = header.format.as_deref();
    put(
        &mut facts,
        0,
        Aspect::Type,
        parameter_type(Some(&header.kind), format),
    );
    put(&mut facts, 0, Aspect::Format, uuid(format));
    facts
}

/// Returns `uuid`, the only format that does not change a parameter's type.
fn uuid(format: Option<&str>) -> Option<String> {
    format.filter(|format| *format == "uuid").map(str::to_owned)
}

/// Returns the type, including a format that changes it: `string`, `int64`, `date-time-rfc1123`.
fn parameter_type(kind: Option<&str>, format: Option<&str>) -> Option<String> {
    match (kind?, format) {
        ("integer", None) => Some("int32".into()),
        (kind, None | Some("uuid")) => Some(kind.into()),
        (_, Some(format)) => Some(format.into()),
    }
}

/// Returns the type on the wire, in words.
pub(super) fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Text => "string".into(),
        Kind::I32 => "int32".into(),
        Kind::I64 => "int64".into(),
        Kind::F64 => "number".into(),
        Kind::Bool => "boolean".into(),
        Kind::DateTime => "date-time".into(),
        Kind::Duration => "duration".into(),
        Kind::Enum(name) | Kind::Model(name) => name.clone(),
        Kind::Array(item) => format!("array of {}", type_name(item)),
        Kind::Map => "map of strings".into(),
        Kind::Json => "any JSON".into(),
    }
}

fn flag(facts: &mut Facts, aspect: Aspect, value: bool) {
    put(facts, 0, aspect, value.then(|| "true".to_owned()));
}

fn put(facts: &mut Facts, depth: usize, aspect: Aspect, value: Option<String>) {
    if let Some(value) = value {
        facts.insert((depth, aspect), value);
    }
}

/// A changed fact.
pub(super) struct Delta {
    pub(super) aspect: Aspect,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
    depth: usize,
}

/// Returns the changed facts.
pub(super) fn deltas(old: &Facts, new: &Facts) -> Vec<Delta> {
    let mut keys: Vec<&Key> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    let differs = |key: &Key| old.get(key) != new.get(key);
    // A changed type implies a changed format, which is not reported again.
    let reported = |key: &Key| key.1 == Aspect::Format && differs(&(key.0, Aspect::Type));
    let differing = keys
        .into_iter()
        .filter(|key| differs(key) && !reported(key));
    differing
        .map(|key| Delta {
            aspect: key.1,
            old: old.get(key).cloned(),
            new: new.get(key).cloned(),
            depth: key.0,
        })
        .collect()
}

impl Delta {
    /// `maximum: 10 → 20`.
    pub(super) fn what(&self) -> String {
        let items = "items' ".repeat(self.depth);
        let label = self.aspect.label();
        let code = super::change::code;
        match (self.aspect, &self.old, &self.new) {
            (Aspect::Required, None, _) => "is now required".into(),
            (Aspect::Required, ..) => "is now optional".into(),
            (Aspect::ReadOnly, None, _) => "is now set only by the service (`readOnly`)".into(),
            (Aspect::ReadOnly, ..) => "can now be set by callers (no longer `readOnly`)".into(),
            (Aspect::Nullable, None, _) => "can now be `null`".into(),
            (Aspect::Nullable, ..) => "can no longer be `null`".into(),
            (Aspect::Secret, None, _) => "is now marked as a secret".into(),
            (Aspect::Secret, ..) => "is no longer marked as a secret".into(),
            (Aspect::AsText, None, _) => "is now text on the wire; the client reads both".into(),
            (Aspect::AsText, ..) => "is a number on the wire again; the client reads both".into(),
            (_, Some(old), Some(new)) => {
                format!("{items}{label}: {} → {}", code(old), code(new))
            }
            (_, None, Some(new)) => format!("{items}{label}: none → {}", code(new)),
            (_, Some(old), None) => format!("{items}{label}: {} → none", code(old)),
            (_, None, None) => label.into(),
        }
    }
}
