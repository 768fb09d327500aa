//! What each key of a description is to us: a text of our own, a mark that we do not take over, or
//! a fact.

use super::json::{Json, Object};

/// The kinds of objects, as far as they differ in their keys.
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

/// What is written for people. Ours stays, another file's is never taken.
const TEXTS: &[&str] = &["summary", "description", "title", "externalDocs", "example"];

/// What serves only Microsoft's own generators, its documentation and its samples.
const MARKS: &[&str] = &[
    "tags",
    "x-ms-examples",
    "x-ms-request-id",
    "x-ms-parameter-grouping",
    "x-ms-client-request-id",
    "x-ms-code-generation-settings",
];

/// Whether ours stays whatever the other file has.
pub(super) fn is_ours(key: &str) -> bool {
    TEXTS.contains(&key) || MARKS.contains(&key)
}

/// Whether a member of this object says what its absence says, too.
pub(super) fn is_default(object: &Json, key: &str) -> bool {
    let value = object.get(key);
    if key == "type" {
        // What has properties is an object; older descriptions do not say so.
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
    flags.contains(&key) && value.says_nothing()
}

/// The order in which our description writes the keys of an object.
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
            "x-ms-client-name",
        ],
    }
}

/// Where a key stands in that order; unknown ones stand last.
pub(super) fn rank(kind: Kind, key: &str) -> usize {
    let order = order(kind);
    order.iter().position(|k| *k == key).unwrap_or(order.len())
}

/// Sets a member where our description would have it.
pub(super) fn insert(kind: Kind, object: &mut Object, key: &str, value: Json) {
    let place = object
        .keys()
        .filter(|k| rank(kind, k) <= rank(kind, key))
        .count();
    object.shift_insert(place.min(object.len()), key.to_owned(), value);
}
