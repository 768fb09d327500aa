//! Tests of valid filters on items, and that no input makes the parser panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Filter, documented};
use crate::request::Object;
use crate::table::{self, Kind, Model, Returns};
use crate::version::Version;

fn definition(name: &str) -> &'static Model {
    table::model(name).expect("a definition")
}

fn object(value: &Value) -> Object {
    value.as_object().cloned().expect("an object")
}

/// Items of a definition, each labelled with a letter.
fn samples(item: &str) -> Vec<(char, Object)> {
    let items = match item {
        "CloudTask" => json!({
            "a": {"id": "render-1", "state": "completed", "creationTime": "2024-05-01T10:00:00Z",
                  "executionInfo": {"startTime": "2024-05-01T10:01:00.1234567Z", "endTime": "2024-05-01T10:02:00Z",
                                    "exitCode": 0, "result": "success"}},
            "b": {"id": "Render-2", "state": "running", "creationTime": "2024-05-02T10:00:00Z",
                  "executionInfo": {"startTime": "2024-05-02T10:01:00Z", "exitCode": null}},
            "c": {"id": "it's", "state": "active", "creationTime": "2024-05-03T10:00:00Z"},
            "d": {"id": "render-10", "state": "Completed", "creationTime": "2024-05-04T10:00:00.5Z",
                  "executionInfo": {"startTime": "2024-05-04T10:01:00Z", "endTime": "2024-05-04T10:02:00Z",
                                    "exitCode": -9, "result": "Failure"}},
        }),
        "CloudPool" => json!({
            "a": {"id": "p1", "state": "active", "allocationState": "steady", "enableAutoScale": false, "vmSize": "STANDARD_A1"},
            "b": {"id": "p2", "state": "deleting", "allocationState": "resizing", "enableAutoScale": true, "vmSize": "standard_d2"},
            "c": {"id": "q"},
            // Does not match the description, so it is only unequal to everything.
            "d": {"id": 7, "state": true, "enableAutoScale": "true", "creationTime": "yesterday"},
        }),
        "ComputeNode" => json!({
            "a": {"state": "idle", "startTaskInfo": {"state": "completed", "exitCode": "3"}},
            "b": {"state": "starttaskfailed", "startTaskInfo": {"exitCode": 9_007_199_254_740_993_i64}},
            "c": {"state": "creating", "startTaskInfo": "none"},
        }),
        "NodeFile" => {
            json!({"a": {"name": "stdout.txt"}, "b": {"name": "wd\\out.bin"}, "c": {"name": "Straße.txt"}})
        }
        other => panic!("no samples of {other}"),
    };
    let items = items.as_object().expect("an object").clone();
    items
        .iter()
        .map(|(letter, item)| (letter.chars().next().expect("a letter"), object(item)))
        .collect()
}

fn matching(item: &str, text: &str) -> String {
    let filter = Filter::parse(text, definition(item), Version::default())
        .unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
    samples(item)
        .into_iter()
        .filter(|(_, item)| filter.matches(item))
        .map(|(letter, _)| letter)
        .collect()
}

const TASKS: &[(&str, &str)] = &[
    // Strings: quoted, case-insensitive.
    ("id eq 'render-1'", "a"),
    ("id eq 'RENDER-2'", "b"),
    ("id eq 'it''s'", "c"),
    ("id eq ''''", ""),
    ("id ne 'render-1'", "bcd"),
    ("id gt 'render-1'", "bd"),
    ("id ge 'render-1'", "abd"),
    ("id lt 'render-1'", "c"),
    ("id le 'RENDER-10'", "acd"),
    ("id eq ''", ""),
    ("id gt ''", "abcd"),
    ("id eq 'render-1 '", ""),
    // States, in any case on either side; an unknown state matches nothing.
    ("state eq 'completed'", "ad"),
    ("state eq 'COMPLETED'", "ad"),
    ("state ne 'completed'", "bc"),
    ("state eq 'vanished'", ""),
    ("executionInfo/result eq 'failure'", "d"),
    ("executionInfo/result ne 'failure'", "abc"),
    // Functions.
    ("startswith(id,'render')", "abd"),
    ("startswith(id, 'RENDER-1')", "ad"),
    ("startswith ( id , '' )", "abcd"),
    ("startswith(id,'it''')", "c"),
    ("startswith(id,'render-1000')", ""),
    // Numbers.
    ("executionInfo/exitCode eq 0", "a"),
    ("executionInfo/exitCode ne 0", "bcd"),
    ("executionInfo/exitCode eq -9", "d"),
    ("executionInfo/exitCode gt -10", "ad"),
    ("executionInfo/exitCode lt 0", "d"),
    ("executionInfo/exitCode ge 0", "a"),
    ("executionInfo/exitCode le 0", "ad"),
    ("executionInfo/exitCode gt -0.5", "a"),
    ("executionInfo/exitCode eq 0.0", "a"),
    ("executionInfo/exitCode lt 1e3", "ad"),
    ("executionInfo/exitCode eq +0", "a"),
    ("executionInfo/exitCode lt 99999999999999999999", "ad"),
    // Null.
    ("executionInfo/exitCode eq null", "bc"),
    ("executionInfo/exitCode ne null", "ad"),
    ("executionInfo/exitCode gt null", ""),
    ("executionInfo/endTime eq null", "bc"),
    ("executionInfo/startTime ne null", "abd"),
    // Dates.
    ("creationTime gt DateTime'2024-05-02T10:00:00Z'", "cd"),
    ("creationTime ge datetime'2024-05-02T10:00:00Z'", "bcd"),
    ("creationTime eq DATETIME'2024-05-02T12:00:00+02:00'", "b"),
    ("creationTime lt '2024-05-02T10:00:00.0000000Z'", "a"),
    (
        "creationTime gt DateTime'Thu, 02 May 2024 10:00:00 GMT'",
        "cd",
    ),
    ("creationTime le datetime'2024-05-03T10:00:00'", "abc"),
    ("creationTime le datetime'2024-05-03T10:00Z'", "abc"),
    ("creationTime le datetime'2024-05-03T11:00+01:00'", "abc"),
    ("creationTime gt datetime'2024-05-03'", "cd"),
    (
        "creationTime eq datetime'2024-05-04T10:00:00.5000000Z'",
        "d",
    ),
    (
        "executionInfo/startTime eq datetime'2024-05-01T10:01:00.1234567Z'",
        "a",
    ),
    (
        "executionInfo/startTime ne datetime'2024-05-01T10:01:00.1234567Z'",
        "bcd",
    ),
    ("executionInfo/endTime lt datetime'2999-01-01'", "ad"),
    // Combinations.
    ("state eq 'completed' and executionInfo/exitCode eq 0", "a"),
    ("state eq 'active' or state eq 'running'", "bc"),
    (
        "state eq 'active' or state eq 'completed' and executionInfo/exitCode eq 0",
        "ac",
    ),
    (
        "(state eq 'active' or state eq 'completed') and executionInfo/exitCode eq 0",
        "a",
    ),
    (
        "executionInfo/exitCode eq 0 and state eq 'completed' or state eq 'active'",
        "ac",
    ),
    ("not (state eq 'completed')", "bc"),
    ("not(state eq 'completed')", "bc"),
    ("not startswith(id,'render')", "c"),
    ("not not startswith(id,'render')", "abd"),
    ("not (executionInfo/exitCode gt 0)", "abcd"),
    (
        "not (state eq 'completed') and startswith(id,'render')",
        "b",
    ),
    ("not (state eq 'completed' or state eq 'active')", "b"),
    (
        "(state eq 'running') AND (startswith(id, 'renderTask'))",
        "",
    ),
    ("(state eq 'running') OR startswith(id, 'render')", "abd"),
    ("((((id eq 'it''s'))))", "c"),
    ("\t( state  eq\n'active' )  ", "c"),
    ("id eq 'a' or id eq 'b' or id eq 'it''s' or id eq 'd'", "c"),
    ("(state eq 'active')or(state eq 'running')", "bc"),
    ("id eq ' and id ne '", ""),
];

const OTHERS: &[(&str, &str, &str)] = &[
    ("CloudPool", "enableAutoScale eq true", "b"),
    ("CloudPool", "enableAutoScale ne true", "acd"),
    ("CloudPool", "enableAutoScale eq false", "a"),
    ("CloudPool", "enableAutoScale eq null", "c"),
    ("CloudPool", "vmSize eq 'standard_a1'", "a"),
    ("CloudPool", "state ne 'active'", "bcd"),
    ("CloudPool", "allocationState eq 'steady'", "a"),
    ("CloudPool", "startswith(id,'p')", "ab"),
    ("CloudPool", "id lt 'q'", "ab"),
    ("CloudPool", "creationTime ne datetime'2024-01-01'", "abcd"),
    ("CloudPool", "creationTime lt datetime'2024-01-01'", ""),
    ("ComputeNode", "startTaskInfo/exitCode eq 3", "a"),
    (
        "ComputeNode",
        "startTaskInfo/exitCode eq 9007199254740992",
        "",
    ),
    (
        "ComputeNode",
        "startTaskInfo/exitCode gt 9007199254740992",
        "b",
    ),
    ("ComputeNode", "startTaskInfo/exitCode eq null", "c"),
    ("ComputeNode", "startTaskInfo/state eq 'Completed'", "a"),
    ("ComputeNode", "state eq 'startTaskFailed'", "b"),
    ("NodeFile", "startswith(name,'std')", "a"),
    ("NodeFile", "startswith(name,'wd\\')", "b"),
    ("NodeFile", "startswith(name,'straße')", "c"),
    ("NodeFile", "startswith(name,'stra\u{1f980}')", ""),
];

#[test]
fn selects_the_matching_items() {
    for (text, expected) in TASKS {
        assert_eq!(matching("CloudTask", text), *expected, "{text}");
    }
    for (item, text, expected) in OTHERS {
        assert_eq!(matching(item, text), *expected, "{text}");
    }
}

#[test]
fn accepts_long_filters() {
    let long = vec!["id eq 'it''s'"; 20_000].join(" or ");
    assert_eq!(matching("CloudTask", &long), "c");
    // Length does not count as depth.
    let groups = vec!["(not (id ne 'it''s'))"; 1_000].join(" and ");
    assert_eq!(matching("CloudTask", &groups), "c");
    let nested = format!("{}id eq 'it''s'{}", "(".repeat(100), ")".repeat(100));
    assert_eq!(matching("CloudTask", &nested), "c");
}

#[test]
fn documented_properties_are_in_the_description() {
    for model in crate::generated::MODELS {
        for (path, operators) in documented::properties(model.name) {
            assert!(!operators.is_empty());
            let mut kind = Kind::Model(model.name);
            for name in path.split('/') {
                let Kind::Model(owner) = kind else {
                    panic!("{path} passes through a value that is not an object")
                };
                let properties = definition(owner).properties;
                kind = properties
                    .iter()
                    .find(|property| property.name == name)
                    .expect(path)
                    .kind;
            }
            let comparable = matches!(
                kind,
                Kind::Text | Kind::Enum(_) | Kind::I32 | Kind::Bool | Kind::DateTime
            );
            assert!(comparable, "{path}");
        }
    }
}

#[test]
fn every_listing_with_a_filter_is_documented() {
    for operation in crate::generated::OPERATIONS {
        if operation
            .parameters
            .iter()
            .any(|parameter| parameter.name == "$filter")
        {
            let Returns::Page { item, .. } = operation.returns else {
                panic!("{} does not return a page", operation.id)
            };
            assert!(!documented::properties(item).is_empty(), "{}", operation.id);
        }
    }
}

proptest! {
    #[test]
    fn no_string_panics(text in any::<String>()) {
        let _ = Filter::parse(&text, definition("CloudTask"), Version::default());
    }

    #[test]
    fn no_mixture_of_tokens_panics(tokens in proptest::collection::vec(token(), 0..24)) {
        let text = tokens.concat();
        if let Ok(filter) = Filter::parse(&text, definition("CloudTask"), Version::default()) {
            for (_, item) in samples("CloudTask") {
                filter.matches(&item);
            }
        }
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "id",
        "state",
        "executionInfo/exitCode",
        "creationTime",
        "executionInfo/",
        " eq ",
        " ne ",
        " gt ",
        " le ",
        " and ",
        " or ",
        "not ",
        "(",
        ")",
        ",",
        "startswith(",
        "'",
        "''",
        "'a'",
        "'é",
        "datetime'",
        "2024-01-01",
        "0",
        "-1",
        "1.5",
        "null",
        "true",
        " ",
        "/",
        "\u{0}",
        "\u{1f980}",
    ])
}
