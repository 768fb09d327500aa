//! Promise: under every kind of network and service fault, nothing is lost and nothing is done
//! twice.
//!
//! The emulator injects the faults; the same seed hits the same requests.

use std::collections::BTreeSet;
use std::time::Duration;

use batch_client::bulk::AddOutcome;
use batch_client::models::{JobAddParameter, PoolInformation};
use batch_client::{Client, RetryPolicy, SharedKey};
use batch_emulator::{AnswerFault, Config, Emulator, Fault, FaultBody, FaultKind, FaultPlan};
use tokio::task::JoinSet;

use crate::bulk::{add_job, task};

const TASKS: usize = 10_000;
/// Runs, each with other faults. In debug builds, 20 took more than two minutes.
const SEEDS: u64 = 8;

/// Faults for requests that add tasks; together they hit 30 of 100.
fn faults() -> Vec<Fault> {
    let answer = |status, applied| FaultKind::Answer(AnswerFault::new(status).applied(applied));
    let html = FaultKind::Answer(AnswerFault::new(502).body(FaultBody::Html));
    let empty = FaultKind::Answer(AnswerFault::new(500).body(FaultBody::Empty).applied(true));
    let kinds = [
        answer(429, false),
        answer(503, false),
        answer(503, true),
        answer(500, false),
        answer(500, true),
        answer(408, false),
        answer(504, true),
        html,
        empty,
        FaultKind::Reset { applied: false },
        FaultKind::Reset { applied: true },
        FaultKind::Truncate {
            bytes: Some(40),
            chunked: false,
        },
        FaultKind::Truncate {
            bytes: Some(40),
            chunked: true,
        },
        FaultKind::TaskErrors {
            probability: 0.3,
            applied: false,
        },
        FaultKind::TaskErrors {
            probability: 0.3,
            applied: true,
        },
    ];
    let share = 0.30 / f64::from(u8::try_from(kinds.len()).expect("few kinds"));
    kinds
        .into_iter()
        .map(|kind| {
            Fault::new(kind)
                .operation("Task_AddCollection")
                .probability(share)
        })
        .collect()
}

async fn service(seed: u64) -> (Emulator, Client) {
    let emulator = batch_emulator::start(Config::default().quirks(true))
        .await
        .expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    let quick = RetryPolicy::default()
        .with_attempts(12)
        .with_base(Duration::from_millis(2))
        .with_cap(Duration::from_millis(20));
    let client = Client::builder(emulator.endpoint(), key)
        .retry(quick)
        .build()
        .expect("a client");
    add_job(&client).await;
    emulator
        .set_faults(FaultPlan::new(seed, faults()))
        .expect("rules");
    (emulator, client)
}

/// Adds tasks with a seed. Returns the number of requests and how many of them were hit by a fault.
async fn add_all(seed: u64) -> (u64, u64) {
    let (emulator, client) = service(seed).await;
    let mut outcomes = client.task().add_all("j", (0..TASKS).map(task)).stream();
    let mut settled = BTreeSet::new();
    while let Some(task) = outcomes.next().await {
        assert!(
            task.outcome.is_added(),
            "seed {seed}: {}: {}",
            task.id,
            task.outcome
        );
        assert!(
            settled.insert(task.position),
            "seed {seed}: {} has two outcomes",
            task.id
        );
        assert_ne!(task.outcome, AddOutcome::NotAttempted);
    }
    let report = outcomes.into_report();
    assert_eq!(
        (settled.len(), report.total()),
        (TASKS, TASKS as u64),
        "seed {seed}: {report}"
    );
    assert!(
        report.error().is_none() && report.failures.is_empty(),
        "seed {seed}: {report}"
    );
    let hits: u64 = emulator.faults().iter().map(|fault| fault.hits).sum();

    emulator.set_faults(Vec::new()).expect("no rules");
    let stored = client
        .task()
        .list("j")
        .select("id")
        .stream()
        .try_collect()
        .await
        .expect("tasks");
    let ids: BTreeSet<String> = stored.iter().filter_map(|task| task.id.clone()).collect();
    assert_eq!((stored.len(), ids.len()), (TASKS, TASKS), "seed {seed}");
    assert!(
        (0..TASKS).all(|number| ids.contains(&task(number).id)),
        "seed {seed}"
    );
    (report.requests, hits)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_tasks_are_added_once_each() {
    let (mut requests, mut failed) = (0, 0);
    let mut runs: JoinSet<(u64, u64)> = (1..=SEEDS).map(add_all).collect();
    while let Some(run) = runs.join_next().await {
        let (some, hits) = run.expect("no panic");
        requests += some;
        failed += hits;
    }
    println!("{SEEDS} seeds: {requests} requests, {failed} faults");
    assert!(
        (20..40).contains(&(100 * failed / requests)),
        "{failed} of {requests} requests were hit by a fault"
    );
}

/// Faults hit every operation, except for what a HEAD response cannot express, and the calls still
/// succeed.
#[tokio::test]
async fn jobs_and_tasks_survive_faults_in_every_operation() {
    let (emulator, client) = service(1).await;
    let kinds = [
        FaultKind::Answer(AnswerFault::new(503)),
        FaultKind::Answer(AnswerFault::new(500).applied(true)),
        FaultKind::Reset { applied: true },
        FaultKind::Reset { applied: false },
        FaultKind::Truncate {
            bytes: None,
            chunked: true,
        },
    ];
    let faults: Vec<Fault> = kinds
        .into_iter()
        .map(|kind| Fault::new(kind).probability(0.08))
        .collect();
    emulator
        .set_faults(FaultPlan::new(7, faults))
        .expect("rules");
    for number in 0..60 {
        let id = format!("job-{number}");
        let on = PoolInformation::default().with_pool_id("p");
        let added = client
            .job()
            .add(JobAddParameter::new(&id, on).with_priority(number))
            .await
            .expect(&id);
        assert_eq!(added.status(), 201);
        client.task().add(&id, task(1)).await.expect(&id);
        let read = client.task().get(&id, task(1).id).await.expect(&id);
        assert_eq!(read.command_line.as_deref(), Some("echo 1"));
        client.task().delete(&id, task(1).id).await.expect(&id);
        client.job().terminate(&id).await.expect(&id);
        client.job().delete(&id).await.expect(&id);
    }
    let hits: u64 = emulator.faults().iter().map(|fault| fault.hits).sum();
    assert!(hits > 60, "only {hits} requests were hit by a fault");
}
