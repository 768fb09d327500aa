//! Reads groups of operations with their parameters, bodies and responses.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3 as oa;
use openapiv3::{OpenAPI, ReferenceOr, VariantOrUnknownOrEmpty as Format};

use super::facts::Repeat;
use super::types::{Body, Group, Header, Operation, Parameter, Place, Returns, Scalar, Span};
use crate::error::{Error, Result, step};

pub(super) fn read(document: &OpenAPI) -> Result<Vec<Group>> {
    let mut groups: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for (path, item) in &document.paths.paths {
        let at = step("$.paths", path);
        let ReferenceOr::Item(item) = item else {
            return Err(Error::new(at, "a path cannot be a `$ref`"));
        };
        for (method, operation) in item.iter() {
            let at = step(&at, method);
            let operation =
                Reader { document, at: &at }.operation(path, method, item, operation)?;
            let group = operation.id.split('_').next().unwrap_or_default();
            groups.entry(group.to_owned()).or_default().push(operation);
        }
    }
    let groups = groups.into_iter().map(|(name, mut operations)| {
        operations.sort_by(|a, b| a.id.cmp(&b.id));
        Group {
            name,
            operations,
            aliases: Vec::new(),
        }
    });
    Ok(groups.collect())
}

struct Reader<'a> {
    document: &'a OpenAPI,
    at: &'a str,
}

impl Reader<'_> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Error::new(self.at, message))
    }

    fn operation(
        &self,
        path: &str,
        method: &str,
        item: &oa::PathItem,
        source: &oa::Operation,
    ) -> Result<Operation> {
        let id = source.operation_id.clone().unwrap_or_default();
        let Some((_, name)) = id.split_once('_') else {
            return self.fail(format!("expected Group_Name, found {id:?}"));
        };
        let parameters = item.parameters.iter().chain(&source.parameters);
        let mut out = Operation {
            name: name.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            summary: source.summary.clone().unwrap_or_default(),
            description: source.description.clone().unwrap_or_default(),
            deprecated: source.deprecated,
            span: Span::of(&source.extensions),
            parameters: parameters
                .map(|p| self.parameter(p))
                .collect::<Result<_>>()?,
            body: self.body(source)?,
            returns: Returns::Nothing,
            success: Vec::new(),
            headers: Vec::new(),
            response_models: BTreeSet::new(),
            repeat: Repeat::Todo,
            aliases: Vec::new(),
            id,
        };
        self.responses(source, &mut out)?;
        Ok(out)
    }

    fn parameter(&self, source: &ReferenceOr<oa::Parameter>) -> Result<Parameter> {
        let components = self.document.components.as_ref();
        let source = match source {
            ReferenceOr::Item(item) => item,
            ReferenceOr::Reference { reference } => reference
                .strip_prefix("#/components/parameters/")
                .and_then(|name| components?.parameters.get(name)?.as_item())
                .map_or_else(
                    || self.fail(format!("$ref to {reference:?}, which does not exist")),
                    Ok,
                )?,
        };
        let place = match source {
            oa::Parameter::Path { .. } => Place::Path,
            oa::Parameter::Query { .. } => Place::Query,
            oa::Parameter::Header { .. } => Place::Header,
            oa::Parameter::Cookie { .. } => {
                return self.fail("cookie parameters are not supported");
            }
        };
        let data = source.parameter_data_ref();
        let client = data.extensions.get("x-ms-client-name");
        let bounds = match &data.format {
            oa::ParameterSchemaOrContent::Schema(ReferenceOr::Item(oa::Schema {
                schema_kind: oa::SchemaKind::Type(oa::Type::Integer(integer)),
                ..
            })) => (integer.minimum, integer.maximum),
            _ => (None, None),
        };
        Ok(Parameter {
            wire: data.name.clone(),
            client: client
                .and_then(|name| name.as_str())
                .unwrap_or(&data.name)
                .to_owned(),
            place,
            required: data.required,
            scalar: self.scalar(&data.name, &data.format)?,
            minimum: bounds.0,
            maximum: bounds.1,
            span: Span::of(&data.extensions),
            docs: data.description.clone().unwrap_or_default(),
        })
    }

    /// Returns the type of a parameter or header.
    fn scalar(&self, name: &str, format: &oa::ParameterSchemaOrContent) -> Result<Scalar> {
        let oa::ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)) = format else {
            return self.fail(format!("{name:?} has no `type`"));
        };
        Ok(match &schema.schema_kind {
            oa::SchemaKind::Type(oa::Type::Integer(integer)) => match integer.format {
                Format::Item(oa::IntegerFormat::Int64) => Scalar::Long,
                _ => Scalar::Integer,
            },
            oa::SchemaKind::Type(oa::Type::Boolean(_)) => Scalar::Boolean,
            oa::SchemaKind::Type(oa::Type::String(text)) => match &text.format {
                Format::Item(oa::StringFormat::DateTime) => Scalar::DateTime,
                Format::Unknown(name) if name == "date-time-rfc1123" => Scalar::HttpDate,
                Format::Unknown(name) if name == "uuid" => Scalar::Text,
                Format::Empty => Scalar::Text,
                Format::Unknown(format) => {
                    return self.fail(format!("{name:?} has the unknown format {format:?}"));
                }
                Format::Item(format) => {
                    return self.fail(format!(
                        "{name:?} has the format {format:?}, which is not supported here"
                    ));
                }
            },
            other => {
                return self.fail(format!(
                    "{name:?} has the type {other:?}, which is not supported here"
                ));
            }
        })
    }

    fn body(&self, source: &oa::Operation) -> Result<Option<Body>> {
        let Some(body) = &source.request_body else {
            return Ok(None);
        };
        let ReferenceOr::Item(body) = body else {
            return self.fail("a request body cannot be a `$ref`");
        };
        let model = body
            .content
            .values()
            .find_map(|media| model_name(media.schema.as_ref()?));
        let Some(model) = model else {
            return self.fail("a request body must refer to a definition");
        };
        let name = body.extensions.get("x-ms-requestBody-name");
        let name = name.and_then(serde_json::Value::as_str).unwrap_or("body");
        Ok(Some(Body {
            name: name.to_owned(),
            model,
            required: body.required,
            docs: body.description.clone().unwrap_or_default(),
        }))
    }

    fn responses(&self, source: &oa::Operation, out: &mut Operation) -> Result<()> {
        let mut not_found = false;
        let mut success_body = None;
        for (code, response) in &source.responses.responses {
            let oa::StatusCode::Code(code) = *code else {
                return self.fail("ranges of status codes are not supported");
            };
            let response = self.response(response)?;
            let body = response.content.values().find_map(|m| m.schema.as_ref());
            out.response_models.extend(body.and_then(model_name));
            not_found |= code == 404;
            if !(200..300).contains(&code) {
                continue;
            }
            out.success.push((code, response.description.clone()));
            if success_body.is_some_and(|known| known != body) {
                return self.fail("the success responses have different bodies");
            }
            success_body = Some(body);
            for (name, header) in &response.headers {
                let ReferenceOr::Item(header) = header else {
                    return self.fail("a header cannot be a `$ref`");
                };
                out.headers.push(Header {
                    name: name.clone(),
                    scalar: self.scalar(name, &header.format)?,
                    docs: header.description.clone().unwrap_or_default(),
                });
            }
        }
        if let Some(response) = &source.responses.default {
            let response = self.response(response)?;
            let body = response.content.values().find_map(|m| m.schema.as_ref());
            out.response_models.extend(body.and_then(model_name));
        }
        if out.success.is_empty() {
            return self.fail("the operation has no success response");
        }
        let body = success_body.flatten();
        let model = body.and_then(model_name);
        let bytes = body.is_some() && model.is_none();
        let page = source.extensions.get("x-ms-pageable");
        out.returns = match (model, page) {
            (Some(model), Some(page)) => Returns::Page {
                model,
                items: page["itemName"].as_str().unwrap_or("value").to_owned(),
                next: match page["nextLinkName"].as_str() {
                    Some(next) => next.to_owned(),
                    None => return self.fail("`x-ms-pageable` without `nextLinkName`"),
                },
            },
            (None, Some(_)) => return self.fail("`x-ms-pageable` on a response without a body"),
            (Some(model), None) => Returns::Model(model),
            (None, None) if bytes => Returns::Bytes,
            (None, None) if out.method == "head" && not_found => Returns::Existence,
            (None, None) if out.method == "head" => Returns::FileProperties,
            (None, None) => Returns::Nothing,
        };
        Ok(())
    }

    fn response<'a>(&'a self, source: &'a ReferenceOr<oa::Response>) -> Result<&'a oa::Response> {
        match source {
            ReferenceOr::Item(item) => Ok(item),
            ReferenceOr::Reference { reference } => reference
                .strip_prefix("#/components/responses/")
                .and_then(|name| {
                    let components = self.document.components.as_ref()?;
                    components.responses.get(name)?.as_item()
                })
                .map_or_else(
                    || self.fail(format!("$ref to {reference:?}, which does not exist")),
                    Ok,
                ),
        }
    }
}

fn model_name(schema: &ReferenceOr<oa::Schema>) -> Option<String> {
    match schema {
        ReferenceOr::Reference { reference } => reference
            .strip_prefix("#/components/schemas/")
            .map(str::to_owned),
        ReferenceOr::Item(_) => None,
    }
}
