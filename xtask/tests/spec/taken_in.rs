//! `regen --spec FILE`: what it writes, what it says, and that it writes nothing where it fails.

use serde_json::{Value, json};

use super::workspace::{Workspace, reference};

const MARKER: &str = "(text to be written)";

#[test]
fn our_own_file_changes_nothing() {
    let workspace = Workspace::spec();
    let before = workspace.files();
    let copy = workspace.path().join("spec/BatchService.json");
    let said = workspace
        .xtask(&["regen", "--spec", &copy.display().to_string()])
        .expect_good();
    assert!(said.starts_with("no changes: "), "{said}");
    assert!(said.contains("files, 0 changed"), "{said}");
    assert!(workspace.files() == before);
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let workspace = Workspace::spec();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = elsewhere.path().join("marked.json");
    let text = format!("\u{feff}{}", workspace.description());
    std::fs::write(&file, text).expect("a file");
    let said = workspace
        .xtask(&["regen", "--spec", &file.display().to_string()])
        .expect_good();
    assert!(said.starts_with("no changes: "), "{said}");
}

#[test]
fn a_bad_file_is_an_error_that_writes_nothing() {
    let workspace = Workspace::spec();
    let before = workspace.files();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let ours = workspace.description();
    let cases = [
        (
            "no-json.json",
            "swagger: 2.0".to_owned(),
            "$: this is not JSON: expected value at line 1 column 1",
        ),
        ("half.json", ours[..ours.len() / 2].to_owned(), "EOF"),
        (
            "new.json",
            r#"{ "openapi": "3.0.3" }"#.to_owned(),
            "this is OpenAPI \"3.0.3\"",
        ),
        (
            // It parses, and makes no client: the listing has no items.
            "no-items.json",
            ours.replacen(
                "\"nextLinkName\": \"odata.nextLink\"",
                "\"nextLinkName\": \"next\"",
                1,
            ),
            "is pageable by",
        ),
    ];
    for (name, text, why) in cases {
        let file = elsewhere.path().join(name);
        std::fs::write(&file, text).expect("a file");
        let done = workspace.xtask(&["regen", "--spec", &file.display().to_string()]);
        assert!(!done.good && done.said.is_empty(), "{name}: {done:?}");
        assert_eq!(done.error.lines().count(), 1, "{name}: {}", done.error);
        assert!(
            done.error.contains(name) && done.error.contains(why),
            "{name}: {}",
            done.error
        );
        assert!(workspace.files() == before, "{name} has left something");
    }
    let done = workspace.xtask(&["regen", "--spec", "nowhere.json"]);
    assert!(
        !done.good && done.error.contains("cannot read nowhere.json"),
        "{}",
        done.error
    );
}

#[test]
fn a_new_place_fails_the_check_until_its_text_is_written() {
    let workspace = Workspace::spec();
    let ours = workspace.description();
    let (place, new) = (
        "    \"CloudPool\": {\n      \"type\": \"object\",",
        "    \"Mood\": { \"type\": \"object\", \"title\": \"Foreign.\", \"properties\": { \"calm\": { \"type\": \"boolean\" } } },\n",
    );
    assert_eq!(ours.matches(place).count(), 1);
    let theirs = ours
        .replace(place, &format!("{new}{place}"))
        .replace("2024-02-01.19.0", "2031-01-01.1.0");
    let file = workspace.write("next.json", &theirs);

    let said = workspace
        .xtask(&["regen", "--spec", &file.display().to_string()])
        .expect_good();
    for piece in [
        "2 places have no text yet in spec/BatchService.json:",
        "$.definitions.Mood.description",
        "$.definitions.Mood.properties.calm.description",
        "suggested now: 0.1.1",
        "Entry for CHANGELOG.md:",
        "models::Mood",
    ] {
        assert!(said.contains(piece), "{piece:?} is not in\n{said}");
    }
    assert!(!workspace.description().contains("Foreign."));

    let done = workspace.xtask(&["regen", "--check"]);
    assert!(!done.good, "{}", done.said);
    assert!(
        done.said.contains("$.definitions.Mood.description"),
        "{}",
        done.said
    );
    assert!(
        done.said.contains("Repair: write a text of ours"),
        "{}",
        done.said
    );

    let written = workspace
        .description()
        .replace(MARKER, "How it is on this pool.");
    workspace.write("spec/BatchService.json", &written);
    workspace.xtask(&["regen"]).expect_good();
    let said = workspace.xtask(&["regen", "--check"]).expect_good();
    assert_eq!(
        said.trim(),
        "regen --check: what is checked in is what the description makes"
    );
}

#[test]
fn what_nobody_has_decided_on_fails_the_check_until_it_is_decided() {
    let workspace = Workspace::spec();
    let mut theirs: Value = serde_json::from_str(&workspace.description()).expect("JSON");
    theirs["info"]["version"] = json!("2031-01-01.1.0");
    let mut freeze = theirs["paths"]["/pools/{poolId}/stopresize"].clone();
    freeze["post"]["operationId"] = json!("Pool_Freeze");
    theirs["paths"]["/pools/{poolId}/freeze"] = freeze;
    theirs["definitions"]["UserAccount"]["properties"]["recoveryPhrase"] =
        json!({ "type": "string" });
    let file = workspace.write("next.json", &theirs.to_string());

    let said = workspace
        .xtask(&["regen", "--spec", &file.display().to_string()])
        .expect_good();
    let rows = [
        "spec/repeats.json: Pool_Freeze",
        "spec/secrets.json: recoveryPhrase",
    ];
    for row in rows {
        assert!(said.contains(row), "{row} is not in\n{said}");
    }
    let table = |name: &str| workspace.read(&format!("spec/{name}.json"));
    let todo = [
        (
            "repeats",
            r#""operation": "Pool_Freeze", "repeat": "todo""#,
            "acts\", \"docs\": \"a retry changes nothing further",
        ),
        (
            "secrets",
            r#""place": "recoveryPhrase", "is": "todo""#,
            "plain",
        ),
    ];
    let described = workspace
        .description()
        .replace(MARKER, "How it is on this pool.");
    workspace.write("spec/BatchService.json", &described);
    workspace.xtask(&["regen"]).expect_good();
    for (name, row, decision) in todo {
        let done = workspace.xtask(&["regen", "--check"]);
        assert_eq!(done.code, Some(1), "{}", done.said);
        assert!(
            done.said.contains(&format!("spec/{name}.json: ")),
            "{}",
            done.said
        );
        assert!(
            done.said.contains("Repair: decide each row"),
            "{}",
            done.said
        );
        let text = table(name);
        assert_eq!(text.matches(row).count(), 1, "{name}");
        let decided = text.replace(row, &row.replace("todo", decision));
        workspace.write(&format!("spec/{name}.json"), &decided);
        workspace.xtask(&["regen"]).expect_good();
    }
    workspace.xtask(&["regen", "--check"]).expect_good();
    // With the decision, the emulator is asked for a function.
    let server = workspace.read("batch-emulator/src/generated/mod.rs");
    assert!(server.contains("action: Some(OperationId::PoolFreeze)"));
}

#[test]
fn long_lists_are_cut() {
    let workspace = Workspace::spec();
    let many: Vec<String> = (0..60)
        .map(|n| format!("\"calm{n}\": {{ \"type\": \"boolean\" }}"))
        .collect();
    let ours = workspace.description();
    let place = "    \"CloudPool\": {\n      \"type\": \"object\",";
    let new = format!(
        "    \"Mood\": {{ \"type\": \"object\", \"properties\": {{ {} }} }},\n{place}",
        many.join(", ")
    );
    let file = workspace.write("next.json", &ours.replace(place, &new));
    let said = workspace
        .xtask(&["regen", "--spec", &file.display().to_string()])
        .expect_good();
    assert!(said.contains("61 places have no text yet"), "{said}");
    assert!(said.contains("\n  … 11 more\n"), "{said}");
}

#[test]
fn microsofts_versions_come_and_go() {
    let Some(folder) = reference() else {
        return;
    };
    let file = |version: &str| {
        folder
            .join(format!("BatchService-{version}.json"))
            .display()
            .to_string()
    };
    let workspace = Workspace::spec();
    let before = workspace.files();
    let said = workspace
        .xtask(&["regen", "--spec", &file("2024-02-01.19.0")])
        .expect_good();
    assert!(said.starts_with("no changes: "), "{said}");
    assert!(workspace.files() == before);

    let said = workspace
        .xtask(&["regen", "--spec", &file("2022-10-01.16.0")])
        .expect_good();
    for piece in [
        "suggested now: 0.2.0",
        "$.paths['/lifetimepoolstats'].get.summary",
        "$.definitions.CloudPool: properties gone: `upgradePolicy`, `resourceTags`",
    ] {
        assert!(said.contains(piece), "{piece:?} is not in\n{said}");
    }
    assert!(
        workspace
            .read("batch-client/src/generated/mod.rs")
            .contains("\"2022-10-01.16.0\"")
    );
    assert!(!workspace.xtask(&["regen", "--check"]).good);

    let said = workspace
        .xtask(&["regen", "--spec", &file("2024-02-01.19.0")])
        .expect_good();
    assert!(
        said.contains("$.definitions.UpgradePolicy.description"),
        "{said}"
    );
    assert!(!workspace.description().contains("lifetimepoolstats"));
    assert!(
        workspace
            .read("batch-client/src/generated/mod.rs")
            .contains("\"2024-02-01.19.0\"")
    );
}
