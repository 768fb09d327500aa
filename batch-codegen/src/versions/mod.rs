//! Stage *versions*: the base description and what later versions change → one description of all
//! of them, the union.
//!
//! `spec/BatchService.json` describes the base, which is the default of the client. Each file in
//! `spec/versions/` describes what a later version adds, and names what it no longer has. The union
//! has the operations, models, properties and values of all versions; whatever is not in all of
//! them is marked with its first version (`x-batch-since`) or its last one (`x-batch-until`).
//! [`of_version`] returns one version out of the union again.

mod changes;
mod only;

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::json::{self, Json};
use crate::tables::TABLES_VERSION;
use crate::typed;
use changes::Changes;

/// The folder of the changes, in the names of [`crate::TableContents`].
pub const FOLDER: &str = "versions/";

/// The first version that has an item.
const SINCE: &str = "x-batch-since";
/// The last version that has an item.
const UNTIL: &str = "x-batch-until";
/// The first version that writes a number as text.
const TEXT_SINCE: &str = "x-batch-text-since";
/// All versions of the union, at its root.
const VERSIONS: &str = "x-batch-versions";

/// Returns the union of a base and the files of changes, by their names, as JSON. Changes apply in
/// the order of their versions, from the one that names the base on. Without any, the result is
/// `None`: the base alone.
///
/// # Errors
///
/// Returns an error with its JSON path for a file that does not fit.
pub fn union(base: &str, files: &BTreeMap<String, String>) -> Result<Option<String>> {
    let mut document = json::read(base)?;
    let mut version = document
        .get("info")
        .get("version")
        .text()
        .unwrap_or_default()
        .to_owned();
    let strict = version == TABLES_VERSION;
    let mut versions = vec![version.clone()];
    let chain = files.iter().filter(|(name, _)| name.starts_with(FOLDER));
    for (name, text) in chain {
        let in_file = |error: Error| Error::new(error.path(), format!("spec/{name}: {error}"));
        typed::check_keys(text).map_err(in_file)?;
        let changes: Changes = typed::read(text).map_err(in_file)?;
        // A base that was replaced by a later version needs the earlier changes no more.
        if changes.after == version {
            changes.apply(&mut document, strict).map_err(in_file)?;
            version.clone_from(&changes.version);
            versions.push(changes.version);
        }
    }
    if versions.len() == 1 {
        return Ok(None);
    }
    document.set(
        VERSIONS,
        Json::List(versions.into_iter().map(Json::from).collect()),
    );
    text(&document).map(Some)
}

/// Returns the newest version of a union.
pub(crate) fn newest(base: &str, files: &BTreeMap<String, String>) -> Result<String> {
    let union = union(base, files)?;
    let document = json::read(union.as_deref().unwrap_or(base))?;
    let versions = document.get(VERSIONS).strings();
    let newest = versions.last().copied();
    let base = document.get("info").get("version").text();
    Ok(newest.or(base).unwrap_or_default().to_owned())
}

/// Returns the description of one version, out of a base and the files of changes: the union
/// without the items of other versions.
///
/// # Errors
///
/// Returns an error with its JSON path for a file that does not fit.
pub fn of_version(base: &str, files: &BTreeMap<String, String>, version: &str) -> Result<String> {
    match union(base, files)? {
        Some(union) => text(&only::only(&json::read(&union)?, version)),
        None => Ok(base.to_owned()),
    }
}

fn text(document: &Json) -> Result<String> {
    serde_json::to_string(document).map_err(|e| Error::new("$", e.to_string()))
}
