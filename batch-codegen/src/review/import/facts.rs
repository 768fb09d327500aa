//! The facts of a description in one form, independent of its layout: without descriptions, with
//! references to shared parameters and responses resolved, and with unordered lists sorted by key.

use std::collections::BTreeMap;

use super::keys::{is_default, is_ours};
use crate::json::{Json, Object, list};

/// Returns the facts of a whole description.
pub(super) fn of_description(document: &Json) -> Json {
    let mut out = BTreeMap::new();
    for (key, value) in document.entries() {
        match key.as_str() {
            "info" => {
                out.insert("version".to_owned(), value.get("version").clone());
            }
            // Collected where they are used.
            "paths" | "parameters" | "responses" => {}
            "x-ms-parameterized-host" => {
                out.insert(key.clone(), host(document, value));
            }
            "securityDefinitions" => {
                out.insert(key.clone(), map(value, security));
            }
            "definitions" => {
                out.insert(key.clone(), map(value, of_schema));
            }
            _ if is_ours(key) || value.is_empty() => {}
            _ => {
                out.insert(key.clone(), value.clone());
            }
        }
    }
    let operations = operations(document).into_iter().map(|found| {
        let facts = of_operation(document, &found);
        (found.id.to_owned(), facts)
    });
    out.insert("operations".to_owned(), sorted(operations));
    sorted(out)
}

/// An operation with its path and the parameters of that path.
pub(super) struct Found<'a> {
    pub(super) id: &'a str,
    pub(super) path: &'a str,
    pub(super) method: &'a str,
    pub(super) operation: &'a Json,
    pub(super) parameters: Vec<&'a Json>,
}

pub(super) fn operations(document: &Json) -> Vec<Found<'_>> {
    let mut out = Vec::new();
    for (path, item) in document.get("paths").entries() {
        let shared = item.get("parameters").items();
        for (method, operation) in item.entries().filter(|(key, _)| *key != "parameters") {
            out.push(Found {
                id: operation.get("operationId").text().unwrap_or_default(),
                path,
                method,
                operation,
                parameters: shared
                    .iter()
                    .chain(operation.get("parameters").items())
                    .collect(),
            });
        }
    }
    out
}

fn of_operation(document: &Json, found: &Found) -> Json {
    let mut out = rest(found.operation, &["parameters", "responses"]);
    out.insert("path".to_owned(), found.path.into());
    out.insert("method".to_owned(), found.method.into());
    let parameters = found.parameters.iter().map(|parameter| {
        let parameter = resolved(document, "parameters", parameter);
        let (place, name) = key(parameter);
        (format!("{place} {name}"), of_parameter(parameter))
    });
    out.insert("parameters".to_owned(), sorted(parameters));
    let responses = found.operation.get("responses");
    let responses = responses.entries().map(|(code, response)| {
        (
            code.clone(),
            of_response(resolved(document, "responses", response)),
        )
    });
    out.insert("responses".to_owned(), sorted(responses));
    sorted(out)
}

/// Returns the key of a parameter within its operation; there is only one body.
pub(super) fn key(parameter: &Json) -> (String, String) {
    let place = parameter.get("in").text().unwrap_or_default();
    let name = match place {
        "body" => "",
        _ => parameter.get("name").text().unwrap_or_default(),
    };
    (place.to_owned(), name.to_owned())
}

/// Resolves a reference to a shared parameter or response; returns any other node unchanged.
pub(super) fn resolved<'a>(document: &'a Json, section: &str, node: &'a Json) -> &'a Json {
    match shared_name(section, node) {
        Some(name) => document.get(section).get(name),
        None => node,
    }
}

/// Returns the name in a reference to a shared parameter or response.
pub(super) fn shared_name<'a>(section: &str, node: &'a Json) -> Option<&'a str> {
    let reference = node.get("$ref").text()?;
    reference
        .strip_prefix("#/")?
        .strip_prefix(section)?
        .strip_prefix('/')
}

pub(super) fn of_parameter(parameter: &Json) -> Json {
    let mut out = rest(parameter, &["schema", "enum", "x-ms-enum"]);
    if parameter.get("schema") != &Json::Null {
        out.insert("schema".to_owned(), of_schema(parameter.get("schema")));
    }
    enums(parameter, &mut out);
    sorted(out)
}

pub(super) fn of_response(response: &Json) -> Json {
    let mut out = BTreeMap::new();
    if response.get("schema") != &Json::Null {
        out.insert("schema".to_owned(), of_schema(response.get("schema")));
    }
    out.insert(
        "headers".to_owned(),
        map(response.get("headers"), of_header),
    );
    sorted(out)
}

pub(super) fn of_header(header: &Json) -> Json {
    sorted(rest(header, &[]))
}

pub(super) fn of_schema(schema: &Json) -> Json {
    let special = [
        "properties",
        "items",
        "additionalProperties",
        "allOf",
        "required",
        "enum",
        "x-ms-enum",
    ];
    let mut out = rest(schema, &special);
    if !schema.get("properties").is_empty() {
        out.insert(
            "properties".to_owned(),
            map(schema.get("properties"), of_schema),
        );
    }
    for key in ["items", "additionalProperties"] {
        if schema.get(key) != &Json::Null {
            out.insert(key.to_owned(), of_schema(schema.get(key)));
        }
    }
    if !schema.get("allOf").is_empty() {
        let parts = schema.get("allOf").items().iter().map(of_schema);
        out.insert("allOf".to_owned(), Json::List(parts.collect()));
    }
    if !schema.get("required").is_empty() {
        let mut names = schema.get("required").strings();
        names.sort_unstable();
        out.insert("required".to_owned(), list(&names));
    }
    enums(schema, &mut out);
    sorted(out)
}

/// Adds the values of an enum, each with its name in clients.
fn enums(node: &Json, out: &mut BTreeMap<String, Json>) {
    let ms_enum = node.get("x-ms-enum");
    let mut values = node.get("enum").strings();
    if values.is_empty() {
        return;
    }
    values.sort_unstable();
    let named = values.iter().map(|value| {
        let entries = ms_enum.get("values").items();
        let entry = entries
            .iter()
            .find(|e| e.get("value").text() == Some(value));
        (
            (*value).to_owned(),
            entry.map_or(Json::Null, |e| e.get("name").clone()),
        )
    });
    out.insert("enum".to_owned(), sorted(named));
    if ms_enum != &Json::Null {
        out.insert("x-ms-enum".to_owned(), sorted(rest(ms_enum, &["values"])));
    }
}

fn host(document: &Json, host: &Json) -> Json {
    let mut out = rest(host, &["parameters"]);
    let parameters = host.get("parameters").items().iter();
    let parameters = parameters.map(|p| of_parameter(resolved(document, "parameters", p)));
    out.insert("parameters".to_owned(), Json::List(parameters.collect()));
    sorted(out)
}

fn security(definition: &Json) -> Json {
    let mut out = rest(definition, &["scopes"]);
    let mut scopes: Vec<&str> = definition
        .get("scopes")
        .entries()
        .map(|(k, _)| k.as_str())
        .collect();
    scopes.sort_unstable();
    out.insert("scopes".to_owned(), list(&scopes));
    sorted(out)
}

/// Returns the members that need no special treatment.
fn rest(node: &Json, but: &[&str]) -> BTreeMap<String, Json> {
    let members = node
        .entries()
        .filter(|(key, _)| !but.contains(&key.as_str()) && !is_ours(key) && !is_default(node, key));
    members
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn map(node: &Json, facts: fn(&Json) -> Json) -> Json {
    sorted(
        node.entries()
            .map(|(key, value)| (key.clone(), facts(value))),
    )
}

fn sorted(entries: impl IntoIterator<Item = (String, Json)>) -> Json {
    let entries: BTreeMap<String, Json> = entries.into_iter().collect();
    Json::Object(entries.into_iter().collect::<Object>())
}
