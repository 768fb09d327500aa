//! The rules for the shape of a description: keys, types and formats that TypeSpec writes in
//! another way. Names stay as they are, so that an error after these rules has the path of the
//! file.

use std::collections::BTreeMap;

use super::Document;
use super::visit;
use crate::json::Json;

const BODIES: &str = "application/json; odata=minimalmetadata";

/// A header or parameter that holds the id of a request.
const REQUEST_IDS: [&str; 2] = ["client-request-id", "request-id"];

pub(super) fn generator_mark(document: &mut Document<'_>) -> usize {
    let info = document.json.get_mut("info");
    usize::from(info.is_some_and(|info| info.remove("x-typespec-generated")))
}

pub(super) fn lists_in_queries(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::parameters(&mut document.json, |parameter| {
        let csv = parameter.get("collectionFormat").text() == Some("csv");
        let strings = parameter.get("items").get("type").text() == Some("string");
        if parameter.get("type").text() == Some("array") && csv && strings {
            parameter.set("type", "string");
            parameter.remove("items");
            parameter.remove("collectionFormat");
            hits += 1;
        }
    });
    hits
}

pub(super) fn length_of_api_version(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::parameters(&mut document.json, |parameter| {
        if parameter.get("name").text() == Some("api-version") {
            hits += usize::from(parameter.remove("minLength"));
        }
    });
    hits
}

pub(super) fn identifiers(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::schemas(&mut document.json, |schema| {
        hits += usize::from(schema.remove("x-ms-identifiers"));
    });
    hits
}

pub(super) fn passwords(document: &mut Document<'_>) -> usize {
    drop_format(&mut document.json, "password")
}

pub(super) fn urls(document: &mut Document<'_>) -> usize {
    drop_format(&mut document.json, "uri")
}

fn drop_format(json: &mut Json, format: &str) -> usize {
    let mut hits = 0;
    let mut drop = |node: &mut Json| {
        if node.get("format").text() == Some(format) && node.get("type").text() == Some("string") {
            node.remove("format");
            hits += 1;
        }
    };
    visit::schemas(json, &mut drop);
    visit::parameters(json, drop);
    hits
}

pub(super) fn counts_as_text(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::schemas(&mut document.json, |schema| {
        let int64 = schema.get("format").text() == Some("int64");
        if int64 && schema.get("type").text() == Some("string") {
            schema.set("type", "integer");
            schema.set("x-batch-as-text", true);
            hits += 1;
        }
    });
    hits
}

pub(super) fn floats(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::schemas(&mut document.json, |schema| {
        let float = schema.get("format").text() == Some("float");
        if float && schema.get("type").text() == Some("number") {
            schema.set("format", "double");
            hits += 1;
        }
    });
    hits
}

pub(super) fn http_dates(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    let mut rename = |node: &mut Json| {
        if node.get("format").text() == Some("date-time-rfc7231") {
            node.set("format", "date-time-rfc1123");
            hits += 1;
        }
    };
    visit::parameters(&mut document.json, &mut rename);
    visit::headers(&mut document.json, |_, header| rename(header));
    hits
}

pub(super) fn scalar_definitions(document: &mut Document<'_>) -> usize {
    inline(&mut document.json, |definition| {
        let kind = definition.get("type").text();
        let scalar = matches!(kind, Some("string" | "integer" | "number" | "boolean"));
        scalar && !definition.has("enum") && !definition.has("x-ms-enum")
    })
}

pub(super) fn enum_definitions(document: &mut Document<'_>) -> usize {
    inline(&mut document.json, |definition| definition.has("enum"))
}

/// Moves definitions to the places that refer to them. A place keeps what it says itself, such as
/// its description. Returns the number of definitions.
fn inline(json: &mut Json, is_inlined: impl Fn(&Json) -> bool) -> usize {
    let mut moved: BTreeMap<String, Json> = BTreeMap::new();
    let definitions = json.get_mut("definitions").and_then(Json::members_mut);
    if let Some(definitions) = definitions {
        definitions.retain(|name, definition| {
            let stays = !is_inlined(definition);
            if !stays {
                moved.insert(name.clone(), definition.clone());
            }
            stays
        });
    }
    if moved.is_empty() {
        return 0;
    }
    visit::schemas(json, |schema| {
        let Some(definition) = visit::target(schema).and_then(|name| moved.get(name)) else {
            return;
        };
        let definition = definition.clone();
        schema.remove("$ref");
        for (key, value) in definition.entries() {
            if !schema.has(key) {
                schema.set(key, value.clone());
            }
        }
        // An IP address or a name is a string without a format that clients check.
        if schema.get("type").text() == Some("string") && !schema.has("enum") {
            schema.remove("format");
        }
    });
    moved.len()
}

pub(super) fn media_types(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    let whole = document.json.get("consumes").clone();
    visit::operations(&mut document.json, |_, _, operation| {
        if operation.get("consumes").strings() == [BODIES] {
            operation.remove("consumes");
            hits += 1;
        } else if !operation.has("consumes") && has_body(operation) {
            operation.set("consumes", whole.clone());
        }
    });
    if hits > 0 {
        document
            .json
            .set("consumes", Json::List(vec![BODIES.into()]));
    }
    hits
}

fn has_body(operation: &Json) -> bool {
    let mut parameters = operation.get("parameters").items().iter();
    parameters.any(|parameter| parameter.get("in").text() == Some("body"))
}

pub(super) fn request_ids(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    let mut mark = |name: &str, node: &mut Json| {
        if REQUEST_IDS.contains(&name) && node.get("type").text() == Some("string") {
            if let Some(members) = node.members_mut() {
                visit::insert_behind(members, "type", "format", "uuid".into());
            }
            hits += 1;
        }
    };
    visit::parameters(&mut document.json, |parameter| {
        let name = parameter.get("name").text().unwrap_or_default().to_owned();
        mark(&name, parameter);
    });
    visit::headers(&mut document.json, mark);
    hits
}

pub(super) fn files(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::schemas(&mut document.json, |schema| {
        if schema.get("type").text() == Some("file") {
            schema.set("type", "object");
            schema.set("format", "file");
            hits += 1;
        }
    });
    hits
}

pub(super) fn closed_enums(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::schemas(&mut document.json, |schema| {
        if let Some(ms_enum) = schema.get_mut("x-ms-enum") {
            hits += usize::from(ms_enum.has("modelAsString"));
            ms_enum.set("modelAsString", false);
        }
    });
    hits
}

pub(super) fn tags(document: &mut Document<'_>) -> usize {
    usize::from(document.json.remove("tags"))
}

pub(super) fn client_names_of_parameters(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::parameters(&mut document.json, |parameter| {
        hits += usize::from(parameter.remove("x-ms-client-name"));
        // A hint for other generators.
        if parameter.get("x-ms-parameter-location").text() == Some("method") {
            parameter.remove("x-ms-parameter-location");
        }
    });
    hits
}

pub(super) fn client_names_of_properties(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::schemas(&mut document.json, |schema| {
        hits += usize::from(schema.remove("x-ms-client-name"));
    });
    hits
}

pub(super) fn client_names_of_values(document: &mut Document<'_>) -> usize {
    let mut hits = 0;
    visit::schemas(&mut document.json, |schema| {
        if let Some(ms_enum) = schema.get_mut("x-ms-enum") {
            for value in ms_enum.items_mut("values") {
                hits += usize::from(value.remove("name"));
            }
        }
    });
    hits
}
