//! Stage 3, *api*: the faithful OpenAPI document → the API in the form that the emitters need.
//!
//! Types are decided here, once. The stage takes the document of [`openapi`](crate::openapi),
//! resolves its references, and returns an [`Api`]: groups of operations, models and enums. Each
//! value has its kind (`int64` is `I64`, a string with `x-ms-enum` is an `Enum`), each operation
//! has its return type, and each model records whether it occurs in requests or responses. Emitters
//! only write. Every definition and every operation of the document ends up in exactly one list.
//!
//! `schemas` and `operations` read the document into `types`; `reach` follows the references
//! between models; `layout` decides which properties are boxed; [`facts`] adds facts that the
//! description lacks, from the tables under `spec/`.

mod error_codes;
pub(crate) mod facts;
mod layout;
mod operations;
mod reach;
mod schemas;
mod types;

pub(crate) use error_codes::ErrorCode;
pub(crate) use facts::Found;
pub(crate) use types::{
    Enum, Group, Header, Kind, Model, Operation, Parameter, Place, Property, Returns, Scalar, Span,
    Variant,
};

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::OpenAPI;

use crate::error::{Error, Result};
use crate::tables::Tables;
use facts::Contents;
use reach::{reachable, refuse_cycles};

/// The API of one description.
#[derive(Debug)]
pub(crate) struct Api {
    /// The version that is the default.
    pub(crate) version: String,
    /// All versions, the default first.
    pub(crate) versions: Vec<String>,
    pub(crate) groups: Vec<Group>,
    pub(crate) models: Vec<Model>,
    pub(crate) enums: Vec<Enum>,
    /// The service's error codes.
    pub(crate) codes: Vec<ErrorCode>,
    /// The operations with a decided row in `spec/repeats.json`, sorted, including those that the
    /// description lacks.
    pub(crate) decided: Vec<String>,
}

impl Api {
    /// Reads a description, with the facts in the tables under `spec/`.
    pub(crate) fn read(
        document: &OpenAPI,
        contents: &Contents,
        tables: &Tables,
    ) -> Result<(Self, Found)> {
        let mut api = Self::of_description(document)?;
        api.codes = error_codes::read(facts::text(contents, error_codes::FILE)?)?;
        let found = facts::apply(contents, &mut api, tables)?;
        Ok((api, found))
    }

    /// Reads a description without the tables, to compare it with another one.
    pub(crate) fn of_description(document: &OpenAPI) -> Result<Self> {
        let (mut models, enums) = schemas::read(document)?;
        let groups = operations::read(document)?;
        let operations = || groups.iter().flat_map(|group| &group.operations);
        if operations().count() != document.operations().count() {
            return Err(Error::new("$.paths", "an operation was lost"));
        }

        let response_models = operations().flat_map(|operation| operation.response_models.iter());
        let in_responses = reachable(&models, response_models.map(String::as_str));
        let bodies = operations().filter_map(|operation| operation.body.as_ref());
        let in_requests = reachable(&models, bodies.map(|body| body.model.as_str()));
        let by_group: BTreeMap<&str, BTreeSet<String>> = groups
            .iter()
            .map(|group| {
                let used = group.operations.iter().flat_map(Operation::models);
                (group.name.as_str(), reachable(&models, used))
            })
            .collect();
        for model in &mut models {
            model.in_responses = in_responses.contains(&model.name);
            model.in_requests = in_requests.contains(&model.name);
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
        layout::decide(&mut models);
        Ok(Self {
            version: document.info.version.clone(),
            versions: versions(document),
            groups,
            models,
            enums,
            codes: Vec::new(),
            decided: Vec::new(),
        })
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.groups.iter().flat_map(|group| &group.operations)
    }

    /// Returns the given models and all models that they contain.
    pub(crate) fn reached<'a>(&self, start: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
        reachable(&self.models, start)
    }

    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}

fn versions(document: &OpenAPI) -> Vec<String> {
    let all = document.extensions.get("x-batch-versions");
    let all = all.and_then(serde_json::Value::as_array);
    match all {
        Some(all) => all
            .iter()
            .filter_map(|version| version.as_str().map(str::to_owned))
            .collect(),
        None => vec![document.info.version.clone()],
    }
}
