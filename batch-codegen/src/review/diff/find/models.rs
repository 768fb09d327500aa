//! Models that are new, removed or renamed; [`properties`](super::properties) compares the others.

use super::names::Names;
use super::properties::ModelPair;
use crate::emit::items;
use crate::review::diff::change::{Change, Class, Item, Kind, Subject};
use crate::review::diff::report::plural;
use crate::review::diff::rules::Direction;
use crate::review::diff::view::View;

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
        let use_ = match new.direction(name) {
            Direction {
                sent: true,
                received: true,
            } => ", sent and received",
            Direction { sent: true, .. } => ", sent",
            Direction { received: true, .. } => ", received",
            _ => ", used in no request or response",
        };
        let what = format!("new, with {}{use_}", plural(count, "property"));
        let items = vec![Item::new(items::model(name))];
        changes.push(Change::of(&subject, Kind::Added, what).rust(Class::Addition, items));
    }
    for pair in &names.models.both {
        let (Some(before), Some(after)) = (old.definition(pair.old), new.definition(pair.new))
        else {
            continue;
        };
        let subject = Subject::Model(pair.new.to_owned());
        if let Some(renaming) = &pair.renamed {
            let items = Item::moved(items::model(pair.old), items::model(pair.new));
            changes.push(Change::renaming(&subject, renaming).rust(Class::Breaking, items));
        }
        let direction = old.direction(pair.old).and(new.direction(pair.new));
        ModelPair::new(subject, direction, (before, after), names).run(changes);
    }
}
