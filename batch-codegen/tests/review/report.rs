//! The report as a whole: versions, formats, colours, escaping.

use batch_codegen::review::diff::{Change, Class, Report};
use serde_json::{Value, json};

use super::support::{base, compare, edited, line, lines, operation, ours, put, take};

/// Returns a report with changes of all classes.
fn mixed() -> Report {
    let other = edited(|d| {
        put(d, "/info/version", json!("2030-01-01.1.0"));
        take(d, "/paths/~1pools~1{poolId}~1enableautoscale");
        put(
            d,
            "/definitions/OSDisk/properties/novel",
            json!({ "type": "string", "pattern": "a|b" }),
        );
        put(
            d,
            "/definitions/OSDisk/properties/diskSizeGB/default",
            json!(7),
        );
        operation(d, "Pool_Get")["summary"] = json!("Another description.");
        operation(d, "Pool_Exists")["operationId"] = json!("Pool_IsThere");
    });
    compare(base(), &other)
}

fn report(edit: impl FnOnce(&mut Value)) -> Report {
    compare(base(), &edited(edit))
}

#[test]
fn the_next_version_follows_cargos_rules() {
    let breaking = report(|d| operation(d, "Pool_Exists")["operationId"] = json!("Pool_IsThere"));
    let addition = report(|d| {
        put(
            d,
            "/definitions/OSDisk/properties/novel",
            json!({ "type": "string" }),
        );
    });
    let behaviour = report(|d| put(d, "/info/version", json!("2030-01-01.1.0")));
    let wording = report(|d| operation(d, "Pool_Get")["summary"] = json!("Another description."));
    let wire_alone = report(|d| {
        put(
            d,
            "/definitions/JobAddParameter/properties/id/pattern",
            json!("^a$"),
        );
    });
    let nothing = compare(base(), base());
    for (report, rust, before, after) in [
        (&breaking, Some(Class::Breaking), "0.3.0", "2.0.0"),
        (&addition, Some(Class::Addition), "0.2.8", "1.5.0"),
        (&behaviour, Some(Class::Behaviour), "0.2.8", "1.5.0"),
        (&wording, Some(Class::Documentation), "0.2.8", "1.4.4"),
        (&wire_alone, None, "0.3.0", "2.0.0"),
        (&nothing, None, "0.2.7", "1.4.3"),
    ] {
        assert_eq!(report.worst_rust(), rust);
        assert_eq!(report.next_version("0.2.7"), before);
        assert_eq!(report.next_version("1.4.3"), after);
    }
    assert_eq!(
        wire_alone.changelog(),
        "- **Breaking** at run time, although code compiles: model JobAddParameter: property id, pattern: none → `^a$`.\n"
    );
    assert_eq!(breaking.next_version("1.4.3-rc.1+build"), "2.0.0");
    assert_eq!(breaking.next_version("no version"), "no version");
}

#[test]
fn equal_files_have_no_differences() {
    let report = compare(base(), base());
    assert!(report.is_empty() && !report.facts_differ());
    assert_eq!((report.worst_wire(), report.worst_rust()), (None, None));
    assert!(report.text(true).ends_with(": no differences\n"));
    assert!(report.markdown().ends_with("No differences.\n"));
    assert_eq!(report.changelog(), "");
}

/// A replaced value is removed for callers that sent it, however many are added.
#[test]
fn removing_one_value_of_a_parameter_breaks() {
    let with = |values: Value| {
        edited(|d| {
            let mut expand = d["parameters"]["Expand"].clone();
            expand["enum"] = values;
            operation(d, "Pool_List")["parameters"][2] = expand;
        })
    };
    let report = compare(
        &with(json!(["stats", "tasks"])),
        &with(json!(["stats", "nodes"])),
    );
    assert_eq!(
        lines(&report),
        ["operation Pool_List, parameter $expand: changed, wire breaking, Rust -"]
    );
}

/// Only Rust has an order: that of arguments.
#[test]
fn the_order_of_keys_does_not_matter_on_the_wire() {
    let report = compare(ours(), base());
    assert_eq!(report.worst_wire(), None);
    assert!(report.changes().len() > 10);
    for change in report.changes() {
        assert_eq!(change.part.as_deref(), Some("order"), "{}", line(change));
        assert_eq!(change.rust, Some(Class::Breaking));
    }
    let lines = lines(&report);
    let order = |model: &str| {
        format!("model {model}, order: changed, wire -, Rust breaking; ~models::{model}::new")
    };
    assert!(lines.contains(&order("AzureFileShareConfiguration")));
    // A model that is only received is not built by users and has no `new`.
    assert!(!lines.contains(&order("NodeCounts")));
    // Its `id` also comes before `poolInfo` alphabetically, so its arguments keep their order.
    assert!(!lines.contains(&order("JobAddParameter")));
}

#[test]
fn classes_are_ordered_from_the_mildest_to_the_worst() {
    let order = [
        Class::Documentation,
        Class::Addition,
        Class::Behaviour,
        Class::Breaking,
    ];
    assert!(order.is_sorted());
    let report = mixed();
    assert_eq!(
        (report.worst_wire(), report.worst_rust()),
        (Some(Class::Breaking), Some(Class::Breaking))
    );
    let worst = report.changes().iter().filter_map(Change::worst).max();
    assert_eq!(worst, Some(Class::Breaking));
}

#[test]
fn text_fits_a_terminal_and_is_coloured_only_on_request() {
    let mixed = mixed();
    let (plain, coloured) = (mixed.text(false), mixed.text(true));
    assert!(!plain.contains('\u{1b}'));
    let longest = report(|d| {
        take(
            d,
            "/paths/~1jobs~1{jobId}~1jobpreparationandreleasetaskstatus",
        );
    });
    for line in plain.lines().chain(longest.text(false).lines()) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    for (class, code) in [("breaking", 31), ("behaviour", 33), ("addition", 32)] {
        assert!(
            coloured.contains(&format!("\u{1b}[{code}m{class:13}\u{1b}[0m")),
            "{class}"
        );
    }
    let mut stripped = coloured;
    for code in ["1", "2", "31", "32", "33", "0"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn a_renaming_has_a_confidence() {
    let report = mixed();
    let change = report
        .changes()
        .iter()
        .find(|c| c.renamed.is_some())
        .expect("a renaming");
    let renaming = change.renamed.as_ref().expect("a renaming");
    assert_eq!(
        (renaming.from.as_str(), renaming.to.as_str()),
        ("Pool_Exists", "Pool_IsThere")
    );
    assert_eq!(
        (renaming.confidence, renaming.how.as_str()),
        (100, "the same verb and path")
    );
    assert!(
        report
            .text(false)
            .contains("renamed from `Pool_Exists` to `Pool_IsThere` (confidence 100 %:")
    );
}

/// Two equally similar candidates cannot be distinguished, so neither counts as a renaming; nor
/// does one that is too different.
#[test]
fn a_doubtful_match_is_not_a_renaming() {
    let twins = report(|d| {
        let disk = take(
            d,
            "/definitions/PoolResizeParameter/properties/resizeTimeout",
        );
        put(
            d,
            "/definitions/PoolResizeParameter/properties/resizeTimeout1",
            disk.clone(),
        );
        put(
            d,
            "/definitions/PoolResizeParameter/properties/resizeTimeout2",
            disk,
        );
    });
    let other = report(|d| {
        let disk = take(
            d,
            "/definitions/PoolResizeParameter/properties/resizeTimeout",
        );
        put(
            d,
            "/definitions/PoolResizeParameter/properties/patience",
            disk,
        );
    });
    for (report, count) in [(twins, 3), (other, 2)] {
        assert_eq!(report.changes().len(), count);
        assert!(
            report
                .changes()
                .iter()
                .all(|change| change.renamed.is_none())
        );
    }
}

#[test]
fn markdown_begins_with_the_verdict_and_keeps_cells_whole() {
    let pattern = report(|d| {
        put(
            d,
            "/definitions/JobAddParameter/properties/id/pattern",
            json!("^[a-z|`<b>]+\n$"),
        );
    });
    let markdown = pattern.markdown();
    let mut lines = markdown.lines();
    assert!(
        lines
            .next()
            .is_some_and(|line| line.starts_with("## Batch API "))
    );
    assert!(lines.nth(1).is_some_and(|line| {
        line.starts_with(
            "Verdict: **breaking** for callers of the service (1), no changes for users",
        )
    }));
    let row = markdown
        .lines()
        .find(|line| line.contains("pattern: "))
        .expect("a row");
    assert_eq!(
        row,
        "| `JobAddParameter` `id` | pattern: none → `^[a-z\\|'<b>]+ $` | breaking |  |  |"
    );
    // The worst class comes first.
    let markdown = mixed().markdown();
    let places = [
        "breaking: ",
        "behaviour: ",
        "addition: ",
        "<summary>descriptions",
    ]
    .map(|title| markdown.find(title));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?}"
    );
}

#[test]
fn json_matches_its_docs() {
    let report = mixed();
    let json: Value = serde_json::from_str(&report.json()).expect("JSON");
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<String> = value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        keys.sort();
        keys
    };
    assert_eq!(
        keys(&json),
        ["changes", "format", "new", "old", "rust", "wire"]
    );
    assert_eq!(json["format"], 1);
    assert_eq!(
        json["new"],
        json!({ "title": "BatchServiceClient", "version": "2030-01-01.1.0" })
    );
    let changes = json["changes"].as_array().expect("changes");
    assert_eq!(changes.len(), report.changes().len());
    for side in ["wire", "rust"] {
        assert_eq!(json[side]["worst"], "breaking");
        for class in ["breaking", "behaviour", "addition", "documentation"] {
            let count = changes
                .iter()
                .filter(|change| change[side] == class)
                .count();
            assert_eq!(json[side][class], count, "{side} {class}");
        }
    }
    for change in changes {
        assert_eq!(
            keys(change),
            [
                "items", "kind", "part", "renamed", "rust", "subject", "what", "wire"
            ]
        );
    }
    let removed = changes
        .iter()
        .find(|change| change["kind"] == "removed")
        .expect("a removal");
    assert_eq!(
        *removed,
        json!({
            "subject": { "kind": "operation", "name": "Pool_EnableAutoScale" },
            "part": null,
            "kind": "removed",
            "what": "removed: `POST /pools/{poolId}/enableautoscale`",
            "renamed": null,
            "wire": "breaking",
            "rust": "breaking",
            "items": [{ "path": "batch_client::operations::pool::Operations::enable_auto_scale", "in": "old" }]
        })
    );
    assert!(
        changes
            .iter()
            .any(|change| change["subject"] == json!({ "kind": "description" }))
    );
    let renamed = changes
        .iter()
        .find(|change| change["kind"] == "renamed")
        .expect("a renaming");
    assert_eq!(
        keys(&renamed["renamed"]),
        ["confidence", "from", "how", "to"]
    );
}

#[test]
fn the_changelog_lists_breaking_changes_first() {
    let entry = mixed().changelog();
    assert_eq!(
        entry,
        "\
- The client uses Batch API 2030-01-01.1.0 (previously 2024-02-01.19.0).
- **Breaking**, removed: `operations::pool::Operations::enable_auto_scale`.
- **Breaking**, renamed: `operations::pool::Operations::exists` → `operations::pool::Operations::is_there`.
- Changed behaviour: `models::OSDisk::disk_size_gb`: property diskSizeGB, default: none → `7`.
- New fields: `models::OSDisk::novel`.
"
    );
}
