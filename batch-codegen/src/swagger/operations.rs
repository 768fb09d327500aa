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
    /// Returns the path's operations with their methods, in a fixed order.
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
    /// The groups, for readers.
    #[serde(default)]
    pub tags: Vec<String>,
    /// A description of one line.
    pub summary: Option<String>,
    /// A description of several lines.
    pub description: Option<String>,
    /// Further documentation.
    pub external_docs: Option<ExternalDocs>,
    /// Media types of the request body.
    pub consumes: Option<Vec<String>>,
    /// Media types of the response body.
    pub produces: Option<Vec<String>>,
    /// The parameters, including the body.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// The responses, by status code or `default`.
    pub responses: Map<Response>,
    /// True if the operation is deprecated.
    #[serde(default)]
    pub deprecated: bool,
    /// The first version that has it, in a union of versions.
    #[serde(rename = "x-batch-since")]
    pub since: Option<String>,
    /// The last version that has it, in a union of versions.
    #[serde(rename = "x-batch-until")]
    pub until: Option<String>,
    /// How the listing continues on further pages.
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
    /// The property that holds the items; the default is `value`.
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
    /// Purpose of the parameter.
    pub description: Option<String>,
    /// True if a request must have it.
    pub required: bool,
    /// The schema of a body.
    pub schema: Option<Schema>,
    /// The type of a parameter other than a body.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The format of the type.
    pub format: Option<String>,
    /// The service's default.
    pub default: Option<Value>,
    /// The lowest value.
    pub minimum: Option<Number>,
    /// The highest value.
    pub maximum: Option<Number>,
    /// The allowed values.
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
    /// The names of the values.
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
    /// True if it holds the caller's id of the request.
    #[serde(rename = "x-ms-client-request-id")]
    pub client_request_id: Option<bool>,
    /// True if the value is put into the URL without encoding.
    #[serde(rename = "x-ms-skip-url-encoding")]
    pub skip_url_encoding: Option<bool>,
    /// The first version that has it, in a union of versions.
    #[serde(rename = "x-batch-since")]
    pub since: Option<String>,
    /// The last version that has it, in a union of versions.
    #[serde(rename = "x-batch-until")]
    pub until: Option<String>,
    /// True for a body that is the whole resource in Microsoft's file; written by the stage
    /// `dialect`.
    #[serde(rename = "x-batch-whole-resource")]
    pub whole_resource: Option<bool>,
}

/// A response, or a `$ref` to a shared one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// `#/responses/NAME`.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// Meaning of the response.
    pub description: Option<String>,
    /// The body.
    pub schema: Option<Schema>,
    /// The headers.
    pub headers: Map<Header>,
}

/// A response header.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The format of the type.
    pub format: Option<String>,
    /// Meaning of the header.
    pub description: Option<String>,
    /// An example value; unused.
    pub example: Option<Value>,
}

impl Parameter {
    pub(crate) fn is_path(&self) -> bool {
        self.location.as_deref() == Some("path")
    }
}
