//! The keys at the top level of a description.
//!
//! The structs here and in `operations`, `schemas` and `parts` cover the keys of Swagger 2.0 that
//! Microsoft's Batch descriptions use, and no others. Every struct denies unknown keys. A place
//! that may be a `$ref` is one struct with a field `reference` beside the others, so that an error
//! in it has its path (an untagged enum would lose it).

use serde::Deserialize;
use serde_json::Value;

use super::operations::{Parameter, PathItem, Response};
use super::parts::{ExternalDocs, Map};
use super::schemas::Schema;

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
    /// Prefix of every path.
    pub base_path: Option<String>,
    /// `https`.
    #[serde(default)]
    pub schemes: Vec<String>,
    /// Default media types of request bodies.
    #[serde(default)]
    pub consumes: Vec<String>,
    /// Default media types of response bodies.
    #[serde(default)]
    pub produces: Vec<String>,
    /// The security definitions that a request needs.
    #[serde(default)]
    pub security: Vec<Map<Vec<String>>>,
    /// The supported kinds of authentication.
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
    /// All versions of a union, the base first.
    #[serde(rename = "x-batch-versions", default)]
    pub versions: Vec<String>,
    /// Further documentation.
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
    /// Purpose of the API.
    pub description: Option<String>,
    /// A hint for Microsoft's generators; unused.
    #[serde(rename = "x-ms-code-generation-settings")]
    pub code_generation_settings: Option<Value>,
}

impl Swagger {
    /// Returns the parameter, or the shared one that it refers to.
    pub(crate) fn resolve<'a>(&'a self, parameter: &'a Parameter) -> &'a Parameter {
        parameter
            .reference
            .as_deref()
            .and_then(|reference| reference.strip_prefix("#/parameters/"))
            .and_then(|name| self.parameters.get(name))
            .unwrap_or(parameter)
    }
}

/// `x-ms-parameterized-host`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ParameterizedHost {
    /// `{batchUrl}`.
    pub host_template: String,
    /// True if the scheme is put before the template.
    pub use_scheme_prefix: Option<bool>,
    /// The template's parameters.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
}

/// A kind of authentication.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecurityDefinition {
    /// `oauth2` or `apiKey`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Description of this kind of authentication.
    pub description: Option<String>,
    /// The header of an `apiKey`.
    pub name: Option<String>,
    /// The location of an `apiKey`.
    #[serde(rename = "in")]
    pub location: Option<String>,
    /// The OAuth 2 flow.
    pub flow: Option<String>,
    /// The authorization endpoint.
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
    /// Description of the group.
    pub description: Option<String>,
    /// Further documentation.
    pub external_docs: Option<ExternalDocs>,
}
