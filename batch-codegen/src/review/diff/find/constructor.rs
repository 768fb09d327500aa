//! Changes of `new(…)`, whose arguments are a model's required properties.

use std::collections::BTreeMap;

use super::names::Names;
use crate::api::{self, Model};
use crate::emit::items;
use crate::review::diff::change::{Class, Item};

/// Returns the class of the change of `new(…)`, and the item.
///
/// Its arguments are positional, so their names do not matter; `now` maps an old name to the new
/// one.
pub(super) fn constructor(
    old: &Model,
    new: &Model,
    names: &Names<'_>,
    now: &BTreeMap<&str, &str>,
) -> Option<(Class, Item)> {
    let required = |model: &Model| -> Vec<(String, api::Kind)> {
        let required = items::arguments(model).into_iter();
        required.map(|p| (p.wire.clone(), p.kind.clone())).collect()
    };
    let before = required(old).into_iter().map(|(wire, kind)| {
        let wire = now
            .get(wire.as_str())
            .map_or(wire.clone(), |now| (*now).to_owned());
        (wire, names.kind(&kind))
    });
    let (before, after): (Vec<_>, Vec<_>) = (before.collect(), required(new));
    if before == after {
        return None;
    }
    let (from, to) = (items::constructor(old), items::constructor(new));
    Some(match (before.is_empty(), after.is_empty()) {
        (true, _) if items::has_default(old) && !items::has_default(new) => {
            (Class::Breaking, Item::new(to))
        }
        (true, _) => (Class::Addition, Item::new(to)),
        (_, true) => (Class::Breaking, Item::old(from)),
        _ if from == to => (Class::Breaking, Item::both(to)),
        _ => (Class::Breaking, Item::new(to)),
    })
}
