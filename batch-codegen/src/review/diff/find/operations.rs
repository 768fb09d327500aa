//! Operations: verb and path, parameters, body, responses, paging.

use std::collections::BTreeMap;

use super::description;
use super::matching::matching;
use super::names::Names;
use super::pair::OperationPair;
use super::parameters::Parameters;
use super::responses::Responses;
use crate::emit::items;
use crate::review::diff::change::{Change, Class, Item, Kind, Subject, code};
use crate::review::diff::similarity::{Candidate, Weight};
use crate::review::diff::view::{Operation, View};

type All<'a> = BTreeMap<&'a str, Operation<'a>>;

pub(super) fn changes(old: &View, new: &View, names: &Names<'_>, changes: &mut Vec<Change>) {
    let (before, after) = (old.operations(), new.operations());
    let operations = matching(candidates(&before), candidates(&after), Weight::WHOLE);
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

fn candidates<'a>(all: &All<'a>) -> Vec<Candidate<'a>> {
    let all = all.iter();
    all.map(|(id, operation)| {
        let parameters = operation.parameters().into_values().map(|p| {
            let place = p.location.as_deref().unwrap_or_default();
            format!("{place} {}", p.name.as_deref().unwrap_or_default())
        });
        let codes = operation
            .responses
            .keys()
            .map(|code| format!("answers {code}"));
        let body = operation.api.body.as_ref();
        let own = [
            operation.method.to_owned(),
            operation.shape(),
            format!("body {:?}", body.map(|body| &body.model)),
            format!("gives {:?}", operation.api.returns),
        ];
        Candidate {
            name: id,
            facts: parameters.chain(codes).chain(own).collect(),
            certain: Some((
                format!("{} {}", operation.method, operation.shape()),
                "the same verb and path",
            )),
        }
    })
    .collect()
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
