//! Stage 2, *openapi*: Swagger 2.0 → the same API as OpenAPI 3.0.3.
//!
//! The conversion is faithful. Whatever OpenAPI 3 can express is written in its own terms (bodies,
//! servers, `nullable`, `allOf` around a `$ref` with a description beside it); everything else
//! stays an `x-ms-*` extension. The result is `spec/openapi.json` and the only input of the later
//! stages.

mod operation;
mod parts;
mod schema;

use indexmap::IndexMap;
use openapiv3 as oa;
use serde_json::json;

use crate::error::{Error, Result};
use crate::swagger::{self, Swagger};
use parts::{Extensions, external_docs};

/// Converts the description to an OpenAPI 3.0.3 document.
///
/// # Errors
///
/// Returns an error with its JSON path for anything that OpenAPI 3 cannot express: two hosts, or a
/// flow other than implicit.
pub fn convert(swagger: &Swagger) -> Result<oa::OpenAPI> {
    let mut paths = oa::Paths::default();
    for (path, item) in swagger.paths.iter() {
        let item = operation::path_item(swagger, path, item)?;
        paths
            .paths
            .insert(path.clone(), oa::ReferenceOr::Item(item));
    }
    Ok(oa::OpenAPI {
        openapi: "3.0.3".into(),
        info: oa::Info {
            title: swagger.info.title.clone(),
            version: swagger.info.version.clone(),
            description: swagger.info.description.clone(),
            ..Default::default()
        },
        servers: vec![server(swagger)?],
        paths,
        components: Some(components(swagger)?),
        security: (!swagger.security.is_empty()).then(|| {
            swagger
                .security
                .iter()
                .map(|requirement| {
                    requirement
                        .iter()
                        .map(|(name, scopes)| (name.clone(), scopes.clone()))
                        .collect()
                })
                .collect()
        }),
        tags: swagger.tags.iter().map(tag).collect(),
        external_docs: swagger.external_docs.as_ref().map(external_docs),
        extensions: (!swagger.versions.is_empty())
            .then(|| ("x-batch-versions".to_owned(), json!(swagger.versions)))
            .into_iter()
            .collect(),
    })
}

fn components(swagger: &Swagger) -> Result<oa::Components> {
    let mut components = oa::Components::default();
    for (name, definition) in swagger.definitions.iter() {
        let at = crate::error::step("$.definitions", name);
        let schema = schema::schema(&at, definition)?;
        components.schemas.insert(name.clone(), schema);
    }
    for (name, parameter) in swagger.parameters.iter() {
        // The host's parameter becomes a server variable, because it is never part of a path.
        if parameter.parameter_location.as_deref() == Some("client") && parameter.is_path() {
            continue;
        }
        let at = crate::error::step("$.parameters", name);
        let parameter = operation::parameter(&at, parameter)?;
        components.parameters.insert(name.clone(), parameter);
    }
    for (name, response) in swagger.responses.iter() {
        let at = crate::error::step("$.responses", name);
        let response = operation::response(&at, response, &swagger.produces)?;
        components.responses.insert(name.clone(), response);
    }
    for (name, definition) in swagger.security_definitions.iter() {
        let scheme = security_scheme(name, definition)?;
        components
            .security_schemes
            .insert(name.clone(), oa::ReferenceOr::Item(scheme));
    }
    Ok(components)
}

/// Returns the host of the service: a template with parameters, or a fixed name in descriptions up
/// to 2018-08. The client takes the URL of the account in either case.
fn server(swagger: &Swagger) -> Result<oa::Server> {
    match (&swagger.parameterized_host, &swagger.host) {
        (Some(host), None) => Ok(parameterized(swagger, host)),
        (None, Some(fixed)) => Ok(oa::Server {
            url: format!(
                "https://{fixed}{}",
                swagger.base_path.as_deref().unwrap_or_default()
            ),
            ..Default::default()
        }),
        (Some(_), Some(fixed)) => Err(Error::new(
            "$.host",
            format!("{fixed:?} beside `x-ms-parameterized-host`; only one of them is allowed"),
        )),
        (None, None) => Err(Error::new(
            "$",
            "the description has neither `x-ms-parameterized-host` nor `host`; is this a description of Azure Batch?",
        )),
    }
}

/// Converts `x-ms-parameterized-host` to a server with variables.
fn parameterized(swagger: &Swagger, host: &swagger::ParameterizedHost) -> oa::Server {
    let mut variables = IndexMap::new();
    for parameter in &host.parameters {
        let parameter = swagger.resolve(parameter);
        let name = parameter.name.clone().unwrap_or_default();
        variables.insert(
            name,
            oa::ServerVariable {
                // OpenAPI requires a default; this one only shows the form.
                default: "https://account.region.batch.azure.com".into(),
                // `None` would be serialized as `null`, which OpenAPI does not allow.
                description: Some(parameter.description.clone().unwrap_or_default()),
                extensions: operation::parameter_extensions(parameter),
                ..Default::default()
            },
        );
    }
    oa::Server {
        url: host.host_template.clone(),
        variables: Some(variables),
        extensions: host
            .use_scheme_prefix
            .map(|v| ("x-ms-use-scheme-prefix".to_owned(), json!(v)))
            .into_iter()
            .collect(),
        ..Default::default()
    }
}

fn tag(tag: &swagger::Tag) -> oa::Tag {
    oa::Tag {
        name: tag.name.clone(),
        description: tag.description.clone(),
        external_docs: tag.external_docs.as_ref().map(external_docs),
        extensions: Extensions::new(),
    }
}

fn security_scheme(
    name: &str,
    definition: &swagger::SecurityDefinition,
) -> Result<oa::SecurityScheme> {
    let at = crate::error::step("$.securityDefinitions", name);
    match (definition.kind.as_str(), definition.flow.as_deref()) {
        ("apiKey", None) => Ok(oa::SecurityScheme::APIKey {
            location: match definition.location.as_deref() {
                Some("header") => oa::APIKeyLocation::Header,
                other => {
                    return Err(Error::new(
                        at,
                        format!("the apiKey is in {other:?}; only `header` is supported"),
                    ));
                }
            },
            name: definition.name.clone().unwrap_or_default(),
            description: definition.description.clone(),
            extensions: Extensions::new(),
        }),
        ("oauth2", Some("implicit")) => Ok(oa::SecurityScheme::OAuth2 {
            flows: oa::OAuth2Flows {
                implicit: Some(oa::ImplicitOAuth2Flow {
                    authorization_url: definition.authorization_url.clone().unwrap_or_default(),
                    refresh_url: None,
                    scopes: definition
                        .scopes
                        .iter()
                        .map(|(k, v)| (k.clone(), v.clone()))
                        .collect(),
                    extensions: Extensions::new(),
                }),
                ..Default::default()
            },
            description: definition.description.clone(),
            extensions: Extensions::new(),
        }),
        (kind, flow) => Err(Error::new(
            at,
            format!(
                "expected apiKey or oauth2 with the implicit flow, found {kind:?} with {flow:?}"
            ),
        )),
    }
}
