//! The tables of facts under `spec/`: rows for all that is there, `todo` for what is new, errors
//! for what is wrong.

use batch_codegen::{TABLES_VERSION, generate};
use serde_json::{Value, json};

use super::support::{
    description, description_json, library, library_tables, make, ours, tables, tables_with,
};

/// A copy of our description with an operation and a secret property more.
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
    assert_eq!(ours().tables.len(), 5);
}

#[test]
fn what_is_new_gets_todo_rows_and_the_careful_answer() {
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
    // The client shows nothing of it, and sends it once; the emulator stores nothing, and has no
    // function for it.
    let shared: String = output
        .client
        .values()
        .map(|text| text.split_whitespace().collect::<String>())
        .collect();
    assert!(shared.contains(
        ".field(\"recovery_phrase\",&crate::wire::redact::secret(&self.recovery_phrase)"
    ));
    assert!(
        output.client["operations/pool.rs"].contains("Call::new(\"Pool_Freeze\", Effect::Unknown")
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

    // Its own tables leave the same to decide.
    let mut decided = tables();
    decided.extend(output.tables.clone());
    let again = generate(&next_version().to_string(), &decided).expect("a client");
    assert_eq!((&again.tables, again.todo), (&output.tables, output.todo));

    // Where the next version is left again, so are the rows on which nobody has decided.
    let back = generate(description(), &decided).expect("a client");
    let ours = tables();
    for (file, text) in &back.tables {
        assert_eq!(*text, ours[file], "{file}");
    }
}

#[test]
fn a_decided_row_is_followed() {
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
fn a_row_of_what_is_not_there_is_an_error_in_our_version_and_a_note_in_others() {
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
    assert_eq!(output.notes.len(), extra.len(), "{:?}", output.notes);
}

#[test]
fn a_table_that_says_what_cannot_be_is_refused() {
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
            "`unless` names certificateForm, which is not beside it",
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
            "on a line of its own",
        ),
        (
            "read-only.json",
            "\"rows\": [\n",
            "\"rows\":\n[\n",
            "not in the form of a table",
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
