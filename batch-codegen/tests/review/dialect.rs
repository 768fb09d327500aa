//! Comparison across dialects: only real differences remain.

use std::collections::BTreeMap;

use batch_codegen::dialect::Names;
use batch_codegen::review::diff::{Class, Kind, Report, compare};
use serde_json::{Value, json};

use super::goldens::{check_golden, without_crate_version};
use super::support::{base, lines, names, read, reference};
use crate::typespec::{next, typespec};

fn ours_in_typespec() -> Value {
    let table = serde_json::from_str(&names().text()).expect("JSON");
    typespec(&serde_json::from_str(base()).expect("JSON"), &table)
}

/// Returns the lines of a report that are not about descriptions.
fn facts(report: &Report) -> Vec<String> {
    let lines = lines(report).into_iter();
    lines.filter(|l| !l.contains(": descriptions, ")).collect()
}

fn compared(old: &str, new: &str) -> Report {
    compare(old, new, &Names::default()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_same_api_in_both_dialects_does_not_differ() {
    let theirs = ours_in_typespec().to_string();
    for (old, new) in [(base(), theirs.as_str()), (&theirs, base())] {
        let report = compared(old, new);
        assert_eq!(facts(&report), Vec::<String>::new());
        assert!(!report.facts_differ());
    }
}

#[test]
fn a_shared_parameter_is_reported_once() {
    let theirs = ours_in_typespec();
    let text = theirs
        .to_string()
        .replace(r#""name":"timeout""#, r#""name":"timeOut""#);
    let report = compared(base(), &text);
    assert_eq!(
        facts(&report),
        ["the description, parameter timeOut: changed, wire behaviour, Rust -"]
    );
    let what = &report.changes().last().expect("a change").what;
    let first = report.changes().iter().find(|c| c.part.is_some());
    let first = first.expect("the parameter");
    assert_eq!(
        first.what, "name: `timeout` → `timeOut`; in all 76 operations",
        "{what}"
    );
    // One operation that does not have it, and it is no change of all.
    let mut some = ours_in_typespec();
    let list = &mut some["paths"]["/pools"]["get"]["parameters"];
    let parameters = list.as_array_mut().expect("a list");
    parameters.retain(|p| p["name"] != "timeout");
    let text = some
        .to_string()
        .replace(r#""name":"timeout""#, r#""name":"timeOut""#);
    assert_eq!(facts(&compared(base(), &text)).len(), 76);
}

#[test]
fn the_next_version_is_compared_under_our_names() {
    let mut theirs = ours_in_typespec();
    next(&mut theirs);
    let found = facts(&compared(base(), &theirs.to_string()));
    assert_eq!(
        found,
        [
            "the description, version: changed, wire behaviour, Rust behaviour; ~API_VERSION",
            "operation Pool_GetPoolPlan: added, wire addition, Rust addition; \
             +operations::pool::Operations::get_pool_plan",
            "operation Pool_Pause: added, wire addition, Rust addition; +operations::pool::Operations::pause",
            "model PoolPauseOptions: added, wire -, Rust addition; +models::PoolPauseOptions",
            "model PoolPlan: added, wire -, Rust addition; +models::PoolPlan",
            "model PoolPlanStep: added, wire -, Rust addition; +models::PoolPlanStep",
            "enum PoolState, value paused: added, wire addition, Rust addition; +models::PoolState::Paused",
        ]
    );
}

#[test]
fn another_path_is_another_operation_however_alike_the_names_are() {
    let mut other: Value = serde_json::from_str(base()).expect("JSON");
    let paths = other["paths"].as_object_mut().expect("paths");
    let mut moved = paths.remove("/nodecounts").expect("a path");
    moved["get"]["operationId"] = json!("Account_ListPoolNodeCount");
    paths.insert("/nodenumbers".into(), moved);
    let found = facts(&compared(base(), &other.to_string()));
    assert_eq!(
        found,
        [
            "operation Account_ListPoolNodeCount: added, wire addition, Rust addition; \
             +operations::account::Operations::list_pool_node_count",
            "operation Account_ListPoolNodeCounts: removed, wire breaking, Rust breaking; \
             -operations::account::Operations::list_pool_node_counts",
        ]
    );
}

const CLASSIC: &str = "2024-02-01.19.0";
const TWICE: &str = "2024-07-01.20.0";
const NEWEST: &str = "2025-06-01";

fn file(folder: &std::path::Path, name: &str) -> String {
    read(&folder.join(format!("BatchService-{name}.json")))
}

/// The same version in both dialects: 32 differences break something on the wire, each of them a
/// decision of the file's authors or a mistake.
#[test]
fn the_same_version_in_both_dialects_has_only_real_differences() {
    let Some(folder) = reference() else {
        return;
    };
    let classic = file(&folder, TWICE);
    let theirs = file(&folder, &format!("{TWICE}.typespec"));
    let report = compare(&classic, &theirs, names()).expect("descriptions");
    check(&format!("{TWICE}_typespec"), &report);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for change in report.changes() {
        if change.wire != Some(Class::Breaking) {
            continue;
        }
        let part = change.part.as_deref().unwrap_or_default();
        let kind = match (change.kind, change.what.as_str()) {
            (Kind::Removed, what) if what.starts_with("removed: `") && part.is_empty() => {
                "certificate operations"
            }
            (Kind::Removed, _) if part.contains("certificateReferences") => {
                "certificate properties"
            }
            (_, what) if what.contains("the whole resource") => "whole resources",
            (_, "type: `int64` → `string`") => "lengths as text",
            (Kind::Removed, _) if part.contains("Content-Type") => "content type",
            (_, "is now required") => "required by mistake",
            (_, what) if what.starts_with("is now paged") => "paged",
            (_, "type: `string` → `date-time`") => "a time",
            (_, what) if what.starts_with("type: ") => "maps",
            other => panic!("{other:?} is of no known kind"),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    let expected = [
        ("a time", 1),
        ("certificate operations", 5),
        ("certificate properties", 6),
        ("content type", 4),
        ("lengths as text", 5),
        ("maps", 3),
        ("paged", 1),
        ("required by mistake", 4),
        ("whole resources", 3),
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
    let marks = report.changes().iter();
    let marks = marks.filter(|c| c.what.contains("set only by the service"));
    assert_eq!(marks.clone().count(), 90);
    assert!(
        marks
            .into_iter()
            .all(|c| c.wire == Some(Class::Documentation))
    );
    assert!(report.changes().iter().all(|c| c.kind != Kind::Renamed));
}

#[test]
fn reports_of_the_versions_that_typespec_generated() {
    let Some(folder) = reference() else {
        return;
    };
    let first = file(&folder, CLASSIC);
    let second = file(&folder, &format!("{TWICE}.typespec"));
    let third = file(&folder, &format!("{NEWEST}.typespec.rebuilt"));
    for (name, old, new) in [
        (format!("{CLASSIC}_{TWICE}"), &first, &second),
        (format!("{TWICE}_{NEWEST}"), &second, &third),
    ] {
        let report = compare(old, new, names()).expect("descriptions");
        check(&name, &report);
        assert!(
            report.changes().iter().all(|c| c.kind != Kind::Renamed),
            "{name}"
        );
    }
}

fn check(name: &str, report: &Report) {
    let text = without_crate_version(report, &report.text(false));
    check_golden(&format!("{name}.txt"), &text);
    check_golden(&format!("{name}.changelog.md"), &report.changelog());
}
