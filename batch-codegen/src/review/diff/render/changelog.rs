//! The entry for `CHANGELOG.md`: the news for users of the crates, as short as possible.
//!
//! A change becomes a statement: a title (the kind of news) and its items. Statements with the same
//! title share a line. Items are written without the crate's name, which all of them have.

use std::fmt::Write;

use super::wrapped;
use crate::review::diff::change::{Change, Class, Kind, Side, Subject, code};
use crate::review::diff::report::Report;

/// The width of the file.
const WIDTH: usize = 118;

/// An item of news.
struct Statement {
    class: Class,
    title: String,
    about: String,
}

impl Report {
    /// Returns the entry for `CHANGELOG.md`: the version, then breaking changes with their Rust
    /// items, changes of behaviour, and additions. Empty if users notice nothing.
    pub fn changelog(&self) -> String {
        render(self)
    }
}

fn render(report: &Report) -> String {
    let mut out = String::new();
    if report.old.version != report.new.version {
        let (old, new) = (&report.old.version, &report.new.version);
        let line = format!("The client uses Batch API {new} (previously {old}).");
        bullet(&mut out, &line);
    }
    let changes = report.changes().iter();
    let changes = changes.filter(|change| change.part.as_deref() != Some("version"));
    let mut statements: Vec<Statement> = changes.flat_map(statements).collect();
    // Sorted only by class and title, so that the order of subjects is preserved.
    statements.sort_by(|a, b| (b.class, &a.title).cmp(&(a.class, &b.title)));
    for group in statements.chunk_by(|a, b| a.title == b.title) {
        let about: Vec<&str> = group.iter().map(|s| s.about.as_str()).collect();
        let sentences = about.iter().any(|about| about.contains(": "));
        let about = about.join(if sentences { "; " } else { ", " });
        bullet(&mut out, &format!("{}: {about}.", group[0].title));
    }
    out
}

fn bullet(out: &mut String, text: &str) {
    for (index, line) in wrapped(text, WIDTH - 2).iter().enumerate() {
        let start = if index == 0 { "- " } else { "  " };
        let _ = writeln!(out, "{start}{line}");
    }
}

/// Returns the severity for users of the crates. An addition to the wire alone is not news.
fn severity(change: &Change) -> Option<Class> {
    let wire = change.wire.filter(|class| *class >= Class::Behaviour);
    change.rust.max(wire)
}

fn statements(change: &Change) -> Vec<Statement> {
    let Some(class) = severity(change).filter(|class| *class > Class::Documentation) else {
        return Vec::new();
    };
    let paths = |side: Side| -> Vec<String> {
        let items = change.items.iter().filter(|item| item.side == side);
        items.map(|item| path(&item.path)).collect()
    };
    let (removed, added, unchanged) = (paths(Side::Old), paths(Side::New), paths(Side::Both));
    let statement = |class: Class, title: &str, about: String| Statement {
        class,
        title: title.to_owned(),
        about,
    };
    let new = || format!("New {}", kind_of_item(change));
    let detailed = |title: &str| {
        let about = match [&removed[..], &added, &unchanged].concat().as_slice() {
            [] => change.subject.to_string(),
            items => items.join(", "),
        };
        let part = change.part.as_ref().map(|part| format!("{part}, "));
        let part = part.unwrap_or_default();
        vec![statement(
            class,
            title,
            format!("{about}: {part}{}", change.what),
        )]
    };
    if class == Class::Breaking && change.rust != Some(Class::Breaking) {
        return detailed("**Breaking** at run time, although code compiles");
    }
    match (change.kind, class) {
        (Kind::Renamed, Class::Breaking) if removed.len() == 1 && added.len() == 1 => {
            let about = format!("{} → {}", removed[0], added[0]);
            vec![statement(class, "**Breaking**, renamed", about)]
        }
        (Kind::Removed, Class::Breaking) if unchanged.is_empty() && !removed.is_empty() => {
            vec![statement(
                class,
                "**Breaking**, removed",
                removed.join(", "),
            )]
        }
        (Kind::Added, Class::Addition) if !added.is_empty() => {
            vec![statement(class, &new(), added.join(", "))]
        }
        // A required property: the field is new, and the constructor is what breaks.
        (Kind::Added, Class::Breaking) if !added.is_empty() && change.items.len() == 2 => {
            let [field, constructor] = [0, 1].map(|index| path(&change.items[index].path));
            vec![
                statement(Class::Addition, &new(), field),
                statement(class, "**Breaking**, different arguments", constructor),
            ]
        }
        (_, Class::Behaviour) if change.part.as_deref() == Some("deprecated") => {
            let title = if change.what.ends_with("`true`") {
                "Deprecated"
            } else {
                "No longer deprecated"
            };
            vec![statement(class, title, unchanged.join(", "))]
        }
        (_, Class::Breaking) => detailed("**Breaking**"),
        (_, Class::Behaviour) => detailed("Changed behaviour"),
        _ => detailed("New"),
    }
}

/// Returns the kind of a new item in Rust.
fn kind_of_item(change: &Change) -> &'static str {
    let part = change.part.as_deref().unwrap_or_default();
    let word = part.split(' ').next().unwrap_or_default();
    match (&change.subject, word) {
        (Subject::Operation(_), "") => "calls",
        (Subject::Operation(_), "header" | "response") => "headers",
        (Subject::Operation(_), _) => "setters of calls",
        (Subject::Model(_) | Subject::Enum(_), "") => "types",
        (Subject::Model(_), "new") => "constructors",
        (Subject::Model(_), _) => "fields",
        (Subject::Enum(_), _) => "values",
        (Subject::Description, _) => "facts",
    }
}

/// Returns an item's path without the crate's name.
fn path(item: &str) -> String {
    code(item.strip_prefix("batch_client::").unwrap_or(item))
}
