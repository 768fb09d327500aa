//! Stage 1, *parse*: text → typed Swagger 2.0.
//!
//! Reads Microsoft's dialect (`x-ms-*`) strictly: an unknown key (the known ones are in
//! `description`, `operations` and `schemas`), a key that stands twice, a `$ref` that leads nowhere
//! or an operation id that is used twice is an error with its JSON path, because a fact that is
//! skipped here would be missing from the client unnoticed.

mod check;
mod description;
mod keys;
mod operations;
mod parts;
mod schemas;

pub use description::{Info, ParameterizedHost, SecurityDefinition, Swagger, Tag};
pub use operations::{Header, Operation, Pageable, Parameter, PathItem, Response};
pub use parts::{ExternalDocs, Map};
pub use schemas::{MsEnum, MsEnumValue, Schema};

use serde::Deserialize;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::error::{Error, Result, step};
use keys::DistinctKeys;

/// Reads a description and checks that it hangs together.
///
/// # Errors
///
/// Text that is not JSON, a key or value that Swagger 2.0 in Microsoft's dialect does not know,
/// and every broken link between its parts, each with its JSON path.
pub fn parse(text: &str) -> Result<Swagger> {
    let text = without_mark(text);
    read::<DistinctKeys>(text)?;
    let swagger = read(text)?;
    check::check(&swagger)?;
    Ok(swagger)
}

/// A file from Windows may begin with a byte order mark.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// A word for what is no Swagger 2.0 at all, before its keys are judged: for files that come from
/// elsewhere.
pub(crate) fn check_sort(text: &str) -> Result<()> {
    let value: Value = serde_json::from_str(without_mark(text))
        .map_err(|e| Error::new("$", format!("this is not JSON: {e}")))?;
    match (value.get("openapi"), value.get("swagger")) {
        (Some(version), _) => Err(Error::new(
            "$.openapi",
            format!("this is OpenAPI {version}; give the Swagger 2.0 file of the same API"),
        )),
        (None, None) => Err(Error::new(
            "$",
            "JSON, but no Swagger: there is no key `swagger`; give a Swagger 2.0 file",
        )),
        _ => Ok(()),
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|e| Error::new(json_path(e.path()), e.inner().to_string()))?;
    json.end()
        .map_err(|e| Error::new("$", format!("text after the description: {e}")))?;
    Ok(value)
}

fn json_path(path: &Path) -> String {
    path.iter()
        .fold("$".to_owned(), |out, segment| match segment {
            Segment::Seq { index } => format!("{out}[{index}]"),
            Segment::Map { key } => step(&out, key),
            Segment::Enum { variant } => step(&out, variant),
            Segment::Unknown => out,
        })
}
