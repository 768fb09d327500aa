//! The keys of paths, operations, parameters and responses.

use serde::Deserialize;
use serde_json::{Number, Value};

use super::parts::{ExternalDocs, Map};
use super::schemas::{MsEnum, Schema};

/// The operations on one path.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathItem {
    /// Parameters of every operation on the path.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// GET.
    pub get: Option<Operation>,
    /// PUT.
    pub put: Option<Operation>,
    /// POST.
    pub post: Option<Operation>,
    /// DELETE.
    pub delete: Option<Operation>,
    /// HEAD.
    pub head: Option<Operation>,
    /// PATCH.
    pub patch: Option<Operation>,
}

impl PathItem {
    /// The path's operations with their methods, in a fixed order.
    pub fn operations(&self) -> impl Iterator<Item = (&'static str, &Operation)> {
        [
            ("get", &self.get),
            ("put", &self.put),
            ("post", &self.post),
            ("delete", &self.delete),
            ("head", &self.head),
            ("patch", &self.patch),
        ]
        .into_iter()
        .filter_map(|(method, operation)| operation.as_ref().map(|o| (method, o)))
    }
}

/// One operation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Operation {
    /// `Group_Name`.
    pub operation_id: String,
    /// The group, for readers.
    #[serde(default)]
    pub tags: Vec<String>,
    /// One line.
    pub summary: Option<String>,
    /// More lines.
    pub description: Option<String>,
    /// More to read.
    pub external_docs: Option<ExternalDocs>,
    /// Media types of the request body.
    pub consumes: Option<Vec<String>>,
    /// Media types of the response body.
    pub produces: Option<Vec<String>>,
    /// Its parameters, the body among them.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Its responses by status code, or `default`.
    pub responses: Map<Response>,
    /// Whether it is on its way out.
    #[serde(default)]
    pub deprecated: bool,
    /// How its answers continue on further pages.
    #[serde(rename = "x-ms-pageable")]
    pub pageable: Option<Pageable>,
    /// The header that holds the id of the request.
    #[serde(rename = "x-ms-request-id")]
    pub request_id: Option<String>,
    /// Microsoft's sample calls, by title; their files are not part of the description.
    #[serde(rename = "x-ms-examples", default)]
    pub examples: Map<Value>,
}

/// `x-ms-pageable`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Pageable {
    /// The property that holds the address of the next page.
    pub next_link_name: Option<String>,
    /// The property that holds the items; `value` where none is named.
    pub item_name: Option<String>,
    /// The operation that gets the next page.
    pub operation_name: Option<String>,
}

/// A parameter, or a `$ref` to a shared one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Parameter {
    /// `#/parameters/NAME`.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// The wire name.
    pub name: Option<String>,
    /// `path`, `query`, `header` or `body`.
    #[serde(rename = "in")]
    pub location: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Whether a request must have it.
    pub required: bool,
    /// The schema of a body.
    pub schema: Option<Schema>,
    /// The type of all others.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The format of the type.
    pub format: Option<String>,
    /// What the service takes where it is not sent.
    pub default: Option<Value>,
    /// Lowest value.
    pub minimum: Option<Number>,
    /// Highest value.
    pub maximum: Option<Number>,
    /// Its values.
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
    /// Names of the values.
    #[serde(rename = "x-ms-enum")]
    pub ms_enum: Option<MsEnum>,
    /// The name that clients show.
    #[serde(rename = "x-ms-client-name")]
    pub client_name: Option<String>,
    /// `client` for a parameter of the client, not of its operations.
    #[serde(rename = "x-ms-parameter-location")]
    pub parameter_location: Option<String>,
    /// A hint for Microsoft's generators.
    #[serde(rename = "x-ms-parameter-grouping")]
    pub grouping: Option<Value>,
    /// Whether it holds the caller's id of the request.
    #[serde(rename = "x-ms-client-request-id")]
    pub client_request_id: Option<bool>,
    /// Whether it is put into the address as it is.
    #[serde(rename = "x-ms-skip-url-encoding")]
    pub skip_url_encoding: Option<bool>,
}

/// A response, or a `$ref` to a shared one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// `#/responses/NAME`.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// Its body.
    pub schema: Option<Schema>,
    /// Its headers.
    pub headers: Map<Header>,
}

/// A response header.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The format of the type.
    pub format: Option<String>,
    /// What it holds.
    pub description: Option<String>,
    /// A value that could stand there; not used.
    pub example: Option<Value>,
}

impl Parameter {
    pub(crate) fn is_path(&self) -> bool {
        self.location.as_deref() == Some("path")
    }
}
