//! The rules for names, by the table `spec/names.json`.

use std::collections::BTreeMap;

use super::Document;
use super::visit;
use super::walk::whole_resource;
use crate::error::step;
use crate::json::{Json, Object};

pub(super) fn operations(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    let names = &document.names.operations;
    visit::operations(&mut document.json, |_, _, operation| {
        let ours = operation.get("operationId").text();
        if let Some(ours) = ours.and_then(|id| names.get(id)) {
            let ours = ours.clone();
            operation.set("operationId", ours);
            hits += 1;
        }
    });
    hits
}

/// Writes an update parameter for each body that is the whole resource: the properties that callers
/// can set.
pub(super) fn updates(document: &mut Document<'_>) -> usize {
    let mut found = Vec::new();
    for (path, verb, operation) in visit::all_operations(&document.json) {
        let id = operation.get("operationId").text().unwrap_or_default();
        let Some(update) = document.names.updates.get(id) else {
            continue;
        };
        let body = visit::body(&document.json, operation);
        let model = body.and_then(|body| visit::target(body.get("schema")));
        if model.is_some() && model == whole_resource(&document.json, path) {
            let model = model.unwrap_or_default().to_owned();
            found.push((path.to_owned(), verb.to_owned(), model, update.clone()));
        }
    }
    for (path, verb, model, update) in &found {
        let whole = document.json.get("definitions").get(model);
        let known = document
            .ours
            .map(|ours| ours.get("definitions").get(update));
        let made = sendable(whole, known.filter(|known| **known != Json::Null));
        if let Some(definitions) = document.json.get_mut("definitions") {
            definitions.set(update, made);
        }
        let item = document.json.get_mut("paths").and_then(|p| p.get_mut(path));
        if let Some(operation) = item.and_then(|item| item.get_mut(verb)) {
            for parameter in operation.items_mut("parameters") {
                if parameter.get("in").text() == Some("body") {
                    parameter.set("x-batch-whole-resource", true);
                    if let Some(schema) = parameter.get_mut("schema") {
                        schema.set("$ref", format!("#/definitions/{update}"));
                    }
                }
            }
        }
    }
    found.len()
}

/// Returns a definition without the properties that only the service sets. What an update requires
/// is only known from ours: a resource requires what it always has.
fn sendable(whole: &Json, ours: Option<&Json>) -> Json {
    let mut out = Object::new();
    let properties = whole.get("properties").entries();
    let properties: Object = properties
        .filter(|(_, property)| *property.get("readOnly") != Json::Bool(true))
        .map(|(name, property)| (name.clone(), property.clone()))
        .collect();
    let required = ours.unwrap_or(whole).get("required").strings().into_iter();
    let required: Vec<Json> = required
        .filter(|name| properties.contains_key(*name))
        .map(Json::from)
        .collect();
    out.insert("type".to_owned(), "object".into());
    if let Json::Text(text) = whole.get("description") {
        out.insert("description".to_owned(), text.clone().into());
    }
    out.insert("properties".to_owned(), Json::Object(properties));
    if !required.is_empty() {
        out.insert("required".to_owned(), Json::List(required));
    }
    Json::Object(out)
}

pub(super) fn models(document: &mut Document<'_>) -> usize {
    let names = document.names.models.clone();
    let mut hits = 0;
    let ours = |name: &str| names.get(name).map_or(name, String::as_str).to_owned();
    visit::schemas(&mut document.json, |schema| {
        if let Some(link) = visit::target(schema).map(ours) {
            schema.set("$ref", format!("#/definitions/{link}"));
        }
    });
    let Some(Json::Object(definitions)) = document.json.take("definitions") else {
        return 0;
    };
    let mut out = Object::new();
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    for (name, definition) in definitions {
        let target = ours(&name);
        hits += usize::from(target != name);
        let Some(known) = out.get(&target) else {
            origins.insert(target.clone(), name);
            out.insert(target, definition);
            continue;
        };
        // The one for PATCH has the longer name, and nothing in it is required.
        let is_twin = name.ends_with("Update");
        let (mut whole, twin) = if is_twin {
            (known.clone(), definition)
        } else {
            (definition, known.clone())
        };
        if let Some((property, problem)) = merge(&mut whole, &twin) {
            let at = step("$.definitions", &name);
            let at = step(&format!("{at}.properties"), &property);
            let first = &origins[&target];
            document.fail(
                at,
                format!(
                    "{problem} in {first}, and spec/names.json makes both of them {target}; give one of them \
                     another name there"
                ),
            );
        }
        out.insert(target, whole);
    }
    document.json.set("definitions", Json::Object(out));
    hits
}

/// Adds the properties of a definition that the other one lacks. Returns the first property that
/// has another type in both.
fn merge(whole: &mut Json, twin: &Json) -> Option<(String, String)> {
    let properties = whole.get_mut("properties").and_then(Json::members_mut)?;
    for (name, property) in twin.get("properties").entries() {
        match properties.get(name) {
            None => {
                properties.insert(name.clone(), property.clone());
            }
            Some(known) if kind(known) != kind(property) => {
                let (a, b) = (kind(property), kind(known));
                return Some((name.clone(), format!("{a} here and {b}")));
            }
            Some(_) => {}
        }
    }
    None
}

/// Returns the type of a property for comparing.
fn kind(property: &Json) -> String {
    let text = |key| property.get(key).text().unwrap_or_default();
    let kind = match visit::target(property) {
        Some(name) => name.to_owned(),
        None => format!("{} {}", text("type"), text("format")),
    };
    match property.get("items") {
        Json::Null => kind.trim().to_owned(),
        items => format!("array of {}", self::kind(items)),
    }
}

pub(super) fn enums(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    let names = &document.names.enums;
    visit::schemas(&mut document.json, |schema| {
        let Some(ms_enum) = schema.get_mut("x-ms-enum") else {
            return;
        };
        let ours = ms_enum.get("name").text().and_then(|name| names.get(name));
        if let Some(ours) = ours {
            let ours = ours.clone();
            ms_enum.set("name", ours);
            hits += 1;
        }
    });
    hits
}

pub(super) fn properties(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    for (place, client) in &document.names.properties {
        let Some((model, property)) = place.split_once('.') else {
            continue;
        };
        let definitions = document.json.get_mut("definitions");
        let found = definitions
            .and_then(|all| all.get_mut(model)?.get_mut("properties")?.get_mut(property));
        if let Some(found) = found {
            found.set("x-ms-client-name", client.clone());
            hits += 1;
        }
    }
    hits
}
