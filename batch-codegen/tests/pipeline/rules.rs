//! The adapt rules: our description needs each of them, and a rule that matches nothing is an
//! error.

use batch_codegen::raw::adapt;
use batch_codegen::{generate, openapi, swagger};
use serde_json::json;

use super::support::{description, library, library_tables};

#[test]
fn every_rule_matches_our_description() {
    let swagger = swagger::parse(description()).expect("our description");
    let faithful = openapi::convert(&swagger).expect("an OpenAPI document");
    let mut document = faithful.clone();
    for rule in adapt::rules::RULES {
        let matches = (rule.apply)(&mut document);
        println!("{}: {matches}", rule.name);
        assert!(matches > 0, "{} matches nothing", rule.name);
        assert!(!rule.reason.is_empty(), "{} has no reason", rule.name);
    }
    assert_eq!(
        document,
        adapt::adapt(&faithful).expect("the adapted document")
    );
    assert_eq!(document.operations().count(), 76);
}

#[test]
fn rule_names_are_unique() {
    let mut names: Vec<&str> = adapt::rules::RULES.iter().map(|rule| rule.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_rule_that_matches_nothing_is_an_error_that_names_it() {
    let mut description = library();
    let body = &mut description["paths"]["/shelves/{shelfId}/close"]["post"]["parameters"][2];
    body["required"] = json!(true);
    let error = generate(&description.to_string(), &library_tables())
        .expect_err("no optional body is left");
    assert_eq!(error.path(), "$");
    let start = "the adapt rule `optional_bodies_are_nullable` matches nothing in this description";
    assert!(error.message().starts_with(start), "{error}");
    assert!(
        error
            .message()
            .contains("Its reason: progenitor makes every body required")
    );

    let mut description = library();
    description["consumes"] = json!(["application/json"]);
    let error = generate(&description.to_string(), &library_tables())
        .expect_err("no media type to correct");
    assert!(
        error.message().contains("`media_types_without_parameters`"),
        "{error}"
    );
}
