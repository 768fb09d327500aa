//! The OpenAPI document has all facts of the Swagger description: in OpenAPI's terms where they
//! exist, as the original `x-ms-*` extension elsewhere.
//!
//! [`Walk`] goes through a description and finds the corresponding place in the document for each
//! of its places. At the end, the number of compared keys must equal an independent count.

use std::collections::BTreeMap;

use batch_codegen::{openapi, swagger};
use serde_json::{Value, json};

use super::support::{
    description, description_json, library, members, operations, ours, read, reference,
};

/// The document as JSON.
fn document(description: &str) -> Value {
    let swagger = swagger::parse(description).expect("a good description");
    let document = openapi::convert(&swagger).expect("an OpenAPI document");
    serde_json::to_value(document).expect("JSON")
}

/// `#/definitions/X` → `#/components/schemas/X`.
fn link(reference: &Value) -> Value {
    let text = reference.as_str().expect("a link");
    let text = text.replace("#/definitions/", "#/components/schemas/");
    let text = text.replace("#/parameters/", "#/components/parameters/");
    json!(text.replace("#/responses/", "#/components/responses/"))
}

/// Fills in Microsoft's default for a missing key of `x-ms-enum`.
fn with_default(mut ms_enum: Value) -> Value {
    if ms_enum.get("modelAsString").is_none() {
        ms_enum["modelAsString"] = json!(false);
    }
    ms_enum
}

struct Walk<'a> {
    swagger: &'a Value,
    openapi: &'a Value,
    /// The number of comparisons for each key.
    compared: BTreeMap<String, usize>,
}

impl<'a> Walk<'a> {
    fn new(swagger: &'a Value, openapi: &'a Value) -> Self {
        let compared = BTreeMap::new();
        Self {
            swagger,
            openapi,
            compared,
        }
    }

    fn equal(&mut self, at: &str, key: &str, wanted: &Value, found: &Value) {
        assert_eq!(wanted, found, "{at}: {key}");
        *self.compared.entry(key.to_owned()).or_default() += 1;
    }

    fn document(&mut self) {
        let (swagger, openapi) = (self.swagger, self.openapi);
        let components = &openapi["components"];
        let host = &swagger["x-ms-parameterized-host"];
        let server = &openapi["servers"][0];
        self.equal(
            "host",
            "x-ms-parameterized-host",
            &host["hostTemplate"],
            &server["url"],
        );
        let prefix = &server["x-ms-use-scheme-prefix"];
        self.equal("host", "useSchemePrefix", &host["useSchemePrefix"], prefix);
        for (name, parameter) in members(&swagger["parameters"]) {
            if parameter["x-ms-parameter-location"] == "client" && parameter["in"] == "path" {
                let wire = parameter["name"].as_str().expect("a name");
                self.annotations(name, parameter, &server["variables"][wire]);
            } else {
                self.parameter(name, parameter, &components["parameters"][name]);
            }
        }
        for (name, response) in members(&swagger["responses"]) {
            self.response(name, response, &components["responses"][name]);
        }
        for (name, schema) in members(&swagger["definitions"]) {
            self.schema(name, schema, &components["schemas"][name]);
        }
        for (path, method, operation) in operations(swagger) {
            self.operation(operation, &openapi["paths"][path][method]);
        }
    }

    /// Compares every `x-ms-*` key of a place.
    fn annotations(&mut self, at: &str, source: &Value, target: &Value) {
        for (key, value) in members(source).filter(|(key, _)| key.starts_with("x-")) {
            if key == "x-nullable" {
                let nullable = target.get("nullable").cloned().unwrap_or(json!(false));
                self.equal(at, key, value, &nullable);
            } else if key == "x-ms-enum" {
                self.equal(at, key, &with_default(value.clone()), &target[key]);
            } else {
                self.equal(at, key, value, &target[key]);
            }
        }
    }

    fn operation(&mut self, source: &Value, target: &Value) {
        let at = source["operationId"].as_str().expect("an id");
        self.annotations(at, source, target);
        for key in [
            "operationId",
            "summary",
            "description",
            "tags",
            "deprecated",
        ] {
            if let Some(value) = source.get(key) {
                self.equal(at, key, value, &target[key]);
            }
        }
        let mut targets = target["parameters"].as_array().into_iter().flatten();
        for parameter in source["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] == "body" {
                self.body(at, parameter, &target["requestBody"]);
            } else {
                let target = targets.next().expect("as many parameters");
                self.parameter(at, parameter, target);
            }
        }
        assert!(targets.next().is_none(), "{at}: no parameters more");
        assert_eq!(
            members(&source["responses"])
                .map(|(code, _)| code)
                .collect::<Vec<_>>(),
            members(&target["responses"])
                .map(|(code, _)| code)
                .collect::<Vec<_>>(),
            "{at}"
        );
        for (code, response) in members(&source["responses"]) {
            self.response(
                &format!("{at} {code}"),
                response,
                &target["responses"][code],
            );
        }
    }

    fn body(&mut self, at: &str, source: &Value, target: &Value) {
        self.annotations(at, source, target);
        self.equal(
            at,
            "body name",
            &source["name"],
            &target["x-ms-requestBody-name"],
        );
        let required = |value: &Value| json!(value["required"] == true);
        self.equal(at, "required", &required(source), &required(target));
        for (_, media) in members(&target["content"]) {
            self.schema(at, &source["schema"], &media["schema"]);
        }
    }

    fn parameter(&mut self, at: &str, source: &Value, target: &Value) {
        if let Some(reference) = source.get("$ref") {
            self.equal(at, "$ref", &link(reference), &target["$ref"]);
            return;
        }
        let at = format!("{at} {}", source["name"]);
        self.annotations(&at, source, target);
        for key in ["name", "in", "description"] {
            self.equal(&at, key, &source[key], &target[key]);
        }
        let required = |value: &Value| json!(value["required"] == true);
        self.equal(&at, "required", &required(source), &required(target));
        for key in ["type", "format", "default", "minimum", "maximum"] {
            if let Some(value) = source.get(key) {
                self.equal(&at, key, value, &target["schema"][key]);
            }
        }
    }

    fn response(&mut self, at: &str, source: &Value, target: &Value) {
        if let Some(reference) = source.get("$ref") {
            self.equal(at, "$ref", &link(reference), &target["$ref"]);
            return;
        }
        self.equal(
            at,
            "description",
            &source["description"],
            &target["description"],
        );
        for (name, header) in members(&source["headers"]) {
            let at = format!("{at} {name}");
            let target = &target["headers"][name];
            if let Some(text) = header.get("description") {
                self.equal(&at, "description", text, &target["description"]);
            }
            for key in ["type", "format"] {
                if let Some(value) = header.get(key) {
                    self.equal(&at, key, value, &target["schema"][key]);
                }
            }
        }
        let Some(schema) = source.get("schema") else {
            assert!(target.get("content").is_none(), "{at}: no body");
            return;
        };
        assert!(members(&target["content"]).next().is_some(), "{at}: a body");
        for (_, media) in members(&target["content"]) {
            if schema["format"] == "file" || schema["type"] == "file" {
                let binary = json!({ "type": "string", "format": "binary" });
                self.equal(at, "file", &binary, &media["schema"]);
            } else {
                self.schema(at, schema, &media["schema"]);
            }
        }
    }

    fn schema(&mut self, at: &str, source: &Value, target: &Value) {
        self.annotations(at, source, target);
        if let Some(reference) = source.get("$ref") {
            let alone = members(source).count() == 1;
            let target = if alone { target } else { &target["allOf"][0] };
            self.equal(at, "$ref", &link(reference), &target["$ref"]);
        }
        for (key, value) in members(source).filter(|(key, _)| !key.starts_with("x-")) {
            let at = format!("{at}.{key}");
            let found = &target[key];
            match key.as_str() {
                "$ref" => {}
                "items" | "additionalProperties" => self.schema(&at, value, found),
                "properties" => {
                    for (name, property) in members(value) {
                        self.schema(&format!("{at}.{name}"), property, &found[name]);
                    }
                }
                // Bounds of fractions are written with a decimal point.
                "minimum" | "maximum" => {
                    self.equal(&at, key, &json!(value.as_f64()), &json!(found.as_f64()));
                }
                // Omitted if it is false.
                "readOnly" => self.equal(&at, key, value, &json!(*found == true)),
                _ => self.equal(&at, key, value, found),
            }
        }
    }
}

/// Counts Microsoft's keys everywhere except in sample calls, which refer to other files.
fn count_annotations(value: &Value, counts: &mut BTreeMap<String, usize>) {
    for (key, member) in members(value) {
        if key.starts_with("x-") {
            *counts.entry(key.clone()).or_default() += 1;
        }
        if key != "x-ms-examples" {
            count_annotations(member, counts);
        }
    }
    for item in value.as_array().into_iter().flatten() {
        count_annotations(item, counts);
    }
}

/// Compares a description with its document and returns the counts of Microsoft's keys.
fn assert_facts_are_kept(description: &Value, openapi: &Value) -> BTreeMap<String, usize> {
    let mut walk = Walk::new(description, openapi);
    walk.document();
    let mut counts = BTreeMap::new();
    count_annotations(description, &mut counts);
    let compared = walk.compared.iter();
    let annotations: BTreeMap<String, usize> = compared
        .filter(|(key, _)| key.starts_with("x-"))
        .map(|(key, count)| (key.clone(), *count))
        .collect();
    // A body is listed under each of its media types, so its keys may be compared more often than
    // they occur.
    for (key, count) in &counts {
        let met = annotations.get(key).copied().unwrap_or_default();
        assert!(
            met >= *count,
            "{key} occurs {count} times, but only {met} were compared"
        );
    }
    println!(
        "{annotations:?}; {} facts in all",
        walk.compared.values().sum::<usize>()
    );
    counts
}

#[test]
fn our_document_keeps_every_fact() {
    let openapi = serde_json::from_str(&ours().openapi).expect("JSON");
    let counts = assert_facts_are_kept(&description_json(), &openapi);
    assert_eq!(openapi["openapi"], "3.0.3");
    assert!(
        counts["x-ms-enum"] > 50 && counts["x-ms-pageable"] > 10,
        "{counts:?}"
    );
}

#[test]
fn documents_of_microsofts_descriptions_keep_every_fact() {
    let Some(folder) = reference() else {
        return;
    };
    for version in ["2022-10-01.16.0", "2023-11-01.18.0", "2024-02-01.19.0"] {
        let text = read(&folder.join(format!("BatchService-{version}.json")));
        let description = serde_json::from_str(&text).expect("JSON");
        let counts = assert_facts_are_kept(&description, &document(&text));
        assert!(
            counts.contains_key("x-ms-parameter-grouping"),
            "{version}: {counts:?}"
        );
    }
}

#[test]
fn a_description_beside_a_reference_is_preserved() {
    let openapi = document(&library().to_string());
    assert_eq!(
        openapi["components"]["schemas"]["Shelf"]["properties"]["room"],
        json!({
            "allOf": [{ "$ref": "#/components/schemas/Room" }],
            "description": "Where it is.",
            "nullable": true
        })
    );
    let alone = &openapi["components"]["schemas"]["Shelf"]["properties"]["state"];
    assert_eq!(*alone, json!({ "$ref": "#/components/schemas/ShelfState" }));
}

#[test]
fn a_file_is_a_body_of_bytes_in_both_spellings() {
    let binary = json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } });
    for written in [
        json!({ "type": "file" }),
        json!({ "type": "object", "format": "file" }),
    ] {
        let mut description = library();
        let operation = &mut description["paths"]["/shelves/{shelfId}/picture"]["get"];
        operation["responses"]["200"]["schema"] = written;
        let openapi = document(&description.to_string());
        let operation = &openapi["paths"]["/shelves/{shelfId}/picture"]["get"];
        assert_eq!(operation["responses"]["200"]["content"], binary);
    }
}

#[test]
fn bodies_and_parameters_keep_their_facts() {
    let openapi = document(&library().to_string());
    assert_eq!(
        openapi["paths"]["/shelves/{shelfId}/close"]["post"]["requestBody"],
        json!({
            "content": { "application/json; odata=minimalmetadata": {
                "schema": { "$ref": "#/components/schemas/ShelfClose" }
            } },
            "x-ms-client-name": "why",
            "x-ms-requestBody-name": "reason"
        })
    );
    assert_eq!(
        openapi["paths"]["/shelves"]["get"]["parameters"][1]["schema"],
        json!({ "type": "integer", "format": "int32", "default": 1000, "minimum": 1, "maximum": 1000 })
    );
    assert_eq!(
        openapi["servers"][0],
        json!({
            "url": "{libraryUrl}",
            "variables": { "libraryUrl": {
                "default": "https://account.region.batch.azure.com",
                "description": "",
                "x-ms-parameter-location": "client",
                "x-ms-skip-url-encoding": true
            } },
            "x-ms-use-scheme-prefix": false
        })
    );
}

#[test]
fn media_types_of_an_operation_override_those_of_the_document() {
    let mut description = library();
    description["paths"]["/shelves"]["post"]["consumes"] = json!(["application/json", "text/json"]);
    let openapi = document(&description.to_string());
    let content = &openapi["paths"]["/shelves"]["post"]["requestBody"]["content"];
    let types: Vec<&String> = members(content).map(|(name, _)| name).collect();
    assert_eq!(types, ["application/json", "text/json"]);
}

#[test]
fn the_document_reads_back_as_it_was_written() {
    let swagger = swagger::parse(description()).expect("our description");
    let faithful = openapi::convert(&swagger).expect("an OpenAPI document");
    let read: openapiv3::OpenAPI = serde_json::from_str(&ours().openapi).expect("OpenAPI");
    assert_eq!(read, faithful);
}
