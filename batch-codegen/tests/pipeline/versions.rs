//! The files of `spec/versions/`: small, strict, and each version comes out of the union again.

use std::collections::BTreeMap;

use batch_codegen::dialect::Names;
use batch_codegen::review::add::add;
use batch_codegen::review::diff::{Kind, compare};
use batch_codegen::{generate, of_version, union};
use serde_json::{Value, json};

use super::support::{changes, description, ours, read, reference, root, tables, union_json};
use crate::typespec::{next, typespec};

fn only(version: &str) -> String {
    of_version(description(), &changes(), version).expect("changes that fit")
}

/// Returns the changes that are not about descriptions, as `subject, part: what`.
fn differences(old: &str, new: &str) -> Vec<String> {
    let report = compare(old, new, &Names::default()).unwrap_or_else(|e| panic!("{e}"));
    let changes = report.changes().iter();
    let changes = changes.filter(|change| change.kind != Kind::Descriptions);
    changes
        .map(|change| {
            let part = change.part.as_deref().unwrap_or_default();
            format!("{}, {part}: {}", change.subject, change.what)
        })
        .collect()
}

#[test]
fn the_base_comes_out_of_the_union_unchanged() {
    let base: Value = serde_json::from_str(&only("2024-02-01.19.0")).expect("JSON");
    let ours: Value = serde_json::from_str(description()).expect("JSON");
    assert!(base == ours);
    // Without changes, there is no union.
    let none = union(description(), &BTreeMap::new()).expect("a description");
    assert_eq!(none, None);
}

#[test]
fn items_say_in_which_versions_they_are() {
    let client = &ours().client;
    for (file, docs) in [
        (
            "operations/compute_node.rs",
            "Since version 2024-07-01.20.0 of the API.",
        ),
        (
            "operations/compute_node.rs",
            "Until version 2024-02-01.19.0 of the API.",
        ),
        (
            "operations/certificate.rs",
            "Until version 2024-07-01.20.0 of the API.",
        ),
        (
            "operations/job.rs",
            "Sent as `force`. Since version 2024-07-01.20.0 of the API.",
        ),
        ("models/shared.rs", "Since version 2025-06-01 of the API."),
        (
            "models/pool.rs",
            "Only in version 2024-07-01.20.0 of the API.",
        ),
        ("enums.rs", "Since version 2025-06-01 of the API."),
    ] {
        assert!(client[file].contains(docs), "{file}: {docs}");
    }
    let versions = &client["version.rs"];
    for name in ["V2024_02_01", "V2024_07_01", "V2025_06_01", "Other"] {
        assert!(versions.contains(name), "{name}");
    }
    assert_eq!(
        union_json()["x-batch-versions"],
        json!(["2024-02-01.19.0", "2024-07-01.20.0", "2025-06-01"])
    );
}

#[test]
fn a_mistake_in_a_file_is_an_error_with_its_place() {
    type Edit = fn(&mut Value);
    let cases: [(Edit, &str); 6] = [
        (|v| v["novel"] = json!(1), "unknown field `novel`"),
        (
            |v| v["removed"]["properties"][0] = json!("CloudPool.novel"),
            "$.removed.properties[0]: no earlier version has this item",
        ),
        (
            |v| v["values"]["Novel"] = json!([{ "value": "x" }]),
            "$.values.Novel: no earlier version has this enum",
        ),
        (
            |v| v["parameters"]["Pool_Novel"] = json!([]),
            "$.parameters.Pool_Novel: no earlier version has this operation",
        ),
        (
            |v| {
                v["definitions"]["CloudPool"] =
                    json!({ "properties": { "id": { "type": "string" } } });
            },
            "$.definitions.CloudPool.properties.id: an earlier version has this property",
        ),
        (
            |v| v["definitions"]["CloudPool"] = json!({ "type": "object" }),
            "$.definitions.CloudPool.type: an earlier version has this definition",
        ),
    ];
    for (edit, why) in cases {
        let mut files = changes();
        let name = "versions/2024-07-01.20.0.json";
        let mut file: Value = serde_json::from_str(&files[name]).expect("JSON");
        edit(&mut file);
        files.insert(name.to_owned(), file.to_string());
        let error = union(description(), &files).expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
        assert!(error.contains(name), "{error}");
    }
}

/// A next version in TypeSpec's dialect becomes a file of changes, under our names.
#[test]
fn a_further_version_becomes_a_file_of_changes() {
    let names = Names::read(&read(&root().join("spec/names.json"))).expect("names");
    let table = serde_json::from_str(&names.text()).expect("JSON");
    let newest: Value = serde_json::from_str(&only("2025-06-01")).expect("JSON");
    let mut theirs = typespec(&newest, &table);
    next(&mut theirs);
    let added = add(description(), &changes(), &theirs.to_string(), &names).expect("a version");
    assert_eq!(added.version, "2027-01-01");
    let file: Value = serde_json::from_str(&added.changes).expect("JSON");
    assert_eq!(file["after"], "2025-06-01");
    assert_eq!(
        file["operations"]["/pools/{poolId}/pause"]["post"]["operationId"],
        "Pool_Pause"
    );
    for definition in ["PoolPauseOptions", "PoolPlan", "PoolPlanStep"] {
        assert!(file["definitions"][definition].is_object(), "{definition}");
    }
    assert_eq!(file["values"]["PoolState"][0]["value"], "paused");
    assert_eq!(
        file["removed"],
        json!({ "operations": [], "definitions": [], "properties": [] })
    );
    // With its file, the union has the version, and the client its name.
    let mut tables = tables();
    tables.insert("versions/2027-01-01.json".to_owned(), added.changes);
    let output = generate(description(), &tables).expect("a client");
    assert!(output.client["version.rs"].contains("V2027_01_01"));
    assert!(output.client["operations/pool.rs"].contains("Since version 2027-01-01 of the API."));
    // A version that is not newer is refused.
    let error = add(description(), &changes(), &only("2024-07-01.20.0"), &names);
    let error = error.expect_err("an older version").to_string();
    assert!(error.contains("is not newer than 2025-06-01"), "{error}");
}

/// Out of the union, 2024-07-01.20.0 has the facts of Microsoft's own description.
#[test]
fn the_first_later_version_has_microsofts_facts() {
    let Some(folder) = reference() else {
        return;
    };
    let theirs = read(&folder.join("BatchService-2024-07-01.20.0.json"));
    assert_eq!(differences(&theirs, &only("2024-07-01.20.0")), [""; 0]);
}

/// Microsoft's newest file differs from ours on the wire only where it did before: what it does not
/// describe, and what it describes otherwise in both of its versions.
#[test]
fn the_newest_version_has_the_facts_of_the_newest_client() {
    let Some(folder) = reference() else {
        return;
    };
    let file = |name: &str| read(&folder.join(format!("BatchService-{name}.json")));
    let ours = differences(&file("2025-06-01.typespec.rebuilt"), &only("2025-06-01"));
    let known = differences(&file("2024-07-01.20.0.typespec"), &file("2024-07-01.20.0"));
    let lost = [": removed", "new:", "new, with"];
    let left: Vec<&String> = ours
        .iter()
        .filter(|line| !known.contains(line))
        .filter(|line| {
            lost.iter().any(|word| line.contains(word)) || line.contains("text on the wire")
        })
        .collect();
    assert_eq!(left, [""; 0]);
}
