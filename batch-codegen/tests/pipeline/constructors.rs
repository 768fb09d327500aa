//! Each model that users build has a `new`; one that is only received has none.

use std::collections::BTreeSet;

use serde_json::Value;

use super::support::{ours, union_json};

/// The definitions that a value refers to.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let name = map.get("$ref").and_then(Value::as_str);
            found.extend(
                name.and_then(|name| name.strip_prefix("#/definitions/"))
                    .map(str::to_owned),
            );
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// The definitions that request bodies hold, without enums.
fn sent() -> BTreeSet<String> {
    let description = union_json();
    let mut open = Vec::new();
    let paths = description["paths"].as_object().expect("paths");
    for operation in paths.values().filter_map(Value::as_object) {
        for parameters in operation
            .values()
            .filter_map(|o| o["parameters"].as_array())
        {
            let bodies = parameters.iter().filter(|p| p["in"] == "body");
            bodies.for_each(|body| references(body, &mut open));
        }
    }
    let mut sent = BTreeSet::new();
    while let Some(name) = open.pop() {
        let definition = &description["definitions"][&name];
        if definition.get("enum").is_none() && sent.insert(name) {
            references(definition, &mut open);
        }
    }
    sent
}

#[test]
fn what_users_build_has_a_new() {
    let sent = sent();
    assert!(sent.len() > 80, "{}", sent.len());
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let models = ours().client.iter();
    for (_, text) in models.filter(|(path, _)| path.starts_with("models/")) {
        for implementation in text.split("\nimpl ").skip(1) {
            let Some((name, body)) = implementation.split_once(" {\n    ") else {
                continue;
            };
            let has_new = body.contains("\n    pub fn new(");
            match (sent.contains(name), has_new) {
                (true, false) => without.push(name),
                (false, true) => with.push(name),
                _ => {}
            }
        }
    }
    assert_eq!(without, Vec::<&str>::new(), "sent, and without `new`");
    assert_eq!(with, Vec::<&str>::new(), "only received, and with `new`");
}

#[test]
fn usual_properties_are_arguments_and_models_are_converted() {
    let shared = &ours().client["models/shared.rs"];
    let setting = shared.split("impl EnvironmentSetting {").nth(1);
    let setting = setting.expect("the model");
    assert!(
        setting.contains("pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self")
    );
    let job = &ours().client["models/job.rs"];
    assert!(job.contains(
        "pub fn new(id: impl Into<String>, pool_info: impl Into<PoolInformation>) -> Self"
    ));
}
