//! The output of `regen` beside its result: differences, and lists of places.

use batch_codegen::review::import;

use super::files::DESCRIPTION;
use crate::files::print_cut;

/// The length at which a list of places is cut.
const LONGEST_LIST: usize = 50;

pub(super) fn difference(diff: &str) {
    print_cut(diff);
    println!("\nThe generated files do not match {DESCRIPTION}. Fix: cargo xtask regen");
}

/// Prints the mismatches between the hand-written tables and the description.
pub(super) fn notes(notes: &[String]) {
    let title = "do not match the hand-written tables; the client is generated without them:";
    list(notes, title);
}

pub(super) fn unwritten(places: &[String]) {
    let title = format!("have no description yet in {DESCRIPTION}:");
    list(places, &title);
    if !places.is_empty() {
        println!(
            "Fix: replace each \"{}\" by a description in our own words (see spec/README.md), then cargo xtask regen",
            import::MARKER
        );
    }
}

/// Prints the undecided rows of the tables of facts.
pub(super) fn todo(rows: &[String]) {
    list(rows, "are `todo` in the tables of facts:");
    if !rows.is_empty() {
        println!(
            "Fix: decide each row (spec/README.md explains the words), then cargo xtask regen. Until then the \
             value is never shown or stored, and the operation is never sent twice and not implemented by the emulator."
        );
    }
}

/// Prints a list under its title, cut if it is long; prints nothing for an empty list.
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
