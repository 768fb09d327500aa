//! The report for a pull request or a job's summary.
//!
//! What others wrote (names and values) stands in code spans, which
//! [`code`](crate::review::diff::change) keeps closed; all else is
//! ours, so that only the bar of a table's cell is left to escape.

use std::fmt::Write;

use crate::review::diff::change::{Change, Class, Item, Kind, Side, code};
use crate::review::diff::report::{Counts, Report};

/// Where details are cut: GitHub takes 1 MiB of summary, and other steps may want some of it.
const LARGEST: usize = 900 * 1024;

/// Most rows of what breaks that stand unfolded.
const UNFOLDED: usize = 30;

impl Report {
    /// For a pull request: verdict and table first, details folded, the worst first. Stays under
    /// the 1 MiB that GitHub allows a summary; where it must be cut, it says how much was left out.
    pub fn markdown(&self) -> String {
        render(self)
    }
}

fn render(report: &Report) -> String {
    let mut out = format!("## {}\n\n", report.title());
    if report.is_empty() {
        out.push_str("Nothing differs.\n");
        return out;
    }
    let _ = writeln!(out, "{}\n", verdict(report));
    counts(report, &mut out);
    let mut left_out = 0;
    for class in Class::WORST_FIRST {
        let facts = report.changes().iter().filter(|c| c.kind != Kind::Texts);
        let of_class = facts.filter(|c| c.worst() == Some(class));
        left_out += section(class, &of_class.collect::<Vec<_>>(), &mut out);
    }
    let untouched = report.changes().iter().filter(|c| c.worst().is_none());
    let untouched = untouched.count();
    if untouched > 0 {
        let _ = writeln!(
            out,
            "\n{untouched} more differ in marks that neither the wire nor the Rust API knows."
        );
    }
    left_out += texts(report, &mut out);
    if left_out > 0 {
        let _ = writeln!(
            out,
            "\n**{left_out} changes are left out here**, to stay under 1 MiB; `cargo xtask diff` in the format text or \
             json says them all."
        );
    }
    out
}

fn verdict(report: &Report) -> String {
    let grave = |counts: Counts, whom: &str| match counts.iter().find(|(_, count)| *count > 0) {
        Some((Class::Breaking, count)) => format!("**breaking** for {whom} ({count})"),
        Some((Class::Behaviour, count)) => format!("other behaviour for {whom} ({count})"),
        Some((class, count)) => format!("only {class} for {whom} ({count})"),
        None => format!("nothing for {whom}"),
    };
    let wire = grave(report.wire_counts(), "callers of the service");
    let rust = grave(report.rust_counts(), "users of the crates");
    let texts = if report.facts_differ() {
        ""
    } else {
        " Only texts differ."
    };
    let versions = code(&report.versions());
    format!("Verdict: {wire}, {rust}.{texts} Suggested version of the crates: {versions}.")
}

fn counts(report: &Report, out: &mut String) {
    out.push_str("| | on the wire | in the Rust API |\n| --- | ---: | ---: |\n");
    for ((class, wire), (_, rust)) in report.wire_counts().iter().zip(report.rust_counts()) {
        let _ = writeln!(out, "| {class} | {wire} | {rust} |");
    }
}

/// The changes of one class. Gives the number of those that found no room.
fn section(class: Class, changes: &[&Change], out: &mut String) -> usize {
    if changes.is_empty() {
        return 0;
    }
    let open = if class == Class::Breaking && changes.len() <= UNFOLDED {
        " open"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "\n<details{open}><summary>{class}: {}</summary>\n\n| where | what | wire | Rust | items |\n| --- | --- | --- | --- | --- |",
        changes.len()
    );
    let mut shown = 0;
    for change in changes {
        let row = row(change);
        if out.len() + row.len() > LARGEST {
            break;
        }
        out.push_str(&row);
        shown += 1;
    }
    out.push_str("\n</details>\n");
    changes.len() - shown
}

/// Which texts differ. Gives the number of those that found no room.
fn texts(report: &Report, out: &mut String) -> usize {
    let texts = report.texts();
    if texts.is_empty() {
        return 0;
    }
    out.push_str("\n<details><summary>texts</summary>\n\n");
    let mut shown = 0;
    for (what, whose) in &texts {
        let line = format!("- {}: {what}\n", code(whose));
        if out.len() + line.len() > LARGEST {
            break;
        }
        out.push_str(&line);
        shown += 1;
    }
    out.push_str("\n</details>\n");
    texts.len() - shown
}

fn row(change: &Change) -> String {
    use crate::review::diff::change::Subject::{Description, Enum, Model, Operation};
    let subject = match &change.subject {
        Description => String::new(),
        Operation(name) | Model(name) | Enum(name) => code(name),
    };
    let part = change.part.as_ref().map(|part| match part.split_once(' ') {
        Some(("property" | "value" | "parameter", name)) => format!(" {}", code(name)),
        _ => format!(" {part}"),
    });
    let class = |class: Option<Class>| class.map_or("", Class::as_str);
    let items: Vec<String> = change.items.iter().map(item).collect();
    let cells = [
        format!("{subject}{}", part.unwrap_or_default())
            .trim()
            .to_owned(),
        change.what.clone(),
        class(change.wire).to_owned(),
        class(change.rust).to_owned(),
        items.join("<br>"),
    ];
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

fn item(item: &Item) -> String {
    let mark = match item.side {
        Side::Old => "−",
        Side::New => "+",
        Side::Both => "~",
    };
    format!("{mark} {}", code(&item.path))
}
