//! Tests with many tasks: costs must not grow faster than their number, and each task must stay
//! small.

use std::time::Instant;

use super::*;
use crate::state::tasks::Task;

/// Fewer in unoptimized builds.
const MANY: usize = if cfg!(debug_assertions) {
    20_000
} else {
    100_000
};

fn collection(first: usize) -> Value {
    let tasks = (first..first + 100).map(
        |n| json!({"id": format!("task-{n:06}"), "commandLine": format!("/bin/sh -c 'echo {n}'")}),
    );
    json!({"value": tasks.collect::<Vec<_>>()})
}

fn add(bench: &mut Bench, from: usize, to: usize) {
    for first in (from..to).step_by(100) {
        bench.done("Task_AddCollection", &["j"], collection(first));
    }
}

/// Runs a closure and returns the seconds that it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let result = work();
    (result, begun.elapsed().as_secs_f64())
}

#[test]
fn time_is_proportional_to_the_number_of_tasks() {
    let mut bench = Bench::with_job(20, 5, json!({}));
    let tenth = MANY / 10;
    let ((), first) = timed(|| add(&mut bench, 0, tenth));
    let ((), _) = timed(|| add(&mut bench, tenth, MANY - tenth));
    let ((), last) = timed(|| add(&mut bench, MANY - tenth, MANY));
    // Generous, since other work on the machine interferes: an addition that scans would be at
    // least 10 times as slow.
    assert!(
        last < first * 5.0 + 0.5,
        "the first tenth took {first} s, the last {last} s"
    );
    let (pages, listing) = timed(|| {
        let mut pages = 0;
        let mut token: Option<String> = None;
        loop {
            let query: Vec<_> = token
                .iter()
                .map(|token| ("$skiptoken", token.as_str()))
                .collect();
            let page = bench.read("Task_List", &["j"], &query, Value::Null);
            pages += 1;
            match page["odata.nextLink"].as_str() {
                Some(link) => token = link.split("skiptoken=").nth(1).map(str::to_owned),
                None => return pages,
            }
        }
    });
    assert_eq!(pages, MANY / 1000);
    let (counts, counting) = timed(|| bench.get("Job_GetTaskCounts", &["j"]));
    assert_eq!(counts["taskCounts"]["active"], MANY - 100);
    assert!(counting < 0.1, "{counting}");
    // 100 run at a time, for 10 s each.
    let seconds = i64::try_from(MANY).expect("a number") / 10 + 31;
    let ((), running) = timed(|| bench.at(seconds));
    assert_eq!(
        bench.get("Job_GetTaskCounts", &["j"])["taskCounts"]["succeeded"],
        MANY
    );
    let query = [("$filter", "state eq 'active'")];
    let (page, filtering) = timed(|| bench.read("Task_List", &["j"], &query, Value::Null));
    assert_eq!(page["value"], json!([]));
    println!(
        "{MANY} tasks: add {first} + .. + {last} s, list {listing} s, run {running} s, filter a page {filtering} s"
    );
}

#[test]
fn a_task_is_small() {
    // The size of its fields, without the strings that it was given; running adds the second
    // figure.
    let sizes = (size_of::<Task>(), size_of::<crate::state::tasks::Run>());
    assert!(sizes.0 <= 176 && sizes.1 <= 96, "{sizes:?}");
}

/// Prints the memory that a task takes: `cargo test --release -p batch-emulator memory -- --ignored
/// --nocapture`.
#[test]
#[ignore = "a measurement"]
fn memory_of_a_task() {
    let mut bench = Bench::with_job(20, 5, json!({}));
    let before = resident();
    add(&mut bench, 0, 100_000);
    let added = resident();
    bench.at(100_000);
    let run = resident();
    println!(
        "{} bytes for a task added, {} for one that ran",
        (added - before) / 100_000,
        (run - before) / 100_000
    );
}

/// Returns the resident memory of this process in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: Option<u64> = status
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4096
}
