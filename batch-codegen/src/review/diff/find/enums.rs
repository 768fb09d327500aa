//! Enums: their values, and the names of the values in Rust.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use crate::api::{Enum, Variant};
use crate::emit::items;
use crate::review::diff::change::{Change, Class, Item, Kind, Subject, code};
use crate::review::diff::report::plural;
use crate::review::diff::rules::Direction;
use crate::review::diff::view::View;

pub(super) fn changes(old: &View, new: &View, names: &Names<'_>, changes: &mut Vec<Change>) {
    for name in &names.enums.removed {
        let change = Change::of(&Subject::Enum((*name).to_owned()), Kind::Removed, "removed");
        let items = vec![Item::old(items::model(name))];
        changes.push(change.rust(Class::Breaking, items));
    }
    for name in &names.enums.added {
        let count = find(new, name).map_or(0, |e| e.variants.len());
        let what = format!("new, with {}", plural(count, "value"));
        let change = Change::of(&Subject::Enum((*name).to_owned()), Kind::Added, what);
        let items = vec![Item::new(items::model(name))];
        changes.push(change.rust(Class::Addition, items));
    }
    for pair in &names.enums.both {
        let (Some(before), Some(after)) = (find(old, pair.old), find(new, pair.new)) else {
            continue;
        };
        let subject = Subject::Enum(pair.new.to_owned());
        if let Some(renaming) = &pair.renamed {
            let items = Item::moved(items::model(pair.old), items::model(pair.new));
            changes.push(Change::renaming(&subject, renaming).rust(Class::Breaking, items));
        }
        let (a, b) = (old.enum_direction(pair.old), new.enum_direction(pair.new));
        let direction = a.and(b);
        values(&subject, direction, before, after, changes);
        changes.extend(openness(
            &subject,
            old.open.get(pair.old),
            new.open.get(pair.new),
        ));
        changes.extend(Change::descriptions(
            &subject,
            &differing_descriptions(before, after),
        ));
    }
}

fn find<'a>(view: &'a View, name: &str) -> Option<&'a Enum> {
    view.api.enums.iter().find(|e| e.name == name)
}

/// Returns the values by their wire value without case, as the client matches them.
fn by_value(of: &Enum) -> BTreeMap<String, &Variant> {
    let variants = of.variants.iter();
    variants.map(|v| (v.value.to_lowercase(), v)).collect()
}

/// Returns the last segment of an item's path.
fn last(path: &str) -> Option<&str> {
    path.rsplit("::").next()
}

fn values(
    subject: &Subject,
    direction: Direction,
    old: &Enum,
    new: &Enum,
    changes: &mut Vec<Change>,
) {
    let (before, after) = (by_value(old), by_value(new));
    // The Rust name of a removed value can now stand for another one: code compiles and sends the
    // new value.
    let same_name = |variant: &Variant| {
        let item = items::variant(old, variant);
        let fresh = after.iter().filter(|(key, _)| !before.contains_key(*key));
        fresh
            .map(|(_, now)| *now)
            .find(|now| last(&items::variant(new, now)) == last(&item))
    };
    let mut spent = BTreeSet::new();
    for (key, variant) in &before {
        let part = format!("value {}", variant.value);
        let item = items::variant(old, variant);
        let Some(now) = after.get(key) else {
            if let Some(now) = same_name(variant) {
                spent.insert(now.value.to_lowercase());
                let what = format!("{} → {}", code(&variant.value), code(&now.value));
                let items = Item::moved(item, items::variant(new, now));
                let change = Change::of(subject, Kind::Changed, what).part(part);
                let wire = direction.worst(Class::Breaking, Class::Behaviour);
                changes.push(change.wire(wire).rust(Class::Behaviour, items));
                continue;
            }
            let change = Change::of(subject, Kind::Removed, "removed").part(part);
            let wire = direction.worst(Class::Breaking, Class::Behaviour);
            changes.push(
                change
                    .wire(wire)
                    .rust(Class::Breaking, vec![Item::old(item)]),
            );
            continue;
        };
        let item_now = items::variant(new, now);
        if variant.value != now.value {
            let what = format!("{} → {}", code(&variant.value), code(&now.value));
            let change = Change::of(subject, Kind::Changed, what).part(part.clone());
            let wire = direction.worst(Class::Behaviour, Class::Behaviour);
            let items = Item::moved(item.clone(), item_now.clone());
            changes.push(change.wire(wire).rust(Class::Behaviour, items));
        }
        if variant.name != now.name {
            let what = format!("name: {} → {}", code(&variant.name), code(&now.name));
            let change = Change::of(subject, Kind::Changed, what).part(part);
            let class = (last(&item) != last(&item_now)).then_some(Class::Breaking);
            changes.push(change.rust(class, Item::moved(item, item_now)));
        }
    }
    for (key, variant) in &after {
        if !before.contains_key(key) && !spent.contains(key) {
            let change = Change::of(subject, Kind::Added, "new");
            let change = change.part(format!("value {}", variant.value));
            let wire = direction.worst(Class::Addition, Class::Addition);
            let items = vec![Item::new(items::variant(new, variant))];
            changes.push(change.wire(wire).rust(Class::Addition, items));
        }
    }
}

/// Compares `modelAsString`, a hint for other generators. Ours makes every enum open.
fn openness(subject: &Subject, old: Option<&bool>, new: Option<&bool>) -> Option<Change> {
    let (old, new) = (old?, new?);
    let what = format!(
        "{} → {}; our enums are open anyway",
        code(&old.to_string()),
        code(&new.to_string())
    );
    let change = Change::of(subject, Kind::Changed, what).part("modelAsString");
    (old != new).then(|| change.wire(Class::Documentation))
}

fn differing_descriptions(old: &Enum, new: &Enum) -> Vec<String> {
    let mut places = Vec::new();
    if old.docs != new.docs {
        places.push("its own".to_owned());
    }
    let after = by_value(new);
    for (key, variant) in by_value(old) {
        if after.get(&key).is_some_and(|now| now.docs != variant.docs) {
            places.push(code(&variant.value));
        }
    }
    places
}
