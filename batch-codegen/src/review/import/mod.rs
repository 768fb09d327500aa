//! Import of another description: its facts, with our descriptions.
//!
//! The import comes before the pipeline: its result is the next `spec/BatchService.json`. Places
//! are matched by identity (operation id, parameter, status code, definition, property, enum
//! value), not by their position in the file, so that the result has our layout, and a diff with
//! ours shows only what changed. No sentence of the other file is copied: a new place has
//! [`MARKER`] until its description is written.
//!
//! `json` preserves the order of a file, `keys` separates facts from descriptions, and `facts`
//! compares. `objects`, `enums`, `operations` and `shared` build the new description on the state
//! in `merge`, and `check` compares it with both files.

mod changes;
mod check;
mod descriptions;
mod enums;
mod facts;

mod keys;
mod merge;
mod objects;
mod operations;
mod shared;

pub use descriptions::MARKER;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::described;
use crate::dialect::Names;
use crate::error::{Error, Result, step};
use crate::json::{self, Json, Object};
use crate::swagger;
use descriptions::Descriptions;
use keys::{Kind, is_ours, order};
use merge::Merge;

/// The result of importing a description.
#[derive(Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The new content of our description; identical to ours if no fact differs.
    pub description: String,
    /// The places whose description has yet to be written, as JSON paths in the new description.
    pub to_write: Vec<String>,
    /// The places whose description is preserved although a fact changed: JSON path and changes,
    /// in the order of the paths, but those that are only marked as `readOnly` last.
    pub to_review: Vec<(String, String)>,
    /// The names that were used for a file in TypeSpec's dialect; `None` for one in ours.
    pub names: Option<Names>,
}

/// Merges the facts of another description, in either dialect, into ours. The names of a TypeSpec
/// file are translated by a table, which the result contains with a row for everything that it
/// lacked.
///
/// # Errors
///
/// Returns an error with its JSON path if either file is not a Batch description.
pub fn import(ours: &str, theirs: &str, names: &Names) -> Result<Imported> {
    let of_ours = |error: Error| {
        let message = format!("in our own description: {}", error.message());
        Error::new(error.path(), message)
    };
    let shaped = described::read_other(theirs)?;
    swagger::parse(ours).map_err(of_ours)?;
    let old = json::read(ours)?;
    let is_typespec = shaped.is_typespec();
    let described = shaped.named(names, Some(&old))?;
    let new = json::read(&described.text)?;
    let names = is_typespec.then_some(described.names);
    if facts::of_description(&old) == facts::of_description(&new) {
        return Ok(Imported {
            description: ours.to_owned(),
            to_write: unwritten(ours)?,
            to_review: Vec::new(),
            names,
        });
    }
    Ok(Imported {
        names,
        ..merged(&old, &new)?
    })
}

/// Returns the places of a description that have yet to be described, as JSON paths.
///
/// # Errors
///
/// Returns an error if the text is not JSON.
pub fn unwritten(description: &str) -> Result<Vec<String>> {
    let mut out = Vec::new();
    find_markers(&json::read(description)?, "$", &mut out);
    Ok(out)
}

fn find_markers(node: &Json, at: &str, out: &mut Vec<String>) {
    if node.text() == Some(MARKER) {
        out.push(at.to_owned());
    }
    for (key, inner) in node.entries() {
        find_markers(inner, &step(at, key), out);
    }
    for (index, inner) in node.items().iter().enumerate() {
        find_markers(inner, &format!("{at}[{index}]"), out);
    }
}

fn merged(ours: &Json, theirs: &Json) -> Result<Imported> {
    let (ours, theirs) = (flattened(ours), flattened(theirs));
    let mut merge = Merge {
        descriptions: Descriptions::of(&ours),
        ours: Rc::new(ours.clone()),
        theirs: &theirs,
        to_review: BTreeMap::new(),
        added: BTreeSet::new(),
    };
    merge.change_shared();
    let result = root(&mut merge);
    check::check(&ours, &theirs, &result)?;
    let mut description = serde_json::to_string_pretty(&result)
        .map_err(|e| Error::new("$", format!("cannot serialize the new description: {e}")))?;
    description.push('\n');
    let to_review = merge.to_review.into_iter();
    let to_review = to_review.filter(|(place, _)| !merge.added.contains(place));
    let mut to_review: Vec<_> = to_review.collect();
    to_review.sort_by_key(|(_, what)| is_about_read_only(what));
    Ok(Imported {
        to_write: unwritten(&description)?,
        to_review: to_review
            .into_iter()
            .map(|(place, what)| (place, what.join("; ")))
            .collect(),
        names: None,
        description,
    })
}

/// Returns true if a property is only marked as one that the service sets. TypeSpec marks hundreds
/// of them, among which a change of a type would be overlooked, so these places come last.
fn is_about_read_only(what: &[String]) -> bool {
    let marks = what.iter().filter(|what| what.starts_with("`readOnly`"));
    let required = what.iter().filter(|what| what.ends_with("required"));
    let marks = marks.count();
    marks > 0 && marks + required.count() == what.len()
}

/// Merges the members of the root, each by its key.
fn root(merge: &mut Merge) -> Json {
    let ours = Rc::clone(&merge.ours);
    let theirs = merge.theirs;
    let has = |document: &Json, key: &str| document.get(key) != &Json::Null;
    let mut keys: Vec<&str> = ours.entries().map(|(key, _)| key.as_str()).collect();
    for key in order(Kind::Root) {
        if has(theirs, key) && !keys.contains(key) {
            let rank = |key: &str| keys::rank(Kind::Root, key);
            let place = keys.iter().filter(|k| rank(k) <= rank(key)).count();
            keys.insert(place, key);
        }
    }
    let mut out = Object::new();
    for key in keys {
        let (mine, their) = (ours.get(key), theirs.get(key));
        let known = has(&ours, key).then_some(mine);
        let value = match key {
            "parameters" | "responses" => continue,
            "info" => info(mine, their),
            "paths" => merge.paths(),
            _ if is_ours(key) && known.is_none() => continue,
            _ if is_ours(key) => mine.clone(),
            _ if !has(theirs, key) => continue,
            "definitions" => merge.places(Kind::Schema, known, their, "$.definitions"),
            "securityDefinitions" => {
                merge.places(Kind::Security, known, their, "$.securityDefinitions")
            }
            "x-ms-parameterized-host" => merge.host(known, their),
            _ if mine == their => mine.clone(),
            _ => their.clone(),
        };
        out.insert(key.to_owned(), value);
    }
    for section in ["parameters", "responses"] {
        let made: Vec<&Json> = out.values().collect();
        let shared = merge.still_shared(section, &made);
        if !shared.is_empty() {
            out.insert(section.to_owned(), shared);
        }
    }
    Json::Object(out)
}

/// Returns our `info` with the other file's version.
fn info(ours: &Json, theirs: &Json) -> Json {
    let mut out = ours.members().cloned().unwrap_or_default();
    out.insert("version".to_owned(), theirs.get("version").clone());
    Json::Object(out)
}

/// Moves the parameters of each path to its operations.
fn flattened(document: &Json) -> Json {
    let mut out = document.clone();
    let Json::Object(root) = &mut out else {
        return out;
    };
    let Some(Json::Object(paths)) = root.get_mut("paths") else {
        return out;
    };
    for item in paths.values_mut() {
        let Json::Object(item) = item else {
            continue;
        };
        let Some(shared) = item.shift_remove("parameters") else {
            continue;
        };
        for operation in item.values_mut() {
            if let Json::Object(operation) = operation {
                let own = operation
                    .get("parameters")
                    .map(Json::items)
                    .unwrap_or_default();
                let all = shared.items().iter().chain(own).cloned().collect();
                operation.insert("parameters".to_owned(), Json::List(all));
            }
        }
    }
    out
}
