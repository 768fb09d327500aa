//! Visits the parts of a description that rules change: operations, parameters, schemas, headers.

use crate::json::{Json, Object};

/// The keys of a path that are verbs.
const VERBS: [&str; 6] = ["get", "put", "post", "delete", "head", "patch"];

/// Calls a function with each operation: path, verb, operation.
pub(super) fn operations(document: &mut Json, mut visit: impl FnMut(&str, &str, &mut Json)) {
    for (path, item) in document.entries_mut("paths") {
        for (verb, operation) in item.members_mut().into_iter().flatten() {
            if VERBS.contains(&verb.as_str()) {
                visit(path, verb, operation);
            }
        }
    }
}

/// Returns the operations of a description: path, verb, operation.
pub(super) fn all_operations(document: &Json) -> impl Iterator<Item = (&str, &str, &Json)> {
    let paths = document.get("paths").entries();
    paths.flat_map(|(path, item)| {
        let verbs = item
            .entries()
            .filter(|(verb, _)| VERBS.contains(&verb.as_str()));
        verbs.map(|(verb, operation)| (path.as_str(), verb.as_str(), operation))
    })
}

/// Calls a function with each parameter: shared ones, those of operations, and the host's.
pub(super) fn parameters(document: &mut Json, mut visit: impl FnMut(&mut Json)) {
    for (_, parameter) in document.entries_mut("parameters") {
        visit(parameter);
    }
    if let Some(host) = document.get_mut("x-ms-parameterized-host") {
        host.items_mut("parameters").iter_mut().for_each(&mut visit);
    }
    for (_, item) in document.entries_mut("paths") {
        item.items_mut("parameters").iter_mut().for_each(&mut visit);
    }
    operations(document, |_, _, operation| {
        let own = operation.items_mut("parameters");
        own.iter_mut().for_each(&mut visit);
    });
}

/// Calls a function with each header of a response.
pub(super) fn headers(document: &mut Json, mut visit: impl FnMut(&str, &mut Json)) {
    for (_, response) in document.entries_mut("responses") {
        for (name, header) in response.entries_mut("headers") {
            visit(name, header);
        }
    }
    operations(document, |_, _, operation| {
        for (_, response) in operation.entries_mut("responses") {
            for (name, header) in response.entries_mut("headers") {
                visit(name, header);
            }
        }
    });
}

/// Calls a function with each schema: definitions, bodies, and everything inside of them. A schema
/// comes before its parts.
pub(super) fn schemas(document: &mut Json, mut visit: impl FnMut(&mut Json)) {
    for (_, definition) in document.entries_mut("definitions") {
        schema(definition, &mut visit);
    }
    operations(document, |_, _, operation| {
        for parameter in operation.items_mut("parameters") {
            if let Some(body) = parameter.get_mut("schema") {
                schema(body, &mut visit);
            }
        }
        for (_, response) in operation.entries_mut("responses") {
            if let Some(body) = response.get_mut("schema") {
                schema(body, &mut visit);
            }
        }
    });
}

fn schema(node: &mut Json, visit: &mut impl FnMut(&mut Json)) {
    visit(node);
    for (_, property) in node.entries_mut("properties") {
        schema(property, visit);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = node.get_mut(key)
            && inner.members().is_some()
        {
            schema(inner, visit);
        }
    }
    for part in node.items_mut("allOf") {
        schema(part, visit);
    }
}

/// Returns the name of the definition that a schema refers to.
pub(super) fn target(schema: &Json) -> Option<&str> {
    schema.get("$ref").text()?.strip_prefix("#/definitions/")
}

/// Returns the path without the names of its parameters.
pub(super) fn shape(path: &str) -> String {
    let mut parts = path.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("{}");
        out.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    out
}

/// Returns the parameters of an operation with references resolved.
pub(super) fn resolved<'a>(document: &'a Json, operation: &'a Json) -> Vec<&'a Json> {
    let own = operation.get("parameters").items().iter();
    own.map(|parameter| {
        let shared = parameter.get("$ref").text();
        match shared.and_then(|link| link.strip_prefix("#/parameters/")) {
            Some(name) => document.get("parameters").get(name),
            None => parameter,
        }
    })
    .collect()
}

/// Returns the response, or the shared one that it refers to.
pub(super) fn response<'a>(document: &'a Json, response: &'a Json) -> &'a Json {
    let shared = response.get("$ref").text();
    match shared.and_then(|link| link.strip_prefix("#/responses/")) {
        Some(name) => document.get("responses").get(name),
        None => response,
    }
}

/// Returns the body parameter of an operation.
pub(super) fn body<'a>(document: &'a Json, operation: &'a Json) -> Option<&'a Json> {
    let all = resolved(document, operation);
    all.into_iter().find(|p| p.get("in").text() == Some("body"))
}

/// Inserts a member behind another one, or at the end.
pub(super) fn insert_behind(object: &mut Object, before: &str, key: &str, value: Json) {
    match object.get_index_of(before) {
        Some(place) => {
            object.shift_insert(place + 1, key.to_owned(), value);
        }
        None => {
            object.insert(key.to_owned(), value);
        }
    }
}
