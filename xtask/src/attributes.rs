//! Every file that a command writes is marked as generated in `.gitattributes`, so that a review
//! folds it.

use crate::{api, regen, run, workspace};

#[test]
fn all_that_is_generated_is_marked_so() {
    let root = workspace::root().unwrap();
    if !root.join(".git").exists() || run::quietly(run::git(&root).arg("--version")).is_err() {
        println!("skipped: this is not a git checkout, or git is not installed");
        return;
    }
    let mut paths = regen::paths(&root).unwrap();
    paths.extend(api::paths());
    paths.push("Cargo.lock".into());
    let mut git = run::git(&root);
    let said = run::text(
        git.args(["check-attr", "linguist-generated", "--"])
            .args(&paths),
    )
    .unwrap();
    let unmarked: Vec<&str> = said
        .lines()
        .filter(|line| !line.ends_with(": linguist-generated: set"))
        .collect();
    assert_eq!(said.lines().count(), paths.len());
    assert_eq!(
        unmarked, [""; 0],
        "in .gitattributes, mark them linguist-generated"
    );
    // What is written by hand is not folded.
    let mut git = run::git(&root);
    let by_hand = ["spec/BatchService.json", "batch-codegen/src/lib.rs"];
    let said = run::text(
        git.args(["check-attr", "linguist-generated", "--"])
            .args(by_hand),
    )
    .unwrap();
    assert!(
        said.lines().all(|line| line.ends_with(": unspecified")),
        "{said}"
    );
}
