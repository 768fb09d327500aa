//! A pool with its resize errors, its autoscale runs and a page of its nodes.

use serde_json::{Value, json};

use super::overview::describe_pool_alone;
use super::{PAGE, describe_error, incidents, message, millis};
use crate::dashboard::query::Query;
use crate::request::Object;
use crate::state::State;
use crate::state::nodes::Node;
use crate::state::pools::Pool;
use crate::state::resource::{object, text};
use crate::time::Time;

/// Maximum number of incidents of a pool that are listed.
const INCIDENTS: usize = 50;

/// Describes a pool, unless it is gone.
pub(in crate::dashboard) fn one(state: &State, query: &Query) -> Option<Object> {
    let (number, pool) = state.find_pool(query.get("id")?).ok()?;
    let errors = pool.errors.iter().filter_map(Value::as_object);
    let errors: Vec<Value> = errors
        .map(|error| describe_error(error, "values"))
        .collect();
    let of_pool = incidents::newest(state, INCIDENTS, |incident| incident.pool == pool.id);
    Some(object([
        ("pool", describe_pool_alone(number, pool)),
        ("since", millis(pool.allocation.since).into()),
        ("errors", errors.into()),
        (
            "runs",
            pool.scaling.runs.iter().rev().map(describe_run).collect(),
        ),
        ("incidents", of_pool),
        ("nodes", nodes(pool, query)),
    ]))
}

/// Describes an evaluation of the pool's formula.
fn describe_run(run: &Object) -> Value {
    let time = text(run, "timestamp").and_then(Time::parse);
    let error = run.get("error").and_then(Value::as_object);
    json!({
        "at": time.map(millis),
        "results": text(run, "results").map(message),
        "error": error.map(|error| describe_error(error, "values")),
    })
}

/// Returns a page of the nodes in a state, or of all, and the mark at which the next one starts.
fn nodes(pool: &Pool, query: &Query) -> Value {
    let wanted = query.get("show");
    let matches = |node: &Node| wanted.is_none_or(|state| state == <&str>::from(node.phase.state));
    let mut found = pool
        .nodes
        .from(query.get("after"))
        .filter(|(_, node)| matches(node));
    let mut shown = Vec::new();
    let mut last = None;
    for (key, node) in found.by_ref().take(PAGE) {
        last = Some(key);
        shown.push(Value::Object(super::node::brief(node)));
    }
    let more = found.next().is_some();
    json!({"shown": shown, "next": last.filter(|_| more)})
}
