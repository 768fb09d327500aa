//! Every item in a report exists under its path in the client generated from that side.

use std::collections::BTreeSet;

use batch_codegen::review::diff::{Report, Side};
use serde_json::{Value, json};

use super::support::{base, checked_in, compare, edited, line, ours, read, reference, union};

/// Checks every item of a report between ours and another description against the checked-in code.
pub(crate) fn check_items(report: &Report, ours: Side) {
    let generated = checked_in();
    for change in report.changes() {
        for item in &change.items {
            let expected = item.side == Side::Both || item.side == ours;
            assert_eq!(
                generated.contains(&item.path),
                expected,
                "{item:?} of {}",
                line(change)
            );
        }
    }
}

fn named(report: &Report) -> BTreeSet<&str> {
    let items = report.changes().iter().flat_map(|change| &change.items);
    items.map(|item| item.path.as_str()).collect()
}

/// Reduces a description to one operation of each required group, without properties, headers or
/// second enum values.
fn bare(description: &mut Value) {
    let paths = description["paths"].as_object_mut().expect("paths");
    paths.retain(|path, _| ["/pools", "/jobs", "/jobs/{jobId}/tasks"].contains(&path.as_str()));
    for item in paths.values_mut() {
        let item = item.as_object_mut().expect("a path");
        item.retain(|method, _| method == "post");
    }
    for definition in description["definitions"]
        .as_object_mut()
        .expect("definitions")
        .values_mut()
    {
        if definition["properties"].is_object() {
            *definition = json!({ "type": "object" });
        }
    }
    for response in description["responses"]
        .as_object_mut()
        .expect("responses")
        .values_mut()
    {
        response
            .as_object_mut()
            .expect("a response")
            .remove("headers");
    }
}

#[test]
fn every_item_that_a_report_can_name_is_in_the_generated_code() {
    let bare = edited(bare);
    let description: Value = serde_json::from_str(base()).expect("JSON");
    // A `new` without arguments stays as it is.
    let takes_something = |model: &str| {
        let definition = &description["definitions"][model];
        definition.get("required").is_some()
    };
    let additions = compare(base(), &union());
    let later = named(&additions);
    for (report, side) in [
        (compare(base(), &bare), Side::Old),
        (compare(&bare, base()), Side::New),
    ] {
        check_items(&report, side);
        let named = named(&report);
        // All fields, all methods except those of the three remaining groups, all enums. What only
        // later versions have is not in the base.
        let generated = checked_in().iter().map(String::as_str);
        let is_later = |path: &str| {
            let of = path.rsplit_once("::").map(|(of, _)| of);
            later.contains(path) || of.is_some_and(|of| later.contains(of))
        };
        let generated = generated.filter(|path| !is_later(path));
        let expected = generated.filter(|path| {
            let parts: Vec<&str> = path.split("::").collect();
            match parts.as_slice() {
                [_, "models", model, "new"] => takes_something(model),
                [_, "models", _, name] => {
                    let upper = name.starts_with(char::is_uppercase);
                    // Read-only properties are facts of the tables, not of a description.
                    let of_tables = *name == "without_read_only";
                    *name != "as_str" && !name.starts_with("with_") && !upper && !of_tables
                }
                [_, "operations", group, "Operations", "add"] => {
                    !["pool", "job", "task"].contains(group)
                }
                // The second method of an add or a delete is not a separate item.
                [_, "operations", _, "Operations", name] => {
                    !name.ends_with("_if_absent") && !name.ends_with("_if_present")
                }
                _ => false,
            }
        });
        let missing: Vec<&str> = expected.filter(|path| !named.contains(path)).collect();
        assert!(
            missing.is_empty(),
            "{} are not named: {missing:?}",
            missing.len()
        );
        println!("{} items", named.len());
    }
}

#[test]
fn setters_headers_and_values_are_in_the_generated_code() {
    let less = edited(|description| {
        for (_, item) in description["paths"].as_object_mut().expect("paths") {
            for (_, operation) in item.as_object_mut().expect("a path") {
                if let Some(parameters) = operation["parameters"].as_array_mut() {
                    parameters
                        .retain(|p| p["$ref"] != "#/parameters/Select" && p["required"] != false);
                    parameters.retain(|p| p["$ref"] != "#/parameters/IfMatch");
                }
                for (_, response) in operation["responses"].as_object_mut().expect("responses") {
                    response
                        .as_object_mut()
                        .expect("a response")
                        .remove("headers");
                }
            }
        }
        for (_, response) in description["responses"].as_object_mut().expect("responses") {
            response
                .as_object_mut()
                .expect("a response")
                .remove("headers");
        }
        fewer_values(&mut description["definitions"]);
    });
    for (report, side) in [
        (compare(base(), &less), Side::Old),
        (compare(&less, base()), Side::New),
    ] {
        check_items(&report, side);
        let named = named(&report);
        for path in [
            "batch_client::operations::pool::List::select",
            "batch_client::operations::pool::Delete::if_match",
            "batch_client::operations::job::Terminate::body",
            "batch_client::FileProperties::is_directory",
            "batch_client::Response::data_service_id",
            "batch_client::Response::last_modified",
            "batch_client::models::ComputeNodeState::UpgradingOs",
        ] {
            assert!(named.contains(path), "{path} is not named");
        }
        println!("{} items", named.len());
    }
}

/// Reduces every enum to its first value.
fn fewer_values(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("x-ms-enum") {
                for list in ["/enum", "/x-ms-enum/values"] {
                    let mut whole = Value::Object(std::mem::take(members));
                    if let Some(Value::Array(list)) = whole.pointer_mut(list) {
                        list.truncate(1);
                    }
                    if let Value::Object(whole) = whole {
                        *members = whole;
                    }
                }
            }
            members.values_mut().for_each(fewer_values);
        }
        Value::Array(items) => items.iter_mut().for_each(fewer_values),
        _ => {}
    }
}

#[test]
fn items_of_the_published_versions_are_in_the_generated_code() {
    let Some(folder) = reference() else {
        return;
    };
    for version in ["2022-10-01.16.0", "2023-11-01.18.0", "2024-02-01.19.0"] {
        let theirs = read(&folder.join(format!("BatchService-{version}.json")));
        check_items(&compare(&theirs, ours()), Side::New);
        check_items(&compare(ours(), &theirs), Side::Old);
    }
}
