//! The overview: the counts of everything, and a bounded number of pools, jobs and schedules.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{incidents, millis, short};
use crate::dashboard::history::History;
use crate::request::Object;
use crate::state::State;
use crate::state::jobs::{Job, JobState};
use crate::state::numbers::{JobNumber, PoolNumber, ScheduleNumber};
use crate::state::pools::Pool;
use crate::state::resource::{object, text};
use crate::state::schedules::Schedule;
use crate::time::Time;

/// Maximum number of pools, of jobs and of job schedules that are shown.
pub(in crate::dashboard) const SHOWN: usize = 24;

/// Maximum number of nodes that are shown as squares, per pool and in total.
const SQUARES: usize = 1_000;
const ALL_SQUARES: usize = 2_000;

/// Maximum number of incidents that are shown.
const INCIDENTS: usize = 12;

/// The series of the shown jobs, by job number.
pub(in crate::dashboard) type Histories = HashMap<JobNumber, History>;

/// Returns the resources without the current time, so that the result is unchanged while nothing
/// happens.
pub(in crate::dashboard) fn resources(state: &State) -> Object {
    object([
        ("pools", pools(state)),
        ("jobs", jobs(state)),
        ("schedules", schedules(state)),
        ("deleted", deleted(state)),
        (
            "incidents",
            json!({
                "total": state.incidents.total,
                "shown": incidents::newest(state, INCIDENTS, |_| true),
            }),
        ),
    ])
}

/// Returns what is left of deleted jobs, the newest first.
fn deleted(state: &State) -> Value {
    let deleted = &state.deleted;
    let recent = deleted.recent.iter().rev().map(|job| {
        json!({
            "id": &*job.id,
            "created": millis(job.created),
            "deleted": millis(job.deleted),
            "tasks": job.tasks,
        })
    });
    json!({
        "total": deleted.jobs,
        "succeeded": deleted.succeeded,
        "failed": deleted.failed,
        "shown": recent.collect::<Vec<_>>(),
    })
}

fn pools(state: &State) -> Value {
    let mut numbers: Vec<PoolNumber> = state.pools.iter().map(|(number, _)| number).collect();
    let total = numbers.len();
    let nodes: usize = state
        .pools
        .iter()
        .map(|(_, pool)| pool.nodes.iter().count())
        .sum();
    numbers.reverse();
    let mut squares = ALL_SQUARES;
    let newest = numbers.iter().take(SHOWN);
    let shown: Vec<Value> = newest
        .filter_map(|number| Some((*number, state.pool(*number)?)))
        .map(|(number, pool)| {
            let grid = grid(pool, squares.min(SQUARES));
            squares -= grid.letters.len();
            describe_pool(number, pool, &grid)
        })
        .collect();
    json!({"total": total, "nodes": nodes, "shown": shown})
}

/// The nodes of a pool, in the order of their creation.
struct Grid {
    /// Number of nodes in each state that occurs.
    counts: BTreeMap<&'static str, usize>,
    /// One letter per node: `a` for the first of those states, `b` for the second.
    letters: String,
}

fn grid(pool: &Pool, most: usize) -> Grid {
    let states = || {
        pool.nodes
            .iter()
            .map(|(_, node)| <&str>::from(node.phase.state))
    };
    let mut counts = BTreeMap::new();
    for state in states() {
        *counts.entry(state).or_default() += 1;
    }
    let letters: HashMap<&str, char> = counts.keys().copied().zip('a'..='z').collect();
    let letter = |state| letters.get(state).copied().unwrap_or('z');
    Grid {
        letters: states().take(most).map(letter).collect(),
        counts,
    }
}

/// Describes a pool with all of its squares that may be shown.
pub(super) fn describe_pool_alone(number: PoolNumber, pool: &Pool) -> Value {
    describe_pool(number, pool, &grid(pool, SQUARES))
}

fn describe_pool(number: PoolNumber, pool: &Pool, grid: &Grid) -> Value {
    let counts: Vec<_> = grid.counts.iter().collect();
    let errors = pool
        .errors
        .iter()
        .filter_map(|error| error["code"].as_str());
    let errors: Vec<_> = errors.take(3).map(short).collect();
    json!({
        "number": number,
        "id": &*pool.id,
        "state": <&str>::from(pool.phase.state),
        "allocation": <&str>::from(pool.allocation.state),
        "size": short(text(&pool.given, "vmSize").unwrap_or_default()),
        "slots": pool.slots(),
        "current": pool.sizes(),
        "target": pool.targets,
        "autoscale": pool.auto_scales(),
        "errors": errors,
        "nodes": counts,
        "grid": grid.letters,
    })
}

/// Returns the jobs to show: active ones first, then the newest.
pub(in crate::dashboard) fn shown_jobs(state: &State) -> Vec<(JobNumber, &Job)> {
    let mut jobs: Vec<_> = state.jobs.iter().collect();
    jobs.sort_unstable_by_key(|(number, job)| {
        (job.phase.is(JobState::Completed), Reverse(*number))
    });
    jobs.truncate(SHOWN);
    jobs
}

fn jobs(state: &State) -> Value {
    let mut tasks = [0; 4];
    let mut total = 0;
    for (_, job) in state.jobs.iter() {
        total += 1;
        for (sum, count) in tasks.iter_mut().zip(job.counts.tasks) {
            *sum += count;
        }
    }
    let shown: Vec<Value> = shown_jobs(state)
        .into_iter()
        .map(|(number, job)| describe_job(number, job))
        .collect();
    json!({"total": total, "tasks": tasks, "shown": shown})
}

pub(super) fn describe_job(number: JobNumber, job: &Job) -> Value {
    let over = job.phase.is(JobState::Completed);
    json!({
        "number": number,
        "id": &*job.id,
        "state": <&str>::from(job.phase.state),
        "pool": short(&job.pool_id),
        "priority": job.priority(),
        "created": millis(job.stamp.created),
        "ended": over.then(|| millis(job.phase.since)),
        "tasks": job.counts.tasks,
        "retried": job.retried,
    })
}

fn schedules(state: &State) -> Value {
    let mut schedules: Vec<(ScheduleNumber, &Schedule)> = state.schedules.iter().collect();
    let total = schedules.len();
    schedules.reverse();
    schedules.truncate(SHOWN);
    let shown: Vec<Value> = schedules
        .into_iter()
        .map(|(number, schedule)| describe_schedule(number, schedule, state.now))
        .collect();
    json!({"total": total, "shown": shown})
}

fn describe_schedule(number: ScheduleNumber, schedule: &Schedule, now: Time) -> Value {
    let described = Value::Object(schedule.object("", now));
    let next = described["executionInfo"]["nextRunTime"].as_str();
    let recent = described["executionInfo"]["recentJob"]["id"].as_str();
    let interval = described["schedule"]["recurrenceInterval"].as_str();
    json!({
        "number": number,
        "id": short(&schedule.id),
        "state": <&str>::from(schedule.phase.state),
        "next": next.and_then(Time::parse).map(millis),
        "interval": interval.map(short),
        "recent": recent.map(short),
    })
}

/// Samples the shown jobs and forgets all others.
pub(in crate::dashboard) fn sample(state: &State, histories: &mut Histories) {
    let shown = shown_jobs(state);
    histories.retain(|number, _| shown.iter().any(|(known, _)| known == number));
    for (number, job) in shown {
        let history = histories.entry(number).or_default();
        history.record(state.now, &job.counts);
    }
}

/// Returns the series; each sample has the milliseconds and the four counts.
pub(in crate::dashboard) fn describe_histories(histories: &Histories) -> Value {
    let mut numbers: Vec<_> = histories.keys().collect();
    numbers.sort_unstable();
    let jobs = numbers
        .into_iter()
        .map(|number| json!({"number": number, "samples": describe_samples(&histories[number])}));
    jobs.collect()
}

/// Returns a series.
pub(super) fn describe_samples(history: &History) -> Value {
    let samples = history.samples.iter().map(|sample| {
        let [active, running, succeeded, failed] = sample.tasks;
        json!([millis(sample.time), active, running, succeeded, failed])
    });
    samples.collect()
}
