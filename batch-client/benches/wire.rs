//! Cost of the models beside code written by hand: a page of 1,000 finished tasks decoded, beside
//! plain structs, and its tasks encoded, beside `serde_json::Value`.
//!
//! `cargo bench -p batch-client --bench wire`. It begins with the ratios, each the median of
//! interleaved runs, because criterion measures one row after the other on a noisy machine.

mod page;
mod plain;

use std::hint::black_box;
use std::time::{Duration, Instant};

use batch_client::models::{CloudTask, CloudTaskListResult};
use criterion::{Criterion, criterion_group};
use serde_json::Value;

/// How many pairs of runs a ratio is the median of.
const RUNS: usize = 41;

fn decode_models(page: &str) -> usize {
    let page: CloudTaskListResult = serde_json::from_str(black_box(page)).expect("tasks");
    page.value.map_or(0, |tasks| tasks.len())
}

fn decode_plain(page: &str) -> usize {
    let page: plain::Page = serde_json::from_str(black_box(page)).expect("tasks");
    page.tasks.len()
}

fn encode(tasks: &impl serde::Serialize) -> usize {
    serde_json::to_vec(black_box(tasks)).expect("JSON").len()
}

/// The page, and its tasks as models and as a tree of values.
fn subjects() -> (String, Vec<CloudTask>, Value) {
    let page = page::json();
    let models: CloudTaskListResult = serde_json::from_str(&page).expect("tasks");
    let models = models.value.expect("a value");
    let mut value: Value = serde_json::from_str(&page).expect("JSON");
    let value = value["value"].take();
    // Both sides have to do the same work.
    assert_eq!(models.len(), page::TASKS);
    assert_eq!(decode_plain(&page), page::TASKS);
    assert!(serde_json::to_value(&models).expect("JSON") == value);
    (page, models, value)
}

fn decoding(criterion: &mut Criterion) {
    let (page, _, _) = subjects();
    let mut group = criterion.benchmark_group("decode 1,000 tasks");
    group.bench_function("models", |bencher| bencher.iter(|| decode_models(&page)));
    group.bench_function("plain structs", |bencher| {
        bencher.iter(|| decode_plain(&page));
    });
    group.finish();
}

fn encoding(criterion: &mut Criterion) {
    let (_, models, value) = subjects();
    let mut group = criterion.benchmark_group("encode 1,000 tasks");
    group.bench_function("models", |bencher| bencher.iter(|| encode(&models)));
    group.bench_function("serde_json::Value", |bencher| {
        bencher.iter(|| encode(&value));
    });
    group.finish();
}

/// Prints how long the models take beside the work by hand: the median of the ratios of adjacent
/// runs.
fn print_ratio(what: &str, ours: impl Fn() -> usize, by_hand: impl Fn() -> usize) {
    let mut rows: Vec<(f64, Duration, Duration)> = (0..RUNS)
        .map(|_| {
            let (ours, by_hand) = (time(&ours), time(&by_hand));
            (ours.as_secs_f64() / by_hand.as_secs_f64(), ours, by_hand)
        })
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, ours, by_hand) = rows[RUNS / 2];
    println!("{what}: {ratio:.2} ({ours:.2?} beside {by_hand:.2?}; median of {RUNS} pairs)");
}

/// The shorter of two runs, in case the machine was busy with something else during one.
fn time(work: &impl Fn() -> usize) -> Duration {
    let once = || {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    once().min(once())
}

fn print_ratios() {
    let (page, models, value) = subjects();
    print_ratio(
        "decode 1,000 tasks, models beside plain structs",
        || decode_models(&page),
        || decode_plain(&page),
    );
    print_ratio(
        "encode 1,000 tasks, models beside serde_json::Value",
        || encode(&models),
        || encode(&value),
    );
}

criterion_group!(benches, decoding, encoding);

fn main() {
    // As a test (`cargo test --benches`) it only has to run.
    if std::env::args().any(|argument| argument == "--bench") {
        print_ratios();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
