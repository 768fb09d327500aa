//! Both programs run, and say of each row what `cargo xtask bench` reads. The work is tiny and the
//! build may be one for debugging, so no time is looked at.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// The rows that a program prints, by name.
fn rows(program: &str, arguments: &[&str]) -> BTreeMap<String, Value> {
    let output = Command::new(program)
        .args(["--tiny", "--runs", "2"])
        .args(arguments)
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("JSON");
            (row["row"].as_str().expect("a name").to_owned(), row)
        })
        .collect()
}

fn names(rows: &BTreeMap<String, Value>) -> Vec<&str> {
    rows.keys().map(String::as_str).collect()
}

const BOTH: [&str; 7] = [
    "add",
    "call",
    "decode",
    "encode",
    "list-pages",
    "list-stream",
    "sign",
];

#[test]
fn every_row_is_timed() {
    let rows = rows(env!("CARGO_BIN_EXE_times"), &[]);
    let mut all = BOTH.to_vec();
    all.push("size-task");
    all.sort_unstable();
    assert_eq!(names(&rows), all);
    for (name, row) in &rows {
        let runs = if name == "size-task" { 1 } else { 2 };
        for side in ["hand", "ours"] {
            let figures = row[side].as_array().expect("a list");
            assert_eq!(figures.len(), runs, "{name}");
            let good = |figure: &Value| figure.as_f64().is_some_and(|figure| figure > 0.0);
            assert!(figures.iter().all(good), "{name}: {figures:?}");
        }
        assert!(
            row["what"]
                .as_str()
                .is_some_and(|what| what.contains(" | "))
        );
        assert!(
            row["targets"]
                .as_object()
                .is_some_and(|targets| !targets.is_empty())
        );
    }
}

#[test]
fn what_each_row_allocates_is_counted() {
    let rows = rows(env!("CARGO_BIN_EXE_allocations"), &[]);
    assert_eq!(names(&rows), BOTH);
    // Strings of a task cannot be had for less, and numbers of a tree are there already.
    let decode = &rows["decode"]["hand"];
    assert!(decode["allocations"].as_f64() > Some(10.0), "{decode}");
    assert_eq!(rows["encode"]["hand"]["allocations"], 0.0);
    assert!(rows["list-stream"]["ours"]["peak"].as_u64() > Some(1_000_000));
}

#[test]
fn rows_that_take_long_are_there_where_they_are_wanted() {
    let rows = rows(
        env!("CARGO_BIN_EXE_times"),
        &["--scale", "--rows", "scale-one"],
    );
    assert_eq!(names(&rows), ["scale-one-client"]);
}

/// Promise: adding ten times as many tasks takes no more memory.
#[test]
fn memory_is_flat_however_many_tasks_are_added() {
    let rows = rows(
        env!("CARGO_BIN_EXE_allocations"),
        &["--scale", "--rows", "scale-add"],
    );
    let peak = |side: &str| rows["scale-add"][side]["peak"].as_f64().expect("a number");
    let (few, many) = (peak("hand"), peak("ours"));
    assert!(few > 10_000.0 && many <= 1.1 * few, "{many} beside {few}");
}
