//! Reports on Microsoft's published versions, reviewed by hand.
//!
//! They contain facts (names, values, counts) and no sentences of Microsoft's: a report names the
//! places of descriptions without quoting them. `UPDATE_GOLDEN=1 cargo test -p batch-codegen --test
//! review` rewrites them; review the `git diff`.

use std::path::Path;

use batch_codegen::review::diff::{Class, Report};

use super::support::{compare, lines, ours, read, reference, root};

const VERSIONS: [&str; 3] = ["2022-10-01.16.0", "2023-11-01.18.0", "2024-02-01.19.0"];

fn described(folder: &Path, version: &str) -> String {
    read(&folder.join(format!("BatchService-{version}.json")))
}

/// Removes the version of the crates from a report, because it changes independently.
pub(crate) fn without_crate_version(report: &Report, text: &str) -> String {
    let current = env!("CARGO_PKG_VERSION");
    let next = report.next_version(current);
    text.replace(&format!("{current} → {next}"), "CURRENT → NEXT")
}

pub(crate) fn check_golden(name: &str, found: &str) {
    let path = root().join("batch-codegen/tests/review/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, found).expect("the golden file is written");
        return;
    }
    let expected = read(&path).replace("\r\n", "\n");
    let differs = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
    assert!(
        expected == found,
        "{name} differs: {differs:?}; if the new report is right, run with UPDATE_GOLDEN=1 and read the diff"
    );
}

#[test]
fn reports_of_the_published_versions() {
    let Some(folder) = reference() else {
        return;
    };
    for pair in VERSIONS.windows(2) {
        let report = compare(&described(&folder, pair[0]), &described(&folder, pair[1]));
        let name = format!("{}_{}", pair[0], pair[1]);
        check_golden(
            &format!("{name}.txt"),
            &without_crate_version(&report, &report.text(false)),
        );
        check_golden(
            &format!("{name}.md"),
            &without_crate_version(&report, &report.markdown()),
        );
        check_golden(&format!("{name}.changelog.md"), &report.changelog());
    }
}

/// The facts in Microsoft's own change log, independent of the golden files.
#[test]
fn known_changes_of_the_published_versions() {
    let Some(folder) = reference() else {
        return;
    };
    let [first, second, third] = VERSIONS.map(|version| described(&folder, version));
    let statistics = lines(&compare(&first, &second));
    for (group, module) in [("Job", "job"), ("Pool", "pool")] {
        let line = format!(
            "operation {group}_GetAllLifetimeStatistics: removed, wire breaking, Rust breaking; \
             -operations::{module}::Operations::get_all_lifetime_statistics"
        );
        assert!(statistics.contains(&line), "{line}");
    }
    let upgrades = lines(&compare(&second, &third));
    for line in [
        "model UpgradePolicy: added, wire -, Rust addition; +models::UpgradePolicy",
        "model AutomaticOSUpgradePolicy: added, wire -, Rust addition; +models::AutomaticOSUpgradePolicy",
        "model RollingUpgradePolicy: added, wire -, Rust addition; +models::RollingUpgradePolicy",
        "enum UpgradeMode: added, wire -, Rust addition; +models::UpgradeMode",
        "enum ComputeNodeState, value upgradingos: added, wire addition, Rust addition; \
         +models::ComputeNodeState::UpgradingOs",
        "model CloudPool, property upgradePolicy: added, wire addition, Rust addition; \
         +models::CloudPool::upgrade_policy",
    ] {
        assert!(upgrades.iter().any(|known| known == line), "{line}");
    }
    // The reverse: every addition breaks when it is removed.
    let back = compare(&third, &first);
    assert_eq!(
        (back.worst_wire(), back.worst_rust()),
        (Some(Class::Breaking), Some(Class::Breaking))
    );
}

#[test]
fn ours_differs_from_microsofts_only_in_descriptions() {
    let Some(folder) = reference() else {
        return;
    };
    let theirs = described(&folder, VERSIONS[2]);
    let report = compare(&theirs, ours());
    assert!(!report.is_empty());
    let facts: Vec<String> = lines(&report)
        .into_iter()
        .filter(|l| !l.contains(": descriptions, "))
        .collect();
    assert!(!report.facts_differ(), "{facts:#?}");
    assert_eq!(report.worst_wire(), Some(Class::Documentation));
    assert_eq!(report.changelog(), "");
    assert!(compare(&theirs, &theirs).is_empty());
}

/// No sentence of Microsoft's gets into a report, wherever it is in the description.
#[test]
fn a_report_quotes_no_description() {
    let Some(folder) = reference() else {
        return;
    };
    let text = described(&folder, VERSIONS[2]);
    let mut sentences = Vec::new();
    collect(&serde_json::from_str(&text).expect("JSON"), &mut sentences);
    assert!(sentences.len() > 1000);
    for other in [ours().to_owned(), described(&folder, VERSIONS[0])] {
        let report = compare(&other, &text);
        let whole = [
            report.text(false),
            report.markdown(),
            report.json(),
            report.changelog(),
        ]
        .concat();
        let shown = sentences
            .iter()
            .find(|sentence| whole.contains(sentence.as_str()));
        assert_eq!(shown, None);
    }
}

fn collect(value: &serde_json::Value, sentences: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                match member.as_str() {
                    Some(text) if ["description", "title", "summary"].contains(&key.as_str()) => {
                        sentences
                            .extend(text.split(". ").filter(|s| s.len() > 30).map(str::to_owned));
                    }
                    _ => collect(member, sentences),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, sentences)),
        _ => {}
    }
}
