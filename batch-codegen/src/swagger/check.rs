//! Checks that a schema of keys cannot express: references resolve, ids are unique, and paths and
//! parameters agree.

use std::collections::{BTreeMap, BTreeSet};

use super::description::Swagger;
use super::operations::{Operation, Parameter, Response};
use super::schemas::Schema;
use crate::error::{Error, Result, step};

pub(super) fn check(swagger: &Swagger) -> Result<()> {
    if swagger.swagger != "2.0" {
        return Err(Error::new(
            "$.swagger",
            format!("expected \"2.0\", found {:?}", swagger.swagger),
        ));
    }
    for (name, schema) in swagger.definitions.iter() {
        check_schema(swagger, &step("$.definitions", name), schema)?;
    }
    for (name, parameter) in swagger.parameters.iter() {
        check_parameter(swagger, &step("$.parameters", name), parameter)?;
    }
    for (name, response) in swagger.responses.iter() {
        check_response(swagger, &step("$.responses", name), response)?;
    }
    if let Some(host) = &swagger.parameterized_host {
        for (index, parameter) in host.parameters.iter().enumerate() {
            let path = format!("$.x-ms-parameterized-host.parameters[{index}]");
            check_parameter(swagger, &path, parameter)?;
        }
    }
    let mut ids = BTreeMap::new();
    for (path, item) in swagger.paths.iter() {
        let at = step("$.paths", path);
        for (method, operation) in item.operations() {
            let at = step(&at, method);
            if let Some(first) = ids.insert(operation.operation_id.clone(), at.clone()) {
                return Err(Error::new(
                    at,
                    format!(
                        "duplicate operation id {:?}, first used at {first}",
                        operation.operation_id
                    ),
                ));
            }
            check_operation(swagger, &at, path, &item.parameters, operation)?;
        }
    }
    Ok(())
}

fn check_operation(
    swagger: &Swagger,
    at: &str,
    path: &str,
    shared: &[Parameter],
    operation: &Operation,
) -> Result<()> {
    let id = &operation.operation_id;
    let two_words = id
        .split_once('_')
        .is_some_and(|(group, name)| is_word(group) && is_word(name));
    if !two_words {
        return Err(Error::new(
            format!("{at}.operationId"),
            format!("expected Group_Name, found {id:?}"),
        ));
    }
    let mut seen = BTreeSet::new();
    let mut in_path = BTreeSet::new();
    for (index, parameter) in shared.iter().chain(&operation.parameters).enumerate() {
        let at = format!("{at}.parameters[{index}]");
        check_parameter(swagger, &at, parameter)?;
        let parameter = resolve_parameter(swagger, &at, parameter)?;
        let (name, location) = (
            parameter.name.clone().unwrap_or_default(),
            parameter.location.clone().unwrap_or_default(),
        );
        if location == "path" {
            in_path.insert(name.clone());
        }
        if !seen.insert((location, name.clone())) {
            return Err(Error::new(at, format!("duplicate parameter {name:?}")));
        }
    }
    let template = path_names(at, path)?;
    if let Some(name) = template.symmetric_difference(&in_path).next() {
        let where_missing = if in_path.contains(name) {
            "the path has no such segment"
        } else {
            "the path names it, but no parameter defines it"
        };
        return Err(Error::new(
            format!("{at}.parameters"),
            format!("path parameter {name:?}: {where_missing}"),
        ));
    }
    for (code, response) in operation.responses.iter() {
        let at = step(&format!("{at}.responses"), code);
        if code != "default" && !(code.len() == 3 && code.parse::<u16>().is_ok()) {
            return Err(Error::new(at, "expected a status code or \"default\""));
        }
        check_response(swagger, &at, response)?;
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Returns the names between braces in a path.
fn path_names(at: &str, path: &str) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for part in path.split('{').skip(1) {
        let Some((name, _)) = part.split_once('}') else {
            return Err(Error::new(at, "the path has an unclosed brace"));
        };
        names.insert(name.to_owned());
    }
    Ok(names)
}

fn check_parameter(swagger: &Swagger, at: &str, parameter: &Parameter) -> Result<()> {
    if parameter.reference.is_some() {
        resolve_parameter(swagger, at, parameter)?;
        return Ok(());
    }
    if parameter.name.is_none() {
        return Err(Error::new(at, "the parameter has no `name`"));
    }
    match (
        parameter.location.as_deref(),
        &parameter.schema,
        &parameter.kind,
    ) {
        (Some("body"), Some(schema), None) => {
            check_schema(swagger, &format!("{at}.schema"), schema)
        }
        (Some("body"), ..) => Err(Error::new(
            at,
            "a body parameter needs a `schema` and cannot have a `type`",
        )),
        (Some("path"), None, Some(_)) if !parameter.required => {
            Err(Error::new(at, "a path parameter must be `required`"))
        }
        (Some("path" | "query" | "header"), None, Some(kind)) => match kind.as_str() {
            "string" | "integer" | "boolean" => Ok(()),
            other => Err(Error::new(
                format!("{at}.type"),
                format!("expected string, integer or boolean, found {other:?}"),
            )),
        },
        (Some("path" | "query" | "header"), ..) => Err(Error::new(
            at,
            "the parameter needs a `type` and cannot have a `schema`",
        )),
        (other, ..) => Err(Error::new(
            format!("{at}.in"),
            format!("expected path, query, header or body, found {other:?}"),
        )),
    }
}

fn check_response(swagger: &Swagger, at: &str, response: &Response) -> Result<()> {
    if response.reference.is_some() {
        resolve_response(swagger, at, response)?;
        return Ok(());
    }
    if response.description.is_none() {
        return Err(Error::new(at, "the response has no `description`"));
    }
    match &response.schema {
        Some(schema) if schema.is_file() => Ok(()),
        Some(schema) => check_schema(swagger, &format!("{at}.schema"), schema),
        None => Ok(()),
    }
}

fn check_schema(swagger: &Swagger, at: &str, schema: &Schema) -> Result<()> {
    if let Some(reference) = &schema.reference {
        let name = target(at, reference, "#/definitions/")?;
        if !swagger.definitions.contains_key(name) {
            return Err(Error::new(
                at,
                format!("$ref to {reference:?}, which does not exist"),
            ));
        }
    }
    if let Some(kind) = schema.kind.as_deref() {
        if !["object", "array", "string", "integer", "number", "boolean"].contains(&kind) {
            return Err(Error::new(
                format!("{at}.type"),
                format!("unknown type {kind:?}"),
            ));
        }
        if (kind == "array") != schema.items.is_some() {
            return Err(Error::new(at, "`type: array` and `items` need each other"));
        }
    }
    if let Some(name) = schema
        .required
        .iter()
        .find(|name| !schema.properties.contains_key(*name))
    {
        return Err(Error::new(
            format!("{at}.required"),
            format!("{name:?} is not among the properties"),
        ));
    }
    check_keywords(at, schema)?;
    check_values(at, schema)?;
    for (name, property) in schema.properties.iter() {
        check_schema(swagger, &step(&format!("{at}.properties"), name), property)?;
    }
    for (index, part) in schema.all_of.iter().enumerate() {
        check_schema(swagger, &format!("{at}.allOf[{index}]"), part)?;
    }
    if let Some(items) = &schema.items {
        check_schema(swagger, &format!("{at}.items"), items)?;
    }
    match &schema.additional_properties {
        Some(more) => check_schema(swagger, &format!("{at}.additionalProperties"), more),
        None => Ok(()),
    }
}

/// Refuses a keyword that has no meaning for the schema's type: it would be ignored silently.
fn check_keywords(at: &str, schema: &Schema) -> Result<()> {
    let object: &[&str] = &["object", ""];
    let keywords: [(&str, bool, &[&str]); 14] = [
        ("type", schema.kind.is_some(), &[]),
        ("properties", !schema.properties.is_empty(), object),
        ("required", !schema.required.is_empty(), object),
        (
            "additionalProperties",
            schema.additional_properties.is_some(),
            object,
        ),
        ("allOf", !schema.all_of.is_empty(), object),
        ("items", schema.items.is_some(), &["array"]),
        ("minItems", schema.min_items.is_some(), &["array"]),
        ("maxItems", schema.max_items.is_some(), &["array"]),
        (
            "format",
            schema.format.is_some(),
            &["string", "integer", "number"],
        ),
        ("pattern", schema.pattern.is_some(), &["string"]),
        ("enum", schema.values.is_some(), &["string"]),
        ("x-ms-enum", schema.ms_enum.is_some(), &["string"]),
        (
            "minLength or maxLength",
            schema.min_length.or(schema.max_length).is_some(),
            &["string"],
        ),
        (
            "minimum or maximum",
            schema.minimum.is_some() || schema.maximum.is_some(),
            &["integer", "number"],
        ),
    ];
    let present = keywords.iter().filter(|(_, present, _)| *present);
    for (name, _, kinds) in present {
        if schema.reference.is_some() {
            return Err(Error::new(at, format!("`{name}` beside a `$ref`")));
        }
        let kind = schema.kind.as_deref().unwrap_or_default();
        if *name != "type" && !kinds.contains(&kind) {
            return Err(Error::new(
                at,
                format!("`{name}` has no meaning for the type {kind:?}"),
            ));
        }
    }
    Ok(())
}

/// Checks that the values of an enum are distinct, and that its `x-ms-enum` lists the same ones.
fn check_values(at: &str, schema: &Schema) -> Result<()> {
    let values = schema.values.as_deref().unwrap_or_default();
    let mut seen = BTreeSet::new();
    if let Some(twice) = values.iter().find(|v| !seen.insert(v.to_lowercase())) {
        return Err(Error::new(
            format!("{at}.enum"),
            format!("duplicate value {twice:?}; values are compared without regard to case"),
        ));
    }
    let Some(ms_enum) = &schema.ms_enum else {
        return Ok(());
    };
    let at = format!("{at}.x-ms-enum");
    if values.is_empty() {
        return Err(Error::new(at, "`x-ms-enum` without `enum`"));
    }
    if ms_enum.values.is_empty() {
        return Ok(());
    }
    let values: BTreeSet<&str> = values.iter().map(String::as_str).collect();
    let listed: BTreeSet<&str> = ms_enum.values.iter().map(|v| v.value.as_str()).collect();
    match values.symmetric_difference(&listed).next() {
        Some(value) => Err(Error::new(
            format!("{at}.values"),
            format!("{value:?} is listed only here or only in `enum`"),
        )),
        None => Ok(()),
    }
}

fn resolve_parameter<'a>(
    swagger: &'a Swagger,
    at: &str,
    parameter: &'a Parameter,
) -> Result<&'a Parameter> {
    let Some(reference) = &parameter.reference else {
        return Ok(parameter);
    };
    let name = target(at, reference, "#/parameters/")?;
    swagger
        .parameters
        .get(name)
        .ok_or_else(|| Error::new(at, format!("$ref to {reference:?}, which does not exist")))
}

fn resolve_response<'a>(
    swagger: &'a Swagger,
    at: &str,
    response: &'a Response,
) -> Result<&'a Response> {
    let Some(reference) = &response.reference else {
        return Ok(response);
    };
    let name = target(at, reference, "#/responses/")?;
    swagger
        .responses
        .get(name)
        .ok_or_else(|| Error::new(at, format!("$ref to {reference:?}, which does not exist")))
}

fn target<'a>(at: &str, reference: &'a str, prefix: &str) -> Result<&'a str> {
    reference.strip_prefix(prefix).ok_or_else(|| {
        Error::new(
            at,
            format!("$ref to {reference:?}; expected one that starts with {prefix:?}"),
        )
    })
}
