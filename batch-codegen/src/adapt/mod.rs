//! Stage 3, *adapt*: the OpenAPI document → the one that progenitor turns into the raw client.
//!
//! progenitor makes what it is good at, the way from typed arguments to a request. What it would get wrong
//! on this API is taken out of its sight by [`rules::RULES`]: named functions with their reason. A rule that
//! matches nothing is an error, so that none outlives the need for it.

pub mod rules;

use crate::error::{Error, Result};
use openapiv3::OpenAPI;

/// A correction for progenitor's sake.
pub struct Rule {
    /// How errors and reviewers call it.
    pub name: &'static str,
    /// Why it is needed, with the evidence.
    pub reason: &'static str,
    /// Changes the document and counts the places.
    pub apply: fn(&mut OpenAPI) -> usize,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.name)
    }
}

/// The document with every rule applied.
///
/// # Errors
///
/// A rule that matched nothing, by name; an operation that got lost.
pub fn adapt(faithful: &OpenAPI) -> Result<OpenAPI> {
    adapt_with(faithful, rules::RULES)
}

pub(crate) fn adapt_with(faithful: &OpenAPI, rules: &[Rule]) -> Result<OpenAPI> {
    let mut document = faithful.clone();
    for rule in rules {
        if (rule.apply)(&mut document) == 0 {
            return Err(Error::new(
                "$",
                format!(
                    "the adapt rule `{}` matches nothing in this description; take it out of \
                     batch-codegen/src/adapt/rules.rs, or mend it. Its reason: {}",
                    rule.name, rule.reason
                ),
            ));
        }
    }
    let (before, after) = (faithful.operations().count(), document.operations().count());
    if before != after {
        return Err(Error::new(
            "$.paths",
            format!("{before} operations went into the adapt rules and {after} came out"),
        ));
    }
    Ok(document)
}
