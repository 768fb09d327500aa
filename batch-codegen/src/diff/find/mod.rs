//! What differs: pairs of the same thing on both sides, and the facts of each pair.

mod answers;
mod description;
mod enums;
mod models;
mod names;
mod operations;
mod parameters;
mod properties;

use super::change::{Change, Kind, Renaming, Subject};
use super::likeness::{self, Candidate, Weight};
use super::report::Report;
use super::view::View;
use names::Names;
use std::collections::BTreeSet;

pub(super) fn find(old: &View, new: &View) -> Report {
    let names = Names::of(old, new);
    let mut changes = description::changes(old, new);
    operations::changes(old, new, &names, &mut changes);
    models::changes(old, new, &names, &mut changes);
    enums::changes(old, new, &names, &mut changes);
    Report::new(&old.swagger.info, &new.swagger.info, changes)
}

/// A name of the old description and the same thing's name in the new one.
struct Matched<'a> {
    old: &'a str,
    new: &'a str,
    renamed: Option<Renaming>,
}

/// What is on both sides, and what is left on one.
struct Matching<'a> {
    both: Vec<Matched<'a>>,
    removed: Vec<&'a str>,
    added: Vec<&'a str>,
}

/// Matches by name, then what is left by likeness.
fn matching<'a>(old: Vec<Candidate<'a>>, new: Vec<Candidate<'a>>, weight: Weight) -> Matching<'a> {
    let names = |all: &[Candidate<'a>]| all.iter().map(|c| c.name).collect::<BTreeSet<_>>();
    let (old_names, new_names) = (names(&old), names(&new));
    let same = old_names.intersection(&new_names);
    let mut both: Vec<Matched<'a>> = same
        .map(|name| Matched {
            old: name,
            new: name,
            renamed: None,
        })
        .collect();
    let mut old: Vec<_> = old
        .into_iter()
        .filter(|c| !new_names.contains(c.name))
        .collect();
    let mut new: Vec<_> = new
        .into_iter()
        .filter(|c| !old_names.contains(c.name))
        .collect();
    old.sort_by_key(|c| c.name);
    new.sort_by_key(|c| c.name);
    let pairs = likeness::pairs(&old, &new, weight);
    let mut removed: BTreeSet<&str> = old.iter().map(|c| c.name).collect();
    let mut added: BTreeSet<&str> = new.iter().map(|c| c.name).collect();
    for pair in pairs {
        let (from, to) = (old[pair.old].name, new[pair.new].name);
        removed.remove(from);
        added.remove(to);
        both.push(Matched {
            old: from,
            new: to,
            renamed: Some(Renaming {
                from: from.to_owned(),
                to: to.to_owned(),
                confidence: pair.confidence,
                how: pair.how,
            }),
        });
    }
    Matching {
        both,
        removed: removed.into_iter().collect(),
        added: added.into_iter().collect(),
    }
}

/// The change that a renaming is.
fn renamed(subject: &Subject, renaming: &Renaming) -> Change {
    let code = super::change::code;
    let what = format!(
        "renamed from {} to {} ({} % sure: {})",
        code(&renaming.from),
        code(&renaming.to),
        renaming.confidence,
        renaming.how
    );
    let mut change = Change::of(subject, Kind::Renamed, what);
    change.renamed = Some(renaming.clone());
    change
}

/// The one change that stands for all texts of a subject that differ.
/// The places are named, the texts are not shown: a report may not carry sentences of others.
fn texts(subject: &Subject, places: &[String]) -> Option<Change> {
    if places.is_empty() {
        return None;
    }
    let what = places.join(", ");
    let class = super::change::Class::Documentation;
    let change = Change::of(subject, Kind::Texts, what);
    Some(change.wire(class).rust(class, Vec::new()))
}
