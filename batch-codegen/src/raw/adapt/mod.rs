//! *Adapt*, the first step of the raw client: the faithful OpenAPI document → the one that
//! progenitor reads.
//!
//! progenitor makes what it is good at, the way from typed arguments to a request. What it would
//! get wrong on this API is taken out of its sight by [`rules::RULES`]: named functions with their
//! reason. A rule that matches nothing in the version that the rules are made for is an error, so
//! that none outlives the need for it; in a description of another version it is a note.

pub mod rules;

pub use rules::Rule;

use openapiv3::OpenAPI;

use crate::error::{Error, Result};
use crate::tables::Tables;

/// The document with every rule applied.
///
/// # Errors
///
/// A rule that matched nothing, by name; an operation that got lost.
pub fn adapt(faithful: &OpenAPI) -> Result<OpenAPI> {
    adapt_for(faithful, &Tables::for_version(&faithful.info.version))
}

pub(crate) fn adapt_for(faithful: &OpenAPI, tables: &Tables) -> Result<OpenAPI> {
    adapt_with(faithful, rules::RULES, tables)
}

fn adapt_with(faithful: &OpenAPI, rules: &[Rule], tables: &Tables) -> Result<OpenAPI> {
    let mut document = faithful.clone();
    for rule in rules {
        if (rule.apply)(&mut document) == 0 {
            tables.misfit(Error::new(
                "$",
                format!(
                    "the adapt rule `{}` matches nothing in this description; take it out of \
                     batch-codegen/src/raw/adapt/rules.rs, or fix it. Its reason: {}",
                    rule.name, rule.reason
                ),
            ))?;
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

#[cfg(test)]
mod tests {
    use openapiv3::{Operation, PathItem, Paths, ReferenceOr};

    use super::*;

    const TITLED: Rule = Rule {
        name: "titled",
        reason: "the title shall be Rooms",
        apply: |document| {
            document.info.title = "Rooms".into();
            1
        },
    };
    const NEEDLESS: Rule = Rule {
        name: "needless",
        reason: "nobody remembers",
        apply: |_| 0,
    };
    const LOSSY: Rule = Rule {
        name: "lossy",
        reason: "none",
        apply: |document| {
            document.paths.paths.clear();
            1
        },
    };

    fn pinned() -> Tables {
        Tables::for_version(crate::TABLES_VERSION)
    }

    fn document() -> OpenAPI {
        let path = PathItem {
            get: Some(Operation::default()),
            ..Default::default()
        };
        OpenAPI {
            paths: Paths {
                paths: [("/rooms".to_owned(), ReferenceOr::Item(path))].into(),
                ..Default::default()
            },
            ..Default::default()
        }
    }

    #[test]
    fn rules_change_a_copy() {
        let faithful = document();
        let adapted = adapt_with(&faithful, &[TITLED], &pinned()).unwrap();
        assert_eq!(adapted.info.title, "Rooms");
        assert_eq!(faithful, document());
    }

    #[test]
    fn a_rule_that_matches_nothing_is_an_error_that_names_it() {
        let error = adapt_with(&document(), &[TITLED, NEEDLESS], &pinned()).unwrap_err();
        assert!(
            error
                .message()
                .contains("the adapt rule `needless` matches nothing")
        );
        assert!(error.message().ends_with("Its reason: nobody remembers"));
    }

    #[test]
    fn in_another_version_it_is_a_note() {
        let tables = Tables::for_version("2017-09-01.6.0");
        adapt_with(&document(), &[NEEDLESS], &tables).unwrap();
        let notes = tables.into_notes();
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("the adapt rule `needless` matches nothing"));
        assert!(notes[0].contains("in 2017-09-01.6.0"), "{}", notes[0]);
    }

    #[test]
    fn a_lost_operation_is_an_error() {
        let error = adapt_with(&document(), &[LOSSY], &pinned()).unwrap_err();
        assert_eq!(error.path(), "$.paths");
        assert!(error.message().starts_with("1 operations went into"));
    }
}
