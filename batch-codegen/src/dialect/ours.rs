//! The rules for what a TypeSpec file does not say, taken from a description in our dialect. None
//! of it is seen on the wire.

use std::collections::BTreeMap;

use super::Document;
use super::visit;
use crate::json::{Json, Object};

/// The operations of a description by their ids.
fn by_id(document: &Json) -> BTreeMap<&str, &Json> {
    let all = visit::all_operations(document);
    all.filter_map(|(_, _, operation)| Some((operation.get("operationId").text()?, operation)))
        .collect()
}

/// The key of a parameter within its operation, without case.
fn key(parameter: &Json) -> (Option<String>, Option<String>) {
    let text = |key| parameter.get(key).text().map(str::to_lowercase);
    (text("in"), text("name"))
}

/// Calls a function with each parameter of an operation that ours has, too: ours, then theirs.
fn each_parameter(document: &mut Document<'_>, mut visit: impl FnMut(&Json, &mut Json)) {
    let Some(ours) = document.ours else { return };
    let known = by_id(ours);
    visit::operations(&mut document.json, |_, _, operation| {
        let id = operation.get("operationId").text().unwrap_or_default();
        let Some(mine) = known.get(id) else { return };
        let mine = visit::resolved(ours, mine);
        for parameter in operation.items_mut("parameters") {
            if let Some(same) = mine.iter().find(|p| key(p) == key(parameter)) {
                visit(same, parameter);
            }
        }
    });
}

pub(super) fn bodies(document: &mut Document<'_>) -> usize {
    let Some(ours) = document.ours else { return 0 };
    let known = by_id(ours);
    let mut hits = 0;
    visit::operations(&mut document.json, |_, _, operation| {
        let id = operation.get("operationId").text().unwrap_or_default();
        let Some(mine) = known.get(id).and_then(|mine| visit::body(ours, mine)) else {
            return;
        };
        for parameter in operation.items_mut("parameters") {
            if parameter.get("in").text() == Some("body") {
                parameter.set("name", mine.get("name").clone());
                hits += 1;
            }
        }
    });
    hits
}

pub(super) fn parameters(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    each_parameter(document, |mine, parameter| {
        if mine.has("x-ms-client-name") {
            parameter.set("x-ms-client-name", mine.get("x-ms-client-name").clone());
            hits += 1;
        }
    });
    hits
}

pub(super) fn values(document: &mut Document<'_>) -> usize {
    let Some(ours) = document.ours else { return 0 };
    let mut names = BTreeMap::new();
    let mut open = BTreeMap::new();
    collect_enums(ours, &mut names, &mut open);
    let mut hits = 0;
    visit::schemas(&mut document.json, |schema| {
        let Some(ms_enum) = schema.get_mut("x-ms-enum") else {
            return;
        };
        let Some(of) = ms_enum.get("name").text().map(str::to_owned) else {
            return;
        };
        if let Some(open) = open.get(of.as_str()) {
            ms_enum.set("modelAsString", (*open).clone());
        }
        for value in ms_enum.items_mut("values") {
            let wire = value.get("value").text().unwrap_or_default();
            if let Some(name) = names.get(&(of.as_str(), wire.to_lowercase())) {
                value.set("name", (*name).clone());
                hits += 1;
            }
        }
    });
    hits
}

/// Collects the names of values by enum and value without case, and whether each enum is open.
fn collect_enums<'a>(
    node: &'a Json,
    names: &mut BTreeMap<(&'a str, String), &'a Json>,
    open: &mut BTreeMap<&'a str, &'a Json>,
) {
    let ms_enum = node.get("x-ms-enum");
    if let Some(of) = ms_enum.get("name").text() {
        open.insert(of, ms_enum.get("modelAsString"));
        for value in ms_enum.get("values").items() {
            if let Some(wire) = value.get("value").text()
                && value.has("name")
            {
                names.insert((of, wire.to_lowercase()), value.get("name"));
            }
        }
    }
    for (_, inner) in node.entries() {
        collect_enums(inner, names, open);
    }
    for inner in node.items() {
        collect_enums(inner, names, open);
    }
}

/// Moves each enum that our description has as a definition back to a definition.
pub(super) fn enum_definitions(document: &mut Document<'_>) -> usize {
    let Some(ours) = document.ours else { return 0 };
    let mut moved: BTreeMap<String, Json> = BTreeMap::new();
    visit::schemas(&mut document.json, |schema| {
        let name = schema.get("x-ms-enum").get("name").text();
        let Some(name) = name.map(str::to_owned) else {
            return;
        };
        if !ours.get("definitions").get(&name).has("enum") {
            return;
        }
        let mut definition = Object::new();
        for key in ["type", "enum", "x-ms-enum"] {
            if let Some(value) = schema.take(key) {
                definition.insert(key.to_owned(), value);
            }
        }
        schema.set("$ref", format!("#/definitions/{name}"));
        moved.entry(name).or_insert(Json::Object(definition));
    });
    let hits = moved.len();
    if let Some(definitions) = document.json.get_mut("definitions") {
        for (name, definition) in moved {
            definitions.set(&name, definition);
        }
    }
    hits
}

pub(super) fn secrets(document: &mut Document<'_>) -> usize {
    let Some(ours) = document.ours else { return 0 };
    let mut hits = 0;
    for (model, definition) in document.json.entries_mut("definitions") {
        let known = ours.get("definitions").get(model).get("properties");
        for (name, property) in definition.entries_mut("properties") {
            let (mine, theirs) = (known.get(name), property.get("x-ms-secret"));
            if *mine == Json::Null || mine.get("x-ms-secret") == theirs {
                continue;
            }
            match mine.get("x-ms-secret") {
                Json::Null => {
                    property.remove("x-ms-secret");
                }
                mark => property.set("x-ms-secret", mark.clone()),
            }
            hits += 1;
        }
    }
    hits
}

pub(super) fn request_ids(document: &mut Document<'_>) -> usize {
    let Some(ours) = document.ours else { return 0 };
    let known = by_id(ours);
    let mut hits = 0;
    visit::operations(&mut document.json, |_, _, operation| {
        let id = operation.get("operationId").text().unwrap_or_default();
        let Some(mine) = known.get(id) else { return };
        let mine = mine.get("responses");
        for (code, response) in operation.entries_mut("responses") {
            let before = visit::response(ours, mine.get(code)).get("headers");
            for (name, header) in response.entries_mut("headers") {
                let known = before.get(name);
                let plain = *known != Json::Null && !known.has("format");
                if plain && header.get("format").text() == Some("uuid") {
                    header.remove("format");
                    hits += 1;
                }
            }
        }
    });
    hits
}

pub(super) fn access(document: &mut Document<'_>) -> usize {
    let Some(ours) = document.ours else { return 0 };
    let mut hits = 0;
    for key in ["security", "securityDefinitions", "x-ms-parameterized-host"] {
        let (mine, theirs) = (ours.get(key), document.json.get(key));
        if *mine != Json::Null && *theirs != Json::Null && mine != theirs {
            document.json.set(key, mine.clone());
            hits += 1;
        }
    }
    // The parameters that our host refers to.
    let host = ours.get("x-ms-parameterized-host").get("parameters");
    for parameter in host.items() {
        let link = parameter.get("$ref").text().unwrap_or_default();
        if let Some(name) = link.strip_prefix("#/parameters/") {
            let shared = ours.get("parameters").get(name).clone();
            if let Some(parameters) = document.json.get_mut("parameters") {
                parameters.set(name, shared);
            }
        }
    }
    hits
}
