//! Changes of `new(…)`, whose arguments are a model's required and usual properties.

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
    let given = |model: &Model| -> Option<Vec<(String, api::Kind)>> {
        let given = items::has_constructor(model).then(|| items::arguments(model))?;
        let given = given.into_iter();
        Some(given.map(|p| (p.wire.clone(), p.kind.clone())).collect())
    };
    let renamed = |(wire, kind): (String, api::Kind)| {
        let wire = now
            .get(wire.as_str())
            .map_or(wire.clone(), |now| (*now).to_owned());
        (wire, names.kind(&kind))
    };
    let before = given(old).map(|given| given.into_iter().map(renamed).collect::<Vec<_>>());
    let after = given(new);
    if before == after {
        return None;
    }
    let (from, to) = (items::constructor(old), items::constructor(new));
    Some(match (before.is_none(), after.is_none()) {
        (true, _) if items::has_default(old) && !items::has_default(new) => {
            (Class::Breaking, Item::new(to))
        }
        (true, _) => (Class::Addition, Item::new(to)),
        (_, true) => (Class::Breaking, Item::old(from)),
        _ if from == to => (Class::Breaking, Item::both(to)),
        _ => (Class::Breaking, Item::new(to)),
    })
}
