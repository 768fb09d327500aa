//! Lists of tasks: those of a job, and the failed ones of all jobs; and a single task.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{PAGE, describe_error, millis};
use crate::dashboard::query::Query;
use crate::request::Object;
use crate::state::State;
use crate::state::jobs::Job;
use crate::state::numbers::{JobNumber, Number as _};
use crate::state::programs::failure_info;
use crate::state::resource::object;
use crate::state::tasks::{Class, Outcome, Run, Task};

/// Separates job and task in the mark at which a list over all jobs continues.
const MARK: char = '/';

/// The tasks that a list shows.
pub(super) struct Filter<'a> {
    class: Option<Class>,
    /// Part of the id, in lower case.
    part: Option<String>,
    exit: Option<i32>,
    node: Option<&'a str>,
}

impl<'a> Filter<'a> {
    pub(super) fn of(query: &'a Query) -> Self {
        Self {
            class: query.get("show").and_then(class),
            part: query.get("find").map(str::to_ascii_lowercase),
            exit: query.number("exit"),
            node: query.get("node"),
        }
    }

    fn matches(&self, key: &str, task: &Task) -> bool {
        let exit = || task.outcome().and_then(Outcome::exit_code);
        self.class.is_none_or(|class| task.class() == class)
            && self.part.as_deref().is_none_or(|part| key.contains(part))
            && self.exit.is_none_or(|code| exit() == Some(code))
            && self
                .node
                .is_none_or(|node| task.seat().is_some_and(|seat| *seat.node_id == *node))
    }
}

fn class(word: &str) -> Option<Class> {
    match word {
        "active" => Some(Class::Active),
        "running" => Some(Class::Running),
        "succeeded" => Some(Class::Succeeded),
        "failed" => Some(Class::Failed),
        _ => None,
    }
}

fn word(class: Class) -> &'static str {
    match class {
        Class::Active => "active",
        Class::Running => "running",
        Class::Succeeded => "succeeded",
        Class::Failed => "failed",
    }
}

/// Returns a page of the tasks of a job, and the mark at which the next one starts.
pub(super) fn of_job(job: &Job, filter: &Filter<'_>, after: Option<&str>) -> Value {
    let tasks = job.tasks.from(after);
    let mut found = tasks.filter(|(key, task)| filter.matches(key, task));
    let mut shown = Vec::new();
    let mut last = None;
    for (key, task) in found.by_ref().take(PAGE) {
        last = Some(key);
        shown.push(Value::Object(brief(job, task)));
    }
    let more = found.next().is_some();
    json!({"shown": shown, "next": last.filter(|_| more)})
}

/// Returns a page of the failed tasks of all jobs, those of the newest job first.
pub(in crate::dashboard) fn failures(state: &State, query: &Query) -> Object {
    let (from, mut after) = match query.get("after").and_then(|mark| mark.split_once(MARK)) {
        Some((job, key)) => (job.parse().unwrap_or(usize::MAX), Some(key)),
        None => (usize::MAX, None),
    };
    let mut jobs: Vec<(JobNumber, &Job)> = state
        .jobs
        .iter()
        .filter(|(number, job)| number.index() <= from && job.counts.of(Class::Failed) > 0)
        .collect();
    jobs.sort_unstable_by_key(|(number, _)| Reverse(*number));
    let failed = |task: &Task| task.class() == Class::Failed;
    let (mut shown, mut last, mut next) = (Vec::new(), None, None);
    'jobs: for (number, job) in jobs {
        let after = after.take().filter(|_| number.index() == from);
        for (key, task) in job.tasks.from(after).filter(|(_, task)| failed(task)) {
            if shown.len() == PAGE {
                next = last.map(|(job, key)| format!("{job}{MARK}{key}"));
                break 'jobs;
            }
            last = Some((number.index(), key));
            shown.push(Value::Object(brief(job, task)));
        }
    }
    let failed = state
        .jobs
        .iter()
        .map(|(_, job)| job.counts.of(Class::Failed));
    object([
        ("failed", failed.sum::<i64>().into()),
        ("deleted", state.deleted.failed.into()),
        ("tasks", json!({"shown": shown, "next": next})),
    ])
}

/// Describes a task as a list shows it.
pub(super) fn brief(job: &Job, task: &Task) -> Object {
    let run = task.run.as_deref();
    let failure = run.and_then(failure);
    object([
        ("job", job.id.as_ref().into()),
        ("id", task.id.as_ref().into()),
        ("state", <&str>::from(task.phase.state).into()),
        ("class", word(task.class()).into()),
        ("exit", task.outcome().and_then(Outcome::exit_code).into()),
        ("pool", task.seat().map(|seat| seat.pool_id.as_ref()).into()),
        ("node", task.seat().map(|seat| seat.node_id.as_ref()).into()),
        ("start", run.and_then(|run| run.start).map(millis).into()),
        ("end", run.and_then(|run| run.end).map(millis).into()),
        (
            "failure",
            failure.map(|failure| failure["code"].clone()).into(),
        ),
        ("retries", run.map_or(0, |run| run.retries).into()),
        ("requeues", run.map_or(0, |run| run.requeues).into()),
    ])
}

/// Returns the failure information of a run.
fn failure(run: &Run) -> Option<Object> {
    failure_info(run.outcome?, run.failure.as_deref())
}

/// Describes a single task, unless it is gone.
pub(in crate::dashboard) fn one(state: &State, query: &Query) -> Option<Object> {
    let (_, job) = state.find_job(query.get("job")?).ok()?;
    let (_, task) = job.find_task(query.get("task")?).ok()?;
    let run = task.run.as_deref();
    let mut shown = brief(job, task);
    let failure = run
        .and_then(failure)
        .map(|failure| describe_error(&failure, "details"));
    let node = task.seat().and_then(|seat| {
        let pool = state.pool(seat.pool)?;
        pool.find_node(&seat.node_id).ok()
    });
    shown.extend(object([
        ("failure", failure.into()),
        ("created", millis(task.stamp.created).into()),
        ("since", millis(task.phase.since).into()),
        ("hasNode", node.is_some().into()),
        (
            "lastRetry",
            run.and_then(|run| run.last_retry).map(millis).into(),
        ),
        (
            "lastRequeue",
            run.and_then(|run| run.last_requeue).map(millis).into(),
        ),
    ]));
    Some(object([("task", shown.into())]))
}
