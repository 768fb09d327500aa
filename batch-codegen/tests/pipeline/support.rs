//! Shared by the tests: a small description to modify, our description read once, and parsed
//! generated code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use batch_codegen::{Output, TABLE_FILES, TableContents};
use serde_json::{Value, json};

/// The error codes of the small description.
const CODES: &str = r#"{ "source": "made up", "codes": [
    { "code": "ShelfNotFound", "status": 404, "kind": "request", "description": "No such shelf." }
] }"#;

/// No filters: the library's listing has none.
const FILTERS: &str = r#"{ "source": "made up", "filters": [] }"#;

/// A library of books in the dialect of Batch: small, but with something to do for every stage.
pub(crate) fn library() -> Value {
    json!({
        "swagger": "2.0",
        "info": { "title": "Library", "version": batch_codegen::TABLES_VERSION, "description": "Shelves and books." },
        "x-ms-parameterized-host": {
            "hostTemplate": "{libraryUrl}",
            "useSchemePrefix": false,
            "parameters": [{ "$ref": "#/parameters/LibraryUrl" }]
        },
        "schemes": ["https"],
        "consumes": ["application/json; odata=minimalmetadata"],
        "produces": ["application/json"],
        "paths": library_paths(),
        "parameters": {
            "LibraryUrl": { "name": "libraryUrl", "in": "path", "required": true, "type": "string",
                "x-ms-parameter-location": "client", "x-ms-skip-url-encoding": true },
            "ApiVersion": { "name": "api-version", "in": "query", "required": true, "type": "string" },
            "ShelfId": { "name": "shelfId", "in": "path", "required": true, "type": "string" }
        },
        "responses": {
            "Error": { "description": "An error.", "schema": { "$ref": "#/definitions/Failure" } }
        },
        "definitions": library_definitions()
    })
}

fn library_paths() -> Value {
    json!({
        "/shelves": {
            "get": {
                "operationId": "Shelf_List",
                "summary": "Lists the shelves.",
                "parameters": [
                    { "$ref": "#/parameters/ApiVersion" },
                    { "name": "maxresults", "in": "query", "type": "integer", "format": "int32",
                      "default": 1000, "minimum": 1, "maximum": 1000, "description": "Page size." },
                    { "name": "If-Modified-Since", "in": "header", "type": "string",
                      "format": "date-time-rfc1123" }
                ],
                "responses": {
                    "200": {
                        "description": "A page.",
                        "headers": { "ETag": { "type": "string", "description": "A mark." } },
                        "schema": { "$ref": "#/definitions/ShelfList" }
                    },
                    "default": { "$ref": "#/responses/Error" }
                },
                "x-ms-pageable": { "nextLinkName": "odata.nextLink" }
            },
            "post": {
                "operationId": "Shelf_Add",
                "parameters": [
                    { "$ref": "#/parameters/ApiVersion" },
                    { "name": "shelf", "in": "body", "required": true,
                      "schema": { "$ref": "#/definitions/ShelfAdd" } }
                ],
                "responses": {
                    "201": { "description": "The shelf is added." },
                    "default": { "$ref": "#/responses/Error" }
                }
            }
        },
        "/shelves/{shelfId}/close": {
            "post": {
                "operationId": "Shelf_Close",
                "parameters": [
                    { "$ref": "#/parameters/ShelfId" },
                    { "$ref": "#/parameters/ApiVersion" },
                    { "name": "reason", "in": "body", "x-ms-client-name": "why",
                      "schema": { "$ref": "#/definitions/ShelfClose" } }
                ],
                "responses": { "202": { "description": "It will be closed." } }
            }
        },
        "/shelves/{shelfId}/picture": {
            "get": {
                "operationId": "Shelf_GetPicture",
                "produces": ["application/octet-stream"],
                "parameters": [
                    { "$ref": "#/parameters/ShelfId" },
                    { "$ref": "#/parameters/ApiVersion" }
                ],
                "responses": {
                    "200": { "description": "The picture.", "schema": { "type": "file" } }
                }
            }
        }
    })
}

fn library_definitions() -> Value {
    json!({
        "Failure": { "type": "object", "properties": { "code": { "type": "string" } } },
        "ShelfList": {
            "type": "object",
            "properties": {
                "value": { "type": "array", "items": { "$ref": "#/definitions/Shelf" } },
                "odata.nextLink": { "type": "string" }
            }
        },
        "Shelf": {
            "type": "object",
            "title": "A shelf.",
            "required": ["id"],
            "properties": {
                "id": { "type": "string", "readOnly": true },
                "room": { "$ref": "#/definitions/Room", "description": "Where it is.", "x-nullable": true },
                "state": { "$ref": "#/definitions/ShelfState" },
                "books": { "type": "integer", "format": "int64", "minimum": 0, "maximum": 5000 },
                "width": { "type": "number", "format": "double" },
                "built": { "type": "string", "format": "date-time" },
                "lent": { "type": "string", "format": "duration" },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } }
            }
        },
        "ShelfState": {
            "type": "string",
            "enum": ["open", "closed"],
            "x-ms-enum": { "name": "ShelfState", "modelAsString": false, "values": [
                { "value": "open", "name": "Open", "description": "Books can be taken." },
                { "value": "closed", "name": "Closed", "description": "They cannot." }
            ] }
        },
        "Room": {
            "type": "object",
            "properties": {
                "floor": { "type": "integer", "format": "int32" },
                "doors": { "type": "array", "maxItems": 4, "items": { "$ref": "#/definitions/Door" } }
            }
        },
        "Door": { "type": "object", "properties": { "color": { "type": "string" } } },
        "ShelfAdd": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": { "type": "string", "maxLength": 64 },
                "password": { "type": "string", "x-ms-secret": true },
                "room": { "$ref": "#/definitions/Room" }
            }
        },
        "ShelfClose": { "type": "object", "properties": { "reason": { "type": "string" } } }
    })
}

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Returns the text of our description.
pub(crate) fn description() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| read(&root().join("spec/BatchService.json")))
}

/// Returns our description as plain JSON, to compare with the pipeline's output.
pub(crate) fn description_json() -> Value {
    serde_json::from_str(description()).expect("spec/BatchService.json is JSON")
}

/// Returns the tables beside our description.
pub(crate) fn tables() -> TableContents {
    let spec = root().join("spec");
    let contents = TABLE_FILES.map(|file| (file.to_owned(), read(&spec.join(file))));
    contents.into_iter().chain(changes()).collect()
}

/// Returns the changes of later versions.
pub(crate) fn changes() -> TableContents {
    let spec = root().join("spec");
    let names = ["versions/2024-07-01.20.0.json", "versions/2025-06-01.json"];
    let files = names.map(|file| (file.to_owned(), read(&spec.join(file))));
    files.into_iter().collect()
}

/// Returns the description of all versions together.
pub(crate) fn union_json() -> Value {
    let union = batch_codegen::union(description(), &changes()).expect("changes that fit");
    serde_json::from_str(&union.expect("several versions")).expect("JSON")
}

/// Returns our tables with the content of one replaced.
pub(crate) fn tables_with(file: &str, text: &str) -> TableContents {
    let mut tables = tables();
    tables.insert(file.to_owned(), text.to_owned());
    tables
}

/// Returns the tables of the library: its codes, its filters, and no facts, so that every row is
/// `todo`.
pub(crate) fn library_tables() -> TableContents {
    let empty = "{\n  \"source\": \"made up\",\n  \"rows\": [\n  ]\n}\n";
    let contents = TABLE_FILES.map(|file| (file.to_owned(), empty.to_owned()));
    let mut tables: TableContents = contents.into_iter().collect();
    tables.insert("error-codes.json".to_owned(), CODES.to_owned());
    tables.insert("filters.json".to_owned(), FILTERS.to_owned());
    tables
}

/// Returns the output for our description; generated once for all tests.
pub(crate) fn ours() -> &'static Output {
    static OUTPUT: OnceLock<Output> = OnceLock::new();
    OUTPUT.get_or_init(|| make(description()))
}

/// Generates from a description that is expected to be valid.
pub(crate) fn make(description: &str) -> Output {
    batch_codegen::generate(description, &tables()).unwrap_or_else(|e| panic!("{e}"))
}

/// Returns the descriptions in the folder that `BATCH_REFERENCE` names, relative to the workspace.
/// Without the variable, prints that the test is skipped.
pub(crate) fn reference() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("BATCH_REFERENCE") else {
        println!("skipped: BATCH_REFERENCE is not set");
        return None;
    };
    Some(root().join(folder).join("reference"))
}

pub(crate) fn parse(text: &str) -> syn::File {
    syn::parse_file(text).expect("generated text is Rust")
}

/// Returns the structs of generated models by name.
pub(crate) fn structs(output: &Output) -> BTreeMap<String, syn::ItemStruct> {
    let items = model_files(output).flat_map(|(_, text)| parse(text).items);
    let structs = items.filter_map(|item| match item {
        syn::Item::Struct(item) => Some((item.ident.to_string(), item)),
        _ => None,
    });
    structs.collect()
}

/// Returns the generated enums by name.
pub(crate) fn enums(output: &Output) -> BTreeMap<String, syn::ItemEnum> {
    let items = parse(&output.client["enums.rs"]).items.into_iter();
    let enums = items.filter_map(|item| match item {
        syn::Item::Enum(item) => Some((item.ident.to_string(), item)),
        _ => None,
    });
    enums.collect()
}

pub(crate) fn model_files(output: &Output) -> impl Iterator<Item = (&String, &String)> {
    let files = output.client.iter();
    files.filter(|(path, _)| path.starts_with("models/") && !path.ends_with("/mod.rs"))
}

/// Returns the members of a JSON object; none for any other value.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Returns path, method and operation for all operations of a Swagger description.
pub(crate) fn operations(swagger: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    members(&swagger["paths"]).flat_map(|(path, item)| {
        let methods = members(item).filter(|(method, _)| *method != "parameters");
        methods.map(move |(method, operation)| (path, method, operation))
    })
}
