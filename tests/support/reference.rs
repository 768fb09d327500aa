//! Recordings of the service and of other clients. They are not part of the project; tests that
//! read them run only if the environment names their folder.

use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use crate::description::{Kind, Operation, Pairs, Place, decode, workspace};

const VARIABLE: &str = "BATCH_REFERENCE";

/// Folder named by `BATCH_REFERENCE`. If the variable is not set, prints that the test is skipped.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    if folder.is_none() {
        println!("skipped: {VARIABLE} is not set");
    }
    // Tests do not run in the folder in which cargo was called.
    Some(workspace().join(folder?))
}

/// Reads a recording.
///
/// # Panics
///
/// Panics if the file is missing or is not JSON.
pub fn read(file: &Path) -> Value {
    let text = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// Returns a header of a recorded message; the name is case-insensitive.
pub fn header<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    let headers = message["headers"].as_object()?;
    let found = headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found?.1.as_str()
}

/// Splits a target into its path and the decoded parameters of its query.
///
/// # Errors
///
/// Fails if a parameter has no `=` (an empty one, for example) or is not percent-encoded correctly.
pub fn split_target(target: &str) -> Result<(&str, Pairs), String> {
    let Some((path, query)) = target.split_once('?') else {
        return Ok((target, Vec::new()));
    };
    let mut pieces = Vec::new();
    for piece in query.split('&') {
        let pair = piece.split_once('=');
        let (name, value) = pair.ok_or_else(|| format!("{piece:?} in {target} has no ="))?;
        pieces.push((decode(name)?, decode(&value.replace('+', " "))?));
    }
    Ok((path, pieces))
}

/// Parameters of a recorded request by name, in the form in which a caller passes them to the
/// operation. Parameters that the description does not have are left out, because the recordings
/// are from several versions.
///
/// # Errors
///
/// Fails if the target does not belong to the operation.
pub fn parameters(operation: &Operation, request: &Value) -> Result<Pairs, String> {
    let (path, query) = split_target(request["target"].as_str().unwrap_or_default())?;
    let mut values = operation.path_values(path)?;
    for parameter in &operation.parameters {
        let name = &parameter.name;
        let value = match parameter.place {
            Place::Path => continue,
            Place::Query => {
                let found = query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.clone())
            }
            Place::Header => header(request, name).map(str::to_owned),
        };
        let Some(mut value) = value else { continue };
        if parameter.kind == Kind::HttpDate {
            let date = DateTime::parse_from_rfc2822(&value).map_err(|e| format!("{name}: {e}"))?;
            value = date.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true);
        }
        values.push((name.clone(), value));
    }
    Ok(values)
}
