//! Types used in many places of the document: extensions, and links to documentation.

use indexmap::IndexMap;
use openapiv3 as oa;
use serde_json::Value;

use crate::swagger;

/// The `x-ms-*` keys, in the order of output.
pub(super) type Extensions = IndexMap<String, Value>;

pub(super) fn external_docs(docs: &swagger::ExternalDocs) -> oa::ExternalDocumentation {
    oa::ExternalDocumentation {
        description: docs.description.clone(),
        url: docs.url.clone(),
        extensions: Extensions::new(),
    }
}
