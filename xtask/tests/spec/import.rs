//! `regen --spec FILE`: the files and the output, and that a failure writes nothing.

use serde_json::{Value, json};

use super::workspace::{Workspace, reference};
use crate::typespec::{next, typespec};

const MARKER: &str = "(description to be written)";

#[test]
fn our_own_file_changes_nothing() {
    let workspace = Workspace::spec();
    let before = workspace.files();
    let copy = workspace.path().join("spec/BatchService.json");
    let stdout = workspace
        .xtask(&["regen", "--spec", &copy.display().to_string()])
        .expect_success();
    assert!(stdout.starts_with("no changes: "), "{stdout}");
    assert!(stdout.contains("files, 0 changed"), "{stdout}");
    assert!(workspace.files() == before);
}

#[test]
fn a_byte_order_mark_is_ignored() {
    let workspace = Workspace::spec();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = elsewhere.path().join("marked.json");
    let text = format!("\u{feff}{}", workspace.description());
    std::fs::write(&file, text).expect("a file");
    let stdout = workspace
        .xtask(&["regen", "--spec", &file.display().to_string()])
        .expect_success();
    assert!(stdout.starts_with("no changes: "), "{stdout}");
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
            "$: the input is not JSON: expected value at line 1 column 1",
        ),
        ("half.json", ours[..ours.len() / 2].to_owned(), "EOF"),
        (
            "new.json",
            r#"{ "openapi": "3.0.3" }"#.to_owned(),
            "the input is OpenAPI \"3.0.3\"",
        ),
        (
            // It parses, but no client can be generated: the listing has no items.
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
        let outcome = workspace.xtask(&["regen", "--spec", &file.display().to_string()]);
        assert!(
            !outcome.success && outcome.stdout.is_empty(),
            "{name}: {outcome:?}"
        );
        assert_eq!(
            outcome.stderr.lines().count(),
            1,
            "{name}: {}",
            outcome.stderr
        );
        assert!(
            outcome.stderr.contains(name) && outcome.stderr.contains(why),
            "{name}: {}",
            outcome.stderr
        );
        assert!(workspace.files() == before, "{name} has left something");
    }
    let outcome = workspace.xtask(&["regen", "--spec", "nowhere.json"]);
    assert!(
        !outcome.success && outcome.stderr.contains("cannot read nowhere.json"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_new_place_fails_the_check_until_it_is_described() {
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

    let stdout = workspace
        .xtask(&["regen", "--spec", &file.display().to_string()])
        .expect_success();
    for piece in [
        "2 places have no description yet in spec/BatchService.json:",
        "$.definitions.Mood.description",
        "$.definitions.Mood.properties.calm.description",
        "suggested version: 0.1.1",
        "Entry for CHANGELOG.md:",
        "models::Mood",
    ] {
        assert!(stdout.contains(piece), "{piece:?} is not in\n{stdout}");
    }
    assert!(!workspace.description().contains("Foreign."));

    let outcome = workspace.xtask(&["regen", "--check"]);
    assert!(!outcome.success, "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("$.definitions.Mood.description"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("Fix: replace each"),
        "{}",
        outcome.stdout
    );

    let written = workspace.description().replace(MARKER, "Mood of the pool.");
    workspace.write("spec/BatchService.json", &written);
    workspace.xtask(&["regen"]).expect_success();
    let stdout = workspace.xtask(&["regen", "--check"]).expect_success();
    // It comes after the rows of the tables that only later versions have.
    let last = stdout.trim().lines().last();
    assert_eq!(
        last,
        Some("regen --check: the checked-in files match the description")
    );
}

#[test]
fn an_undecided_row_fails_the_check_until_it_is_decided() {
    let workspace = Workspace::spec();
    let mut theirs: Value = serde_json::from_str(&workspace.description()).expect("JSON");
    theirs["info"]["version"] = json!("2031-01-01.1.0");
    let mut freeze = theirs["paths"]["/pools/{poolId}/stopresize"].clone();
    freeze["post"]["operationId"] = json!("Pool_Freeze");
    theirs["paths"]["/pools/{poolId}/freeze"] = freeze;
    theirs["definitions"]["UserAccount"]["properties"]["recoveryPhrase"] =
        json!({ "type": "string" });
    let file = workspace.write("next.json", &theirs.to_string());

    let stdout = workspace
        .xtask(&["regen", "--spec", &file.display().to_string()])
        .expect_success();
    let rows = [
        "spec/repeats.json: Pool_Freeze",
        "spec/secrets.json: recoveryPhrase",
    ];
    for row in rows {
        assert!(stdout.contains(row), "{row} is not in\n{stdout}");
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
        .replace(MARKER, "State of the pool's freezing.");
    workspace.write("spec/BatchService.json", &described);
    workspace.xtask(&["regen"]).expect_success();
    for (name, row, decision) in todo {
        let outcome = workspace.xtask(&["regen", "--check"]);
        assert_eq!(outcome.code, Some(1), "{}", outcome.stdout);
        assert!(
            outcome.stdout.contains(&format!("spec/{name}.json: ")),
            "{}",
            outcome.stdout
        );
        assert!(
            outcome.stdout.contains("Fix: decide each row"),
            "{}",
            outcome.stdout
        );
        let text = table(name);
        assert_eq!(text.matches(row).count(), 1, "{name}");
        let decided = text.replace(row, &row.replace("todo", decision));
        workspace.write(&format!("spec/{name}.json"), &decided);
        workspace.xtask(&["regen"]).expect_success();
    }
    workspace.xtask(&["regen", "--check"]).expect_success();
    // With the decision, the emulator needs a function.
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
    let stdout = workspace
        .xtask(&["regen", "--spec", &file.display().to_string()])
        .expect_success();
    assert!(
        stdout.contains("61 places have no description yet"),
        "{stdout}"
    );
    assert!(stdout.contains("\n  … 11 more\n"), "{stdout}");
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
    let stdout = workspace
        .xtask(&["regen", "--spec", &file("2024-02-01.19.0")])
        .expect_success();
    assert!(stdout.starts_with("no changes: "), "{stdout}");
    assert!(workspace.files() == before);

    let stdout = workspace
        .xtask(&["regen", "--spec", &file("2022-10-01.16.0")])
        .expect_success();
    for piece in [
        "suggested version: 0.2.0",
        "$.paths['/lifetimepoolstats'].get.summary",
        "$.definitions.CloudPool: properties removed: `upgradePolicy`, `resourceTags`",
    ] {
        assert!(stdout.contains(piece), "{piece:?} is not in\n{stdout}");
    }
    assert!(
        workspace
            .read("batch-client/src/generated/mod.rs")
            .contains("\"2022-10-01.16.0\"")
    );
    assert!(!workspace.xtask(&["regen", "--check"]).success);

    let stdout = workspace
        .xtask(&["regen", "--spec", &file("2024-02-01.19.0")])
        .expect_success();
    assert!(
        stdout.contains("$.definitions.UpgradePolicy.description"),
        "{stdout}"
    );
    assert!(!workspace.description().contains("lifetimepoolstats"));
    assert!(
        workspace
            .read("batch-client/src/generated/mod.rs")
            .contains("\"2024-02-01.19.0\"")
    );
}

/// A next version in TypeSpec's dialect: one command takes in its facts, under our names.
#[test]
fn a_version_that_typespec_generated_is_taken_in() {
    let workspace = Workspace::spec();
    let names = serde_json::from_str(&workspace.read("spec/names.json")).expect("JSON");
    let ours: Value = serde_json::from_str(&workspace.description()).expect("JSON");
    let mut theirs = typespec(&ours, &names);
    next(&mut theirs);
    let file = workspace.write("next.json", &theirs.to_string());
    let file = file.display().to_string();
    let stdout = workspace
        .xtask(&["regen", "--spec", &file])
        .expect_success();
    for line in [
        "spec/names.json has new rows: read them in the diff",
        "Batch API 2024-02-01.19.0 → 2027-01-01",
        "operation Pool_Pause",
        "Entry for CHANGELOG.md:",
        "$.definitions.PoolPlan.description",
        "spec/repeats.json: Pool_Pause",
    ] {
        assert!(stdout.contains(line), "{line}: {stdout}");
    }
    let found: Value = serde_json::from_str(&workspace.read("spec/names.json")).expect("JSON");
    assert_eq!(found["operations"]["Pools_PausePool"], "Pool_Pause");
    assert_eq!(found["models"]["BatchPoolPlan"], "PoolPlan");
    let again = workspace
        .xtask(&["regen", "--spec", &file])
        .expect_success();
    assert!(again.starts_with("no changes: "), "{again}");
}
