//! Stage 1, *parse*: text → typed Swagger 2.0.
//!
//! Reads Microsoft's dialect (`x-ms-*`) strictly: an unknown key (the known ones are in
//! `description`, `operations` and `schemas`), a duplicate key, a `$ref` that does not resolve or a
//! duplicate operation id is an error with its JSON path. A fact ignored here would be missing from
//! the client without anybody noticing.

mod check;
mod description;
mod operations;
mod parts;
mod schemas;

pub use description::{Info, ParameterizedHost, SecurityDefinition, Swagger, Tag};
pub use operations::{Header, Operation, Pageable, Parameter, PathItem, Response};
pub use parts::{ExternalDocs, Map};
pub use schemas::{MsEnum, MsEnumValue, Schema};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::typed;

/// Parses a description and checks it for consistency.
///
/// # Errors
///
/// Returns an error with its JSON path for text that is not JSON, for a key or value that is not
/// known in Microsoft's dialect of Swagger 2.0, and for every reference that does not resolve.
pub fn parse(text: &str) -> Result<Swagger> {
    let text = strip_byte_order_mark(text);
    typed::check_keys(text)?;
    let swagger = typed::read(text)?;
    check::check(&swagger)?;
    Ok(swagger)
}

/// Strips the byte order mark that a file from Windows may begin with.
pub(crate) fn strip_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Refuses input that is not Swagger 2.0 at all, with a clear message, before its keys are checked;
/// meant for files from elsewhere.
pub(crate) fn check_format(text: &str) -> Result<()> {
    let value: Value = serde_json::from_str(strip_byte_order_mark(text))
        .map_err(|e| Error::new("$", format!("the input is not JSON: {e}")))?;
    match (value.get("openapi"), value.get("swagger")) {
        (Some(version), _) => Err(Error::new(
            "$.openapi",
            format!("the input is OpenAPI {version}; pass the Swagger 2.0 file of the same API"),
        )),
        (None, None) => Err(Error::new(
            "$",
            "the input is JSON but not Swagger: the key `swagger` is missing; pass a Swagger 2.0 file",
        )),
        _ => Ok(()),
    }
}
