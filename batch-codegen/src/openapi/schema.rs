//! Schemas: models, properties, items, and the types of parameters and headers.

use openapiv3 as oa;
use openapiv3::VariantOrUnknownOrEmpty as Format;
use serde_json::{Number, Value, json};

use super::parts::{Extensions, external_docs};
use crate::error::{Error, Result, step};
use crate::swagger::{MsEnum, Schema};

/// The type keywords that schemas and parameters share.
pub(super) struct Scalar<'a> {
    pub(super) kind: &'a str,
    pub(super) format: Option<&'a str>,
    pub(super) values: Option<&'a [String]>,
    pub(super) minimum: Option<&'a Number>,
    pub(super) maximum: Option<&'a Number>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) pattern: Option<&'a str>,
}

pub(super) fn schema(at: &str, source: &Schema) -> Result<oa::ReferenceOr<oa::Schema>> {
    let data = data(source);
    if let Some(reference) = &source.reference {
        let target = oa::ReferenceOr::Reference {
            reference: component(reference),
        };
        // OpenAPI 3.0 ignores everything beside a `$ref`, so the other keys go around it in an
        // `allOf`.
        return Ok(if data == oa::SchemaData::default() {
            target
        } else {
            oa::ReferenceOr::Item(oa::Schema {
                schema_data: data,
                schema_kind: oa::SchemaKind::AllOf {
                    all_of: vec![target],
                },
            })
        });
    }
    if !source.all_of.is_empty() {
        return Err(Error::new(
            at,
            "`allOf` is not supported; no Batch description uses it",
        ));
    }
    let kind = match source.kind.as_deref() {
        Some("object") | None => oa::Type::Object(object(at, source)?),
        Some("array") => oa::Type::Array(array(at, source)?),
        Some(kind) => scalar(
            at,
            &Scalar {
                kind,
                format: source.format.as_deref(),
                values: source.values.as_deref(),
                minimum: source.minimum.as_ref(),
                maximum: source.maximum.as_ref(),
                min_length: source.min_length,
                max_length: source.max_length,
                pattern: source.pattern.as_deref(),
            },
        )?,
    };
    Ok(oa::ReferenceOr::Item(oa::Schema {
        schema_data: data,
        schema_kind: oa::SchemaKind::Type(kind),
    }))
}

fn boxed(at: &str, source: &Schema) -> Result<oa::ReferenceOr<Box<oa::Schema>>> {
    Ok(match schema(at, source)? {
        oa::ReferenceOr::Item(item) => oa::ReferenceOr::Item(Box::new(item)),
        oa::ReferenceOr::Reference { reference } => oa::ReferenceOr::Reference { reference },
    })
}

fn component(reference: &str) -> String {
    reference.replacen("#/definitions/", "#/components/schemas/", 1)
}

pub(super) fn data(source: &Schema) -> oa::SchemaData {
    let mut extensions = Extensions::new();
    if let Some(ms_enum) = &source.ms_enum {
        extensions.insert("x-ms-enum".into(), ms_enum_value(ms_enum));
    }
    for (key, value) in [
        ("x-ms-secret", source.secret),
        ("x-batch-as-text", source.as_text),
        ("x-ms-client-flatten", source.client_flatten),
    ] {
        if let Some(value) = value {
            extensions.insert(key.into(), json!(value));
        }
    }
    for (key, value) in [
        ("x-batch-since", &source.since),
        ("x-batch-until", &source.until),
        ("x-batch-text-since", &source.text_since),
        ("x-ms-client-name", &source.client_name),
    ] {
        if let Some(value) = value {
            extensions.insert(key.into(), json!(value));
        }
    }
    oa::SchemaData {
        nullable: source.nullable.unwrap_or_default(),
        read_only: source.read_only,
        external_docs: source.external_docs.as_ref().map(external_docs),
        example: source.example.clone(),
        title: source.title.clone(),
        description: source.description.clone(),
        default: source.default.clone(),
        extensions,
        ..Default::default()
    }
}

pub(super) fn ms_enum_value(ms_enum: &MsEnum) -> Value {
    let mut out = json!({ "name": ms_enum.name, "modelAsString": ms_enum.model_as_string });
    if !ms_enum.values.is_empty() {
        out["values"] = ms_enum
            .values
            .iter()
            .map(|value| {
                let mut out = json!({ "value": value.value });
                if let Some(name) = &value.name {
                    out["name"] = json!(name);
                }
                for (key, text) in [
                    ("description", &value.description),
                    ("x-batch-since", &value.since),
                    ("x-batch-until", &value.until),
                ] {
                    if let Some(text) = text {
                        out[key] = json!(text);
                    }
                }
                out
            })
            .collect();
    }
    out
}

fn object(at: &str, source: &Schema) -> Result<oa::ObjectType> {
    let mut object = oa::ObjectType {
        required: source.required.clone(),
        ..Default::default()
    };
    for (name, property) in source.properties.iter() {
        let at = step(&format!("{at}.properties"), name);
        object
            .properties
            .insert(name.clone(), boxed(&at, property)?);
    }
    if let Some(more) = &source.additional_properties {
        let at = format!("{at}.additionalProperties");
        let more = schema(&at, more)?;
        object.additional_properties = Some(oa::AdditionalProperties::Schema(Box::new(more)));
    }
    Ok(object)
}

fn array(at: &str, source: &Schema) -> Result<oa::ArrayType> {
    let items = match &source.items {
        Some(items) => Some(boxed(&format!("{at}.items"), items)?),
        None => None,
    };
    Ok(oa::ArrayType {
        items,
        min_items: source.min_items,
        max_items: source.max_items,
        unique_items: false,
    })
}

pub(super) fn scalar(at: &str, source: &Scalar<'_>) -> Result<oa::Type> {
    Ok(match source.kind {
        "string" => oa::Type::String(oa::StringType {
            format: format(source.format),
            pattern: source.pattern.map(str::to_owned),
            enumeration: source
                .values
                .unwrap_or_default()
                .iter()
                .cloned()
                .map(Some)
                .collect(),
            min_length: source.min_length,
            max_length: source.max_length,
        }),
        "integer" => oa::Type::Integer(oa::IntegerType {
            format: format(source.format),
            minimum: whole(at, "minimum", source.minimum)?,
            maximum: whole(at, "maximum", source.maximum)?,
            ..Default::default()
        }),
        "number" => oa::Type::Number(oa::NumberType {
            format: format(source.format),
            minimum: source.minimum.and_then(Number::as_f64),
            maximum: source.maximum.and_then(Number::as_f64),
            ..Default::default()
        }),
        "boolean" => oa::Type::Boolean(oa::BooleanType::default()),
        other => return Err(Error::new(at, format!("unknown type {other:?}"))),
    })
}

fn whole(at: &str, key: &str, number: Option<&Number>) -> Result<Option<i64>> {
    number
        .map(|number| {
            number.as_i64().ok_or_else(|| {
                Error::new(step(at, key), format!("{number} is not a 64-bit integer"))
            })
        })
        .transpose()
}

fn format<T>(name: Option<&str>) -> Format<T>
where
    Format<T>: From<Option<String>>,
{
    name.map(str::to_owned).into()
}
