//! Checks that `.gitattributes` marks every file that a command writes as generated, so that
//! reviews fold it.

use crate::{api, regen, run, workspace};

#[test]
fn generated_files_are_marked() {
    let root = workspace::root().unwrap();
    if !root.join(".git").exists() || run::quietly(run::git(&root).arg("--version")).is_err() {
        println!("skipped: this is not a git checkout, or git is not installed");
        return;
    }
    let mut paths = regen::paths(&root).unwrap();
    paths.extend(api::paths());
    paths.push("Cargo.lock".into());
    let mut git = run::git(&root);
    let output = run::text(
        git.args(["check-attr", "linguist-generated", "--"])
            .args(&paths),
    )
    .unwrap();
    let unmarked: Vec<&str> = output
        .lines()
        .filter(|line| !line.ends_with(": linguist-generated: set"))
        .collect();
    assert_eq!(output.lines().count(), paths.len());
    assert_eq!(
        unmarked, [""; 0],
        "in .gitattributes, mark them linguist-generated"
    );
    // Hand-written files are not folded.
    let mut git = run::git(&root);
    let by_hand = ["spec/BatchService.json", "batch-codegen/src/lib.rs"];
    let output = run::text(
        git.args(["check-attr", "linguist-generated", "--"])
            .args(by_hand),
    )
    .unwrap();
    assert!(
        output.lines().all(|line| line.ends_with(": unspecified")),
        "{output}"
    );
}
