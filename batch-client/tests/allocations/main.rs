//! Promise: encoding a task allocates nothing, and decoding one only what its model holds; a call
//! (`call`) and a listing (`listing`) allocate little beside code written by hand. In a program of
//! its own, because counting replaces the allocator of the whole program.

// Its server is not used here, because it would be counted.
#[allow(dead_code)]
#[path = "../../benches/by_hand/mod.rs"]
mod by_hand;
mod call;
mod listing;
#[path = "../../benches/page/mod.rs"]
mod page;
mod server;

use allocation_counter::measure;
use batch_client::models::{
    CloudJob, CloudPool, CloudTask, CloudTaskListResult, ComputeNode, JobSpecification,
    PoolSpecification, TaskAddParameter,
};
use serde_json::Value;

/// Strings and lists of a task on the page, and the boxes of its `executionInfo` and `nodeInfo`;
/// its times, durations and enums are in its fields.
const HELD: usize = 20;

fn tasks(page: &str) -> Vec<CloudTask> {
    let page: CloudTaskListResult = serde_json::from_str(page).expect("tasks");
    page.value.expect("a value")
}

#[test]
fn encoding_a_task_allocates_nothing() {
    let page = page::json();
    let tasks = tasks(&page);
    assert_eq!(tasks.len(), page::TASKS);
    // With room for the whole text, so that only what the models allocate is counted.
    let mut text = Vec::with_capacity(2 * page.len());
    let counts = measure(|| serde_json::to_writer(&mut text, &tasks).expect("JSON"));
    assert_eq!(counts.count_total, 0);

    // Nothing was left out: it is the page that was read.
    let written: Value = serde_json::from_slice(&text).expect("JSON");
    let page: Value = serde_json::from_str(&page).expect("JSON");
    assert!(written == page["value"]);
}

#[test]
fn decoding_a_task_allocates_only_what_its_model_holds() {
    let page = page::json();
    let mut read = Vec::new();
    let counts = measure(|| read = tasks(&page));
    assert_eq!(read.len(), page::TASKS);
    let held = u64::try_from(HELD * page::TASKS).expect("a small number");
    // Beyond that only the list of tasks, each time that it grew, and the reader's buffer.
    let more = counts.count_total - held;
    assert!((1..=16).contains(&more), "{more}");
}

/// Large models are boxed where they are optional, so that lists have no room for rare parts. A
/// change of one of these is a decision: a page holds 1,000 of them.
#[test]
fn sizes_of_models() {
    assert_eq!(size_of::<CloudTask>(), 592);
    assert_eq!(size_of::<CloudJob>(), 456);
    assert_eq!(size_of::<CloudPool>(), 960);
    assert_eq!(size_of::<ComputeNode>(), 432);
    assert_eq!(size_of::<TaskAddParameter>(), 440);
    assert_eq!(size_of::<JobSpecification>(), 288);
    assert_eq!(size_of::<PoolSpecification>(), 504);
}
