//! A further version beside the others: what its file changes, as a new file of `spec/versions/`.
//!
//! The file is imported into the newest version that we have, so that everything has our names and
//! our layout, and each new place has [`MARKER`](super::import::MARKER) for a description. The
//! difference is the new file.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::Serialize;

use super::import::{import, unwritten};
use crate::dialect::Names;
use crate::error::{Error, Result};
use crate::json::{self, Json, Object};
use crate::versions;

/// The result of adding a version.
#[derive(Debug)]
#[non_exhaustive]
pub struct Added {
    /// The version, which names the file.
    pub version: String,
    /// The content of the new file in `spec/versions/`.
    pub changes: String,
    /// The description of the version before, for a report.
    pub before: String,
    /// The description of the version itself.
    pub after: String,
    /// The places in the new file that have yet to be described.
    pub to_write: Vec<String>,
    /// Changes of known places, which a file of changes cannot express: place and changes.
    pub to_review: Vec<(String, String)>,
    /// The names that were used for a file in TypeSpec's dialect.
    pub names: Option<Names>,
}

/// A file of changes, in the order of its keys.
#[derive(Serialize)]
struct File {
    version: String,
    after: String,
    source: String,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    operations: IndexMap<String, IndexMap<String, Json>>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    parameters: IndexMap<String, Vec<Json>>,
    #[serde(skip_serializing_if = "Object::is_empty")]
    definitions: Object,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    values: IndexMap<String, Vec<Json>>,
    removed: Removed,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    text: Vec<String>,
}

#[derive(Serialize, Default)]
struct Removed {
    operations: Vec<String>,
    definitions: Vec<String>,
    properties: Vec<String>,
}

/// Compares the newest version of the union with a file of the next one.
///
/// # Errors
///
/// Returns an error with its JSON path if a file is not a Batch description, or if its version is
/// not newer than those that we have.
pub fn add(
    base: &str,
    files: &BTreeMap<String, String>,
    theirs: &str,
    names: &Names,
) -> Result<Added> {
    let newest = versions::newest(base, files)?;
    let before = versions::of_version(base, files, &newest)?;
    let imported = import(&before, theirs, names)?;
    let (old, new) = (json::read(&before)?, json::read(&imported.description)?);
    let version = new.get("info").get("version").text().unwrap_or_default();
    if version <= newest.as_str() {
        return Err(Error::new(
            "$.info.version",
            format!("{version} is not newer than {newest}, the newest version in spec/versions/"),
        ));
    }
    let file = changes(&old, &new, version, &newest);
    let mut changes = serde_json::to_string_pretty(&file)
        .map_err(|e| Error::new("$", format!("cannot serialize the changes: {e}")))?;
    changes.push('\n');
    Ok(Added {
        version: version.to_owned(),
        to_write: unwritten(&changes)?,
        to_review: imported.to_review,
        names: imported.names,
        after: imported.description.clone(),
        before,
        changes,
    })
}

fn changes(old: &Json, new: &Json, version: &str, after: &str) -> File {
    let mut file = File {
        version: version.to_owned(),
        after: after.to_owned(),
        source: super::import::MARKER.to_owned(),
        operations: IndexMap::new(),
        parameters: IndexMap::new(),
        definitions: Object::new(),
        values: IndexMap::new(),
        removed: Removed::default(),
        text: Vec::new(),
    };
    operations(old, new, &mut file);
    definitions(old, new, &mut file);
    let (mut before, mut now) = (IndexMap::new(), IndexMap::new());
    enums(old, &mut before);
    enums(new, &mut now);
    for (name, values) in now {
        let Some(known) = before.get(&name) else {
            continue;
        };
        // The service compares values without case.
        let wire = |value: &Json| value.get("value").text().map(str::to_lowercase);
        let known: BTreeSet<Option<String>> = known.iter().map(wire).collect();
        let more = values.iter().filter(|value| !known.contains(&wire(value)));
        let more: Vec<Json> = more.cloned().collect();
        if !more.is_empty() {
            file.values.insert(name, more);
        }
    }
    file
}

fn id(operation: &Json) -> String {
    operation
        .get("operationId")
        .text()
        .unwrap_or_default()
        .to_owned()
}

fn operations(old: &Json, new: &Json, file: &mut File) {
    for (path, item) in new.get("paths").entries() {
        for (verb, operation) in item.entries() {
            let known = old.get("paths").get(path).get(verb);
            if *known == Json::Null {
                let verbs = file.operations.entry(path.clone()).or_default();
                verbs.insert(verb.clone(), operation.clone());
                continue;
            }
            let before: Vec<_> = parameters(old, known)
                .iter()
                .map(|(key, _)| key.clone())
                .collect();
            let more = parameters(new, operation).into_iter();
            let more = more.filter(|(key, _)| !before.contains(key));
            let more: Vec<Json> = more.map(|(_, parameter)| parameter).collect();
            if !more.is_empty() {
                file.parameters.insert(id(operation), more);
            }
        }
    }
    for (path, item) in old.get("paths").entries() {
        for (verb, operation) in item.entries() {
            if *new.get("paths").get(path).get(verb) == Json::Null {
                file.removed.operations.push(id(operation));
            }
        }
    }
}

/// Returns the parameters of an operation by place and name. The service reads names without case.
fn parameters(document: &Json, operation: &Json) -> Vec<((String, String), Json)> {
    let own = operation.get("parameters").items().iter();
    own.map(|parameter| {
        let link = parameter.get("$ref").text().unwrap_or_default();
        let shared = link.strip_prefix("#/parameters/");
        let resolved = shared.map_or(parameter, |name| document.get("parameters").get(name));
        let text = |key: &str| resolved.get(key).text().unwrap_or_default().to_lowercase();
        let key = match text("in").as_str() {
            "body" => ("body".to_owned(), String::new()),
            place => (place.to_owned(), text("name")),
        };
        (key, parameter.clone())
    })
    .collect()
}

fn definitions(old: &Json, new: &Json, file: &mut File) {
    for (name, definition) in new.get("definitions").entries() {
        let known = old.get("definitions").get(name);
        if *known == Json::Null {
            file.definitions.insert(name.clone(), definition.clone());
            continue;
        }
        let before = known.get("properties");
        let mut more = Object::new();
        for (property, schema) in definition.get("properties").entries() {
            let place = format!("{name}.{property}");
            match before.get(property) {
                Json::Null => {
                    more.insert(property.clone(), schema.clone());
                }
                known if schema.has("x-batch-as-text") && !known.has("x-batch-as-text") => {
                    file.text.push(place);
                }
                _ => {}
            }
        }
        if !more.is_empty() {
            let required = definition.get("required").items().iter();
            let required =
                required.filter(|name| name.text().is_some_and(|n| more.contains_key(n)));
            let required: Vec<Json> = required.cloned().collect();
            let mut added = Object::new();
            added.insert("properties".to_owned(), Json::Object(more));
            if !required.is_empty() {
                added.insert("required".to_owned(), Json::List(required));
            }
            file.definitions.insert(name.clone(), Json::Object(added));
        }
    }
    for (name, definition) in old.get("definitions").entries() {
        let now = new.get("definitions").get(name);
        if *now == Json::Null {
            file.removed.definitions.push(name.clone());
            continue;
        }
        for (property, _) in definition.get("properties").entries() {
            if !now.get("properties").has(property) {
                file.removed.properties.push(format!("{name}.{property}"));
            }
        }
    }
}

/// Collects the values of each enum.
fn enums(node: &Json, found: &mut IndexMap<String, Vec<Json>>) {
    let ms_enum = node.get("x-ms-enum");
    if let Some(name) = ms_enum.get("name").text() {
        let values = ms_enum.get("values").items().to_vec();
        found.entry(name.to_owned()).or_insert(values);
    }
    for (_, inner) in node.entries() {
        enums(inner, found);
    }
    for inner in node.items() {
        enums(inner, found);
    }
}
