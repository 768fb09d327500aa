//! The stage `dialect`: a file that TypeSpec generated is taken in like one in our dialect.

use std::collections::BTreeSet;

use batch_codegen::dialect::{Names, Needs, RULES};
use batch_codegen::review::import::{Imported, import};
use serde_json::{Value, json};

use super::support::{description, description_json, make, read, reference, root};
use crate::typespec::{next, typespec};

fn names() -> Names {
    Names::read(&read(&root().join("spec/names.json"))).expect("names")
}

fn theirs() -> Value {
    let names = read(&root().join("spec/names.json"));
    typespec(
        &description_json(),
        &serde_json::from_str(&names).expect("JSON"),
    )
}

fn take_in(theirs: &Value, names: &Names) -> batch_codegen::Result<Imported> {
    import(description(), &theirs.to_string(), names)
}

fn refused(edit: impl FnOnce(&mut Value)) -> String {
    let mut theirs = theirs();
    edit(&mut theirs);
    let error = take_in(&theirs, &Names::default()).expect_err("something new");
    error.to_string()
}

#[test]
fn our_description_as_typespec_writes_it_changes_nothing() {
    let imported = take_in(&theirs(), &Names::default()).expect("a description");
    assert_eq!(imported.to_review, []);
    assert!(imported.description == description(), "some byte differs");
    let names = imported.names.expect("names of a TypeSpec file");
    // With the names of a first run, a second one is the same.
    let again = take_in(&theirs(), &names).expect("a description");
    assert!(again.description == description() && again.names == Some(names));
}

#[test]
fn the_walk_finds_every_name() {
    let found = take_in(&theirs(), &Names::default()).expect("a description");
    let text = found.names.expect("names").text();
    let found: Value = serde_json::from_str(&text).expect("JSON");
    for (table, theirs, ours) in [
        ("operations", "Pools_GetPool", "Pool_Get"),
        ("operations", "Nodes_RebootNode", "ComputeNode_Reboot"),
        (
            "operations",
            "Certificates_GetCertificate",
            "Certificate_Get",
        ),
        ("models", "BatchPool", "CloudPool"),
        ("models", "BatchErrorDetail", ""),
        ("models", "BatchTaskSlotCounts", "TaskSlotCounts"),
        ("enums", "BatchPoolState", "PoolState"),
        ("properties", "ContainerRegistry.username", "userName"),
    ] {
        let found = found[table][theirs].as_str().unwrap_or_default();
        assert_eq!(found, ours, "{table}: {theirs}");
    }
    assert_eq!(Names::read(&text).expect("names").text(), text);
}

#[test]
fn a_next_version_is_taken_in() {
    let mut theirs = theirs();
    next(&mut theirs);
    let imported = take_in(&theirs, &names()).expect("a description");
    let result: Value = serde_json::from_str(&imported.description).expect("JSON");
    let paths = &result["paths"];
    assert_eq!(
        paths["/pools/{poolId}/pause"]["post"]["operationId"],
        "Pool_Pause"
    );
    assert_eq!(
        paths["/pools/{poolId}/plan"]["get"]["operationId"],
        "Pool_GetPoolPlan"
    );
    let definitions = &result["definitions"];
    assert_eq!(
        definitions["PoolPlan"]["properties"]["gateway"]["type"],
        "string"
    );
    let seconds = &definitions["PoolPlanStep"]["properties"]["remainingSeconds"];
    assert_eq!(
        (&seconds["type"], &seconds["x-batch-as-text"]),
        (&json!("integer"), &json!(true))
    );
    let values = &definitions["CloudPool"]["properties"]["state"]["enum"];
    assert!(
        values
            .as_array()
            .expect("values")
            .contains(&json!("paused"))
    );
    let place = "$.definitions.CloudPool.properties.state".to_owned();
    let added = "values added: `paused`".to_owned();
    assert_eq!(imported.to_review, [(place, added)]);
    let output = make(&imported.description);
    assert!(output.client["operations/pool.rs"].contains("pub fn pause"));
    assert!(output.client["models/pool.rs"].contains("pub struct PoolPlanStep"));
    assert!(
        output
            .todo
            .iter()
            .any(|row| row.ends_with("repeats.json: Pool_Pause"))
    );
}

#[test]
fn something_new_stops_with_its_path_and_the_stage() {
    let new_key = refused(|d| d["definitions"]["BatchPool"]["x-ms-novel"] = json!(true));
    assert!(
        new_key.starts_with("$.definitions.BatchPool: unknown field `x-ms-novel`")
            || new_key.starts_with("$.definitions.BatchPool.x-ms-novel: unknown field"),
        "{new_key}"
    );
    assert!(
        new_key.contains("batch-codegen/src/dialect/rules.rs"),
        "{new_key}"
    );
    let list = refused(|d| {
        let item = &mut d["paths"]["/pools"]["get"]["parameters"][0];
        *item = json!({ "name": "tags", "in": "query", "type": "array",
            "items": { "type": "integer" }, "collectionFormat": "multi" });
    });
    assert!(
        list.starts_with("$.paths['/pools'].get.parameters[0]"),
        "{list}"
    );
}

#[test]
fn two_models_under_one_name_have_to_agree() {
    let mut theirs = theirs();
    theirs["definitions"]["BatchPoolUpdate"] = json!({ "type": "object", "properties": {
        "id": { "type": "integer", "format": "int32" } } });
    let table = json!({ "source": "made up", "operations": {}, "enums": {}, "properties": {},
        "updates": {}, "models": { "BatchPoolUpdate": "CloudPool" } });
    let names = Names::read(&table.to_string()).expect("names");
    let error = take_in(&theirs, &names)
        .expect_err("another type")
        .to_string();
    assert!(
        error.starts_with("$.definitions.BatchPoolUpdate.properties.id: "),
        "{error}"
    );
    assert!(error.contains("spec/names.json"), "{error}");
    // Without the property that differs, it is the same model for PATCH.
    theirs["definitions"]["BatchPoolUpdate"]["properties"] = json!({ "id": { "type": "string" } });
    let imported = take_in(&theirs, &names).expect("a description");
    assert!(imported.description == description());
}

/// An edit of a description.
type Edit = fn(&mut Value);

#[test]
fn a_rule_that_should_match_and_does_not_is_named() {
    let cases: [(&str, Edit); 3] = [
        ("http_dates_have_their_older_name", |d| {
            let text = d
                .to_string()
                .replace("date-time-rfc7231", "date-time-rfc1123");
            *d = serde_json::from_str(&text).expect("JSON");
        }),
        ("passwords_are_strings", |d| {
            let text = d.to_string().replace("\"format\":\"password\",", "");
            *d = serde_json::from_str(&text).expect("JSON");
        }),
        // TypeSpec files of other versions need not have identifiers.
        ("identifiers_are_dropped", |d| {
            d["info"]["version"] = json!("2024-07-01.20.0");
            let text = d
                .to_string()
                .replace("\"x-ms-identifiers\":[]", "\"x-nullable\":true");
            *d = serde_json::from_str(&text).expect("JSON");
        }),
    ];
    for (rule, edit) in cases {
        let error = refused(edit);
        assert!(error.starts_with("$: the rule `"), "{error}");
        assert!(error.contains(&format!("`{rule}`")), "{error}");
        assert!(error.contains("Its reason: "), "{error}");
    }
}

#[test]
fn every_rule_has_a_name_and_a_reason() {
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(known.len(), RULES.len());
    for rule in RULES {
        assert!(rule.reason.len() > 40, "{}", rule.name);
    }
    let shape = RULES.iter().position(|rule| rule.names);
    assert!(
        RULES[shape.expect("rules for names")..]
            .iter()
            .all(|rule| rule.names)
    );
    assert!(RULES.iter().any(|rule| rule.needs == Needs::TypeSpec));
}

#[test]
fn tags_at_the_root_are_not_taken_in() {
    let mut classic = description_json();
    classic["tags"] = json!([{ "name": "Pools" }]);
    let imported = take_in(&classic, &Names::default()).expect("a description");
    assert!(imported.description == description());
    classic["definitions"]["CloudPool"]["properties"]["novel"] = json!({ "type": "string" });
    let imported = take_in(&classic, &Names::default()).expect("a description");
    let result: Value = serde_json::from_str(&imported.description).expect("JSON");
    assert_eq!(result.get("tags"), None);
}

/// Microsoft's own files are taken in, generate, and need no name that the table lacks.
#[test]
fn published_files_are_taken_in() {
    let Some(folder) = reference() else {
        return;
    };
    for (version, text) in [
        (
            "2024-07-01.20.0",
            "BatchService-2024-07-01.20.0.typespec.json",
        ),
        (
            "2025-06-01",
            "BatchService-2025-06-01.typespec.rebuilt.json",
        ),
    ] {
        let text = read(&folder.join(text));
        let imported = import(description(), &text, &names()).expect(version);
        assert_eq!(imported.names, Some(names()), "{version}");
        let output = make(&imported.description);
        assert!(output.client["operations/compute_node.rs"].contains("pub fn deallocate"));
        // Again, from the result: nothing differs.
        let again = import(&imported.description, &text, &names()).expect(version);
        assert!(again.description == imported.description, "{version}");
    }
}
