//! Taking in another description: its facts, our texts.
//!
//! It stands before the pipeline: what comes out is the next `spec/BatchService.json`. Places are
//! matched by what they are (operation id, parameter, status code, definition, property, enum
//! value), not by where they stand, so that the result is in our layout and a comparison with ours
//! shows only what changed. Not one sentence of the other file is taken: a place that is new has
//! [`MARKER`] until its text is written.
//!
//! `json` keeps the order of a file → `keys` tells facts from texts → `facts` compares → `objects`,
//! `enums`, `operations` and `shared`, all on the state in `merge`, make the new description →
//! `check` compares it with both files.

mod check;
mod enums;
mod facts;
mod json;
mod keys;
mod merge;
mod objects;
mod operations;
mod shared;
mod texts;
mod words;

pub use texts::MARKER;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::error::{Error, Result, step};
use crate::swagger;
use json::{Json, Object};
use keys::{Kind, is_ours, order};
use merge::Merge;
use texts::Texts;

/// What taking in a description makes.
#[derive(Debug)]
#[non_exhaustive]
pub struct TakenIn {
    /// The new text of our description; ours to the byte where no fact differs.
    pub description: String,
    /// The places whose text is to be written, as JSON paths in the new description.
    pub to_write: Vec<String>,
    /// The places whose text stayed although a fact changed: JSON path, and what changed.
    pub to_read: Vec<(String, String)>,
}

/// Takes the facts of another description into ours.
///
/// # Errors
///
/// A file that is no Batch description, with the JSON path of the place; ours, likewise.
pub fn take_in(ours: &str, theirs: &str) -> Result<TakenIn> {
    swagger::check_sort(theirs)?;
    swagger::parse(theirs)?;
    let of_ours = |error: Error| {
        let message = format!("of our own description: {}", error.message());
        Error::new(error.path(), message)
    };
    swagger::parse(ours).map_err(of_ours)?;
    let (old, new) = (read(ours)?, read(theirs)?);
    if facts::of_description(&old) == facts::of_description(&new) {
        return Ok(TakenIn {
            description: ours.to_owned(),
            to_write: unwritten(ours)?,
            to_read: Vec::new(),
        });
    }
    merged(&old, &new)
}

/// The places of a description whose text is yet to be written, as JSON paths.
///
/// # Errors
///
/// Text that is not JSON.
pub fn unwritten(description: &str) -> Result<Vec<String>> {
    let mut out = Vec::new();
    find_markers(&read(description)?, "$", &mut out);
    Ok(out)
}

fn read(text: &str) -> Result<Json> {
    serde_json::from_str(swagger::without_mark(text)).map_err(|e| Error::new("$", e.to_string()))
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

fn merged(ours: &Json, theirs: &Json) -> Result<TakenIn> {
    let (ours, theirs) = (flattened(ours), flattened(theirs));
    let mut merge = Merge {
        texts: Texts::of(&ours),
        ours: Rc::new(ours.clone()),
        theirs: &theirs,
        to_read: BTreeMap::new(),
        fresh: BTreeSet::new(),
    };
    merge.change_shared();
    let result = root(&mut merge);
    check::check(&ours, &theirs, &result)?;
    let mut description = serde_json::to_string_pretty(&result)
        .map_err(|e| Error::new("$", format!("the new description cannot be written: {e}")))?;
    description.push('\n');
    let to_read = merge.to_read.into_iter();
    let to_read = to_read.filter(|(place, _)| !merge.fresh.contains(place));
    Ok(TakenIn {
        to_write: unwritten(&description)?,
        to_read: to_read
            .map(|(place, what)| (place, what.join("; ")))
            .collect(),
        description,
    })
}

/// The members of the root, each by what it is.
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
        if !shared.says_nothing() {
            out.insert(section.to_owned(), shared);
        }
    }
    Json::Object(out)
}

/// Ours, with the other file's version.
fn info(ours: &Json, theirs: &Json) -> Json {
    let mut out = ours.members().cloned().unwrap_or_default();
    out.insert("version".to_owned(), theirs.get("version").clone());
    Json::Object(out)
}

/// The document with the parameters of a path at each of its operations.
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
