//! A job with a page of its tasks.

use serde_json::{Value, json};

use super::overview::{Histories, describe_job, describe_samples};
use super::tasks::{Filter, of_job};
use super::{describe_program, message};
use crate::dashboard::query::Query;
use crate::request::Object;
use crate::state::State;
use crate::state::jobs::Job;
use crate::state::resource::object;

/// Maximum number of nodes that are listed because the job's preparation failed there.
const UNPREPARED: usize = 20;

/// Describes a job, unless it is gone.
pub(in crate::dashboard) fn one(
    state: &State,
    histories: &Histories,
    query: &Query,
) -> Option<Object> {
    let (number, job) = state.find_job(query.get("id")?).ok()?;
    let described = Value::Object(job.object(""));
    let reason = described["executionInfo"]["terminateReason"].as_str();
    let has_pool = state.pools.number(&job.pool_id).is_some();
    let samples = histories.get(&number).map(describe_samples);
    Some(object([
        ("job", describe_job(number, job)),
        ("hasPool", has_pool.into()),
        ("reason", reason.map(message).into()),
        ("unprepared", unprepared(job)),
        ("samples", samples.unwrap_or_else(|| json!([]))),
        ("tasks", of_job(job, &Filter::of(query), query.get("after"))),
    ]))
}

/// Returns the nodes on which the job's preparation failed.
fn unprepared(job: &Job) -> Value {
    let failed = job.prepared.values().filter(|prepared| {
        let program = &prepared.course;
        !program.runs() && !program.succeeded()
    });
    let nodes = failed.take(UNPREPARED).map(|prepared| {
        json!({
            "pool": &*prepared.seat.pool_id,
            "node": prepared.seat.node_id,
            "program": describe_program(&prepared.course),
        })
    });
    nodes.collect()
}
