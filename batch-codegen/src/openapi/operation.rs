//! Operations: their parameters, bodies, responses and headers.

use indexmap::IndexMap;
use openapiv3 as oa;
use serde_json::json;

use super::parts::{Extensions, external_docs};
use super::schema::{self, Scalar};
use crate::error::{Error, Result, step};
use crate::swagger::{Header, Operation, Parameter, PathItem, Response, Schema, Swagger};

pub(super) fn path_item(swagger: &Swagger, path: &str, item: &PathItem) -> Result<oa::PathItem> {
    let at = step("$.paths", path);
    let mut out = oa::PathItem::default();
    for (index, shared) in item.parameters.iter().enumerate() {
        let at = format!("{at}.parameters[{index}]");
        out.parameters.push(parameter(&at, shared)?);
    }
    for (method, source) in item.operations() {
        let converted = Some(operation(swagger, &step(&at, method), source)?);
        match method {
            "get" => out.get = converted,
            "put" => out.put = converted,
            "post" => out.post = converted,
            "delete" => out.delete = converted,
            "head" => out.head = converted,
            _ => out.patch = converted,
        }
    }
    Ok(out)
}

fn operation(swagger: &Swagger, at: &str, source: &Operation) -> Result<oa::Operation> {
    let consumes = source.consumes.as_ref().unwrap_or(&swagger.consumes);
    let produces = source.produces.as_ref().unwrap_or(&swagger.produces);
    let mut out = oa::Operation {
        tags: source.tags.clone(),
        summary: source.summary.clone(),
        description: source.description.clone(),
        external_docs: source.external_docs.as_ref().map(external_docs),
        operation_id: Some(source.operation_id.clone()),
        deprecated: source.deprecated,
        extensions: extensions(source),
        ..Default::default()
    };
    for (index, source) in source.parameters.iter().enumerate() {
        let at = format!("{at}.parameters[{index}]");
        if source.location.as_deref() == Some("body") {
            let body = request_body(&at, source, consumes)?;
            out.request_body = Some(oa::ReferenceOr::Item(body));
        } else {
            out.parameters.push(parameter(&at, source)?);
        }
    }
    for (code, source) in source.responses.iter() {
        let at = step(&format!("{at}.responses"), code);
        let converted = response(&at, source, produces)?;
        match code.parse::<u16>() {
            Ok(code) => {
                let code = oa::StatusCode::Code(code);
                out.responses.responses.insert(code, converted);
            }
            Err(_) => out.responses.default = Some(converted),
        }
    }
    Ok(out)
}

fn extensions(source: &Operation) -> Extensions {
    let mut out = Extensions::new();
    if let Some(page) = &source.pageable {
        let mut value = json!({});
        for (key, name) in [
            ("nextLinkName", &page.next_link_name),
            ("itemName", &page.item_name),
            ("operationName", &page.operation_name),
        ] {
            if let Some(name) = name {
                value[key] = json!(name);
            }
        }
        out.insert("x-ms-pageable".into(), value);
    }
    for (key, version) in [
        ("x-batch-since", &source.since),
        ("x-batch-until", &source.until),
    ] {
        if let Some(version) = version {
            out.insert(key.into(), json!(version));
        }
    }
    if let Some(header) = &source.request_id {
        out.insert("x-ms-request-id".into(), json!(header));
    }
    if !source.examples.is_empty() {
        let examples = source.examples.iter();
        let value = examples.map(|(k, v)| (k.clone(), v.clone())).collect();
        out.insert("x-ms-examples".into(), serde_json::Value::Object(value));
    }
    out
}

fn request_body(at: &str, source: &Parameter, consumes: &[String]) -> Result<oa::RequestBody> {
    let mut content = oa::Content::new();
    if let Some(body) = &source.schema {
        let schema = schema::schema(&format!("{at}.schema"), body)?;
        for media_type in consumes {
            content.insert(media_type.clone(), media(schema.clone()));
        }
    }
    let mut extensions = parameter_extensions(source);
    if let Some(name) = &source.name {
        // Bodies have no name in OpenAPI 3; Microsoft uses this key.
        extensions.insert("x-ms-requestBody-name".into(), json!(name));
    }
    Ok(oa::RequestBody {
        description: source.description.clone(),
        content,
        required: source.required,
        extensions,
    })
}

fn media(schema: oa::ReferenceOr<oa::Schema>) -> oa::MediaType {
    oa::MediaType {
        schema: Some(schema),
        ..Default::default()
    }
}

pub(super) fn parameter(at: &str, source: &Parameter) -> Result<oa::ReferenceOr<oa::Parameter>> {
    if let Some(reference) = &source.reference {
        return Ok(oa::ReferenceOr::Reference {
            reference: reference.replacen("#/parameters/", "#/components/parameters/", 1),
        });
    }
    let kind = schema::scalar(
        at,
        &Scalar {
            kind: source.kind.as_deref().unwrap_or_default(),
            format: source.format.as_deref(),
            values: source.values.as_deref(),
            minimum: source.minimum.as_ref(),
            maximum: source.maximum.as_ref(),
            min_length: None,
            max_length: None,
            pattern: None,
        },
    )?;
    let mut schema_data = oa::SchemaData {
        default: source.default.clone(),
        ..Default::default()
    };
    if let Some(ms_enum) = &source.ms_enum {
        let value = schema::ms_enum_value(ms_enum);
        schema_data.extensions.insert("x-ms-enum".into(), value);
    }
    let parameter_data = oa::ParameterData {
        name: source.name.clone().unwrap_or_default(),
        description: source.description.clone(),
        required: source.required,
        deprecated: None,
        format: oa::ParameterSchemaOrContent::Schema(oa::ReferenceOr::Item(oa::Schema {
            schema_data,
            schema_kind: oa::SchemaKind::Type(kind),
        })),
        example: None,
        examples: IndexMap::new(),
        explode: None,
        extensions: parameter_extensions(source),
    };
    Ok(oa::ReferenceOr::Item(match source.location.as_deref() {
        Some("path") => oa::Parameter::Path {
            parameter_data,
            style: oa::PathStyle::Simple,
        },
        Some("query") => oa::Parameter::Query {
            parameter_data,
            allow_reserved: false,
            style: oa::QueryStyle::Form,
            allow_empty_value: None,
        },
        Some("header") => oa::Parameter::Header {
            parameter_data,
            style: oa::HeaderStyle::Simple,
        },
        other => {
            return Err(Error::new(
                at,
                format!("cannot convert a shared parameter in {other:?}"),
            ));
        }
    }))
}

pub(super) fn parameter_extensions(source: &Parameter) -> Extensions {
    let mut out = Extensions::new();
    if let Some(name) = &source.client_name {
        out.insert("x-ms-client-name".into(), json!(name));
    }
    if let Some(place) = &source.parameter_location {
        out.insert("x-ms-parameter-location".into(), json!(place));
    }
    for (key, version) in [
        ("x-batch-since", &source.since),
        ("x-batch-until", &source.until),
    ] {
        if let Some(version) = version {
            out.insert(key.into(), json!(version));
        }
    }
    if let Some(grouping) = &source.grouping {
        out.insert("x-ms-parameter-grouping".into(), grouping.clone());
    }
    for (key, value) in [
        ("x-ms-client-request-id", source.client_request_id),
        ("x-ms-skip-url-encoding", source.skip_url_encoding),
    ] {
        if let Some(value) = value {
            out.insert(key.into(), json!(value));
        }
    }
    out
}

pub(super) fn response(
    at: &str,
    source: &Response,
    produces: &[String],
) -> Result<oa::ReferenceOr<oa::Response>> {
    if let Some(reference) = &source.reference {
        return Ok(oa::ReferenceOr::Reference {
            reference: reference.replacen("#/responses/", "#/components/responses/", 1),
        });
    }
    let mut out = oa::Response {
        description: source.description.clone().unwrap_or_default(),
        ..Default::default()
    };
    if let Some(body) = &source.schema {
        let schema = if body.is_file() {
            binary(body)
        } else {
            schema::schema(&format!("{at}.schema"), body)?
        };
        for media_type in produces {
            out.content
                .insert(media_type.clone(), media(schema.clone()));
        }
    }
    for (name, source) in source.headers.iter() {
        let at = step(&format!("{at}.headers"), name);
        out.headers
            .insert(name.clone(), oa::ReferenceOr::Item(header(&at, source)?));
    }
    Ok(oa::ReferenceOr::Item(out))
}

/// OpenAPI 3 has no type for files: a body of bytes is a string with the format `binary`.
fn binary(source: &Schema) -> oa::ReferenceOr<oa::Schema> {
    oa::ReferenceOr::Item(oa::Schema {
        schema_data: schema::data(source),
        schema_kind: oa::SchemaKind::Type(oa::Type::String(oa::StringType {
            format: oa::VariantOrUnknownOrEmpty::Item(oa::StringFormat::Binary),
            ..Default::default()
        })),
    })
}

fn header(at: &str, source: &Header) -> Result<oa::Header> {
    let kind = schema::scalar(
        at,
        &Scalar {
            kind: &source.kind,
            format: source.format.as_deref(),
            values: None,
            minimum: None,
            maximum: None,
            min_length: None,
            max_length: None,
            pattern: None,
        },
    )?;
    Ok(oa::Header {
        description: source.description.clone(),
        style: oa::HeaderStyle::Simple,
        required: false,
        deprecated: None,
        format: oa::ParameterSchemaOrContent::Schema(oa::ReferenceOr::Item(oa::Schema {
            schema_data: oa::SchemaData::default(),
            schema_kind: oa::SchemaKind::Type(kind),
        })),
        example: None,
        examples: IndexMap::new(),
        extensions: Extensions::new(),
    })
}
