//! The code that `regen` generates from other versions of the description compiles with the
//! hand-written code.
//!
//! Runs cargo on a copy of the workspace, so it takes minutes. Code of the versions from
//! 2022-10-01.16.0 on has to compile, which is tried with the oldest and the newest of them; all
//! others only have to regenerate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::typespec;
use super::workspace::{Outcome, Workspace, reference, root};

/// The oldest version whose client compiles with the hand-written code.
const OLDEST_WHOLE: &str = "2022-10-01.16.0";

/// Everything that cargo reads.
const WORKSPACE: [&str; 13] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "spec",
    "xtask",
    "batch-codegen",
    "batch-client",
    "batch-wire",
    "batch-auth",
    "batch-emulator",
    "batch-jobs",
    "tests",
    "bench",
];

fn regenerate(workspace: &Workspace, description: &Path) {
    let text = fs::read_to_string(description).expect("a description");
    workspace.write("spec/BatchService.json", &text);
    workspace.xtask(&["regen"]).expect_success();
}

/// Compiles the generated code. All versions share a target folder, but not the project's: cargo
/// distinguishes copies of a workspace only by the modification times of their files.
fn compile(workspace: &Workspace, name: &str) {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet"])
        // Its tests use what later versions add to our base, and to no other.
        .args(["--workspace", "--exclude", "batch-tests", "--all-targets"])
        .current_dir(workspace.path())
        .env("CARGO_TARGET_DIR", root().join("target/versions"))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let outcome = Outcome::from(output);
    let errors: Vec<&str> = outcome
        .stderr
        .lines()
        .filter(|line| line.starts_with("error") || line.trim_start().starts_with("--> "))
        .collect();
    assert!(outcome.success, "{name}:\n{}", errors.join("\n"));
    println!("{name} compiles");
}

/// Runs a test of the next version: undecided values and operations are not shown, stored or
/// carried out.
fn behaves(workspace: &Workspace) {
    workspace.write("batch-emulator/tests/next_version.rs", NEXT_VERSION);
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--quiet"])
        .args(["-p", "batch-emulator", "--test", "next_version"])
        .current_dir(workspace.path())
        .env("CARGO_TARGET_DIR", root().join("target/versions"))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let outcome = Outcome::from(output);
    assert!(outcome.success, "{}\n{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stdout.contains("1 passed"), "{}", outcome.stdout);
}

/// A test of the next version, with a client and an emulator that were generated from it.
const NEXT_VERSION: &str = include_str!("../fixtures/next_version.rs");

/// Returns the version in a description's file name; `None` for files of another dialect.
fn version(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let version = name.strip_prefix("BatchService-")?.strip_suffix(".json")?;
    let is_plain = version
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'-' || b == b'.');
    is_plain.then_some(version)
}

fn descriptions(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = paths.filter(|path| version(path).is_some()).collect();
    found.sort();
    assert!(
        !found.is_empty(),
        "{} has no descriptions",
        folder.display()
    );
    found
}

/// Returns our description, in TypeSpec's dialect, with known changes of the next version (new
/// operations and states of nodes, and no pools of cloud services) and with invented ones.
fn next() -> String {
    let read = |path: &str| -> Value {
        let text = fs::read_to_string(root().join(path)).expect("ours");
        serde_json::from_str(&text).expect("JSON")
    };
    let mut next = read("spec/BatchService.json");
    let paths = &mut next["paths"];
    let node = "/pools/{poolId}/nodes/{nodeId}";
    for (name, id) in [
        ("deallocate", "ComputeNode_Deallocate"),
        ("start", "ComputeNode_Start"),
    ] {
        let mut operation = paths[format!("{node}/enablescheduling")]["post"].clone();
        operation["operationId"] = json!(id);
        paths[format!("{node}/{name}")] = json!({ "post": operation });
    }
    let definitions = next["definitions"].as_object_mut().expect("definitions");
    definitions
        .remove("CloudServiceConfiguration")
        .expect("one");
    for (_, definition) in definitions.iter_mut() {
        if let Some(properties) = definition.get_mut("properties") {
            let properties = properties.as_object_mut().expect("properties");
            properties.remove("cloudServiceConfiguration");
        }
    }
    let count = json!({ "type": "integer", "format": "int32" });
    definitions["NodeCounts"]["properties"]["deallocated"] = count;
    let phrase = json!({ "type": "string", "description": "A phrase without a decision in the table of secrets." });
    definitions["UserAccount"]["properties"]["recoveryPhrase"] = phrase;
    let state = &mut definitions["ComputeNode"]["properties"]["state"];
    let value = json!({ "value": "deallocated" });
    state["x-ms-enum"]["values"]
        .as_array_mut()
        .expect("values")
        .push(value);
    state["enum"]
        .as_array_mut()
        .expect("values")
        .push(json!("deallocated"));
    let mut theirs = typespec::typespec(&next, &read("spec/names.json"));
    typespec::next(&mut theirs);
    theirs.to_string()
}

#[test]
fn code_of_other_versions_compiles() {
    let Some(folder) = reference() else {
        return;
    };
    let workspace = Workspace::with(&WORKSPACE);
    let descriptions = descriptions(&folder);
    let newest = descriptions.last().and_then(|path| version(path));
    for description in &descriptions {
        let version = version(description).expect("a version");
        // Every other test compiles ours. Microsoft's file of this version lacks the shared
        // parameters that the changes of later versions name.
        if version == batch_codegen::TABLES_VERSION {
            continue;
        }
        regenerate(&workspace, description);
        if version == OLDEST_WHOLE || Some(version) == newest {
            compile(&workspace, version);
        }
    }
}

#[test]
fn a_next_version_from_typespec_compiles_and_behaves() {
    // Takes minutes, as the other test here does.
    if reference().is_none() {
        return;
    }
    let workspace = Workspace::with(&WORKSPACE);
    let next = workspace.write("next.json", &next());
    let stdout = workspace
        .xtask(&["regen", "--spec", &next.display().to_string()])
        .expect_success();
    assert!(stdout.contains("have no description yet"), "{stdout}");
    for place in ["repeats.json: Pool_Pause", "secrets.json: recoveryPhrase"] {
        assert!(
            stdout.contains(&format!("spec/{place}\n")),
            "{place}: {stdout}"
        );
    }
    compile(&workspace, "a next version");
    behaves(&workspace);
}
