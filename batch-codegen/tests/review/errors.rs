//! A failed comparison is one clear error: the side, the place, the problem.

use batch_codegen::review::diff::{Side, compare};
use serde_json::json;

use super::support::{edited, names, ours, put, take};

fn refused(text: &str) -> String {
    let old = compare(text, ours(), names()).expect_err("a bad old text");
    let new = compare(ours(), text, names()).expect_err("a bad new text");
    assert_eq!((old.side(), new.side()), (Side::Old, Side::New));
    assert_eq!(old.cause(), new.cause());
    assert!(
        old.to_string().starts_with("the old description: $"),
        "{old}"
    );
    assert!(
        new.to_string().starts_with("the new description: $"),
        "{new}"
    );
    assert!(!new.to_string().contains('\n'), "{new}");
    new.cause().to_string()
}

#[test]
fn not_json() {
    let found = refused("openapi: 3.0.0\n");
    assert_eq!(
        found,
        "$: the input is not JSON: expected value at line 1 column 1"
    );
    let cut = &ours()[..ours().len() / 2];
    assert!(refused(cut).starts_with("$: the input is not JSON: EOF while parsing"));
}

#[test]
fn json_but_not_swagger() {
    let found = refused(r#"{ "name": "batch-client", "version": "1.0.0" }"#);
    assert_eq!(
        found,
        "$: the input is JSON but not Swagger: the key `swagger` is missing; pass a Swagger 2.0 file"
    );
    assert!(refused("[1, 2]").starts_with("$: the input is JSON but not Swagger"));
}

#[test]
fn openapi_3() {
    let found = refused(r#"{ "openapi": "3.0.3", "info": {}, "paths": {} }"#);
    assert_eq!(
        found,
        "$.openapi: the input is OpenAPI \"3.0.3\"; pass the Swagger 2.0 file of the same API"
    );
}

#[test]
fn another_swagger_version() {
    let text = edited(|d| put(d, "/swagger", json!("1.2")));
    assert_eq!(refused(&text), "$.swagger: expected \"2.0\", found \"1.2\"");
}

#[test]
fn swagger_2_but_not_batch() {
    let text = edited(|d| {
        let paths = d["paths"].as_object_mut().expect("paths");
        paths.retain(|path, _| !path.starts_with("/pool"));
    });
    let found = refused(&text);
    assert!(
        found.starts_with("$.paths: the group Pool has no operation, so the file is not"),
        "{found}"
    );
}

#[test]
fn a_broken_reference_is_reported_with_its_place() {
    let text = edited(|d| {
        take(d, "/definitions/OSDisk");
    });
    let found = refused(&text);
    assert!(
        found.starts_with("$.definitions.VirtualMachineConfiguration"),
        "{found}"
    );
    assert!(found.contains("OSDisk"), "{found}");
}

#[test]
fn a_duplicate_key_is_reported() {
    let text = ours().replacen(
        "\"swagger\": \"2.0\"",
        "\"swagger\": \"2.0\", \"swagger\": \"2.0\"",
        1,
    );
    assert!(refused(&text).contains("duplicate key"));
}
