//! What stands at many places of the document: extensions, and links to read.

use indexmap::IndexMap;
use openapiv3 as oa;
use serde_json::Value;

use crate::swagger;

/// `x-ms-*` keys, in the order in which they are written.
pub(super) type Extensions = IndexMap<String, Value>;

pub(super) fn external_docs(docs: &swagger::ExternalDocs) -> oa::ExternalDocumentation {
    oa::ExternalDocumentation {
        description: docs.description.clone(),
        url: docs.url.clone(),
        extensions: Extensions::new(),
    }
}
