//! Final check of a new description: no fact is lost, and no sentence comes from the other file.

use std::collections::HashSet;

use super::descriptions::MARKER;
use super::facts;
use super::keys::is_ours;
use crate::error::{Error, Result, step};
use crate::json::Json;

/// Checks the result against both files: the facts are those of the other file, and each sentence
/// is either our own or the marker.
pub(super) fn check(ours: &Json, theirs: &Json, result: &Json) -> Result<()> {
    let (expected, found) = (facts::of_description(theirs), facts::of_description(result));
    if let Some(place) = difference(&expected, &found, "$") {
        return Err(Error::new(
            place,
            "this fact would be lost (the path is in the list of facts); fix batch-codegen/src/review/import/",
        ));
    }
    let mut known: HashSet<&str> = HashSet::from([MARKER]);
    sentences(ours, &mut |_, text| {
        known.insert(text);
    });
    let mut foreign = None;
    sentences(result, &mut |key, text| {
        if !known.contains(text) {
            foreign.get_or_insert_with(|| key.to_owned());
        }
    });
    match foreign {
        None => Ok(()),
        Some(key) => Err(Error::new(
            "$",
            format!(
                "a `{key}` of the other file would be copied; fix batch-codegen/src/review/import/"
            ),
        )),
    }
}

/// Returns the first place in which two lists of facts differ.
fn difference(a: &Json, b: &Json, at: &str) -> Option<String> {
    match (a, b) {
        (Json::Object(x), Json::Object(y)) => x
            .keys()
            .chain(y.keys())
            .find_map(|key| difference(a.get(key), b.get(key), &step(at, key))),
        _ if a == b => None,
        _ => Some(at.to_owned()),
    }
}

/// Calls a function with every key and sentence written for people.
fn sentences<'a>(node: &'a Json, visit: &mut impl FnMut(&'a str, &'a str)) {
    for (key, inner) in node.entries() {
        match inner.text() {
            Some(text) if is_ours(key) => visit(key, text),
            _ => sentences(inner, visit),
        }
    }
    for inner in node.items() {
        sentences(inner, visit);
    }
}
