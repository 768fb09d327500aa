//! `regen --spec FILE`: takes in another description, makes everything of it, and says what that
//! means.

use std::path::Path;

use anyhow::{Context, Result};
use batch_codegen::review::{diff, takein};

use super::files::{self, DESCRIPTION, wanted};
use super::show;
use crate::diff::{colour, read_description};
use crate::files::{read, write_whole};

/// Takes in a description. Nothing is written before all of it is made.
pub(super) fn take_in(root: &Path, file: &Path) -> Result<bool> {
    let theirs = read_description(file)?;
    let file = file.display().to_string();
    let ours = read(&root.join(DESCRIPTION))?;
    let taken = takein::take_in(&ours, &theirs)
        .with_context(|| format!("{file} cannot be taken in, nothing was written"))?;
    let wanted = wanted(root, &taken.description, &file)?;
    let summary = if taken.description == ours {
        format!("no changes: {file} has the facts that {DESCRIPTION} has")
    } else {
        summary(&ours, &taken.description)?
    };
    if taken.description != ours {
        write_whole(&root.join(DESCRIPTION), &taken.description)?;
    }
    let changed = files::write(root, &wanted.files)?;
    println!("{summary}");
    println!("regen: {} files, {changed} changed", wanted.files.len());
    show::notes(&wanted.notes);
    let again: Vec<String> = taken
        .to_read
        .iter()
        .map(|(place, what)| format!("{place}: {what}"))
        .collect();
    show::list(
        &again,
        "are to be read again, a fact has changed and the text stayed:",
    );
    show::unwritten(&taken.to_write);
    show::todo(&wanted.todo);
    Ok(true)
}

/// What the change means: its summary, the next version of the crates and the entry for the
/// CHANGELOG.
fn summary(old: &str, new: &str) -> Result<String> {
    let report = diff::compare(old, new).context("the comparison failed, nothing was written")?;
    let current = env!("CARGO_PKG_VERSION");
    Ok(format!(
        "{}\nVersion of the crates: {current}, suggested now: {}\n\nEntry for CHANGELOG.md:\n\n{}",
        report.text(colour()),
        report.next_version(current),
        report.changelog()
    ))
}
