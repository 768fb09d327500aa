//! *Adapt*, the first step of the raw client: the faithful OpenAPI document → the document that
//! progenitor reads.
//!
//! progenitor is good at turning typed arguments into a request, and that is all it is used for.
//! [`rules::RULES`] hide from it whatever it would get wrong on this API: each is a named function
//! with its reason. A rule that matches nothing is an error in the version that the rules are
//! written for, so that obsolete rules are noticed; for another version it is a note.

pub mod rules;

pub use rules::Rule;

use openapiv3::OpenAPI;

use crate::error::{Error, Result};
use crate::tables::Tables;

/// Applies every rule to a copy of the document.
///
/// # Errors
///
/// Returns an error for a rule that matched nothing, by name, and for a lost operation.
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
            tables.mismatch(Error::new(
                "$",
                format!(
                    "the adapt rule `{}` matches nothing in this description; remove it from \
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
            format!("{before} operations went into the adapt rules but {after} came out"),
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
        reason: "the title is Rooms",
        apply: |document| {
            document.info.title = "Rooms".into();
            1
        },
    };
    const NEEDLESS: Rule = Rule {
        name: "needless",
        reason: "unknown",
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
        assert!(error.message().ends_with("Its reason: unknown"));
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
