//! A built xtask works only on the workspace of the current folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::workspace::{Workspace, root, xtask_in};

const GENERATED: &str = "batch-client/src/generated/mod.rs";

/// Returns the files that `regen` could write in the workspace in which this xtask was built, with
/// their modification times.
fn at_home() -> Vec<(PathBuf, SystemTime)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = [
        "spec",
        "batch-client/src/generated",
        "batch-emulator/src/generated",
        "tests/it/generated",
    ]
    .map(|folder| root().join(folder))
    .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let changed = entry.metadata().and_then(|about| about.modified());
                files.push((entry.path(), changed.expect("a time")));
            }
        }
    }
    files.sort();
    files
}

/// Returns the number of entries in a folder.
fn below(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

#[test]
fn regen_writes_another_checkout_and_not_this_one() {
    let home = at_home();
    let workspace = Workspace::spec();
    let (before, inner) = (
        workspace.files(),
        workspace.path().join("batch-codegen/src"),
    );
    for folder in [workspace.path(), &inner] {
        workspace.write(GENERATED, "// Spoiled.\n");
        let outcome = xtask_in(folder, &["regen", "--check"]);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(
            outcome.stdout.contains("-// Spoiled."),
            "{}",
            outcome.stdout
        );
        assert_eq!(workspace.read(GENERATED), "// Spoiled.\n");

        xtask_in(folder, &["regen"]).expect_success();
        assert!(workspace.files() == before, "regen in {}", folder.display());
        xtask_in(folder, &["regen", "--check"]).expect_success();
    }
    assert!(
        at_home() == home,
        "the workspace in which xtask was built has changed"
    );
}

#[test]
fn files_are_named_from_the_current_folder() {
    let workspace = Workspace::spec();
    let inner = workspace.path().join("batch-codegen/src");
    fs::write(inner.join("next.json"), workspace.description()).expect("a file");
    let ours = "../../spec/BatchService.json";
    let stdout = xtask_in(&inner, &["diff", ours, "next.json"]).expect_success();
    assert!(stdout.ends_with("no differences\n"), "{stdout}");
    let stdout = xtask_in(&inner, &["regen", "--spec", "next.json"]).expect_success();
    assert!(stdout.starts_with("no changes: next.json"), "{stdout}");
    let outcome = xtask_in(workspace.path(), &["diff", ours, "next.json"]);
    assert!(
        outcome
            .stderr
            .contains("cannot read ../../spec/BatchService.json"),
        "{outcome:?}"
    );
}

#[test]
fn only_help_runs_outside_of_a_workspace() {
    let folder = tempfile::tempdir().expect("a folder");
    // Somebody else's workspace.
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").expect("a file");
    let (home, here) = (at_home(), below(folder.path()));
    for command in [
        &["regen"][..],
        &["regen", "--check"],
        &["regen", "--spec", "next.json"],
        &["diff", "a.json", "b.json"],
        &["review", "--base", "main"],
        &["api"],
        &["examples"],
        &["package"],
        &["peers"],
        &["audit", "deny"],
    ] {
        let outcome = xtask_in(folder.path(), command);
        assert_eq!(outcome.code, Some(1), "{command:?}: {outcome:?}");
        assert!(outcome.stdout.is_empty(), "{command:?}: {}", outcome.stdout);
        for piece in [
            "cannot find the workspace: neither ",
            "Cargo.toml with [workspace]",
            "spec/BatchService.json and batch-codegen",
            "change to a checkout of azure-batch-rs",
        ] {
            assert!(
                outcome.stderr.contains(piece),
                "{command:?}: {}",
                outcome.stderr
            );
        }
    }
    let help = xtask_in(folder.path(), &["help"]).expect_success();
    assert!(help.starts_with("usage: cargo xtask"), "{help}");
    let wrong = xtask_in(folder.path(), &["regn"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(
        wrong
            .stderr
            .starts_with("error: unknown command \"regn\"\n\nusage: ")
    );
    assert_eq!(below(folder.path()), here);
    assert!(
        at_home() == home,
        "the workspace in which xtask was built has changed"
    );
}
