//! A built xtask works on the workspace that the current folder is in, and on no other.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::workspace::{Workspace, root, xtask_in};

const GENERATED: &str = "batch-client/src/generated/mod.rs";

/// The files that `regen` could write in the workspace that this xtask was built in, with the times
/// of their last change.
fn at_home() -> Vec<(PathBuf, SystemTime)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = [
        "spec",
        "batch-client/src/generated",
        "batch-emulator/src/generated",
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

/// Everything below a folder.
fn below(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

#[test]
fn another_checkout_is_written_and_this_one_is_not() {
    let home = at_home();
    let workspace = Workspace::spec();
    let (before, inner) = (
        workspace.files(),
        workspace.path().join("batch-codegen/src"),
    );
    for folder in [workspace.path(), &inner] {
        workspace.write(GENERATED, "// Spoiled.\n");
        let done = xtask_in(folder, &["regen", "--check"]);
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.said.contains("-// Spoiled."), "{}", done.said);
        assert_eq!(workspace.read(GENERATED), "// Spoiled.\n");

        xtask_in(folder, &["regen"]).expect_good();
        assert!(workspace.files() == before, "regen in {}", folder.display());
        xtask_in(folder, &["regen", "--check"]).expect_good();
    }
    assert!(
        at_home() == home,
        "the workspace that xtask was built in has changed"
    );
}

#[test]
fn files_are_named_from_the_current_folder() {
    let workspace = Workspace::spec();
    let inner = workspace.path().join("batch-codegen/src");
    fs::write(inner.join("next.json"), workspace.description()).expect("a file");
    let ours = "../../spec/BatchService.json";
    let said = xtask_in(&inner, &["diff", ours, "next.json"]).expect_good();
    assert!(said.ends_with("nothing differs\n"), "{said}");
    let said = xtask_in(&inner, &["regen", "--spec", "next.json"]).expect_good();
    assert!(said.starts_with("no changes: next.json"), "{said}");
    let done = xtask_in(workspace.path(), &["diff", ours, "next.json"]);
    assert!(
        done.error
            .contains("cannot read ../../spec/BatchService.json"),
        "{done:?}"
    );
}

#[test]
fn outside_of_any_workspace_nothing_runs_but_help() {
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
        let done = xtask_in(folder.path(), command);
        assert_eq!(done.code, Some(1), "{command:?}: {done:?}");
        assert!(done.said.is_empty(), "{command:?}: {}", done.said);
        for piece in [
            "cannot find the workspace: neither ",
            "Cargo.toml with [workspace]",
            "spec/BatchService.json and batch-codegen",
            "change to a checkout of azure-batch-rs",
        ] {
            assert!(done.error.contains(piece), "{command:?}: {}", done.error);
        }
    }
    let help = xtask_in(folder.path(), &["help"]).expect_good();
    assert!(help.starts_with("usage: cargo xtask"), "{help}");
    let wrong = xtask_in(folder.path(), &["regn"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(
        wrong
            .error
            .starts_with("error: unknown command \"regn\"\n\nusage: ")
    );
    assert_eq!(below(folder.path()), here);
    assert!(
        at_home() == home,
        "the workspace that xtask was built in has changed"
    );
}
