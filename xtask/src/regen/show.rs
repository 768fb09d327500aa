//! What `regen` says besides its result: differences, and lists of places.

use batch_codegen::review::takein;

use super::files::DESCRIPTION;
use crate::files::print_cut;

/// Where a list of places is cut.
const LONGEST_LIST: usize = 50;

pub(super) fn difference(diff: &str) {
    print_cut(diff);
    println!("\nThe generated files are not what {DESCRIPTION} makes. Repair: cargo xtask regen");
}

/// What the hand-written tables name and the description lacks, or the other way round.
pub(super) fn notes(notes: &[String]) {
    let title = "do not fit the tables that are written by hand; the client is made without them:";
    list(notes, title);
}

pub(super) fn unwritten(places: &[String]) {
    let title = format!("have no text yet in {DESCRIPTION}:");
    list(places, &title);
    if !places.is_empty() {
        println!(
            "Repair: write a text of ours in the place of each \"{}\" (spec/README.md says how), then cargo xtask regen",
            takein::MARKER
        );
    }
}

/// The rows of the tables of facts that somebody has to decide.
pub(super) fn todo(rows: &[String]) {
    list(rows, "are `todo` in the tables of facts:");
    if !rows.is_empty() {
        println!(
            "Repair: decide each row (spec/README.md says what the words mean), then cargo xtask regen. Until then the \
             value is never shown or stored, and the operation never sent twice nor carried out by the emulator."
        );
    }
}

/// A list under its title, cut where it is long; nothing where it is empty.
pub(super) fn list(lines: &[String], title: &str) {
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
