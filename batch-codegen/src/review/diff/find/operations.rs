//! Operations: verb and path, parameters, body, responses, paging.

use std::collections::BTreeMap;

use super::description;
use super::matching::{Matched, Matching};
use super::names::Names;
use super::pair::OperationPair;
use super::parameters::Parameters;
use super::responses::Responses;
use crate::emit::items;
use crate::review::diff::change::{Change, Class, Item, Kind, Renaming, Subject, code};
use crate::review::diff::view::{Operation, View};

type All<'a> = BTreeMap<&'a str, Operation<'a>>;

/// The least number of operations for which a change of all of them is reported only once.
const MANY: usize = 4;

pub(super) fn changes(old: &View, new: &View, names: &Names<'_>, changes: &mut Vec<Change>) {
    let (before, after) = (old.operations(), new.operations());
    let first = changes.len();
    let operations = matched(&before, &after);
    for id in &operations.removed {
        let operation = &before[id];
        let change = Change::of(
            &subject(id),
            Kind::Removed,
            format!("removed: {}", call(operation)),
        );
        let items = vec![Item::old(items::operation(operation.api))];
        changes.push(change.wire(Class::Breaking).rust(Class::Breaking, items));
    }
    for id in &operations.added {
        let operation = &after[id];
        let change = Change::of(
            &subject(id),
            Kind::Added,
            format!("new: {}", call(operation)),
        );
        let items = vec![Item::new(items::operation(operation.api))];
        changes.push(change.wire(Class::Addition).rust(Class::Addition, items));
    }
    for pair in &operations.both {
        let (before, after) = (&before[pair.old], &after[pair.new]);
        let subject = subject(pair.new);
        if let Some(renaming) = &pair.renamed {
            let (from, to) = (items::operation(before.api), items::operation(after.api));
            let class = (from != to).then_some(Class::Breaking);
            changes.push(Change::renaming(&subject, renaming).rust(class, Item::moved(from, to)));
        }
        let pair = OperationPair {
            subject,
            old_view: old,
            new_view: new,
            old: before,
            new: after,
            names,
        };
        compare(&pair, changes);
    }
    once(first, operations.both.len(), changes);
}

/// Reports a change that every operation has, such as one of a shared parameter, once and with the
/// number of operations.
fn once(first: usize, operations: usize, changes: &mut Vec<Change>) {
    let key = |change: &Change| {
        let Change {
            part, kind, what, ..
        } = change;
        (part.clone(), *kind, what.clone(), change.wire, change.rust)
    };
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for change in &changes[first..] {
        if change.kind != Kind::Descriptions && change.part.is_some() {
            *counts.entry(key(change)).or_default() += 1;
        }
    }
    let shared = counts.into_iter();
    let shared = shared.filter(|(_, count)| *count >= MANY && *count == operations);
    for (of, count) in shared.collect::<Vec<_>>() {
        let mut all = changes.iter().skip(first).filter(|c| key(c) == of);
        let Some(mut one) = all.next().cloned() else {
            continue;
        };
        // The change that they have in common; the setter of each operation says nothing more.
        one.items
            .retain(|item| all.clone().all(|c| c.items.contains(item)));
        one.subject = Subject::Description;
        one.what = format!("{}; in all {count} operations", one.what);
        let mut index = 0;
        changes.retain(|change| {
            index += 1;
            index <= first || key(change) != of
        });
        changes.push(one);
    }
}

fn subject(id: &str) -> Subject {
    Subject::Operation(id.to_owned())
}

/// `GET /pools/{poolId}`.
fn call(operation: &Operation<'_>) -> String {
    code(&format!(
        "{} {}",
        operation.method.to_uppercase(),
        operation.path
    ))
}

/// Matches by verb and path, then the rest by id. Likeness of names or parameters would be a guess
/// about something that the path decides.
fn matched<'a>(old: &All<'a>, new: &All<'a>) -> Matching<'a> {
    let key = |operation: &Operation<'_>| (operation.method, operation.shape());
    let mut after: BTreeMap<_, &str> = new.iter().map(|(id, o)| (key(o), *id)).collect();
    let mut both = Vec::new();
    let mut removed = Vec::new();
    for (id, operation) in old {
        match after.remove(&key(operation)) {
            Some(now) => both.push(pair(id, now)),
            None => removed.push(*id),
        }
    }
    let mut added: Vec<&str> = after.into_values().collect();
    removed.retain(|id| {
        let place = added.iter().position(|now| now == id);
        if let Some(place) = place {
            added.remove(place);
            both.push(pair(id, id));
        }
        place.is_none()
    });
    added.sort_unstable();
    Matching {
        both,
        removed,
        added,
    }
}

fn pair<'a>(old: &'a str, new: &'a str) -> Matched<'a> {
    let renamed = (old != new).then(|| Renaming {
        from: old.to_owned(),
        to: new.to_owned(),
        confidence: 100,
        how: "the same verb and path".to_owned(),
    });
    Matched { old, new, renamed }
}

fn compare(pair: &OperationPair<'_>, changes: &mut Vec<Change>) {
    changes.extend(verb_and_path(pair));
    changes.extend(deprecation(pair));
    media(pair, changes);
    let mut places = Vec::new();
    let (a, b) = (pair.old.source, pair.new.source);
    for (place, differs) in [
        ("summary", a.summary != b.summary),
        ("description", a.description != b.description),
    ] {
        if differs {
            places.push(place.to_owned());
        }
    }
    Parameters { of: pair }.run(changes, &mut places);
    Responses::of(pair).run(changes, &mut places);
    changes.extend(Change::descriptions(&pair.subject, &places));
}

/// Compares verb and path. The names of path parameters do not matter on the wire.
fn verb_and_path(pair: &OperationPair<'_>) -> Option<Change> {
    let (old, new) = (pair.old, pair.new);
    let same = old.method == new.method && old.shape() == new.shape();
    let what = format!("{} → {}", call(old), call(new));
    let change = pair.change(Kind::Changed, "verb and path", what);
    (!same).then(|| {
        change
            .wire(Class::Breaking)
            .rust(Class::Behaviour, pair.method())
    })
}

fn deprecation(pair: &OperationPair<'_>) -> Option<Change> {
    let (old, new) = (pair.old.source.deprecated, pair.new.source.deprecated);
    let what = format!("{} → {}", code(&old.to_string()), code(&new.to_string()));
    let change = pair.change(Kind::Changed, "deprecated", what);
    (old != new).then(|| {
        change
            .wire(Class::Behaviour)
            .rust(Class::Behaviour, pair.method())
    })
}

/// Compares the operation's media types. Those of the whole description are reported once, there.
fn media(pair: &OperationPair<'_>, changes: &mut Vec<Change>) {
    let (a, b) = (pair.old.source, pair.new.source);
    let (x, y) = (&pair.old_view.swagger, &pair.new_view.swagger);
    let responds = |o: &Operation<'_>| o.responses.values().any(|r| r.schema.is_some());
    let mut compare = |key, old: &Option<Vec<String>>, new: &Option<Vec<String>>, whole| {
        let (old_whole, new_whole): (&Vec<String>, &Vec<String>) = whole;
        if old.is_none() && new.is_none() {
            return;
        }
        let old = old.as_ref().unwrap_or(old_whole);
        let new = new.as_ref().unwrap_or(new_whole);
        if let Some((key, what, class)) = description::media(key, old, new) {
            let change = pair.change(Kind::Changed, key, what);
            changes.push(change.wire(class).rust(Class::Behaviour, pair.method()));
        }
    };
    if pair.old.body().is_some() && pair.new.body().is_some() {
        compare(
            "consumes",
            &a.consumes,
            &b.consumes,
            (&x.consumes, &y.consumes),
        );
    }
    if responds(pair.old) && responds(pair.new) {
        compare(
            "produces",
            &a.produces,
            &b.produces,
            (&x.produces, &y.produces),
        );
    }
}
