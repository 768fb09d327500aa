//! Our description as TypeSpec would write it: the rules of `batch-codegen/src/dialect/` backwards.
//! Made from ours at run time, so that it has no sentence of anybody else's.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The media type of every body.
const BODIES: &str = "application/json; odata=minimalmetadata";

/// TypeSpec's names by ours, from the content of `spec/names.json`.
struct Theirs {
    operations: BTreeMap<String, String>,
    models: BTreeMap<String, String>,
}

impl Theirs {
    fn of(names: &Value) -> Self {
        let table = |name: &str| -> BTreeMap<String, String> {
            let rows = names[name].as_object().expect("a table").iter();
            let rows = rows.filter(|(theirs, _)| !theirs.ends_with("Update"));
            rows.map(|(theirs, ours)| (ours.as_str().expect("a name").to_owned(), theirs.clone()))
                .collect()
        };
        let mut models = table("models");
        models.extend(table("enums"));
        Self {
            operations: table("operations"),
            models,
        }
    }

    /// Returns the name of an operation; one that TypeSpec files lack gets a name in their style.
    fn operation(&self, id: &str) -> String {
        let (group, name) = id.split_once('_').expect("an id");
        let known = self.operations.get(id).cloned();
        known.unwrap_or_else(|| format!("{group}s_{name}{group}"))
    }

    fn model<'a>(&'a self, name: &'a str) -> &'a str {
        self.models.get(name).map_or(name, String::as_str)
    }
}

/// Returns a description in our dialect as TypeSpec would write it, under the names that are on the
/// left side of `spec/names.json`.
pub(crate) fn typespec(ours: &Value, names: &Value) -> Value {
    let names = Theirs::of(names);
    let mut out = ours.clone();
    out["info"]["x-typespec-generated"] = json!([{ "emitter": "@azure-tools/typespec-autorest" }]);
    out["tags"] = json!([{ "name": "Pools" }, { "name": "Jobs" }]);
    out["consumes"] = json!(["application/json"]);
    out["security"] = json!([{ "Sign-in": ["https://batch.example/.default"] }]);
    out["securityDefinitions"] = json!({ "Sign-in": {
        "type": "oauth2", "flow": "implicit",
        "authorizationUrl": "https://login.example/authorize",
        "scopes": { "https://batch.example/.default": "" }
    } });
    out["x-ms-parameterized-host"] = json!({
        "hostTemplate": "{endpoint}", "useSchemePrefix": false,
        "parameters": [{ "name": "endpoint", "in": "path", "required": true, "type": "string",
            "format": "uri", "x-ms-skip-url-encoding": true }]
    });
    let shared = out["parameters"].take();
    let responses = out["responses"].take();
    out.as_object_mut().expect("an object").remove("responses");
    out["parameters"] = json!({ "Azure.Core.Foundations.ApiVersionParameter": {
        "name": "api-version", "in": "query", "required": true, "type": "string", "minLength": 1,
        "x-ms-parameter-location": "method", "x-ms-client-name": "apiVersion"
    } });
    for (_, item) in out["paths"].as_object_mut().expect("paths") {
        for (_, operation) in item.as_object_mut().expect("operations") {
            write_operation(operation, &shared, &responses, &names);
        }
    }
    move_enums(&mut out);
    write_schemas(&mut out);
    rename(&mut out, &names);
    out
}

fn write_operation(operation: &mut Value, shared: &Value, responses: &Value, names: &Theirs) {
    for parameter in operation["parameters"].as_array_mut().expect("a list") {
        if let Some(link) = parameter["$ref"].as_str() {
            if link == "#/parameters/ApiVersion" {
                *parameter =
                    json!({ "$ref": "#/parameters/Azure.Core.Foundations.ApiVersionParameter" });
                continue;
            }
            let name = link.trim_start_matches("#/parameters/");
            *parameter = shared[name].clone();
        }
        write_parameter(parameter);
    }
    let has_body = operation["parameters"]
        .as_array()
        .expect("a list")
        .iter()
        .any(|p| p["in"] == "body");
    if has_body {
        operation["consumes"] = json!([BODIES]);
    }
    for (_, response) in operation["responses"].as_object_mut().expect("responses") {
        if let Some(link) = response["$ref"].as_str() {
            let name = link.trim_start_matches("#/responses/");
            *response = responses[name].clone();
        }
        if response["schema"]["format"] == "file" {
            response["schema"] = json!({ "type": "file" });
        }
        let headers = response.get_mut("headers").and_then(Value::as_object_mut);
        for (_, header) in headers.into_iter().flatten() {
            write_format(header);
        }
    }
    let id = operation["operationId"].as_str().expect("an id");
    operation["operationId"] = json!(names.operation(id));
}

fn write_parameter(parameter: &mut Value) {
    write_format(parameter);
    let name = parameter["name"].as_str().expect("a name").to_owned();
    let members = parameter.as_object_mut().expect("an object");
    members.remove("x-ms-client-name");
    match name.as_str() {
        "$select" | "$expand" => {
            members.insert("type".into(), json!("array"));
            members.insert("items".into(), json!({ "type": "string" }));
            members.insert("collectionFormat".into(), json!("csv"));
        }
        "If-Match" => {
            members.insert("x-ms-client-name".into(), json!("ifMatch"));
        }
        _ => {}
    }
    if members.get("in") == Some(&json!("body")) {
        members.insert("name".into(), json!("content"));
    }
}

/// Writes an HTTP date under its newer name, and the id of a request without its format.
fn write_format(node: &mut Value) {
    match node["format"].as_str() {
        Some("date-time-rfc1123") => node["format"] = json!("date-time-rfc7231"),
        Some("uuid") => {
            node.as_object_mut().expect("an object").remove("format");
        }
        _ => {}
    }
}

/// Makes each enum a definition, named by `x-ms-enum`.
fn move_enums(document: &mut Value) {
    let mut enums = Map::new();
    for (_, definition) in document["definitions"].as_object_mut().expect("an object") {
        each_schema(definition, &mut |schema| {
            let Some(name) = schema["x-ms-enum"]["name"].as_str() else {
                return;
            };
            let name = name.to_owned();
            let mut moved = Map::new();
            let members = schema.as_object_mut().expect("an object");
            for key in ["type", "enum", "x-ms-enum"] {
                moved.insert(key.into(), members.remove(key).expect(key));
            }
            members.insert("$ref".into(), json!(format!("#/definitions/{name}")));
            let mut moved = Value::Object(moved);
            moved["x-ms-enum"]["modelAsString"] = json!(true);
            for value in moved["x-ms-enum"]["values"]
                .as_array_mut()
                .into_iter()
                .flatten()
            {
                let wire = value["value"].as_str().expect("a value").to_owned();
                value["name"] = json!(format!("{}{}", wire[..1].to_uppercase(), &wire[1..]));
            }
            enums.insert(name, moved);
        });
    }
    let definitions = document["definitions"].as_object_mut().expect("an object");
    definitions.extend(enums);
}

/// Writes the formats and marks that TypeSpec adds.
fn write_schemas(document: &mut Value) {
    for (_, definition) in document["definitions"].as_object_mut().expect("an object") {
        each_schema(definition, &mut |schema| {
            let members = schema.as_object_mut().expect("an object");
            if members.get("format") == Some(&json!("double")) {
                members.insert("format".into(), json!("float"));
            }
            if members.get("type") == Some(&json!("array")) {
                members.insert("x-ms-identifiers".into(), json!([]));
            }
            let properties = members.get_mut("properties").and_then(Value::as_object_mut);
            for (name, property) in properties.into_iter().flatten() {
                let members = property.as_object_mut().expect("an object");
                members.remove("x-ms-client-name");
                match name.as_str() {
                    "password" => {
                        members.insert("format".into(), json!("password"));
                        members.insert("x-ms-secret".into(), json!(true));
                    }
                    "url" => {
                        members.insert("format".into(), json!("uri"));
                    }
                    "lun" => {
                        members.insert("x-ms-client-name".into(), json!("logicalUnitNumber"));
                    }
                    _ => {}
                }
            }
        });
    }
}

/// Gives every definition their name.
fn rename(document: &mut Value, names: &Theirs) {
    let now = |name: &str| names.model(name).to_owned();
    let definitions = document["definitions"].take();
    let Value::Object(definitions) = definitions else {
        panic!("definitions")
    };
    let mut renamed = Map::new();
    for (name, mut definition) in definitions {
        if definition["x-ms-enum"]["name"].is_string() {
            definition["x-ms-enum"]["name"] = json!(now(&name));
        }
        renamed.insert(now(&name), definition);
    }
    document["definitions"] = Value::Object(renamed);
    links(document, &now);
}

fn links(node: &mut Value, now: &impl Fn(&str) -> String) {
    match node {
        Value::Object(members) => {
            for (key, inner) in members {
                let link = inner
                    .as_str()
                    .and_then(|l| l.strip_prefix("#/definitions/"));
                match link {
                    Some(name) if key == "$ref" => {
                        *inner = json!(format!("#/definitions/{}", now(name)));
                    }
                    _ => links(inner, now),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| links(item, now)),
        _ => {}
    }
}

/// Calls a function with a schema and everything inside of it, the inner ones first.
fn each_schema(schema: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (_, property) in properties.into_iter().flatten() {
        each_schema(property, visit);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(key)
            && inner.is_object()
        {
            each_schema(inner, visit);
        }
    }
    visit(schema);
}

/// Adds what a next version could have: two operations, three models, a value of an enum, another
/// client name, a definition that is a bare string, and a count as text.
pub(crate) fn next(document: &mut Value) {
    document["info"]["version"] = json!("2027-01-01");
    let mut pause = document["paths"]["/pools/{poolId}/stopresize"]["post"].clone();
    pause["operationId"] = json!("Pools_PausePool");
    pause["consumes"] = json!([BODIES]);
    pause["parameters"]
        .as_array_mut()
        .expect("a list")
        .push(json!({
            "name": "content", "in": "body", "required": true,
            "schema": { "$ref": "#/definitions/BatchPoolPauseOptions" }
        }));
    document["paths"]["/pools/{poolId}/pause"] = json!({ "post": pause });
    let mut plan = document["paths"]["/pools/{poolId}"]["get"].clone();
    plan["operationId"] = json!("Pools_GetPoolPlan");
    let parameters = plan["parameters"].as_array_mut().expect("a list");
    parameters.retain(|p| p["name"] != "$expand" && p["name"] != "$select");
    plan["responses"]["200"]["schema"] = json!({ "$ref": "#/definitions/BatchPoolPlan" });
    document["paths"]["/pools/{poolId}/plan"] = json!({ "get": plan });
    let definitions = &mut document["definitions"];
    definitions["BatchPoolPauseOptions"] = json!({ "type": "object", "properties": {
        "gracePeriod": { "type": "string", "format": "duration" }
    } });
    definitions["BatchPoolPlan"] = json!({ "type": "object", "properties": {
        "steps": { "type": "array", "items": { "$ref": "#/definitions/BatchPoolPlanStep" },
            "x-ms-identifiers": [] },
        "gateway": { "$ref": "#/definitions/Azure.Core.ipV4Address" }
    } });
    definitions["BatchPoolPlanStep"] = json!({ "type": "object", "properties": {
        "remainingSeconds": { "type": "string", "format": "int64" },
        "nodeOS": { "type": "integer", "format": "int32", "x-ms-client-name": "operatingSystemCount" }
    } });
    definitions["Azure.Core.ipV4Address"] = json!({ "type": "string", "format": "ipv4" });
    let state = &mut definitions["BatchPoolState"];
    state["enum"]
        .as_array_mut()
        .expect("a list")
        .push(json!("paused"));
    let values = state["x-ms-enum"]["values"].as_array_mut().expect("a list");
    values.push(json!({ "name": "Paused", "value": "paused" }));
}
