//! Which models hold which: by reference for the docs and the groups, by value for what has a size.

use std::collections::BTreeSet;

use super::types::{Kind, Model};
use crate::error::{Error, Result};

/// The models that the given ones hold, with themselves.
pub(super) fn reachable<'a>(
    models: &[Model],
    start: impl Iterator<Item = &'a str>,
) -> BTreeSet<String> {
    let mut open: Vec<String> = start.map(str::to_owned).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some(model) = models.iter().find(|model| model.name == name) {
            let held = model.properties.iter().filter_map(|p| p.kind.model());
            open.extend(held.map(str::to_owned));
        }
    }
    seen
}

/// A model that holds itself by value has no size in Rust.
pub(super) fn refuse_cycles(models: &[Model]) -> Result<()> {
    for model in models {
        let direct = model.properties.iter().filter_map(|p| match &p.kind {
            Kind::Model(name) => Some(name.as_str()),
            _ => None,
        });
        if reachable_by_value(models, direct).contains(&model.name) {
            return Err(Error::new(
                crate::error::step("$.definitions", &model.name),
                "the definition holds itself; no Batch description had that, and models are not boxed",
            ));
        }
    }
    Ok(())
}

fn reachable_by_value<'a>(
    models: &'a [Model],
    start: impl Iterator<Item = &'a str>,
) -> BTreeSet<String> {
    let mut open: Vec<&str> = start.collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if seen.insert(name.to_owned())
            && let Some(model) = models.iter().find(|model| model.name == name)
        {
            open.extend(model.properties.iter().filter_map(|p| match &p.kind {
                Kind::Model(name) => Some(name.as_str()),
                _ => None,
            }));
        }
    }
    seen
}
