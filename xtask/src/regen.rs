//! `regen`: drives the pipeline over the files of the workspace.
//!
//! All files are made in memory (`files`) before one is written, so that a bad description changes nothing. `regen` writes
//! them, `regen --check` compares, without regard to line ends. `regen --spec FILE` (`take_in`) makes the description
//! itself anew first, of another file's facts and our texts.

mod files;
mod take_in;

use crate::files::{difference, print_cut, read};
use anyhow::Result;
use batch_codegen::review::takein;
use files::{present, wanted};
use std::path::Path;

pub(crate) use take_in::take_in;

const DESCRIPTION: &str = "spec/BatchService.json";
const OPENAPI: &str = "spec/openapi.json";
/// Where a list of places is cut.
const LONGEST_LIST: usize = 50;

/// Writes what has changed and takes away what is no longer made.
pub(crate) fn write() -> Result<bool> {
    let root = crate::root()?;
    let description = read(&root.join(DESCRIPTION))?;
    let wanted = wanted(&root, &description, DESCRIPTION)?;
    let changed = files::write(&root, &wanted.files)?;
    println!("regen: {} files, {changed} changed", wanted.files.len());
    show_notes(&wanted.notes);
    show_unwritten(&takein::unwritten(&description)?);
    show_todo(&wanted.todo);
    Ok(true)
}

/// Compares and says how to repair.
pub(crate) fn check() -> Result<bool> {
    check_in(&crate::root()?)
}

fn check_in(root: &Path) -> Result<bool> {
    let description = read(&root.join(DESCRIPTION))?;
    let wanted = wanted(root, &description, DESCRIPTION)?;
    show_notes(&wanted.notes);
    let unwritten = takein::unwritten(&description)?;
    let diff = difference(&present(root)?, &wanted.files);
    if !diff.is_empty() {
        show_difference(&diff);
    }
    show_unwritten(&unwritten);
    show_todo(&wanted.todo);
    if diff.is_empty() && unwritten.is_empty() && wanted.todo.is_empty() {
        println!("regen --check: what is checked in is what the description makes");
        return Ok(true);
    }
    Ok(false)
}

fn show_difference(diff: &str) {
    print_cut(diff);
    println!("\nThe generated files are not what {DESCRIPTION} makes. Repair: cargo xtask regen");
}

/// What the hand-written tables name and the description lacks, or the other way round.
fn show_notes(notes: &[String]) {
    let title = "do not fit the tables that are written by hand; the client is made without them:";
    show_list(notes, title);
}

fn show_unwritten(places: &[String]) {
    let title = format!("have no text yet in {DESCRIPTION}:");
    show_list(places, &title);
    if !places.is_empty() {
        println!(
            "Repair: write a text of ours in the place of each \"{}\" (spec/README.md says how), then cargo xtask regen",
            takein::MARKER
        );
    }
}

/// The rows of the tables of facts that somebody has to decide.
fn show_todo(rows: &[String]) {
    show_list(rows, "are `todo` in the tables of facts:");
    if !rows.is_empty() {
        println!(
            "Repair: decide each row (spec/README.md says what the words mean), then cargo xtask regen. Until then the \
             value is never shown or stored, and the operation never sent twice nor carried out by the emulator."
        );
    }
}

/// A list under its title, cut where it is long; nothing where it is empty.
fn show_list(lines: &[String], title: &str) {
    if lines.is_empty() {
        return;
    }
    println!("\n{} {title}", places(lines.len()));
    for line in lines.iter().take(LONGEST_LIST) {
        println!("  {line}");
    }
    if lines.len() > LONGEST_LIST {
        println!("  … {} more", lines.len() - LONGEST_LIST);
    }
}

fn places(count: usize) -> String {
    match count {
        1 => "1 place".to_owned(),
        _ => format!("{count} places"),
    }
}
