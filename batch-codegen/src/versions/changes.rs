//! A file of `spec/versions/`, and its effect on the union.

use indexmap::IndexMap;
use serde::Deserialize;

use super::{SINCE, TEXT_SINCE, UNTIL};
use crate::error::{Error, Result, step};
use crate::json::{Json, Object};

/// Changes of a version, relative to the one before it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct Changes {
    pub(super) version: String,
    /// The version before it.
    pub(super) after: String,
    #[serde(rename = "source")]
    _source: String,
    /// New operations, by path and verb.
    operations: IndexMap<String, IndexMap<String, Json>>,
    /// New parameters of known operations, by the operation's id.
    parameters: IndexMap<String, Vec<Json>>,
    /// New definitions, and new properties of known ones.
    definitions: IndexMap<String, Json>,
    /// New values of known enums, as in `x-ms-enum`.
    values: IndexMap<String, Vec<Json>>,
    removed: Removed,
    /// Numbers that are text from this version on, as `Definition.property`.
    text: Vec<String>,
}

/// Items that a version no longer has.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Removed {
    operations: Vec<String>,
    definitions: Vec<String>,
    /// `Definition.property`.
    properties: Vec<String>,
}

impl Changes {
    /// Applies the changes. In a base other than the one that the files are written for, whatever
    /// does not fit is skipped unless `strict` is set.
    pub(super) fn apply(&self, document: &mut Json, strict: bool) -> Result<()> {
        let unless_strict = |result: Result<()>| if strict { result } else { Ok(()) };
        unless_strict(self.add_operations(document))?;
        for (id, parameters) in &self.parameters {
            let at = step("$.parameters", id);
            let known = operation(document, id).and_then(|o| o.get_mut("parameters"));
            let result = match known {
                Some(Json::List(known)) => {
                    known.extend(parameters.iter().map(|p| self.since(p)));
                    Ok(())
                }
                _ => Err(unknown(&at, "operation")),
            };
            unless_strict(result)?;
        }
        for (name, definition) in &self.definitions {
            unless_strict(self.define(document, name, definition))?;
        }
        for (name, values) in &self.values {
            let mut places = 0;
            add_values(document, name, &self.marked(values), &mut places);
            if places == 0 && strict {
                return Err(unknown(&step("$.values", name), "enum"));
            }
        }
        let last = Json::from(self.after.clone());
        let Removed {
            operations,
            definitions,
            properties,
        } = &self.removed;
        let first = Json::from(self.version.clone());
        let lists: [(&str, &[String], Find, &str, &Json); 4] = [
            ("removed.operations", operations, operation, UNTIL, &last),
            ("removed.definitions", definitions, definition, UNTIL, &last),
            ("removed.properties", properties, property, UNTIL, &last),
            ("text", &self.text, property, TEXT_SINCE, &first),
        ];
        for (list, names, find, mark, version) in lists {
            for (index, name) in names.iter().enumerate() {
                let at = format!("$.{list}[{index}]");
                let result = match find(document, name) {
                    Some(found) => {
                        found.set(mark, version.clone());
                        Ok(())
                    }
                    None => Err(unknown(&at, "item")),
                };
                unless_strict(result)?;
            }
        }
        Ok(())
    }

    fn add_operations(&self, document: &mut Json) -> Result<()> {
        for (path, verbs) in &self.operations {
            for (verb, new) in verbs {
                let at = step(&step("$.operations", path), verb);
                let Some(paths) = document.get_mut("paths") else {
                    return Err(unknown("$", "`paths`"));
                };
                if !paths.has(path) {
                    paths.set(path, Json::Object(Object::new()));
                }
                let item = paths.get_mut(path).ok_or_else(|| unknown(&at, "path"))?;
                if item.has(verb) {
                    return Err(Error::new(at, "an earlier version has this operation"));
                }
                item.set(verb, self.since(new));
            }
        }
        Ok(())
    }

    /// Adds a definition, or the properties of a known one.
    fn define(&self, document: &mut Json, name: &str, new: &Json) -> Result<()> {
        let at = step("$.definitions", name);
        let Some(definitions) = document.get_mut("definitions") else {
            return Err(unknown("$", "`definitions`"));
        };
        if !definitions.has(name) {
            definitions.set(name, self.since(new));
            return Ok(());
        }
        let other = new
            .entries()
            .find(|(key, _)| !["properties", "required"].contains(&key.as_str()));
        if let Some((key, _)) = other {
            let message = "an earlier version has this definition; only `properties` and `required` can be added";
            return Err(Error::new(step(&at, key), message));
        }
        let known = definitions
            .get_mut(name)
            .ok_or_else(|| unknown(&at, "definition"))?;
        let Some(properties) = known.get_mut("properties") else {
            return Err(unknown(&at, "`properties`"));
        };
        for (property, schema) in new.get("properties").entries() {
            if properties.has(property) {
                let at = step(&format!("{at}.properties"), property);
                return Err(Error::new(at, "an earlier version has this property"));
            }
            properties.set(property, self.since(schema));
        }
        let added = new.get("required").items();
        if !added.is_empty() {
            let mut required = known.get("required").items().to_vec();
            required.extend(added.iter().cloned());
            known.set("required", Json::List(required));
        }
        Ok(())
    }

    /// Marks a new item with its first version.
    fn since(&self, new: &Json) -> Json {
        let mut new = new.clone();
        new.set(SINCE, self.version.clone());
        new
    }

    fn marked(&self, values: &[Json]) -> Vec<Json> {
        values.iter().map(|value| self.since(value)).collect()
    }
}

fn unknown(at: &str, what: &str) -> Error {
    Error::new(at, format!("no earlier version has this {what}"))
}

/// Finds an item by its name in a file of changes.
type Find = for<'a> fn(&'a mut Json, &str) -> Option<&'a mut Json>;

fn definition<'a>(document: &'a mut Json, name: &str) -> Option<&'a mut Json> {
    document.get_mut("definitions")?.get_mut(name)
}

fn operation<'a>(document: &'a mut Json, id: &str) -> Option<&'a mut Json> {
    let paths = document.entries_mut("paths");
    paths
        .filter_map(|(_, item)| item.members_mut())
        .flatten()
        .map(|(_, operation)| operation)
        .find(|operation| operation.get("operationId").text() == Some(id))
}

fn property<'a>(document: &'a mut Json, place: &str) -> Option<&'a mut Json> {
    let (model, name) = place.split_once('.')?;
    document
        .get_mut("definitions")?
        .get_mut(model)?
        .get_mut("properties")?
        .get_mut(name)
}

/// Adds values at every place of an enum.
fn add_values(node: &mut Json, name: &str, values: &[Json], places: &mut usize) {
    if node.get("x-ms-enum").get("name").text() == Some(name) {
        *places += 1;
        let texts = values.iter().map(|value| value.get("value").clone());
        if let Some(Json::List(known)) = node.get_mut("enum") {
            known.extend(texts);
        }
        let entries = node.get_mut("x-ms-enum").and_then(|e| e.get_mut("values"));
        if let Some(Json::List(known)) = entries {
            known.extend(values.iter().cloned());
        }
    }
    match node {
        Json::Object(members) => {
            for inner in members.values_mut() {
                add_values(inner, name, values, places);
            }
        }
        Json::List(items) => {
            for inner in items {
                add_values(inner, name, values, places);
            }
        }
        _ => {}
    }
}
