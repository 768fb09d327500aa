//! The tables of facts under `spec/`: rows for everything that exists, `todo` for anything new,
//! errors for mistakes.

use batch_codegen::{TABLES_VERSION, generate};
use serde_json::{Value, json};

use super::support::{
    description, description_json, library, library_tables, make, ours, tables, tables_with,
};

/// Returns our description with one more operation and secret property.
fn next_version() -> Value {
    let mut next = description_json();
    next["info"]["version"] = json!("2030-01-01.99.0");
    let mut freeze = next["paths"]["/pools/{poolId}/stopresize"].clone();
    freeze["post"]["operationId"] = json!("Pool_Freeze");
    next["paths"]["/pools/{poolId}/freeze"] = freeze;
    next["definitions"]["UserAccount"]["properties"]["recoveryPhrase"] =
        json!({ "type": "string", "description": "Words." });
    next["definitions"]["ImageReference"]["properties"]["hash"] =
        json!({ "type": "string", "readOnly": true, "description": "A hash." });
    next
}

#[test]
fn ours_has_a_row_for_everything() {
    assert_eq!(ours().todo, Vec::<String>::new());
    for (file, text) in tables() {
        if let Some(written) = ours().tables.get(&file) {
            assert_eq!(*written, text, "{file}");
        }
    }
    assert_eq!(ours().tables.len(), 6);
}

#[test]
fn new_places_get_todo_rows_and_cautious_treatment() {
    let output = make(&next_version().to_string());
    assert_eq!(
        output.todo,
        [
            "spec/secrets.json: hash",
            "spec/secrets.json: recoveryPhrase",
            "spec/repeats.json: Pool_Freeze",
            "spec/read-only.json: ImageReference.hash",
        ]
    );
    let row = "    { \"place\": \"recoveryPhrase\", \"is\": \"todo\" },\n";
    assert!(output.tables["secrets.json"].contains(row));
    let row = "    { \"operation\": \"Pool_Freeze\", \"repeat\": \"todo\" },\n";
    assert!(output.tables["repeats.json"].contains(row));
    // Nothing else changes in the tables.
    for (file, text) in &output.tables {
        let old = &tables()[file];
        let lost: Vec<&str> = old
            .lines()
            .filter(|line| !text.contains(line.trim_end_matches(',')))
            .collect();
        let changed = usize::from(file == "read-only.json");
        assert_eq!(lost.len(), changed, "{file}: {lost:?}");
    }
    // The client shows no such value and sends the operation once; the emulator stores no such
    // value and has no function for the operation.
    let shared: String = output
        .client
        .values()
        .map(|text| text.split_whitespace().collect::<String>())
        .collect();
    assert!(shared.contains(
        ".field(\"recovery_phrase\",&crate::wire::redact::secret(&self.recovery_phrase)"
    ));
    assert!(
        shared.contains("constID:&'staticstr=\"Pool_Freeze\";constEFFECT:Effect=Effect::Unknown;")
    );
    let server = &output.server["mod.rs"];
    assert!(server.contains("Property::new(\"recoveryPhrase\", Kind::Text).secret()"));
    assert!(!server.contains("PoolFreeze"));
    let at = server
        .find("id: \"Pool_Freeze\",")
        .expect("the operation is routed");
    assert!(
        server[at..]
            .trim_start_matches("id: \"Pool_Freeze\",")
            .trim_start()
            .starts_with("action: None")
    );

    // With the new tables the same rows are undecided.
    let mut decided = tables();
    decided.extend(output.tables.clone());
    let again = generate(&next_version().to_string(), &decided).expect("a client");
    assert_eq!((&again.tables, again.todo), (&output.tables, output.todo));

    // When the next version is dropped again, so are its undecided rows.
    let back = generate(description(), &decided).expect("a client");
    let ours = tables();
    for (file, text) in &back.tables {
        assert_eq!(*text, ours[file], "{file}");
    }
}

#[test]
fn a_decided_row_is_applied() {
    let secrets = tables()["secrets.json"].replace(
        "{ \"place\": \"registryServer\", \"is\": \"scrubbed\" }",
        "{ \"place\": \"registryServer\", \"is\": \"hidden\" }",
    );
    let output = generate(description(), &tables_with("secrets.json", &secrets)).expect("a client");
    let shared = &output.client["models/shared.rs"];
    assert!(shared.contains("&crate::wire::redact::secret(&self.registry_server)"));
    assert!(!ours().client["models/shared.rs"].contains("redact::secret(&self.registry_server)"));
}

#[test]
fn a_row_without_a_place_is_an_error_in_our_version_and_a_note_in_others() {
    let extra = [
        (
            "secrets.json",
            "{ \"place\": \"zodiac\", \"is\": \"plain\" }",
        ),
        (
            "repeats.json",
            "{ \"operation\": \"Zoo_Open\", \"repeat\": \"reads\" }",
        ),
        (
            "letter-case.json",
            "{ \"place\": \"zodiac\", \"source\": \"none\" }",
        ),
        (
            "read-only.json",
            "{ \"definition\": \"Zoo\", \"properties\": [\"name\"] }",
        ),
        (
            "defaults.json",
            "{ \"place\": \"Zoo.name\", \"value\": 1, \"source\": \"documented\" }",
        ),
        (
            "aliases.json",
            "{ \"place\": \"Zoo\", \"names\": [\"menagerie\"] }",
        ),
    ];
    let mut all = tables();
    for (file, row) in extra {
        let text = tables()[file].replace("\n  ]\n}\n", &format!(",\n    {row}\n  ]\n}}\n"));
        let error = generate(description(), &tables_with(file, &text)).expect_err(file);
        assert_eq!(error.path(), file);
        assert!(
            error.message().contains("Zoo") || error.message().contains("zodiac"),
            "{error}"
        );
        all.insert(file.to_owned(), text);
    }
    let other = description().replace(TABLES_VERSION, "2019-01-01.1.0");
    let output = generate(&other, &all).expect("a client");
    // The rows for later versions have no place in this one either.
    let later = generate(&other, &tables()).expect("a client").notes.len();
    assert_eq!(
        output.notes.len(),
        later + extra.len(),
        "{:?}",
        output.notes
    );
}

#[test]
fn an_inconsistent_table_is_refused() {
    let cases = [
        (
            "repeats.json",
            "\"Pool_Get\", \"repeat\": \"reads\"",
            "\"Pool_Get\", \"repeat\": \"deletes\"",
            "does not fit the method GET",
        ),
        (
            "repeats.json",
            "\"applied\": [\"TaskCompleted\"]",
            "\"applied\": [\"TaskDone\"]",
            "TaskDone is not in error-codes.json",
        ),
        (
            "repeats.json",
            "\"Pool_Patch\", \"repeat\": \"sets\"",
            "\"Pool_Patch\", \"repeat\": \"sets\", \"docs\": \"x\"",
            "`docs` belongs to `acts`",
        ),
        (
            "repeats.json",
            "\"exists\": [\"TaskExists\"]",
            "\"exists\": []",
            "`adds` needs a body",
        ),
        (
            "repeats.json",
            "\"repeat\": \"sets\"",
            "\"repeat\": \"perhaps\"",
            "unknown variant `perhaps`",
        ),
        (
            "secrets.json",
            "\"VMExtension.protectedSettings\", \"is\": \"secret\"",
            "\"VMExtension.protectedSettings\", \"is\": \"plain\"",
            "`x-ms-secret`",
        ),
        (
            "secrets.json",
            "{ \"certificateFormat\": \"cer\" }",
            "{ \"certificateForm\": \"cer\" }",
            "`unless` names certificateForm, which is not a property beside it",
        ),
        (
            "secrets.json",
            "{ \"certificateFormat\": \"cer\" }",
            "{ \"certificateFormat\": \"cer\", \"password\": \"\" }",
            "`unless` names more than one property",
        ),
        (
            "secrets.json",
            "\"settings\", \"is\": \"plain\"",
            "\"settings\", \"is\": \"scrubbed\"",
            "make it `hidden`",
        ),
        (
            "defaults.json",
            "\"StartTask.waitForSuccess\", \"value\": true",
            "\"StartTask.waitForSuccess\"",
            "exactly one of",
        ),
        (
            "defaults.json",
            "{ \"enableAutoScale\": true }",
            "{ \"enabled\": true }",
            "has no property enabled",
        ),
        (
            "letter-case.json",
            "    { \"place\": \"vmSize\"",
            "   { \"place\": \"vmSize\"",
            "expected one row per line",
        ),
        (
            "read-only.json",
            "\"rows\": [\n",
            "\"rows\":\n[\n",
            "the file is not a table",
        ),
    ];
    for (file, from, to, why) in cases {
        let text = tables()[file].replacen(from, to, 1);
        assert_ne!(text, tables()[file], "{from}");
        let error = generate(description(), &tables_with(file, &text)).expect_err(why);
        assert_eq!(error.path(), file, "{error}");
        assert!(error.message().contains(why), "{error}");
    }
}

#[test]
fn an_alias_that_rustdoc_would_not_take_is_refused() {
    for (from, to, why) in [
        (
            "[\"BatchPool\"]",
            "[\"BatchPool\", \"CloudPool\"]",
            "the alias \"CloudPool\" of CloudPool is our own name",
        ),
        (
            "[\"delete_pool\"]",
            "[\"delete_pool\", \"delete_pool\"]",
            "the alias \"delete_pool\" of Pool_Delete is there twice",
        ),
        (
            "[\"BatchPool\"]",
            "[\"a pool\"]",
            "the alias \"a pool\" of CloudPool is not a name",
        ),
        (
            "[\"BatchPool\"]",
            "[]",
            "the row of CloudPool has no names; remove it",
        ),
    ] {
        let text = tables()["aliases.json"].replacen(from, to, 1);
        let error = generate(description(), &tables_with("aliases.json", &text)).expect_err(why);
        assert_eq!(error.message(), why);
    }
}

#[test]
fn a_missing_table_is_named() {
    let mut tables = tables();
    tables.remove("repeats.json");
    let error = generate(description(), &tables).expect_err("no table");
    assert_eq!(
        (error.path(), error.message()),
        ("repeats.json", "the table is missing")
    );
}

#[test]
fn a_small_description_without_rows_is_all_todo() {
    let output = generate(&library().to_string(), &library_tables()).expect("a client");
    assert!(
        output
            .todo
            .contains(&"spec/repeats.json: Shelf_Add".to_owned())
    );
    assert!(
        output
            .todo
            .contains(&"spec/read-only.json: Shelf.id".to_owned())
    );
    assert!(output.todo.contains(&"spec/secrets.json: color".to_owned()));
}
