//! `regen --spec FILE`: imports another description, generates everything from it, and reports what
//! the change means.

use std::path::Path;

use anyhow::{Context, Result};
use batch_codegen::dialect::Names;
use batch_codegen::review::{add, diff, import};
use batch_codegen::{NAMES_FILE, VERSIONS_FOLDER};

use super::files::{self, DESCRIPTION, wanted};
use super::show;
use crate::diff::{colour, read_description};
use crate::files::{read, write_whole};

/// Imports a description. Nothing is written before everything is generated.
pub(super) fn import(root: &Path, file: &Path) -> Result<bool> {
    let theirs = read_description(file)?;
    let file = file.display().to_string();
    let ours = read(&root.join(DESCRIPTION))?;
    let names = files::names(root)?;
    let taken = import::import(&ours, &theirs, &names)
        .with_context(|| format!("cannot import {file}; nothing was written"))?;
    let wanted = wanted(root, &taken.description, &file)?;
    let summary = if taken.description == ours {
        format!("no changes: {file} has the facts that {DESCRIPTION} has")
    } else {
        summary(&ours, &taken.description, &names)?
    };
    if let Some(found) = taken.names.filter(|found| *found != names) {
        write_whole(&files::names_path(root), &found.text())?;
        println!("spec/{NAMES_FILE} has new rows: read them in the diff\n");
    }
    if taken.description != ours {
        write_whole(&root.join(DESCRIPTION), &taken.description)?;
    }
    let changed = files::write(root, &wanted.files)?;
    println!("{summary}");
    println!("regen: {} files, {changed} changed", wanted.files.len());
    show::notes(&wanted.notes);
    let again: Vec<String> = taken
        .to_review
        .iter()
        .map(|(place, what)| format!("{place}: {what}"))
        .collect();
    show::list(
        &again,
        "need a review: a fact changed, and the description is still the old one:",
    );
    show::unwritten(&taken.to_write);
    show::todo(&wanted.todo);
    Ok(true)
}

/// Adds a version beside the others: writes its file in `spec/versions/`, and generates everything.
pub(super) fn add(root: &Path, file: &Path) -> Result<bool> {
    let theirs = read_description(file)?;
    let file = file.display().to_string();
    let base = read(&root.join(DESCRIPTION))?;
    let names = files::names(root)?;
    let added = add::add(&base, &files::changes(root)?, &theirs, &names)
        .with_context(|| format!("cannot add {file}; nothing was written"))?;
    let summary = summary(&added.before, &added.after, &names)?;
    let path = format!("spec/{VERSIONS_FOLDER}{}.json", added.version);
    write_whole(&root.join(&path), &added.changes)?;
    let wanted = match wanted(root, &base, &path) {
        Ok(wanted) => wanted,
        Err(error) => {
            // Nothing is left half-written.
            std::fs::remove_file(root.join(&path)).ok();
            return Err(error);
        }
    };
    if let Some(found) = added.names.filter(|found| *found != names) {
        write_whole(&files::names_path(root), &found.text())?;
        println!("spec/{NAMES_FILE} has new rows: read them in the diff\n");
    }
    let changed = files::write(root, &wanted.files)?;
    println!("{summary}");
    println!("{path} has what {} changes", added.version);
    println!("regen: {} files, {changed} changed", wanted.files.len());
    show::notes(&wanted.notes);
    let again: Vec<String> = added
        .to_review
        .iter()
        .map(|(place, what)| format!("{place}: {what}"))
        .collect();
    show::list(
        &again,
        "changed in a way that a file of changes cannot express; they are as before:",
    );
    let title = format!("have no description yet in {path}:");
    show::list(&added.to_write, &title);
    show::todo(&wanted.todo);
    Ok(true)
}

/// Returns a summary of the change, the next version of the crates and the entry for the CHANGELOG.
fn summary(old: &str, new: &str, names: &Names) -> Result<String> {
    let report = diff::compare(old, new, names)
        .context("cannot compare the descriptions; nothing was written")?;
    let current = env!("CARGO_PKG_VERSION");
    Ok(format!(
        "{}\nVersion of the crates: {current}, suggested version: {}\n\nEntry for CHANGELOG.md:\n\n{}",
        report.text(colour()),
        report.next_version(current),
        report.changelog()
    ))
}
