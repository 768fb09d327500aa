//! Models: which are new, gone or renamed; [`properties`](super::properties) compares those that stay.

use super::properties::Comparison;
use super::{Names, renamed};
use crate::api::{Model, Property};
use crate::diff::change::{Change, Class, Item, Kind, Subject};
use crate::diff::facts::type_name;
use crate::diff::likeness::Candidate;
use crate::diff::report::plural;
use crate::diff::rules::Way;
use crate::diff::view::View;
use crate::emit::items;
use crate::names::snake;
use crate::swagger::Schema;

pub(super) fn changes(old: &View, new: &View, names: &Names<'_>, changes: &mut Vec<Change>) {
    for name in &names.models.removed {
        let change = Change::of(
            &Subject::Model((*name).to_owned()),
            Kind::Removed,
            "removed",
        );
        let items = vec![Item::old(items::model(name))];
        changes.push(change.rust(Class::Breaking, items));
    }
    for name in &names.models.added {
        let subject = Subject::Model((*name).to_owned());
        let count = new.api.model(name).map_or(0, |m| m.properties.len());
        let use_ = match new.way(name) {
            Way {
                sent: true,
                received: true,
            } => ", sent and received",
            Way { sent: true, .. } => ", sent",
            Way { received: true, .. } => ", received",
            _ => ", in no request and no answer",
        };
        let what = format!("new, with {}{use_}", plural(count, "property"));
        let items = vec![Item::new(items::model(name))];
        changes.push(Change::of(&subject, Kind::Added, what).rust(Class::Addition, items));
    }
    for pair in &names.models.both {
        let (Some(before), Some(after)) = (Side::of(old, pair.old), Side::of(new, pair.new)) else {
            continue;
        };
        let subject = Subject::Model(pair.new.to_owned());
        if let Some(renaming) = &pair.renamed {
            let items = Item::moved(items::model(pair.old), items::model(pair.new));
            changes.push(renamed(&subject, renaming).rust(Class::Breaking, items));
        }
        let way = old.way(pair.old).and(new.way(pair.new));
        Comparison::new(subject, way, (before, after), names).run(changes);
    }
}

/// A model on one side.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) model: &'a Model,
    pub(super) schema: &'a Schema,
}

impl<'a> Side<'a> {
    pub(super) fn of(view: &'a View, name: &str) -> Option<Self> {
        Some(Self {
            model: view.api.model(name)?,
            schema: view.schema(name)?,
        })
    }

    pub(super) fn property(&self, wire: &str) -> Option<(&'a Property, &'a Schema)> {
        let property = self.model.properties.iter().find(|p| p.wire == wire)?;
        Some((property, self.schema.properties.get(wire)?))
    }

    pub(super) fn candidates(&self) -> Vec<Candidate<'a>> {
        let properties = self.model.properties.iter();
        properties
            .map(|p| Candidate {
                name: &p.wire,
                facts: [type_name(&p.kind), format!("required: {}", p.required)].into(),
                certain: Some((snake(&p.client), "clients know it by the same name")),
            })
            .collect()
    }
}
