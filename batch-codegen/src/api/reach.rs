//! References between models: any kind for the docs and the groups, by value for the size in Rust.

use std::collections::BTreeSet;

use super::types::{Kind, Model};
use crate::error::{Error, Result};

/// Returns the given models and all models that they contain.
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
            let contained = model.properties.iter().filter_map(|p| p.kind.model());
            open.extend(contained.map(str::to_owned));
        }
    }
    seen
}

/// Refuses a model that contains itself by value, because it has no size in Rust.
pub(super) fn refuse_cycles(models: &[Model]) -> Result<()> {
    for model in models {
        let direct = model.properties.iter().filter_map(|p| match &p.kind {
            Kind::Model(name) => Some(name.as_str()),
            _ => None,
        });
        if reachable_by_value(models, direct).contains(&model.name) {
            return Err(Error::new(
                crate::error::step("$.definitions", &model.name),
                "the definition contains itself, which is not supported: models are not boxed",
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
