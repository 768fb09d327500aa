//! A report on a large difference is fast and small enough for GitHub.

use std::fmt::Write;
use std::time::{Duration, Instant};

use batch_codegen::review::diff::Report;
use serde_json::{Value, json};

use super::support::{base, compare, edited};

/// GitHub's limit for a job's summary.
const MOST: usize = 1024 * 1024;

fn render(report: &Report) -> String {
    let start = Instant::now();
    let markdown = report.markdown();
    let took = start.elapsed();
    println!(
        "{} changes: {} bytes in {took:?}",
        report.changes().len(),
        markdown.len()
    );
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(markdown.len() < MOST, "{} bytes", markdown.len());
    markdown
}

/// Changes every fact that can change.
fn change_everything(value: &mut Value) {
    match value {
        Value::Object(members) => {
            match members.get("type").and_then(Value::as_str) {
                Some("string") if !members.contains_key("enum") && !members.contains_key("in") => {
                    members.insert("pattern".into(), json!("^another|pattern$"));
                    members.insert("maxLength".into(), json!(3));
                    members.insert("x-nullable".into(), json!(true));
                }
                Some("integer") if !members.contains_key("in") => {
                    members.insert("minimum".into(), json!(-7));
                    members.insert("default".into(), json!(7));
                }
                _ => {}
            }
            for text in ["description", "summary"] {
                if let Some(Value::String(text)) = members.get_mut(text) {
                    text.push_str(" And more.");
                }
            }
            members.values_mut().for_each(change_everything);
        }
        Value::Array(items) => items.iter_mut().for_each(change_everything),
        _ => {}
    }
}

#[test]
fn a_report_of_a_completely_changed_description() {
    let other = edited(|description| {
        change_everything(&mut description["paths"]);
        change_everything(&mut description["definitions"]);
        // A response header has no bounds.
        *description = serde_json::from_str(&without_header_bounds(description)).expect("JSON");
    });
    let report = compare(base(), &other);
    assert!(report.changes().len() > 1400, "{}", report.changes().len());
    let markdown = render(&report);
    assert!(!markdown.contains("left out here"), "all of it fits");
    let back = render(&compare(&other, base()));
    assert!(back.contains("<summary>breaking: "));
}

fn without_header_bounds(description: &mut Value) -> String {
    let paths = description["paths"].as_object_mut().expect("paths");
    let operations = paths
        .values_mut()
        .flat_map(|item| item.as_object_mut().expect("a path").values_mut());
    for operation in operations {
        for response in operation["responses"]
            .as_object_mut()
            .expect("responses")
            .values_mut()
        {
            let headers = response.get_mut("headers").and_then(Value::as_object_mut);
            for header in headers.into_iter().flat_map(serde_json::Map::values_mut) {
                header
                    .as_object_mut()
                    .expect("a header")
                    .retain(|key, _| ["type", "format", "description"].contains(&key.as_str()));
            }
        }
    }
    description.to_string()
}

#[test]
fn a_report_of_a_nearly_empty_description() {
    let other = edited(|description| {
        let paths = description["paths"].as_object_mut().expect("paths");
        paths.retain(|path, _| ["/pools", "/jobs", "/jobs/{jobId}/tasks"].contains(&path.as_str()));
        for definition in description["definitions"]
            .as_object_mut()
            .expect("definitions")
            .values_mut()
        {
            if definition["properties"].is_object() {
                *definition = json!({ "type": "object" });
            }
        }
    });
    let report = compare(base(), &other);
    assert!(report.changes().len() > 900, "{}", report.changes().len());
    assert!(!render(&report).contains("left out here"));
}

#[test]
fn a_report_that_is_too_large_is_cut_and_says_how_much() {
    const MODELS: usize = 60;
    const PROPERTIES: usize = 150;
    let other = edited(|description| {
        let definitions = description["definitions"]
            .as_object_mut()
            .expect("definitions");
        let models = definitions
            .iter_mut()
            .filter(|(_, d)| d["properties"].is_object());
        for (name, definition) in models.take(MODELS) {
            for index in 0..PROPERTIES {
                let property = format!("aPropertyWithQuiteALongNameOf{name}Number{index}");
                definition["properties"][property] = json!({ "type": "string" });
            }
        }
    });
    let report = compare(base(), &other);
    let markdown = render(&report);
    let rows = markdown
        .lines()
        .filter(|line| line.starts_with("| `"))
        .count();
    let facts = report
        .changes()
        .iter()
        .filter(|c| c.worst().is_some())
        .count();
    assert!(rows > 1000 && rows < facts, "{rows} of {facts}");
    let expected = format!("**{} changes are left out here**", facts - rows);
    assert!(
        markdown.contains(&expected),
        "{expected}: {}",
        &markdown[markdown.len() - 300..]
    );
    let mut text = String::new();
    write!(text, "{}", report.text(false)).expect("a text");
    assert!(
        text.lines().count() > facts,
        "the text report has all changes"
    );
}
