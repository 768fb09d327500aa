//! Operations: verb and path, parameters, body, answers, paging.

use super::answers::Answers;
use super::parameters::Parameters;
use super::{Names, description, matching, renamed, texts};
use crate::diff::change::{Change, Class, Item, Kind, Side, Subject, code};
use crate::diff::likeness::{Candidate, Weight};
use crate::diff::view::{Operation, View};
use crate::emit::items;
use std::collections::BTreeMap;

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
            changes.push(renamed(&subject, renaming).rust(class, Item::moved(from, to)));
        }
        let comparison = Comparison {
            subject,
            old_view: old,
            new_view: new,
            old: before,
            new: after,
            names,
        };
        comparison.run(changes);
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

/// Two operations that are the same one.
pub(super) struct Comparison<'a> {
    pub(super) subject: Subject,
    old_view: &'a View,
    new_view: &'a View,
    pub(super) old: &'a Operation<'a>,
    pub(super) new: &'a Operation<'a>,
    pub(super) names: &'a Names<'a>,
}

impl Comparison<'_> {
    fn run(&self, changes: &mut Vec<Change>) {
        changes.extend(self.call());
        changes.extend(self.deprecation());
        self.media(changes);
        let mut places = Vec::new();
        let (a, b) = (self.old.source, self.new.source);
        for (place, differs) in [
            ("summary", a.summary != b.summary),
            ("description", a.description != b.description),
        ] {
            if differs {
                places.push(place.to_owned());
            }
        }
        Parameters { of: self }.run(changes, &mut places);
        Answers::of(self).run(changes, &mut places);
        changes.extend(texts(&self.subject, &places));
    }

    /// A change of a part of the operation.
    pub(super) fn change(
        &self,
        kind: Kind,
        part: impl Into<String>,
        what: impl Into<String>,
    ) -> Change {
        Change::of(&self.subject, kind, what).part(part)
    }

    /// The method that makes the call, on the new side where it is on both.
    pub(super) fn method(&self) -> Vec<Item> {
        Item::moved(
            items::operation(self.old.api),
            items::operation(self.new.api),
        )
    }

    /// What the method gives, before and after.
    pub(super) fn output(&self) -> (String, String) {
        let before = items::output(self.old.api, &self.old_view.api);
        let after = items::output(self.new.api, &self.new_view.api);
        (self.names.tokens(&before), after)
    }

    /// Whether any answer of the side has the header under this item.
    pub(super) fn header_is(&self, side: Side, path: &str) -> bool {
        let view = match side {
            Side::Old => self.old_view,
            _ => self.new_view,
        };
        view.header_items.contains(path)
    }

    /// Verb and path. What the path's parameters are called does not matter on the wire.
    fn call(&self) -> Option<Change> {
        let same = self.old.method == self.new.method && self.old.shape() == self.new.shape();
        let what = format!("{} → {}", call(self.old), call(self.new));
        let change = self.change(Kind::Changed, "verb and path", what);
        (!same).then(|| {
            change
                .wire(Class::Breaking)
                .rust(Class::Behaviour, self.method())
        })
    }

    fn deprecation(&self) -> Option<Change> {
        let (old, new) = (self.old.source.deprecated, self.new.source.deprecated);
        let what = format!("{} → {}", code(&old.to_string()), code(&new.to_string()));
        let change = self.change(Kind::Changed, "deprecated", what);
        (old != new).then(|| {
            change
                .wire(Class::Behaviour)
                .rust(Class::Behaviour, self.method())
        })
    }

    /// Media types of its own. Those of the whole description are told once, there.
    fn media(&self, changes: &mut Vec<Change>) {
        let (a, b) = (self.old.source, self.new.source);
        let (x, y) = (&self.old_view.swagger, &self.new_view.swagger);
        let bodies = self.old.body().is_some() && self.new.body().is_some();
        let gives = |o: &Operation<'_>| o.responses.values().any(|r| r.schema.is_some());
        let answers = gives(self.old) && gives(self.new);
        for (key, counts, old, new, old_whole, new_whole) in [
            (
                "consumes",
                bodies,
                &a.consumes,
                &b.consumes,
                &x.consumes,
                &y.consumes,
            ),
            (
                "produces",
                answers,
                &a.produces,
                &b.produces,
                &x.produces,
                &y.produces,
            ),
        ] {
            if !counts || (old.is_none() && new.is_none()) {
                continue;
            }
            let old = old.as_ref().unwrap_or(old_whole);
            let new = new.as_ref().unwrap_or(new_whole);
            if let Some((key, what, class)) = description::media(key, old, new) {
                let change = self.change(Kind::Changed, key, what);
                changes.push(change.wire(class).rust(Class::Behaviour, self.method()));
            }
        }
    }
}
