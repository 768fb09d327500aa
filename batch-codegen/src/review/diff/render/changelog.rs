//! The entry for `CHANGELOG.md`: what users of the crates must know, in their words, as short as it
//! can be.
//!
//! A change becomes a statement: a title (what kind of news it is) and what it is about. Statements
//! of one title stand on one line. Items stand without the crate's name, which all of them have.

use std::fmt::Write;

use super::wrapped;
use crate::review::diff::change::{Change, Class, Kind, Side, Subject, code};
use crate::review::diff::report::Report;

/// As wide as the file itself.
const WIDTH: usize = 118;

/// One piece of news.
struct Statement {
    class: Class,
    title: String,
    about: String,
}

impl Report {
    /// The entry for `CHANGELOG.md`: the version, then what breaks with its Rust items, what
    /// behaves differently, what is new. Empty where users notice nothing.
    pub fn changelog(&self) -> String {
        render(self)
    }
}

fn render(report: &Report) -> String {
    let mut out = String::new();
    if report.old.version != report.new.version {
        let (old, new) = (&report.old.version, &report.new.version);
        let line = format!("The client speaks Batch API {new} (before: {old}).");
        bullet(&mut out, &line);
    }
    let changes = report.changes().iter();
    let changes = changes.filter(|change| change.part.as_deref() != Some("version"));
    let mut statements: Vec<Statement> = changes.flat_map(statements).collect();
    // Sorted by class and title alone, so that subjects keep their order.
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

/// How grave a change is for users of the crates. What is new on the wire alone is none of their
/// news.
fn weight(change: &Change) -> Option<Class> {
    let wire = change.wire.filter(|class| *class >= Class::Behaviour);
    change.rust.max(wire)
}

fn statements(change: &Change) -> Vec<Statement> {
    let Some(class) = weight(change).filter(|class| *class > Class::Documentation) else {
        return Vec::new();
    };
    let paths = |side: Side| -> Vec<String> {
        let items = change.items.iter().filter(|item| item.side == side);
        items.map(|item| path(&item.path)).collect()
    };
    let (gone, come, kept) = (paths(Side::Old), paths(Side::New), paths(Side::Both));
    let say = |class: Class, title: &str, about: String| Statement {
        class,
        title: title.to_owned(),
        about,
    };
    let new = || format!("New {}", sort(change));
    let told = |title: &str| {
        let about = match [&gone[..], &come, &kept].concat().as_slice() {
            [] => change.subject.to_string(),
            items => items.join(", "),
        };
        let part = change.part.as_ref().map(|part| format!("{part}, "));
        let part = part.unwrap_or_default();
        vec![say(class, title, format!("{about}: {part}{}", change.what))]
    };
    if class == Class::Breaking && change.rust != Some(Class::Breaking) {
        return told("**Breaking** where it runs, though code compiles");
    }
    match (change.kind, class) {
        (Kind::Renamed, Class::Breaking) if gone.len() == 1 && come.len() == 1 => {
            let about = format!("{} → {}", gone[0], come[0]);
            vec![say(class, "**Breaking**, renamed", about)]
        }
        (Kind::Removed, Class::Breaking) if kept.is_empty() && !gone.is_empty() => {
            vec![say(class, "**Breaking**, gone", gone.join(", "))]
        }
        (Kind::Added, Class::Addition) if !come.is_empty() => {
            vec![say(class, &new(), come.join(", "))]
        }
        // A required property: the field is new, and what breaks is the constructor.
        (Kind::Added, Class::Breaking) if !come.is_empty() && change.items.len() == 2 => {
            let [field, constructor] = [0, 1].map(|index| path(&change.items[index].path));
            vec![
                say(Class::Addition, &new(), field),
                say(class, "**Breaking**, other arguments", constructor),
            ]
        }
        (_, Class::Behaviour) if change.part.as_deref() == Some("deprecated") => {
            let title = if change.what.ends_with("`true`") {
                "Deprecated"
            } else {
                "No longer deprecated"
            };
            vec![say(class, title, kept.join(", "))]
        }
        (_, Class::Breaking) => told("**Breaking**"),
        (_, Class::Behaviour) => told("Other behaviour"),
        _ => told("New"),
    }
}

/// What a new thing is in Rust.
fn sort(change: &Change) -> &'static str {
    let part = change.part.as_deref().unwrap_or_default();
    let word = part.split(' ').next().unwrap_or_default();
    match (&change.subject, word) {
        (Subject::Operation(_), "") => "calls",
        (Subject::Operation(_), "header" | "answer") => "headers",
        (Subject::Operation(_), _) => "setters of calls",
        (Subject::Model(_) | Subject::Enum(_), "") => "types",
        (Subject::Model(_), "new") => "constructors",
        (Subject::Model(_), _) => "fields",
        (Subject::Enum(_), _) => "values",
        (Subject::Description, _) => "facts",
    }
}

/// An item without the crate's name.
fn path(item: &str) -> String {
    code(item.strip_prefix("batch_client::").unwrap_or(item))
}
