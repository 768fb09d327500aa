//! A description for the comparison: the parsed file for facts on the wire, and the API as the
//! emitters see it for Rust names and types.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::Direction;
use crate::api::{self, Api};
use crate::emit::items;
use crate::error::{Error, Result};
use crate::swagger::{self, Header, Parameter, Response, Schema, Swagger};
use crate::{openapi, swagger::MsEnum};

/// Groups of operations in every version.
const GROUPS: [&str; 3] = ["Pool", "Job", "Task"];

pub(super) struct View {
    pub(super) swagger: Swagger,
    pub(super) api: Api,
    sent: BTreeSet<String>,
    received: BTreeSet<String>,
    enums: BTreeMap<String, Direction>,
    /// The Rust items for reading response headers.
    pub(super) header_items: BTreeSet<String>,
    /// `modelAsString` of the enums.
    pub(super) open: BTreeMap<String, bool>,
}

impl View {
    pub(super) fn of(swagger: Swagger) -> Result<Self> {
        let api = Api::of_description(&openapi::convert(&swagger)?)?;
        for group in GROUPS {
            if !api.groups.iter().any(|known| known.name == group) {
                return Err(Error::new(
                    "$.paths",
                    format!(
                        "the group {group} has no operation, so the file is not a description of Batch; every \
                         version has operations of {}",
                        GROUPS.join(", ")
                    ),
                ));
            }
        }
        let bodies = api.operations().filter_map(|o| o.body.as_ref());
        let sent = api.reached(bodies.map(|body| body.model.as_str()));
        let response_models = api.operations().flat_map(|o| &o.response_models);
        let received = api.reached(response_models.map(String::as_str));
        let mut view = Self {
            enums: BTreeMap::new(),
            open: open_enums(&swagger),
            header_items: header_items(&api),
            swagger,
            api,
            sent,
            received,
        };
        view.enums = view.enum_directions();
        Ok(view)
    }

    /// Returns the direction of a model.
    pub(super) fn direction(&self, model: &str) -> Direction {
        Direction {
            sent: self.sent.contains(model),
            received: self.received.contains(model),
        }
    }

    /// Returns the direction of an enum.
    pub(super) fn enum_direction(&self, name: &str) -> Direction {
        self.enums.get(name).copied().unwrap_or_default()
    }

    fn enum_directions(&self) -> BTreeMap<String, Direction> {
        let mut ways: BTreeMap<String, Direction> = BTreeMap::new();
        for model in &self.api.models {
            for property in &model.properties {
                if let Some(name) = enum_of(&property.kind) {
                    let direction = self.direction(&model.name).of(property.read_only);
                    let known = ways.entry(name.to_owned()).or_default();
                    *known = known.or(direction);
                }
            }
        }
        ways
    }

    /// Returns a model that exists in both the file and the API.
    pub(super) fn definition(&self, name: &str) -> Option<Definition<'_>> {
        Some(Definition {
            model: self.api.model(name)?,
            schema: self.swagger.definitions.get(name)?,
        })
    }

    /// Returns the response, or the shared one that it refers to.
    pub(super) fn response<'a>(&'a self, response: &'a Response) -> &'a Response {
        response
            .reference
            .as_deref()
            .and_then(|reference| reference.strip_prefix("#/responses/"))
            .and_then(|name| self.swagger.responses.get(name))
            .unwrap_or(response)
    }

    /// Returns the operations of the file, with their Rust counterparts.
    pub(super) fn operations(&self) -> BTreeMap<&str, Operation<'_>> {
        let mut all = BTreeMap::new();
        for (path, item) in self.swagger.paths.iter() {
            for (method, source) in item.operations() {
                let id = source.operation_id.as_str();
                let Some(api) = self.api.operations().find(|known| known.id == id) else {
                    continue;
                };
                let parameters = item.parameters.iter().chain(&source.parameters);
                let operation = Operation {
                    method,
                    path,
                    source,
                    api,
                    parameters: parameters.map(|p| self.swagger.resolve(p)).collect(),
                    responses: source
                        .responses
                        .iter()
                        .map(|(code, response)| (code.as_str(), self.response(response)))
                        .collect(),
                };
                all.insert(id, operation);
            }
        }
        all
    }
}

/// A model: its API, and its definition in the file.
#[derive(Clone, Copy)]
pub(super) struct Definition<'a> {
    pub(super) model: &'a api::Model,
    pub(super) schema: &'a Schema,
}

impl<'a> Definition<'a> {
    pub(super) fn property(&self, wire: &str) -> Option<(&'a api::Property, &'a Schema)> {
        let property = self.model.property(wire)?;
        Some((property, self.schema.properties.get(wire)?))
    }
}

/// An operation with references resolved.
pub(super) struct Operation<'a> {
    pub(super) method: &'static str,
    pub(super) path: &'a str,
    pub(super) source: &'a swagger::Operation,
    pub(super) api: &'a api::Operation,
    parameters: Vec<&'a Parameter>,
    pub(super) responses: BTreeMap<&'a str, &'a Response>,
}

impl<'a> Operation<'a> {
    /// Returns the path without the names of its parameters, which are invisible on the wire.
    pub(super) fn shape(&self) -> String {
        let mut out = String::new();
        for part in self.path.split('{') {
            match part.split_once('}') {
                Some((_, rest)) => out.extend(["{}", rest]),
                None => out.push_str(part),
            }
        }
        out
    }

    /// Returns the names of its path parameters, in the order of the path.
    pub(super) fn path_names(&self) -> Vec<&'a str> {
        let parts = self.path.split('{').skip(1);
        parts
            .filter_map(|part| Some(part.split_once('}')?.0))
            .collect()
    }

    /// Returns all parameters except the body, by their names on the wire.
    pub(super) fn parameters(&self) -> BTreeMap<String, &'a Parameter> {
        let all = self.parameters.iter().filter(|p| !is_body(p));
        all.map(|p| (parameter_key(p), *p)).collect()
    }

    pub(super) fn body(&self) -> Option<&'a Parameter> {
        self.parameters.iter().find(|p| is_body(p)).copied()
    }

    /// Returns the headers of a response; their case does not matter.
    pub(super) fn headers(response: &'a Response) -> BTreeMap<String, (&'a str, &'a Header)> {
        let all = response.headers.iter();
        all.map(|(name, header)| (name.to_lowercase(), (name.as_str(), header)))
            .collect()
    }

    pub(super) fn api_parameter(&self, parameter: &Parameter) -> Option<&'a api::Parameter> {
        let name = parameter.name.as_deref()?;
        self.api.parameters.iter().find(|p| p.wire == name)
    }
}

fn is_body(parameter: &Parameter) -> bool {
    parameter.location.as_deref() == Some("body")
}

/// Returns the key without case: names that differ only in case would be one in Rust.
fn parameter_key(parameter: &Parameter) -> String {
    parameter.name.as_deref().unwrap_or_default().to_lowercase()
}

fn enum_of(kind: &api::Kind) -> Option<&str> {
    match kind {
        api::Kind::Enum(name) => Some(name),
        api::Kind::Array(item) => enum_of(item),
        _ => None,
    }
}

fn header_items(api: &Api) -> BTreeSet<String> {
    let operations = api.operations();
    let headers = operations.flat_map(|o| o.headers.iter().map(move |h| items::header(o, h).0));
    headers.collect()
}

fn open_enums(swagger: &Swagger) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for schema in swagger.definitions.values() {
        collect_open(schema, &mut found);
    }
    found
}

fn collect_open(schema: &Schema, found: &mut BTreeMap<String, bool>) {
    if let Some(MsEnum {
        name,
        model_as_string,
        ..
    }) = &schema.ms_enum
    {
        found.insert(name.clone(), *model_as_string);
    }
    for property in schema.properties.values() {
        collect_open(property, found);
    }
    if let Some(items) = &schema.items {
        collect_open(items, found);
    }
}
