//! The API as the emitters see it: groups of operations, models and enums, read from the OpenAPI document.
//!
//! References are followed here and types decided once, so that an emitter only writes. Every definition and
//! operation of the document ends up in exactly one list; [`Api::read`] counts them.

mod operations;
mod schemas;

pub(crate) use operations::{Group, Header, Operation, Parameter, Place, Returns, Scalar};
pub(crate) use schemas::{Enum, Kind, Model, Property, Variant};

use crate::error::{Error, Result};
use openapiv3::OpenAPI;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) version: String,
    pub(crate) groups: Vec<Group>,
    pub(crate) models: Vec<Model>,
    pub(crate) enums: Vec<Enum>,
}

impl Api {
    pub(crate) fn read(document: &OpenAPI) -> Result<Self> {
        let (mut models, enums) = schemas::read(document)?;
        let groups = operations::read(document)?;
        let operations = || groups.iter().flat_map(|group| &group.operations);
        if operations().count() != document.operations().count() {
            return Err(Error::new(
                "$.paths",
                "an operation was lost on the way to the client",
            ));
        }

        let answers = operations().flat_map(|operation| operation.answers.iter());
        let in_answers = reachable(&models, answers.map(String::as_str));
        let by_group: BTreeMap<&str, BTreeSet<String>> = groups
            .iter()
            .map(|group| {
                let used = group.operations.iter().flat_map(Operation::models);
                (group.name.as_str(), reachable(&models, used))
            })
            .collect();
        for model in &mut models {
            model.in_answers = in_answers.contains(&model.name);
            let mut users = by_group
                .iter()
                .filter(|(_, used)| used.contains(&model.name))
                .map(|(group, _)| *group);
            model.group = match (users.next(), users.next()) {
                (Some(only), None) => Some(only.to_owned()),
                _ => None,
            };
        }
        refuse_cycles(&models)?;
        Ok(Self {
            version: document.info.version.clone(),
            groups,
            models,
            enums,
        })
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.groups.iter().flat_map(|group| &group.operations)
    }

    /// The models that the given ones hold, with themselves.
    pub(crate) fn reached<'a>(&self, start: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
        reachable(&self.models, start)
    }

    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}

/// The models that the given ones hold, with themselves.
fn reachable<'a>(models: &[Model], start: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
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
fn refuse_cycles(models: &[Model]) -> Result<()> {
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
