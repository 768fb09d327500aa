//! The matched models and enums, and the new names of old ones.

use std::collections::BTreeMap;

use super::matching::{Matching, matching};
use crate::api;
use crate::review::diff::facts::type_name;
use crate::review::diff::similarity::{Candidate, Weight};
use crate::review::diff::view::View;

pub(super) struct Names<'a> {
    pub(super) models: Matching<'a>,
    pub(super) enums: Matching<'a>,
    renamed: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(old: &'a View, new: &'a View) -> Self {
        let models = matching(models(old), models(new), Weight::WHOLE);
        let enums = matching(enums(old), enums(new), Weight::WHOLE);
        let both = models.both.iter().chain(&enums.both);
        let renamed = both.filter(|m| m.renamed.is_some());
        Self {
            renamed: renamed.map(|m| (m.old, m.new)).collect(),
            models,
            enums,
        }
    }

    /// Returns the new name of an old model or enum.
    pub(super) fn now<'n>(&'n self, old: &'n str) -> &'n str {
        self.renamed.get(old).copied().unwrap_or(old)
    }

    /// Returns an old type with new names.
    pub(super) fn kind(&self, old: &api::Kind) -> api::Kind {
        match old {
            api::Kind::Enum(name) => api::Kind::Enum(self.now(name).to_owned()),
            api::Kind::Model(name) => api::Kind::Model(self.now(name).to_owned()),
            api::Kind::Array(item) => api::Kind::Array(Box::new(self.kind(item))),
            other => other.clone(),
        }
    }

    /// Returns an old Rust type, as tokens, with new names.
    pub(super) fn tokens(&self, old: &str) -> String {
        let tokens = old.split(' ').map(|token| self.now(token));
        tokens.collect::<Vec<_>>().join(" ")
    }
}

fn models(view: &View) -> Vec<Candidate<'_>> {
    let models = view.api.models.iter();
    models
        .map(|model| Candidate {
            name: &model.name,
            facts: model
                .properties
                .iter()
                .map(|p| format!("{}: {}", p.wire, type_name(&p.kind)))
                .collect(),
            certain: None,
        })
        .collect()
}

fn enums(view: &View) -> Vec<Candidate<'_>> {
    let enums = view.api.enums.iter();
    enums
        .map(|e| Candidate {
            name: &e.name,
            facts: e.variants.iter().map(|v| v.value.to_lowercase()).collect(),
            certain: None,
        })
        .collect()
}
