//! A bad description gets an error that says where and why.

use batch_codegen::generate;
use serde_json::{Value, json};

use super::support::{library, library_tables};

/// The mistake, its change of the library, the place of the error, and a part of the message.
type Case = (&'static str, fn(&mut Value), &'static str, &'static str);

/// Removes a key from an object.
fn drop_key(object: &mut Value, key: &str) {
    let object = object.as_object_mut().expect("an object");
    object.remove(key).expect("the key is there");
}

fn list(doc: &mut Value) -> &mut Value {
    &mut doc["paths"]["/shelves"]["get"]
}

fn add(doc: &mut Value) -> &mut Value {
    &mut doc["paths"]["/shelves"]["post"]
}

fn close(doc: &mut Value) -> &mut Value {
    &mut doc["paths"]["/shelves/{shelfId}/close"]["post"]
}

fn shelf(doc: &mut Value) -> &mut Value {
    &mut doc["definitions"]["Shelf"]
}

fn state(doc: &mut Value) -> &mut Value {
    &mut doc["definitions"]["ShelfState"]
}

const DOCUMENT: &[Case] = &[
    (
        "another version of Swagger",
        |d| d["swagger"] = json!("3.0"),
        "$.swagger",
        "expected \"2.0\", found \"3.0\"",
    ),
    (
        "an unknown key at the root",
        |d| d["x-ms-paths"] = json!({}),
        "$.x-ms-paths",
        "unknown field `x-ms-paths`",
    ),
    (
        "an unknown key of an operation",
        |d| list(d)["x-ms-odata"] = json!("#/definitions/Shelf"),
        "$.paths['/shelves'].get.x-ms-odata",
        "unknown field `x-ms-odata`",
    ),
    (
        "an unknown key of a parameter",
        |d| list(d)["parameters"][1]["collectionFormat"] = json!("csv"),
        "$.paths['/shelves'].get.parameters[1].collectionFormat",
        "unknown field `collectionFormat`",
    ),
    (
        "an unknown key of a header",
        |d| list(d)["responses"]["200"]["headers"]["ETag"]["pattern"] = json!("0x"),
        "$.paths['/shelves'].get.responses.200.headers.ETag.pattern",
        "unknown field `pattern`",
    ),
    (
        "an unknown key deep in a definition",
        |d| shelf(d)["properties"]["labels"]["additionalProperties"]["const"] = json!(1),
        "$.definitions.Shelf.properties.labels.additionalProperties.const",
        "unknown field `const`",
    ),
    (
        "an unknown key of a value of an enum",
        |d| state(d)["x-ms-enum"]["values"][1]["since"] = json!("2020"),
        "$.definitions.ShelfState.x-ms-enum.values[1].since",
        "unknown field `since`",
    ),
    (
        "a value of the wrong type",
        |d| list(d)["deprecated"] = json!("yes"),
        "$.paths['/shelves'].get.deprecated",
        "expected a boolean",
    ),
    (
        "an operation without an id",
        |d| drop_key(list(d), "operationId"),
        "$.paths['/shelves'].get",
        "missing field `operationId`",
    ),
    (
        "no parameterized host",
        |d| drop_key(d, "x-ms-parameterized-host"),
        "$",
        "neither `x-ms-parameterized-host` nor `host`",
    ),
    (
        "a fixed host beside the parameterized one",
        |d| d["host"] = json!("library.example"),
        "$.host",
        "\"library.example\" beside `x-ms-parameterized-host`",
    ),
    (
        "a missing host parameter",
        |d| d["x-ms-parameterized-host"]["parameters"][0]["$ref"] = json!("#/parameters/Url"),
        "$.x-ms-parameterized-host.parameters[0]",
        "\"#/parameters/Url\", which does not exist",
    ),
    (
        "an unsupported OAuth 2 flow",
        |d| {
            d["securityDefinitions"] =
                json!({ "sign_in": { "type": "oauth2", "flow": "password" } });
        },
        "$.securityDefinitions.sign_in",
        "found \"oauth2\" with Some(\"password\")",
    ),
    (
        "an apiKey outside of the headers",
        |d| {
            d["securityDefinitions"] =
                json!({ "key": { "type": "apiKey", "name": "k", "in": "query" } });
        },
        "$.securityDefinitions.key",
        "only `header` is supported",
    ),
];

const LINKS: &[Case] = &[
    (
        "a missing definition",
        |d| shelf(d)["properties"]["room"]["$ref"] = json!("#/definitions/Hall"),
        "$.definitions.Shelf.properties.room",
        "\"#/definitions/Hall\", which does not exist",
    ),
    (
        "missing items",
        |d| {
            d["definitions"]["ShelfList"]["properties"]["value"]["items"]["$ref"] =
                json!("#/definitions/Plank");
        },
        "$.definitions.ShelfList.properties.value.items",
        "\"#/definitions/Plank\", which does not exist",
    ),
    (
        "a missing body",
        |d| add(d)["parameters"][1]["schema"]["$ref"] = json!("#/definitions/NewShelf"),
        "$.paths['/shelves'].post.parameters[1].schema",
        "\"#/definitions/NewShelf\", which does not exist",
    ),
    (
        "a missing response model",
        |d| list(d)["responses"]["200"]["schema"]["$ref"] = json!("#/definitions/Shelves"),
        "$.paths['/shelves'].get.responses.200.schema",
        "\"#/definitions/Shelves\", which does not exist",
    ),
    (
        "a missing parameter",
        |d| close(d)["parameters"][1]["$ref"] = json!("#/parameters/Version"),
        "$.paths['/shelves/{shelfId}/close'].post.parameters[1]",
        "\"#/parameters/Version\", which does not exist",
    ),
    (
        "a missing response",
        |d| add(d)["responses"]["default"]["$ref"] = json!("#/responses/Fault"),
        "$.paths['/shelves'].post.responses.default",
        "\"#/responses/Fault\", which does not exist",
    ),
    (
        "a reference of the wrong kind",
        |d| add(d)["responses"]["default"]["$ref"] = json!("#/definitions/Failure"),
        "$.paths['/shelves'].post.responses.default",
        "expected one that starts with \"#/responses/\"",
    ),
    (
        "a reference to another file",
        |d| shelf(d)["properties"]["room"]["$ref"] = json!("rooms.json#/definitions/Room"),
        "$.definitions.Shelf.properties.room",
        "expected one that starts with \"#/definitions/\"",
    ),
    (
        "a definition that contains itself",
        |d| {
            d["definitions"]["Room"]["properties"]["behind"] =
                json!({ "$ref": "#/definitions/Shelf" });
        },
        "$.definitions.Room",
        "the definition contains itself",
    ),
];

const OPERATIONS: &[Case] = &[
    (
        "a duplicate operation id",
        |d| add(d)["operationId"] = json!("Shelf_List"),
        "$.paths['/shelves'].post",
        "duplicate operation id \"Shelf_List\", first used at $.paths['/shelves'].get",
    ),
    (
        "an operation id of one word",
        |d| add(d)["operationId"] = json!("AddShelf"),
        "$.paths['/shelves'].post.operationId",
        "expected Group_Name, found \"AddShelf\"",
    ),
    (
        "an operation id of three words",
        |d| add(d)["operationId"] = json!("Shelf_Add_Many"),
        "$.paths['/shelves'].post.operationId",
        "expected Group_Name",
    ),
    (
        "a path parameter without its segment",
        |d| add(d)["parameters"][0] = json!({ "$ref": "#/parameters/ShelfId" }),
        "$.paths['/shelves'].post.parameters",
        "\"shelfId\": the path has no such segment",
    ),
    (
        "a segment without its path parameter",
        |d| {
            let parameters = close(d)["parameters"].as_array_mut().expect("a list");
            parameters.remove(0);
        },
        "$.paths['/shelves/{shelfId}/close'].post.parameters",
        "\"shelfId\": the path names it, but no parameter defines it",
    ),
    (
        "an unclosed brace",
        |d| {
            let item = d["paths"]["/shelves"].take();
            d["paths"] = json!({ "/shelves/{shelfId": item });
        },
        "$.paths['/shelves/{shelfId'].get",
        "the path has an unclosed brace",
    ),
    (
        "an optional path parameter",
        |d| d["parameters"]["ShelfId"]["required"] = json!(false),
        "$.parameters.ShelfId",
        "a path parameter must be `required`",
    ),
    (
        "a duplicate parameter",
        |d| list(d)["parameters"][1] = json!({ "$ref": "#/parameters/ApiVersion" }),
        "$.paths['/shelves'].get.parameters[1]",
        "duplicate parameter \"api-version\"",
    ),
    (
        "a parameter without a name",
        |d| drop_key(&mut list(d)["parameters"][1], "name"),
        "$.paths['/shelves'].get.parameters[1]",
        "the parameter has no `name`",
    ),
    (
        "a parameter in a place that does not exist",
        |d| list(d)["parameters"][1]["in"] = json!("cookie"),
        "$.paths['/shelves'].get.parameters[1].in",
        "found Some(\"cookie\")",
    ),
    (
        "a parameter of an unknown type",
        |d| list(d)["parameters"][1]["type"] = json!("array"),
        "$.paths['/shelves'].get.parameters[1].type",
        "expected string, integer or boolean, found \"array\"",
    ),
    (
        "a parameter of an unknown format",
        |d| list(d)["parameters"][2]["format"] = json!("date-time-rfc850"),
        "$.paths['/shelves'].get",
        "\"If-Modified-Since\" has the unknown format \"date-time-rfc850\"",
    ),
    (
        "a body without a schema",
        |d| drop_key(&mut add(d)["parameters"][1], "schema"),
        "$.paths['/shelves'].post.parameters[1]",
        "a body parameter needs a `schema`",
    ),
    (
        "a body that is not a definition",
        |d| add(d)["parameters"][1]["schema"] = json!({ "type": "string" }),
        "$.paths['/shelves'].post",
        "a request body must refer to a definition",
    ),
    (
        "an invalid status code",
        |d| add(d)["responses"]["2XX"] = json!({ "description": "Fine." }),
        "$.paths['/shelves'].post.responses.2XX",
        "expected a status code or \"default\"",
    ),
    (
        "a response without a description",
        |d| drop_key(&mut add(d)["responses"]["201"], "description"),
        "$.paths['/shelves'].post.responses.201",
        "the response has no `description`",
    ),
    (
        "no success response",
        |d| drop_key(&mut add(d)["responses"], "201"),
        "$.paths['/shelves'].post",
        "no success response",
    ),
    (
        "two success responses with different bodies",
        |d| list(d)["responses"]["202"] = json!({ "description": "Later." }),
        "$.paths['/shelves'].get",
        "the success responses have different bodies",
    ),
    (
        "a listing without the name of its link",
        |d| drop_key(&mut list(d)["x-ms-pageable"], "nextLinkName"),
        "$.paths['/shelves'].get",
        "`x-ms-pageable` without `nextLinkName`",
    ),
    (
        "a listing with a missing link",
        |d| list(d)["x-ms-pageable"]["nextLinkName"] = json!("next"),
        "$.definitions.ShelfList",
        "Shelf_List is pageable by \"value\" and \"next\", but it does not have both",
    ),
    (
        "a listing with missing items",
        |d| list(d)["x-ms-pageable"]["itemName"] = json!("shelves"),
        "$.definitions.ShelfList",
        "pageable by \"shelves\"",
    ),
    (
        "a listing without a body",
        |d| drop_key(&mut list(d)["responses"]["200"], "schema"),
        "$.paths['/shelves'].get",
        "`x-ms-pageable` on a response without a body",
    ),
];

const SCHEMAS: &[Case] = &[
    (
        "a missing required property",
        |d| shelf(d)["required"] = json!(["id", "name"]),
        "$.definitions.Shelf.required",
        "\"name\" is not among the properties",
    ),
    (
        "a property of an unknown type",
        |d| shelf(d)["properties"]["books"]["type"] = json!("long"),
        "$.definitions.Shelf.properties.books.type",
        "unknown type \"long\"",
    ),
    (
        "a file outside of a response",
        |d| shelf(d)["properties"]["id"]["type"] = json!("file"),
        "$.definitions.Shelf.properties.id.type",
        "unknown type \"file\"",
    ),
    (
        "a string with an unknown format",
        |d| shelf(d)["properties"]["built"]["format"] = json!("unixtime"),
        "$.definitions.Shelf.properties.built",
        "no Rust type is known for the type \"string\" with the format \"unixtime\"",
    ),
    (
        "a string with a format that only OpenAPI defines",
        |d| shelf(d)["properties"]["built"]["format"] = json!("date"),
        "$.definitions.Shelf.properties.built",
        "with the format \"date\"",
    ),
    (
        "an integer with an unknown format",
        |d| shelf(d)["properties"]["books"]["format"] = json!("int128"),
        "$.definitions.Shelf.properties.books",
        "with the format \"int128\"",
    ),
    (
        "a number with an unknown format",
        |d| shelf(d)["properties"]["width"]["format"] = json!("decimal"),
        "$.definitions.Shelf.properties.width",
        "with the format \"decimal\"",
    ),
    (
        "a bound that is not an integer",
        |d| shelf(d)["properties"]["books"]["minimum"] = json!(0.5),
        "$.definitions.Shelf.properties.books.minimum",
        "0.5 is not a 64-bit integer",
    ),
    (
        "an array without items",
        |d| {
            drop_key(
                &mut d["definitions"]["ShelfList"]["properties"]["value"],
                "items",
            );
        },
        "$.definitions.ShelfList.properties.value",
        "`type: array` and `items` need each other",
    ),
    (
        "a duplicate enum value",
        |d| state(d)["enum"] = json!(["open", "closed", "Open"]),
        "$.definitions.ShelfState.enum",
        "duplicate value \"Open\"",
    ),
    (
        "an enum without a name",
        |d| drop_key(state(d), "x-ms-enum"),
        "$.definitions.ShelfState",
        "the enum has no name; add `x-ms-enum`",
    ),
    (
        "an enum without values",
        |d| drop_key(state(d), "enum"),
        "$.definitions.ShelfState.x-ms-enum",
        "`x-ms-enum` without `enum`",
    ),
    (
        "a description of a value that the enum does not have",
        |d| state(d)["x-ms-enum"]["values"][1]["value"] = json!("shut"),
        "$.definitions.ShelfState.x-ms-enum.values",
        "is listed only here or only in `enum`",
    ),
    (
        "one name for two enums",
        |d| {
            let mut other = state(d).clone();
            other["enum"] = json!(["open"]);
            other["x-ms-enum"]["values"] = json!([]);
            shelf(d)["properties"]["state"] = other;
        },
        "$.definitions.ShelfState",
        "the enum \"ShelfState\" has different values elsewhere",
    ),
    (
        "one name for an enum and a definition",
        |d| state(d)["x-ms-enum"]["name"] = json!("Door"),
        "$.definitions.Door",
        "an `x-ms-enum` has the same name",
    ),
    (
        "two values with one Rust name",
        |d| state(d)["x-ms-enum"]["values"][1]["name"] = json!("open"),
        "$.definitions.ShelfState",
        "the enum ShelfState has two variants \"Open\" in Rust",
    ),
    (
        "two properties with one Rust name",
        |d| shelf(d)["properties"]["Books"] = json!({ "type": "string" }),
        "$.definitions.Shelf",
        "two properties have the Rust name \"books\"",
    ),
    (
        "a client name that is another property's",
        |d| shelf(d)["properties"]["width"]["x-ms-client-name"] = json!("books"),
        "$.definitions.Shelf",
        "two properties have the Rust name \"books\"",
    ),
    (
        "a definition that is a list",
        |d| d["definitions"]["Door"] = json!({ "type": "array", "items": { "type": "string" } }),
        "$.definitions.Door",
        "neither an object nor an enum",
    ),
    (
        "a definition that is only a reference",
        |d| d["definitions"]["Door"] = json!({ "$ref": "#/definitions/Room" }),
        "$.definitions.Door",
        "only a `$ref`",
    ),
    (
        "inheritance",
        |d| shelf(d)["allOf"] = json!([{ "$ref": "#/definitions/Room" }]),
        "$.definitions.Shelf",
        "`allOf` is not supported",
    ),
    (
        "a type beside a reference",
        |d| shelf(d)["properties"]["room"]["type"] = json!("object"),
        "$.definitions.Shelf.properties.room",
        "`type` beside a `$ref`",
    ),
    (
        "a pattern of a number",
        |d| shelf(d)["properties"]["books"]["pattern"] = json!("^[0-9]+$"),
        "$.definitions.Shelf.properties.books",
        "`pattern` has no meaning for the type \"integer\"",
    ),
    (
        "an inline object",
        |d| {
            shelf(d)["properties"]["labels"] =
                json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        },
        "$.definitions.Shelf.properties.labels",
        "an inline object cannot have properties",
    ),
    (
        "a map of numbers",
        |d| shelf(d)["properties"]["labels"]["additionalProperties"]["type"] = json!("integer"),
        "$.definitions.Shelf.properties.labels.additionalProperties",
        "no Rust type is known for a map of other values",
    ),
    (
        "a definition with additional properties",
        |d| shelf(d)["additionalProperties"] = json!({ "type": "string" }),
        "$.definitions.Shelf",
        "a definition cannot have `additionalProperties`",
    ),
];

#[test]
fn an_error_says_where_and_why() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (what, mutate, place, why) in [DOCUMENT, LINKS, OPERATIONS, SCHEMAS].into_iter().flatten() {
        count += 1;
        let mut description = library();
        mutate(&mut description);
        match generate(&description.to_string(), &library_tables()) {
            Ok(_) => wrong.push(format!("{what}: no error")),
            Err(error) => {
                if error.path() != *place || !error.message().contains(why) {
                    wrong.push(format!("{what}: {error}\n    expected {place}: … {why} …"));
                }
                assert_eq!(
                    error.to_string(),
                    format!("{}: {}", error.path(), error.message())
                );
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    println!("{count} mistakes are found");
}

/// Returns the library as text with a part replaced, for mistakes that a JSON value cannot express.
fn with_replacement(old: &str, new: &str) -> String {
    let text = library().to_string();
    assert_eq!(text.matches(old).count(), 1, "{old}");
    text.replace(old, new)
}

#[test]
fn a_syntax_error_says_where_too() {
    let version = r#""swagger":"2.0""#;
    let schemes = r#""schemes":["https"]"#;
    let color = r#"{"color":{"type":"string"}}"#;
    let color_is = |text: &str| with_replacement(color, text);
    let cases = [
        ("nothing", String::new(), "$", "EOF"),
        (
            "not JSON",
            "swagger: 2.0".into(),
            "$",
            "expected value at line 1 column 1",
        ),
        ("a list", "[]".into(), "$", "expected struct Swagger"),
        (
            "text after the description",
            library().to_string() + " {}",
            "$",
            "unexpected text after the description",
        ),
        (
            "a truncated description",
            r#"{"swagger":"2.0","info":{"title":"Libr"#.into(),
            "$.info.title",
            "EOF while parsing a string at line 1 column 38",
        ),
        (
            "a duplicate key of the root",
            with_replacement(version, &format!("{version},{version}")),
            "$",
            "duplicate key `swagger`",
        ),
        (
            "a duplicate property",
            color_is(r#"{"color":{"type":"string"},"color":{"type":"integer"}}"#),
            "$.definitions.Door.properties",
            "duplicate key `color`",
        ),
        (
            "a duplicate keyword",
            color_is(r#"{"color":{"type":"string","type":"integer"}}"#),
            "$.definitions.Door.properties.color",
            "duplicate key `type`",
        ),
        (
            "a duplicate key in a value that may be any JSON",
            color_is(r#"{"color":{"type":"string","example":[{"a":1,"a":2}]}}"#),
            "$.definitions.Door.properties.color.example[0]",
            "duplicate key `a`",
        ),
        (
            "a value that is not a list",
            with_replacement(schemes, r#""schemes":"https""#),
            "$.schemes",
            "expected a sequence",
        ),
    ];
    for (what, text, place, why) in cases {
        let error = generate(&text, &library_tables()).expect_err(what);
        assert!(
            error.path() == place && error.message().contains(why),
            "{what}: {error}\n    expected {place}: … {why} …"
        );
    }
}

#[test]
fn bad_error_codes_are_an_error_in_their_file() {
    let codes = |entries: &str| format!(r#"{{ "source": "made up", "codes": [{entries}] }}"#);
    let entry =
        |code: &str| format!(r#"{{ "code": "{code}", "kind": "request", "description": "It." }}"#);
    let cases = [
        (String::from("{"), "EOF"),
        (
            codes(r#"{ "code": "A", "kind": "moon", "description": "It." }"#),
            "unknown variant `moon`",
        ),
        (
            codes(r#"{ "code": "A", "kind": "job" }"#),
            "missing field `description`",
        ),
        (
            codes(&format!("{}, {}", entry("ShelfFull"), entry("shelfFull"))),
            "two codes make the constant SHELF_FULL",
        ),
    ];
    for (text, why) in cases {
        let mut tables = library_tables();
        tables.insert("error-codes.json".to_owned(), text);
        let error = generate(&library().to_string(), &tables).expect_err(why);
        assert_eq!(error.path(), "error-codes.json");
        assert!(error.message().contains(why), "{error}");
    }
}
