//! Import of another description: its facts, our descriptions, our layout.

use std::collections::{BTreeMap, BTreeSet};

use batch_codegen::dialect::Names;
use batch_codegen::review::import::{self, Imported, MARKER, unwritten};
use serde_json::{Value, json};

use super::support::{description, description_json, members, ours, reference};
use super::support::{make, read};

/// The keys whose values contain sentences.
const SENTENCE_KEYS: [&str; 4] = ["description", "summary", "title", "externalDocs"];

/// Imports a description in our dialect, which needs no names.
fn import(ours: &str, theirs: &str) -> batch_codegen::Result<Imported> {
    import::import(ours, theirs, &Names::default())
}

/// Returns our description as Microsoft would write it: nothing shared, other sentences,
/// annotations for other generators.
fn theirs() -> Value {
    let mut document = description_json();
    let shared = document.clone();
    for (_, item) in document["paths"].as_object_mut().expect("paths") {
        for (_, operation) in item.as_object_mut().expect("operations") {
            operation["x-ms-examples"] = json!({ "One": { "$ref": "./examples/One.json" } });
            operation["x-ms-request-id"] = json!("request-id");
            for parameter in operation["parameters"].as_array_mut().expect("a list") {
                in_place(parameter, &shared["parameters"], "#/parameters/");
                parameter["x-ms-parameter-grouping"] = json!({ "postfix": "Options" });
            }
            for (_, response) in operation["responses"].as_object_mut().expect("responses") {
                in_place(response, &shared["responses"], "#/responses/");
            }
        }
    }
    document["parameters"] = json!({ "BatchUrl": shared["parameters"]["BatchUrl"] });
    members_mut(&mut document).remove("responses");
    foreign(&mut document, &mut 0);
    document
}

fn in_place(node: &mut Value, shared: &Value, prefix: &str) {
    let name = node["$ref"]
        .as_str()
        .and_then(|link| link.strip_prefix(prefix))
        .map(str::to_owned);
    if let Some(name) = name {
        *node = shared[&name].clone();
    }
}

fn members_mut(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    value.as_object_mut().expect("an object")
}

/// Replaces each sentence.
fn foreign(node: &mut Value, count: &mut usize) {
    match node {
        Value::Object(object) => {
            for (key, inner) in object {
                if SENTENCE_KEYS.contains(&key.as_str()) && inner.is_string() {
                    *count += 1;
                    *inner = json!(format!("A sentence from elsewhere, number {count}."));
                } else {
                    foreign(inner, count);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| foreign(item, count)),
        _ => {}
    }
}

fn import_theirs(theirs: &Value) -> Imported {
    import(description(), &theirs.to_string()).unwrap_or_else(|e| panic!("{e}"))
}

/// Returns the lines that only the new description has, and those that only ours has.
fn lines(imported: &Imported) -> (Vec<String>, Vec<String>) {
    fn count(text: &str) -> BTreeMap<&str, usize> {
        let mut lines = BTreeMap::new();
        text.lines()
            .for_each(|line| *lines.entry(line).or_default() += 1);
        lines
    }
    let only = |a: &BTreeMap<&str, usize>, b: &BTreeMap<&str, usize>| -> Vec<String> {
        let more = a
            .iter()
            .filter(|(line, count)| *count > b.get(*line).unwrap_or(&0));
        more.map(|(line, _)| line.trim().to_owned()).collect()
    };
    let (old, new) = (count(description()), count(&imported.description));
    (only(&new, &old), only(&old, &new))
}

#[test]
fn equal_facts_leave_our_description_unchanged() {
    for same in [description().to_owned(), theirs().to_string()] {
        let imported = import(description(), &same).expect("ours");
        assert!(imported.description == description());
        assert_eq!((imported.to_write.len(), imported.to_review.len()), (0, 0));
    }
}

#[test]
fn another_version_alone_changes_one_line() {
    let mut theirs = theirs();
    let version = theirs["info"]["version"].take();
    theirs["info"]["version"] = json!("2031-01-01.1.0");
    let imported = import_theirs(&theirs);
    let back = imported
        .description
        .replace("2031-01-01.1.0", version.as_str().expect("a text"));
    assert!(back == description(), "{:?}", lines(&imported));
    assert!(imported.to_write.is_empty() && imported.to_review.is_empty());
}

#[test]
fn a_changed_fact_changes_its_line_and_needs_a_review() {
    let mut theirs = theirs();
    theirs["definitions"]["CloudPool"]["properties"]["vmSize"]["maxLength"] = json!(90);
    let imported = import_theirs(&theirs);
    let (added, _) = lines(&imported);
    assert_eq!(
        added
            .iter()
            .filter(|line| line.contains("maxLength"))
            .count(),
        1,
        "{added:?}"
    );
    assert!(
        added.iter().all(|line| !line.contains("from elsewhere")),
        "{added:?}"
    );
    let at = "$.definitions.CloudPool.properties.vmSize";
    assert_eq!(
        imported.to_review,
        [(at.to_owned(), "`maxLength` was added".to_owned())]
    );
    assert!(imported.to_write.is_empty());
    let made: Value = serde_json::from_str(&imported.description).expect("JSON");
    let property =
        |document: &Value| document["definitions"]["CloudPool"]["properties"]["vmSize"].clone();
    assert_eq!(
        property(&made)["description"],
        property(&description_json())["description"]
    );
}

#[test]
fn changes_of_required_are_reported_at_the_property() {
    let mut theirs = theirs();
    let definitions = &mut theirs["definitions"];
    members_mut(&mut definitions["TaskAddParameter"])
        .remove("required")
        .expect("some");
    definitions["CloudPool"]["required"] = json!(["id"]);
    let imported = import_theirs(&theirs);
    let place = |of: &str, name: &str| format!("$.definitions.{of}.properties.{name}");
    let expected = [
        (place("CloudPool", "id"), "it is now required".to_owned()),
        (
            place("TaskAddParameter", "commandLine"),
            "it is no longer required".to_owned(),
        ),
        (
            place("TaskAddParameter", "id"),
            "it is no longer required".to_owned(),
        ),
    ];
    assert_eq!(imported.to_review, expected);
}

/// TypeSpec marks hundreds of properties as `readOnly`, and the command cuts long lists.
#[test]
fn marks_of_read_only_properties_come_after_other_changes() {
    let mut theirs = theirs();
    let pool = &mut theirs["definitions"]["CloudPool"];
    pool["required"] = json!(["id"]);
    pool["properties"]["id"]["readOnly"] = json!(true);
    pool["properties"]["vmSize"]["type"] = json!("integer");
    let imported = import_theirs(&theirs);
    let found: Vec<(&str, &str)> = imported
        .to_review
        .iter()
        .map(|(place, what)| (place.as_str(), what.as_str()))
        .collect();
    let [(size, kind), (id, marks)] = found[..] else {
        panic!("{found:?}");
    };
    assert!(
        size.ends_with(".vmSize") && kind.contains("\"integer\""),
        "{found:?}"
    );
    assert!(
        id.ends_with("CloudPool.properties.id") && marks.contains("`readOnly` was added"),
        "{found:?}"
    );
}

#[test]
fn facts_that_older_descriptions_imply_are_not_changes() {
    let mut theirs = theirs();
    for (_, definition) in members_mut(&mut theirs["definitions"]) {
        if definition.get("properties").is_some() {
            members_mut(definition).remove("type");
        }
    }
    let text = format!("\u{feff}{theirs}");
    assert!(import(description(), &text).expect("ours").description == description());
}

#[test]
fn shared_parameters_stay_shared_unless_their_facts_change() {
    let timeout = |operation: &Value| {
        let all = operation["parameters"].as_array().expect("a list");
        all.iter()
            .position(|p| p["name"] == "timeout")
            .expect("a timeout")
    };
    let mut one = theirs();
    let operation = &mut one["paths"]["/jobs"]["get"];
    let index = timeout(operation);
    operation["parameters"][index]["default"] = json!(45);
    let imported = import_theirs(&one);
    let made: Value = serde_json::from_str(&imported.description).expect("JSON");
    let own = &made["paths"]["/jobs"]["get"]["parameters"][index];
    assert_eq!(own["default"], 45);
    let shared = &description_json()["parameters"]["Timeout"];
    assert_eq!(own["description"], shared["description"]);
    assert_eq!(made["parameters"]["Timeout"], *shared);
    let place = format!("$.paths['/jobs'].get.parameters[{index}]");
    assert_eq!(
        imported.to_review,
        [(place, "`default` was 30 and is now 45".to_owned())]
    );

    // If all users change, the shared parameter changes.
    let mut all = theirs();
    for (_, item) in members_mut(&mut all["paths"]) {
        for (_, operation) in members_mut(item) {
            for parameter in operation["parameters"].as_array_mut().expect("a list") {
                if parameter["name"] == "client-request-id" {
                    parameter["x-ms-client-name"] = json!("requestName");
                }
            }
        }
    }
    let imported = import_theirs(&all);
    let (added, removed) = lines(&imported);
    assert_eq!(added, [r#""x-ms-client-name": "requestName","#]);
    assert!(removed.is_empty(), "{removed:?}");
    let place = "$.parameters.ClientRequestId".to_owned();
    assert_eq!(
        imported.to_review,
        [(place, "`x-ms-client-name` was added".to_owned())]
    );
}

#[test]
fn new_places_wait_for_our_descriptions() {
    let mut theirs = theirs();
    let mut start =
        theirs["paths"]["/pools/{poolId}/nodes/{nodeId}/enablescheduling"]["post"].clone();
    start["operationId"] = json!("ComputeNode_Start");
    start["tags"] = json!(["Somebody's"]);
    theirs["paths"]["/pools/{poolId}/nodes/{nodeId}/start"] = json!({ "post": start });
    theirs["definitions"]["CloudPool"]["properties"]["mood"] =
        json!({ "$ref": "#/definitions/Mood", "title": "A title from elsewhere." });
    theirs["definitions"]["Mood"] = json!({
        "type": "string", "title": "Words from elsewhere.", "enum": ["calm"],
        "x-ms-enum": { "name": "Mood", "modelAsString": false,
            "values": [{ "value": "calm", "name": "Calm", "description": "Words from elsewhere." }] }
    });
    theirs["info"]["version"] = json!("2031-01-01.1.0");
    let imported = import_theirs(&theirs);
    let path = "$.paths['/pools/{poolId}/nodes/{nodeId}/start'].post";
    let expected = [
        format!("{path}.summary"),
        "$.definitions.CloudPool.properties.mood.description".into(),
        "$.definitions.Mood.description".into(),
        "$.definitions.Mood.x-ms-enum.values[0].description".into(),
    ];
    let found: BTreeSet<&String> = imported.to_write.iter().collect();
    assert_eq!(found, expected.iter().collect());
    assert_eq!(
        unwritten(&imported.description).expect("JSON"),
        imported.to_write
    );
    assert!(!imported.description.contains("from elsewhere"));
    let made: Value = serde_json::from_str(&imported.description).expect("JSON");
    let start = &made["paths"]["/pools/{poolId}/nodes/{nodeId}/start"]["post"];
    assert_eq!(start["tags"], json!(["ComputeNodes"]));
    // Parameters that other operations share are shared here, too.
    let links = start["parameters"].as_array().expect("a list").iter();
    assert!(links.into_iter().all(|p| p["$ref"].is_string()), "{start}");
    let read: Vec<&str> = imported
        .to_review
        .iter()
        .map(|(place, _)| place.as_str())
        .collect();
    assert_eq!(read, ["$.definitions.CloudPool"]);
    // A client can be generated immediately.
    let client = make(&imported.description).client;
    assert!(client["operations/compute_node.rs"].contains(MARKER));
}

#[test]
fn removed_operations_leave_nothing_behind() {
    let mut theirs = theirs();
    let node = "/pools/{poolId}/nodes/{nodeId}/users/{userName}";
    members_mut(&mut theirs["paths"])
        .remove(node)
        .expect("two operations");
    theirs["info"]["version"] = json!("2031-01-01.1.0");
    let imported = import_theirs(&theirs);
    let made: Value = serde_json::from_str(&imported.description).expect("JSON");
    assert!(made["paths"].get(node).is_none());
    // Only the removed operations used it.
    assert!(made["parameters"].get("UserName").is_none());
    assert!(made["parameters"].get("NodeId").is_some());
    let (added, _) = lines(&imported);
    assert_eq!(added, [r#""version": "2031-01-01.1.0","#]);
}

#[test]
fn a_bad_file_is_one_error_with_its_place() {
    let mut unknown = theirs();
    unknown["definitions"]["CloudPool"]["x-ms-azure-resource"] = json!(true);
    let cases = [
        (
            "swagger: 2.0".to_owned(),
            "$: the input is not JSON: expected value at line 1 column 1",
        ),
        (
            r#"{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{}}"#.to_owned(),
            "the input is OpenAPI \"3.0.3\"; pass the Swagger 2.0 file of the same API",
        ),
        (
            unknown.to_string(),
            "$.definitions.CloudPool.x-ms-azure-resource: unknown field",
        ),
    ];
    for (text, why) in cases {
        let error = import(description(), &text).expect_err(why).to_string();
        assert!(error.contains(why), "{error}\n    expected: {why}");
    }
    let error = import("{}", description())
        .expect_err("ours is invalid")
        .to_string();
    assert!(error.contains("in our own description"), "{error}");
}

/// Collects runs of ten words in the sentences of a description.
fn runs(document: &Value, out: &mut BTreeSet<Vec<String>>) {
    let lowercase = |inner: &Value| inner.as_str().map(str::to_lowercase);
    match document {
        Value::Object(object) => {
            for (key, inner) in object {
                if let Some(text) =
                    lowercase(inner).filter(|_| SENTENCE_KEYS.contains(&key.as_str()))
                {
                    let words: Vec<String> = text
                        .split(|c: char| !c.is_ascii_alphanumeric() && c != '\'')
                        .filter(|word| !word.is_empty())
                        .map(str::to_owned)
                        .collect();
                    out.extend(words.windows(10).map(<[String]>::to_vec));
                } else {
                    runs(inner, out);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| runs(item, out)),
        _ => {}
    }
}

#[test]
fn microsofts_other_versions_are_imported_without_their_sentences() {
    let Some(folder) = reference() else {
        return;
    };
    let file = |version: &str| read(&folder.join(format!("BatchService-{version}.json")));
    let same = import(description(), &file("2024-02-01.19.0")).expect("the version that we have");
    assert!(same.description == description());
    for version in ["2023-11-01.18.0", "2022-10-01.16.0"] {
        let text = file(version);
        let imported = import(description(), &text).expect(version);
        // The code generated from both is the same, except for the docs.
        super::reference::assert_same_code(&make(&imported.description), &make(&text));
        let (mut made, mut foreign, mut own) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        runs(
            &serde_json::from_str(&imported.description).expect("JSON"),
            &mut made,
        );
        runs(&serde_json::from_str(&text).expect("JSON"), &mut foreign);
        runs(&description_json(), &mut own);
        let copied: Vec<_> = made
            .difference(&own)
            .filter(|run| foreign.contains(*run))
            .collect();
        assert!(copied.is_empty(), "{version}: {copied:?}");
        // And back again: our facts.
        let back = import(&imported.description, description()).expect("ours");
        super::reference::assert_same_code(&make(&back.description), ours());
        println!(
            "{version}: {} to write, {} to review; back: {} to write",
            imported.to_write.len(),
            imported.to_review.len(),
            back.to_write.len()
        );
        assert!(back.to_write.len() > members(&description_json()["info"]).count());
    }
}
