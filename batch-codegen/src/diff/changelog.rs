//! The entry for `CHANGELOG.md`: what users of the crates must know, in their words, as short as it can be.

use super::change::{Change, Class, Kind, Side, Subject, code};
use super::report::Report;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    if report.old.version != report.new.version {
        let _ = writeln!(
            out,
            "- The client speaks Batch API {} (it spoke {}).",
            report.new.version, report.old.version
        );
    }
    for (class, title) in [
        (Class::Breaking, "**Breaking**"),
        (Class::Behaviour, "Other behaviour"),
        (Class::Addition, "New"),
    ] {
        for line in lines(report, class) {
            let _ = writeln!(out, "- {title}: {line}.");
        }
    }
    out
}

/// What has the class for users of the crates, a line for each subject.
///
/// A change on the wire under an item that stays counts as behaviour: code compiles and the service answers otherwise.
fn lines(report: &Report, class: Class) -> Vec<String> {
    let mut lines: BTreeMap<&Subject, Vec<&Change>> = BTreeMap::new();
    let told = report.changes().iter().filter(|c| weight(c) == Some(class));
    for change in told.filter(|c| c.part.as_deref() != Some("version")) {
        lines.entry(&change.subject).or_default().push(change);
    }
    let new: Vec<String> = lines
        .iter()
        .filter(|(_, changes)| class == Class::Addition && is_whole(changes))
        .filter_map(|(_, changes)| Some(path(&changes.first()?.items.first()?.path)))
        .collect();
    let mut out = Vec::new();
    if !new.is_empty() {
        out.push(new.join(", "));
    }
    for (subject, changes) in lines {
        if class == Class::Addition && is_whole(&changes) {
            continue;
        }
        let parts: Vec<String> = changes.iter().map(|change| one(change)).collect();
        out.push(match subject {
            Subject::Description => parts.join("; "),
            Subject::Operation(id) => format!("{} – {}", code(id), parts.join("; ")),
            Subject::Model(name) | Subject::Enum(name) => {
                format!("{} – {}", code(name), parts.join("; "))
            }
        });
    }
    out
}

/// How grave a change is for users of the crates.
fn weight(change: &Change) -> Option<Class> {
    let wire = match change.wire {
        Some(Class::Breaking | Class::Behaviour) => Some(Class::Behaviour),
        _ => None,
    };
    change.rust.max(wire)
}

fn is_whole(changes: &[&Change]) -> bool {
    matches!(changes, [change] if change.kind == Kind::Added && change.part.is_none())
}

/// One change: its items, and what happened to them.
fn one(change: &Change) -> String {
    let of = |side: Side| {
        let items = change.items.iter().filter(move |item| item.side == side);
        items.map(|item| path(&item.path)).collect::<Vec<_>>()
    };
    let (gone, come, kept) = (of(Side::Old), of(Side::New), of(Side::Both));
    match change.kind {
        Kind::Renamed if !gone.is_empty() && !come.is_empty() => {
            format!("{} is {} now", gone.join(", "), come.join(", "))
        }
        Kind::Removed if kept.is_empty() && !gone.is_empty() => {
            format!("{} is gone", gone.join(", "))
        }
        Kind::Added if kept.is_empty() && !come.is_empty() => come.join(", "),
        _ => {
            let mut items = gone;
            items.extend(come);
            items.extend(kept);
            let part = change.part.as_deref().unwrap_or_default();
            let what = format!("{part} {}", change.what).trim().to_owned();
            match items.as_slice() {
                [] => what,
                items => format!("{}: {what}", items.join(", ")),
            }
        }
    }
}

/// An item without the crate's name, which all of them have.
fn path(item: &str) -> String {
    code(item.strip_prefix("batch_client::").unwrap_or(item))
}
