//! Promise: whatever a server does to requests that add, each task has one outcome, and it is true.
//!
//! The server stores tasks truthfully, so what a report says is compared with what is stored.

mod cases;
mod lookups;
mod resumes;
mod scripts;
mod singles;

use std::collections::BTreeMap;
use std::time::Duration;

use batch_client::bulk::{AddAll, AddOutcome, AddReport};
use batch_client::models::TaskAddParameter;
use batch_client::{Client, RetryPolicy};
use batch_tests::hostile::Job;
use serde_json::{Value, json};

pub(crate) fn quick() -> RetryPolicy {
    RetryPolicy::default()
        .with_attempts(3)
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(2))
}

pub(crate) fn client(url: String) -> Client {
    Client::builder(url, crate::calls::key())
        .retry(quick())
        .build()
        .expect("a client")
}

pub(crate) fn task(number: usize) -> TaskAddParameter {
    TaskAddParameter::new(format!("task-{number:05}"), format!("echo {number}"))
}

/// The task as the service stores it.
pub(crate) fn stored(number: usize) -> Value {
    json!({"id": task(number).id, "commandLine": format!("echo {number}"),
        "constraints": {"maxWallClockTime": "P10675199DT2H48M5.4775807S", "maxTaskRetryCount": 0},
        "requiredSlots": 1, "state": "active"})
}

/// Another task with the id.
pub(crate) fn different(number: usize) -> Value {
    json!({"id": task(number).id, "commandLine": "something else"})
}

/// Runs a call and compares its outcomes with each other, with the report and with what is stored.
/// Ids in `before` were in the job already.
pub(crate) async fn truthful(
    job: &Job,
    before: &BTreeMap<String, Value>,
    call: AddAll,
) -> Result<AddReport, String> {
    let mut outcomes = BTreeMap::new();
    let mut stream = call.stream();
    while let Some(task) = stream.next().await {
        if let Some(former) = outcomes.insert(task.position, (task.id, task.outcome)) {
            return Err(format!("a second outcome after {former:?}"));
        }
    }
    let report = stream.into_report();
    let tasks = job.tasks();
    for (position, (id, outcome)) in &outcomes {
        let number = usize::try_from(*position).map_err(|e| e.to_string())?;
        if *id != task(number).id {
            return Err(format!("position {number} has the id {id}"));
        }
        let found = tasks.get(id);
        let ours = found.is_some_and(|found| found["commandLine"] == format!("echo {number}"));
        let is_true = match outcome {
            AddOutcome::Added { .. } => ours && !before.contains_key(id),
            AddOutcome::AlreadyThere => ours,
            AddOutcome::ExistsDifferent => found.is_some() && !ours,
            AddOutcome::Rejected { .. } | AddOutcome::NotAttempted => {
                found.is_none() || before.contains_key(id)
            }
            _ => true,
        };
        if !is_true {
            return Err(format!("{id} is {outcome}, and the job has {found:?}"));
        }
    }
    let all = report.input_ended() && outcomes.values().all(|(_, outcome)| outcome.is_added());
    if report.is_complete() != all {
        return Err(format!("is_complete is {}: {report}", report.is_complete()));
    }
    let settled =
        report.input_ended() && outcomes.values().all(|(_, outcome)| outcome.is_settled());
    if report.is_settled() != settled {
        return Err(format!("is_settled is {}: {report}", report.is_settled()));
    }
    if report.total() != outcomes.len() as u64 {
        return Err(format!("{} outcomes: {report}", outcomes.len()));
    }
    Ok(report)
}
