//! The facts of one value on the wire (a property, a parameter, a header), each under the name of
//! its kind.

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
    ClientName,
}

impl Aspect {
    /// As the description calls it.
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
            Self::ClientName => "x-ms-client-name",
        }
    }
}

/// How deep in arrays a fact is, and its kind.
pub(super) type Key = (usize, Aspect);

/// Facts by their kind; what is absent or `false` is not there.
pub(super) type Facts = BTreeMap<Key, String>;

/// The facts of a property. Its type is what the emitters make of it, so that an enum in place
/// equals one by reference.
pub(super) fn property(schema: &Schema, kind: &Kind, required: bool) -> Facts {
    let mut facts = Facts::new();
    schema_facts(schema, 0, &mut facts);
    put(&mut facts, 0, Aspect::Type, Some(type_name(kind)));
    flag(&mut facts, Aspect::Required, required);
    flag(&mut facts, Aspect::ReadOnly, schema.read_only);
    flag(&mut facts, Aspect::Nullable, schema.nullable == Some(true));
    flag(&mut facts, Aspect::Secret, schema.secret == Some(true));
    put(
        &mut facts,
        0,
        Aspect::ClientName,
        schema.client_name.clone(),
    );
    facts
}

/// What a schema says of its values, its items included.
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

/// A format that is not part of the type's name.
fn own_format(format: Option<&str>) -> Option<String> {
    let known = ["int32", "int64", "date-time", "duration"];
    format
        .filter(|format| !known.contains(format))
        .map(str::to_owned)
}

/// The facts of a parameter that is no body.
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

/// The facts of a header of an answer.
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

/// The one format that leaves a parameter's type as it is.
fn uuid(format: Option<&str>) -> Option<String> {
    format.filter(|format| *format == "uuid").map(str::to_owned)
}

/// The type with the format that makes it another: `string`, `int64`, `date-time-rfc1123`.
fn parameter_type(kind: Option<&str>, format: Option<&str>) -> Option<String> {
    match (kind?, format) {
        ("integer", None) => Some("int32".into()),
        (kind, None | Some("uuid")) => Some(kind.into()),
        (_, Some(format)) => Some(format.into()),
    }
}

/// The type on the wire, in words.
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

/// A fact that differs.
pub(super) struct Delta {
    pub(super) aspect: Aspect,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
    depth: usize,
}

/// The facts that differ.
pub(super) fn deltas(old: &Facts, new: &Facts) -> Vec<Delta> {
    let mut keys: Vec<&Key> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    let differs = |key: &Key| old.get(key) != new.get(key);
    // Another type has another format; that is told once.
    let told = |key: &Key| key.1 == Aspect::Format && differs(&(key.0, Aspect::Type));
    let differing = keys.into_iter().filter(|key| differs(key) && !told(key));
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
            (Aspect::Required, None, _) => "is required now".into(),
            (Aspect::Required, ..) => "is optional now".into(),
            (Aspect::ReadOnly, None, _) => "only the service sets it now (`readOnly`)".into(),
            (Aspect::ReadOnly, ..) => "callers may set it now (no longer `readOnly`)".into(),
            (Aspect::Nullable, None, _) => "may be `null` now".into(),
            (Aspect::Nullable, ..) => "may not be `null` any more".into(),
            (Aspect::Secret, None, _) => "is marked as a secret now".into(),
            (Aspect::Secret, ..) => "is not marked as a secret any more".into(),
            (_, Some(old), Some(new)) => {
                format!("{items}{label}: {} → {}", code(old), code(new))
            }
            (_, None, Some(new)) => format!("{items}{label}: none → {}", code(new)),
            (_, Some(old), None) => format!("{items}{label}: {} → none", code(old)),
            (_, None, None) => label.into(),
        }
    }
}
