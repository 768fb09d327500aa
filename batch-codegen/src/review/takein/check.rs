//! The last look at a new description: no fact is lost, and no sentence comes from the other file.

use std::collections::HashSet;

use super::facts;
use super::json::Json;
use super::keys::is_ours;
use super::texts::MARKER;
use crate::error::{Error, Result, step};

/// Checks the result against both files: the facts are the other's, each sentence is one of ours or
/// the marker.
pub(super) fn check(ours: &Json, theirs: &Json, result: &Json) -> Result<()> {
    let (expected, found) = (facts::of_description(theirs), facts::of_description(result));
    if let Some(place) = difference(&expected, &found, "$") {
        return Err(Error::new(
            place,
            "this fact would not come over (place in the list of facts); batch-codegen/src/review/takein/ is to be mended",
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
                "a `{key}` of the other file would come over; batch-codegen/src/review/takein/ is to be mended"
            ),
        )),
    }
}

/// The first place in which two lists of facts differ.
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

/// Every text for people, with its key.
fn sentences<'a>(node: &'a Json, tell: &mut impl FnMut(&'a str, &'a str)) {
    for (key, inner) in node.entries() {
        match inner.text() {
            Some(text) if is_ours(key) => tell(key, text),
            _ => sentences(inner, tell),
        }
    }
    for inner in node.items() {
        sentences(inner, tell);
    }
}
