//! Classifies the keys of a description: descriptions in our words, annotations that are not
//! imported, and facts.

use crate::json::{Json, Object};

/// The kinds of objects that have different keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Root,
    Operation,
    Parameter,
    Response,
    Header,
    Schema,
    Security,
}

/// Keys written for people. Ours are preserved; those of another file are never copied.
const DESCRIPTIONS: &[&str] = &["summary", "description", "title", "externalDocs", "example"];

/// Keys used only by Microsoft's own generators, documentation and samples.
const ANNOTATIONS: &[&str] = &[
    "tags",
    "x-ms-examples",
    "x-ms-request-id",
    "x-ms-parameter-grouping",
    "x-ms-client-request-id",
    "x-ms-code-generation-settings",
    "x-batch-whole-resource",
];

/// Returns true if our value is preserved whatever the other file has.
pub(super) fn is_ours(key: &str) -> bool {
    DESCRIPTIONS.contains(&key) || ANNOTATIONS.contains(&key)
}

/// Returns true if a member of this object has the same meaning as its absence.
pub(super) fn is_default(object: &Json, key: &str) -> bool {
    let value = object.get(key);
    if key == "type" {
        // An object with properties has the type `object`; older descriptions do not state it.
        return value.text() == Some("object") && *object.get("properties") != Json::Null;
    }
    let flags = [
        "required",
        "readOnly",
        "deprecated",
        "modelAsString",
        "parameters",
        "headers",
        "properties",
    ];
    flags.contains(&key) && value.is_empty()
}

/// Returns the order in which our description writes the keys of an object.
pub(super) fn order(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Root => &[
            "swagger",
            "info",
            "host",
            "basePath",
            "x-ms-parameterized-host",
            "schemes",
            "consumes",
            "produces",
            "security",
            "securityDefinitions",
            "tags",
            "paths",
            "definitions",
            "parameters",
            "responses",
        ],
        Kind::Operation => &[
            "tags",
            "summary",
            "description",
            "operationId",
            "deprecated",
            "consumes",
            "produces",
            "parameters",
            "responses",
            "x-ms-pageable",
        ],
        Kind::Parameter => &[
            "name",
            "in",
            "required",
            "schema",
            "type",
            "format",
            "enum",
            "x-ms-enum",
            "default",
            "minimum",
            "maximum",
            "x-ms-client-name",
            "description",
        ],
        Kind::Response => &["description", "headers", "schema"],
        Kind::Header => &["type", "format", "description"],
        Kind::Security => &[
            "type",
            "name",
            "in",
            "authorizationUrl",
            "flow",
            "description",
            "scopes",
        ],
        Kind::Schema => &[
            "$ref",
            "type",
            "format",
            "description",
            "properties",
            "required",
            "items",
            "additionalProperties",
            "allOf",
            "enum",
            "x-ms-enum",
            "default",
            "minimum",
            "maximum",
            "minItems",
            "maxItems",
            "minLength",
            "maxLength",
            "pattern",
            "x-nullable",
            "readOnly",
            "x-ms-secret",
            "x-batch-as-text",
            "x-ms-client-name",
        ],
    }
}

/// Returns the position of a key in that order; unknown keys come last.
pub(super) fn rank(kind: Kind, key: &str) -> usize {
    let order = order(kind);
    order.iter().position(|k| *k == key).unwrap_or(order.len())
}

/// Inserts a member at the position of our layout.
pub(super) fn insert(kind: Kind, object: &mut Object, key: &str, value: Json) {
    let place = object
        .keys()
        .filter(|k| rank(kind, k) <= rank(kind, key))
        .count();
    object.shift_insert(place.min(object.len()), key.to_owned(), value);
}
