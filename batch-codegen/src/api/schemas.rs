//! Reads models, properties and enums.

use std::collections::BTreeMap;

use openapiv3 as oa;
use openapiv3::{OpenAPI, ReferenceOr, VariantOrUnknownOrEmpty as Format};

use super::facts::{LetterCase, Secrecy};
use super::types::{Bounds, Enum, Kind, Model, Property, Span, Variant};
use crate::error::{Error, Result, step};

/// Reads the models and the enums, each sorted by name.
pub(super) fn read(document: &OpenAPI) -> Result<(Vec<Model>, Vec<Enum>)> {
    let mut reader = Reader {
        document,
        enums: BTreeMap::new(),
    };
    let mut models = Vec::new();
    for (name, schema) in schemas(document) {
        let at = step("$.definitions", name);
        let ReferenceOr::Item(schema) = schema else {
            return Err(Error::new(at, "a definition cannot be only a `$ref`"));
        };
        match &schema.schema_kind {
            oa::SchemaKind::Type(oa::Type::String(text)) if !text.enumeration.is_empty() => {
                reader.enumeration(&at, schema, text)?;
            }
            oa::SchemaKind::Type(oa::Type::Object(object)) => {
                models.push(reader.model(&at, name, schema, object)?);
            }
            _ => {
                return Err(Error::new(
                    at,
                    "the definition is neither an object nor an enum",
                ));
            }
        }
    }
    models.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(model) = models.iter().find(|m| reader.enums.contains_key(&m.name)) {
        return Err(Error::new(
            step("$.definitions", &model.name),
            "an `x-ms-enum` has the same name, and both would be public types",
        ));
    }
    Ok((models, reader.enums.into_values().collect()))
}

fn schemas(document: &OpenAPI) -> impl Iterator<Item = (&String, &ReferenceOr<oa::Schema>)> {
    document
        .components
        .iter()
        .flat_map(|components| components.schemas.iter())
}

struct Reader<'a> {
    document: &'a OpenAPI,
    enums: BTreeMap<String, Enum>,
}

impl Reader<'_> {
    fn model(
        &mut self,
        at: &str,
        name: &str,
        schema: &oa::Schema,
        object: &oa::ObjectType,
    ) -> Result<Model> {
        if object.additional_properties.is_some() {
            return Err(Error::new(
                at,
                "a definition cannot have `additionalProperties`; only properties can",
            ));
        }
        let mut properties = Vec::new();
        for (wire, property) in &object.properties {
            let at = step(&format!("{at}.properties"), wire);
            let required = object.required.contains(wire);
            properties.push(self.property(&at, wire, property, required)?);
        }
        Ok(Model {
            name: name.to_owned(),
            docs: docs(&schema.schema_data),
            properties,
            span: Span::of(&schema.schema_data.extensions),
            in_responses: false,
            in_requests: false,
            group: None,
            defaults: Vec::new(),
            aliases: Vec::new(),
        })
    }

    fn property(
        &mut self,
        at: &str,
        wire: &str,
        schema: &ReferenceOr<Box<oa::Schema>>,
        required: bool,
    ) -> Result<Property> {
        let kind = self.kind(at, schema)?;
        let none = oa::SchemaData::default();
        let (data, bounds) = match schema {
            ReferenceOr::Item(schema) => (&schema.schema_data, bounds(schema)),
            ReferenceOr::Reference { .. } => (&none, Bounds::default()),
        };
        let text = |key: &str| data.extensions.get(key).and_then(|v| v.as_str());
        Ok(Property {
            wire: wire.to_owned(),
            client: text("x-ms-client-name").unwrap_or(wire).to_owned(),
            docs: docs(data),
            kind,
            boxed: false,
            required,
            read_only: data.read_only,
            secrecy: if data
                .extensions
                .get("x-ms-secret")
                .is_some_and(|v| v == true)
            {
                Secrecy::Secret
            } else {
                Secrecy::Plain
            },
            missing: None,
            unless: None,
            letter_case: LetterCase::Exact,
            bounds,
            span: Span::of(&data.extensions),
            text_since: text("x-batch-text-since").map(str::to_owned),
        })
    }

    fn kind(&mut self, at: &str, schema: &ReferenceOr<Box<oa::Schema>>) -> Result<Kind> {
        match schema {
            ReferenceOr::Reference { reference } => self.reference(at, reference),
            ReferenceOr::Item(schema) => self.item_kind(at, schema),
        }
    }

    /// Returns the type that a reference resolves to; an enum may be named differently from its
    /// definition.
    fn reference(&mut self, at: &str, reference: &str) -> Result<Kind> {
        let missing = || Error::new(at, format!("$ref to {reference:?}, which does not exist"));
        let name = reference
            .strip_prefix("#/components/schemas/")
            .ok_or_else(missing)?;
        let target = schemas(self.document)
            .find(|(known, _)| *known == name)
            .and_then(|(_, schema)| schema.as_item())
            .ok_or_else(missing)?;
        match &target.schema_kind {
            oa::SchemaKind::Type(oa::Type::String(text)) if !text.enumeration.is_empty() => {
                let at = step("$.definitions", name);
                self.enumeration(&at, target, text).map(Kind::Enum)
            }
            _ => Ok(Kind::Model(name.to_owned())),
        }
    }

    fn item_kind(&mut self, at: &str, schema: &oa::Schema) -> Result<Kind> {
        let kind = match &schema.schema_kind {
            oa::SchemaKind::AllOf { all_of } => match all_of.as_slice() {
                [ReferenceOr::Reference { reference }] => return self.reference(at, reference),
                _ => {
                    return Err(Error::new(
                        at,
                        "`allOf` with more than one reference is not supported",
                    ));
                }
            },
            oa::SchemaKind::Type(kind) => kind,
            _ => return Err(Error::new(at, "the schema has no `type`")),
        };
        Ok(match kind {
            oa::Type::String(text) if !text.enumeration.is_empty() => {
                Kind::Enum(self.enumeration(at, schema, text)?)
            }
            oa::Type::String(text) => string_kind(at, text)?,
            oa::Type::Integer(integer) => match &integer.format {
                Format::Item(oa::IntegerFormat::Int64) => Kind::I64,
                Format::Item(oa::IntegerFormat::Int32) | Format::Empty => Kind::I32,
                Format::Unknown(format) => {
                    return Err(Error::new(at, no_type("integer", format)));
                }
            },
            oa::Type::Number(number) => match &number.format {
                Format::Unknown(format) => return Err(Error::new(at, no_type("number", format))),
                _ => Kind::F64,
            },
            oa::Type::Boolean(_) => Kind::Bool,
            oa::Type::Array(array) => match &array.items {
                Some(items) => {
                    let item = self.kind(&format!("{at}.items"), items)?;
                    Kind::Array(Box::new(item))
                }
                None => return Err(Error::new(at, "the array has no `items`")),
            },
            oa::Type::Object(object) => free_object(at, object)?,
        })
    }

    /// Records an enum; the same name may occur in several places with the same values.
    fn enumeration(
        &mut self,
        at: &str,
        schema: &oa::Schema,
        text: &oa::StringType,
    ) -> Result<String> {
        let values: Vec<&str> = text
            .enumeration
            .iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let found = read_enum(at, &schema.schema_data, &values)?;
        let name = found.name.clone();
        match self.enums.get(&name) {
            Some(known) if !same_values(known, &found) => {
                return Err(Error::new(
                    at,
                    format!("the enum {name:?} has different values elsewhere"),
                ));
            }
            Some(_) => {}
            None => {
                self.enums.insert(name.clone(), found);
            }
        }
        Ok(name)
    }
}

/// Returns the kind of an inline object: a map of strings, or any JSON.
fn free_object(at: &str, object: &oa::ObjectType) -> Result<Kind> {
    if !object.properties.is_empty() {
        return Err(Error::new(
            at,
            "an inline object cannot have properties; move it to a definition and refer to it",
        ));
    }
    match &object.additional_properties {
        None => Ok(Kind::Json),
        Some(oa::AdditionalProperties::Schema(schema)) if is_text(schema) => Ok(Kind::Map),
        Some(_) => Err(Error::new(
            format!("{at}.additionalProperties"),
            "expected strings; no Rust type is known for a map of other values",
        )),
    }
}

fn is_text(schema: &ReferenceOr<oa::Schema>) -> bool {
    let ReferenceOr::Item(schema) = schema else {
        return false;
    };
    matches!(&schema.schema_kind, oa::SchemaKind::Type(oa::Type::String(text))
        if text.enumeration.is_empty() && text.format.is_empty())
}

fn no_type(kind: &str, format: &str) -> String {
    format!("no Rust type is known for the type {kind:?} with the format {format:?}")
}

fn same_values(a: &Enum, b: &Enum) -> bool {
    let values = |e: &Enum| {
        e.variants
            .iter()
            .map(|v| (v.value.clone(), v.name.clone()))
            .collect::<Vec<_>>()
    };
    values(a) == values(b)
}

fn read_enum(at: &str, data: &oa::SchemaData, values: &[&str]) -> Result<Enum> {
    let ms_enum = data.extensions.get("x-ms-enum");
    let name = ms_enum
        .and_then(|e| e["name"].as_str())
        .ok_or_else(|| Error::new(at, "the enum has no name; add `x-ms-enum`"))?;
    let listed = ms_enum.and_then(|e| e["values"].as_array());
    let variants = values.iter().map(|value| {
        let entry = listed
            .into_iter()
            .flatten()
            .find(|entry| entry["value"] == **value);
        let text = |key: &str| entry.and_then(|e| e[key].as_str()).unwrap_or_default();
        let version = |key: &str| {
            let version = text(key);
            (!version.is_empty()).then(|| version.to_owned())
        };
        let name = match text("name") {
            "" => value,
            name => name,
        };
        Variant {
            value: (*value).to_owned(),
            name: name.to_owned(),
            docs: text("description").to_owned(),
            span: Span {
                since: version("x-batch-since"),
                until: version("x-batch-until"),
            },
        }
    });
    Ok(Enum {
        aliases: Vec::new(),
        at: at.to_owned(),
        name: name.to_owned(),
        docs: docs(data),
        variants: variants.collect(),
    })
}

fn string_kind(at: &str, text: &oa::StringType) -> Result<Kind> {
    match &text.format {
        Format::Empty => Ok(Kind::Text),
        Format::Item(oa::StringFormat::DateTime) => Ok(Kind::DateTime),
        Format::Unknown(format) if format == "duration" => Ok(Kind::Duration),
        Format::Unknown(format) if format == "uuid" => Ok(Kind::Text),
        Format::Unknown(format) => Err(Error::new(at, no_type("string", format))),
        Format::Item(format) => {
            let format = format!("{format:?}").to_lowercase();
            Err(Error::new(at, no_type("string", &format)))
        }
    }
}

fn bounds(schema: &oa::Schema) -> Bounds {
    let mut bounds = Bounds {
        default: schema.schema_data.default.as_ref().map(ToString::to_string),
        ..Bounds::default()
    };
    match &schema.schema_kind {
        oa::SchemaKind::Type(oa::Type::Integer(integer)) => {
            bounds.minimum = integer.minimum.map(|n| n.to_string());
            bounds.maximum = integer.maximum.map(|n| n.to_string());
        }
        oa::SchemaKind::Type(oa::Type::Number(number)) => {
            bounds.minimum = number.minimum.map(|n| n.to_string());
            bounds.maximum = number.maximum.map(|n| n.to_string());
        }
        oa::SchemaKind::Type(oa::Type::Array(array)) => bounds.max_items = array.max_items,
        _ => {}
    }
    bounds
}

/// Returns title and description as paragraphs.
fn docs(data: &oa::SchemaData) -> String {
    let texts = [&data.title, &data.description];
    let mut parts: Vec<&str> = texts.into_iter().flatten().map(|t| t.trim()).collect();
    parts.dedup();
    parts.join("\n\n")
}
