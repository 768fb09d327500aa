//! The report for a pull request or a job's summary.
//!
//! Names and values from the files are in code spans, which [`code`](crate::review::diff::change)
//! keeps closed. Everything else is ours, so that only the bar of a table cell needs escaping.

use std::fmt::Write;

use crate::review::diff::change::{Change, Class, Item, Kind, Side, code};
use crate::review::diff::report::{Counts, Report};

/// The size at which details are cut: GitHub takes 1 MiB of summary, shared with other steps.
const LARGEST: usize = 900 * 1024;

/// The maximum number of breaking rows that are not folded.
const UNFOLDED: usize = 30;

impl Report {
    /// Returns the report for a pull request: verdict and table first, details folded, the worst
    /// first. Stays under the 1 MiB that GitHub allows for a summary; a cut report states how many
    /// changes are left out.
    pub fn markdown(&self) -> String {
        render(self)
    }
}

fn render(report: &Report) -> String {
    let mut out = format!("## {}\n\n", report.title());
    if report.is_empty() {
        out.push_str("No differences.\n");
        return out;
    }
    let _ = writeln!(out, "{}\n", verdict(report));
    counts(report, &mut out);
    let mut left_out = 0;
    for class in Class::WORST_FIRST {
        let facts = report
            .changes()
            .iter()
            .filter(|c| c.kind != Kind::Descriptions);
        let of_class = facts.filter(|c| c.worst() == Some(class));
        left_out += section(class, &of_class.collect::<Vec<_>>(), &mut out);
    }
    let untouched = report.changes().iter().filter(|c| c.worst().is_none());
    let untouched = untouched.count();
    if untouched > 0 {
        let _ = writeln!(
            out,
            "\n{untouched} more changes are in annotations that affect neither the wire nor the Rust API."
        );
    }
    left_out += descriptions(report, &mut out);
    if left_out > 0 {
        let _ = writeln!(
            out,
            "\n**{left_out} changes are left out here**, to stay under 1 MiB; `cargo xtask diff` in the format text or \
             json lists them all."
        );
    }
    out
}

fn verdict(report: &Report) -> String {
    let severity = |counts: Counts, whom: &str| match counts.iter().find(|(_, count)| *count > 0) {
        Some((Class::Breaking, count)) => format!("**breaking** for {whom} ({count})"),
        Some((Class::Behaviour, count)) => format!("changed behaviour for {whom} ({count})"),
        Some((class, count)) => format!("only {class} for {whom} ({count})"),
        None => format!("no changes for {whom}"),
    };
    let wire = severity(report.wire_counts(), "callers of the service");
    let rust = severity(report.rust_counts(), "users of the crates");
    let descriptions = if report.facts_differ() {
        ""
    } else {
        " Only descriptions differ."
    };
    let versions = code(&report.versions());
    format!("Verdict: {wire}, {rust}.{descriptions} Suggested version of the crates: {versions}.")
}

fn counts(report: &Report, out: &mut String) {
    out.push_str("| | on the wire | in the Rust API |\n| --- | ---: | ---: |\n");
    for ((class, wire), (_, rust)) in report.wire_counts().iter().zip(report.rust_counts()) {
        let _ = writeln!(out, "| {class} | {wire} | {rust} |");
    }
}

/// Writes the changes of one class and returns the number of those that did not fit.
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

/// Writes the list of differing descriptions and returns the number of those that did not fit.
fn descriptions(report: &Report, out: &mut String) -> usize {
    let descriptions = report.descriptions();
    if descriptions.is_empty() {
        return 0;
    }
    out.push_str("\n<details><summary>descriptions</summary>\n\n");
    let mut shown = 0;
    for (what, whose) in &descriptions {
        let line = format!("- {}: {what}\n", code(whose));
        if out.len() + line.len() > LARGEST {
            break;
        }
        out.push_str(&line);
        shown += 1;
    }
    out.push_str("\n</details>\n");
    descriptions.len() - shown
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
