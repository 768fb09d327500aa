//! Stage 0, *dialect*: TypeSpec's dialect of Swagger 2.0 → ours.
//!
//! Microsoft generates every description since mid-2024 from TypeSpec. The service is the same, but
//! the files write it in another way: formats have other names, enums are definitions, and
//! operations, models and enums are called as in the newer clients. [`RULES`] turn such a file
//! into ours: each is a named function with its reason, which counts the places that it changes. A
//! rule that has to match and does not is an error with its name. Files in our own dialect pass
//! unchanged.
//!
//! There are two halves. The rules for the *shape* come first, and leave the names alone, so that
//! the next stage, which refuses whatever it does not know, names places as they are in the file.
//! Then come the rules for *names*: `names` is the table `spec/names.json`, and `walk` finds its
//! rows. If a description in our dialect is at hand, `ours` takes from it what TypeSpec does not
//! say.

mod names;
mod naming;
mod ours;
mod rules;
mod shape;
mod visit;
mod walk;

pub use names::Names;
pub use rules::{Needs, RULES, Rule};

use crate::error::{Error, Result};
use crate::json::{self, Json};

/// A description that is being translated.
pub(crate) struct Document<'a> {
    json: Json,
    names: Names,
    /// A description in our dialect.
    ours: Option<&'a Json>,
    is_typespec: bool,
    /// The rules that have been applied, with the number of places that each changed.
    pub(crate) hits: Vec<(&'static str, usize)>,
    /// The first problem that a rule could not solve.
    problem: Option<Error>,
}

impl<'a> Document<'a> {
    /// Reads a description.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let json = json::read(text)?;
        Ok(Self {
            is_typespec: json.get("info").has("x-typespec-generated"),
            json,
            names: Names::default(),
            ours: None,
            hits: Vec::new(),
            problem: None,
        })
    }

    /// Returns true if TypeSpec generated the description.
    pub(crate) fn is_typespec(&self) -> bool {
        self.is_typespec
    }

    pub(crate) fn json(&self) -> &Json {
        &self.json
    }

    /// Returns the names that were used.
    pub(crate) fn into_names(self) -> Names {
        self.names
    }

    /// Applies the rules for the shape.
    pub(crate) fn shape(&mut self) -> Result<()> {
        let typespec = self.is_typespec;
        self.apply(|rule| !rule.names && (typespec || rule.needs == Needs::AnyDialect))
    }

    /// Applies the rules for names. They come from a table, and the names that it lacks from a
    /// description in our dialect.
    pub(crate) fn name(&mut self, names: &Names, ours: Option<&'a Json>) -> Result<()> {
        if !self.is_typespec {
            return Ok(());
        }
        self.names = names.clone();
        if let Some(ours) = ours {
            self.names.fill(&walk::propose(ours, &self.json));
            self.ours = Some(ours);
        }
        self.apply(|rule| rule.names)
    }

    fn apply(&mut self, applies: impl Fn(&Rule) -> bool) -> Result<()> {
        for rule in RULES.iter().filter(|rule| applies(rule)) {
            let hits = (rule.apply)(self);
            if let Some(problem) = self.problem.take() {
                return Err(problem);
            }
            if hits == 0 && self.has_to_hit(rule) {
                return Err(Error::new(
                    "$",
                    format!(
                        "the rule `{}` of the dialect matches nothing in this description; remove it from \
                         batch-codegen/src/dialect/rules.rs, or fix it. Its reason: {}",
                        rule.name, rule.reason
                    ),
                ));
            }
            self.hits.push((rule.name, hits));
        }
        Ok(())
    }

    fn has_to_hit(&self, rule: &Rule) -> bool {
        match rule.needs {
            Needs::TypeSpec => true,
            Needs::Versions(versions) => {
                let version = self.json.get("info").get("version").text();
                version.is_some_and(|version| versions.contains(&version))
            }
            Needs::Names => !self.names.is_empty(),
            Needs::Ours => self.ours.is_some(),
            Needs::AnyDialect | Needs::Nothing => false,
        }
    }

    /// Reports a problem, with its place, that the rule leaves to people.
    fn fail(&mut self, at: String, message: String) {
        self.problem.get_or_insert(Error::new(at, message));
    }
}

impl std::fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("is_typespec", &self.is_typespec)
            .field("hits", &self.hits)
            .finish_non_exhaustive()
    }
}
