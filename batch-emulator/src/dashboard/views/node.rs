//! A node with its start task and its last tasks.

use serde_json::Value;

use super::tasks;
use super::{describe_error, describe_program, incidents, millis};
use crate::dashboard::query::Query;
use crate::request::Object;
use crate::state::State;
use crate::state::nodes::Node;
use crate::state::numbers::TaskKey;
use crate::state::resource::object;

/// Maximum number of incidents of a node that are listed.
const INCIDENTS: usize = 50;

/// Describes a node as a list shows it.
pub(super) fn brief(node: &Node) -> Object {
    let error = node
        .error
        .as_ref()
        .map(|error| describe_error(error, "errorDetails"));
    object([
        ("id", node.id().into()),
        ("state", <&str>::from(node.phase.state).into()),
        ("since", millis(node.phase.since).into()),
        ("dedicated", node.dedicated.into()),
        ("scheduling", node.scheduling.into()),
        ("running", node.tasks.len().into()),
        ("total", node.total.into()),
        ("succeeded", node.succeeded.into()),
        ("error", error.into()),
        ("start", node.start.as_ref().map(describe_program).into()),
    ])
}

/// Describes a node, unless it is gone.
pub(in crate::dashboard) fn one(state: &State, query: &Query) -> Option<Object> {
    let (_, pool) = state.find_pool(query.get("pool")?).ok()?;
    let (_, node) = pool.find_node(query.get("id")?).ok()?;
    let brief = |key: &TaskKey| {
        let job = state.job(key.job)?;
        Some(Value::Object(tasks::brief(job, job.tasks.get(key.task)?)))
    };
    let of_node = incidents::newest(state, INCIDENTS, |incident| {
        incident.node.as_deref() == Some(node.id())
    });
    Some(object([
        ("pool", pool.id.as_ref().into()),
        ("node", self::brief(node).into()),
        ("allocated", millis(node.allocated).into()),
        (
            "tasks",
            node.recent.iter().rev().filter_map(brief).collect(),
        ),
        ("incidents", of_node),
    ]))
}
