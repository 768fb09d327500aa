//! The keys of Swagger 2.0 that Microsoft's Batch descriptions use, and no others.
//!
//! Every struct denies unknown keys. A place that may hold a `$ref` is one struct with `reference` beside
//! its other fields, so that an error in it keeps its path (an untagged enum would lose it).

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Number, Value};
use std::ops::Deref;

/// A JSON object in the order of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Map<T>(IndexMap<String, T>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Deref for Map<T> {
    type Target = IndexMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The whole description.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Swagger {
    /// The version of the format: `2.0`.
    pub swagger: String,
    /// Title, version and description of the API.
    pub info: Info,
    /// A fixed host name, in descriptions up to 2018-08; since then the host is a parameter.
    pub host: Option<String>,
    /// The host as a template with parameters.
    #[serde(rename = "x-ms-parameterized-host")]
    pub parameterized_host: Option<ParameterizedHost>,
    /// A path before every path.
    pub base_path: Option<String>,
    /// `https`.
    #[serde(default)]
    pub schemes: Vec<String>,
    /// Media types of request bodies, where an operation names none.
    #[serde(default)]
    pub consumes: Vec<String>,
    /// Media types of response bodies, where an operation names none.
    #[serde(default)]
    pub produces: Vec<String>,
    /// Which of the security definitions a request needs.
    #[serde(default)]
    pub security: Vec<Map<Vec<String>>>,
    /// The ways to authenticate.
    #[serde(default)]
    pub security_definitions: Map<SecurityDefinition>,
    /// The operations, by path and method.
    pub paths: Map<PathItem>,
    /// The models.
    #[serde(default)]
    pub definitions: Map<Schema>,
    /// Parameters that operations share.
    #[serde(default)]
    pub parameters: Map<Parameter>,
    /// Responses that operations share.
    #[serde(default)]
    pub responses: Map<Response>,
    /// The groups of operations.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// More to read.
    pub external_docs: Option<ExternalDocs>,
}

/// Title, version and description of the API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    /// The name of the API.
    pub title: String,
    /// The value of `api-version`.
    pub version: String,
    /// What the API is for.
    pub description: Option<String>,
    /// A hint for Microsoft's generators; not used.
    #[serde(rename = "x-ms-code-generation-settings")]
    pub code_generation_settings: Option<Value>,
}

impl Swagger {
    /// The parameter itself, where it is a reference to a shared one.
    pub(crate) fn resolve<'a>(&'a self, parameter: &'a Parameter) -> &'a Parameter {
        parameter
            .reference
            .as_deref()
            .and_then(|reference| reference.strip_prefix("#/parameters/"))
            .and_then(|name| self.parameters.get(name))
            .unwrap_or(parameter)
    }
}

impl Parameter {
    pub(crate) fn is_path(&self) -> bool {
        self.location.as_deref() == Some("path")
    }
}

/// `x-ms-parameterized-host`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ParameterizedHost {
    /// `{batchUrl}`.
    pub host_template: String,
    /// Whether the scheme is put before the template.
    pub use_scheme_prefix: Option<bool>,
    /// The template's parameters.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
}

/// One way to authenticate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecurityDefinition {
    /// `oauth2` or `apiKey`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is.
    pub description: Option<String>,
    /// The header of an `apiKey`.
    pub name: Option<String>,
    /// Where an `apiKey` stands.
    #[serde(rename = "in")]
    pub location: Option<String>,
    /// The OAuth 2 flow.
    pub flow: Option<String>,
    /// Where to authorize.
    pub authorization_url: Option<String>,
    /// The OAuth 2 scopes.
    #[serde(default)]
    pub scopes: Map<String>,
}

/// A group of operations.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// What the group is about.
    pub description: Option<String>,
    /// More to read.
    pub external_docs: Option<ExternalDocs>,
}

/// A link to read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalDocs {
    /// The address.
    pub url: String,
    /// What is found there.
    pub description: Option<String>,
}

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

/// A schema: a model, a property, an item.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Schema {
    /// `#/definitions/NAME`; Microsoft puts texts and marks beside it.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// `object`, `array`, `string`, `integer`, `number`, `boolean`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The format of the type.
    pub format: Option<String>,
    /// One line.
    pub title: Option<String>,
    /// More lines.
    pub description: Option<String>,
    /// The properties of an object.
    pub properties: Map<Schema>,
    /// Which of them must be there.
    pub required: Vec<String>,
    /// The type of further properties.
    pub additional_properties: Option<Box<Schema>>,
    /// The items of an array.
    pub items: Option<Box<Schema>>,
    /// Parts that are all true of it.
    pub all_of: Vec<Schema>,
    /// The values of a string.
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
    /// Names of the values.
    #[serde(rename = "x-ms-enum")]
    pub ms_enum: Option<MsEnum>,
    /// What the service takes where it is not sent.
    pub default: Option<Value>,
    /// Lowest value.
    pub minimum: Option<Number>,
    /// Highest value.
    pub maximum: Option<Number>,
    /// Fewest items.
    pub min_items: Option<usize>,
    /// Most items.
    pub max_items: Option<usize>,
    /// Shortest text.
    pub min_length: Option<usize>,
    /// Longest text.
    pub max_length: Option<usize>,
    /// A regular expression.
    pub pattern: Option<String>,
    /// Whether only the service sets it.
    pub read_only: bool,
    /// Whether it may be null.
    #[serde(rename = "x-nullable")]
    pub nullable: Option<bool>,
    /// Whether it must never be shown.
    #[serde(rename = "x-ms-secret")]
    pub secret: Option<bool>,
    /// The name that clients show.
    #[serde(rename = "x-ms-client-name")]
    pub client_name: Option<String>,
    /// Whether its properties stand in the parent, for Microsoft's generators.
    #[serde(rename = "x-ms-client-flatten")]
    pub client_flatten: Option<bool>,
    /// More to read.
    pub external_docs: Option<ExternalDocs>,
    /// A value that could stand there.
    pub example: Option<Value>,
}

impl Schema {
    /// Whether it is a body of bytes: `type: file`, for which Microsoft writes `type: object, format: file`.
    pub(crate) fn is_file(&self) -> bool {
        self.kind.as_deref() == Some("file") || self.format.as_deref() == Some("file")
    }
}

/// `x-ms-enum`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MsEnum {
    /// The name of the type.
    pub name: String,
    /// Whether clients should take other values too; ours always do.
    #[serde(default)]
    pub model_as_string: bool,
    /// The values with their texts.
    #[serde(default)]
    pub values: Vec<MsEnumValue>,
}

/// One value of an `x-ms-enum`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MsEnumValue {
    /// The wire value.
    pub value: String,
    /// The name that clients show.
    pub name: Option<String>,
    /// What it means.
    pub description: Option<String>,
}
