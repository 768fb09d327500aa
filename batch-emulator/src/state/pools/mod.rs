//! Pools: their states, and how they reach their sizes.
//!
//! A resize takes two steps of the configured node start: `resizing` without the new nodes, then
//! with them in `creating`; then the pool is `steady` and its nodes start. The definition of a pool
//! is stored as an object; only what the simulation needs has its own fields.
//!
//! Source: descriptions of `CloudPool.allocationState` and `Pool_Resize`; recorded, `Pool_Get` just
//! after `Pool_Add`: the pool is `resizing` at once.

mod autoscale;
mod metrics;
mod sizes;

pub(crate) use autoscale::{Scaling, check_formula};

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::nodes::Node;
use super::numbers::{NodeNumber, PoolNumber};
use super::resource::{Phase, Stamp, child, object, put, put_time, small, text, words};
use super::{Catalog, State};
use crate::refusal::Refusal;
use crate::refusal::{conflict, missing};
use crate::request::Object;
use crate::state::filled;

words! {
    /// State of a pool.
    PoolState { Active = "active", Deleting = "deleting", }
}

words! {
    /// Allocation state of a pool.
    Allocation { Steady = "steady", Resizing = "resizing", Stopping = "stopping", }
}

words! {
    /// What happens to the tasks of nodes that leave, restart or stop taking tasks.
    TaskFate {
        Requeue = "requeue", Terminate = "terminate", Completion = "taskcompletion", Retained = "retaineddata",
    }
}

/// Numbers of dedicated and low-priority nodes.
pub(crate) type Sizes = [u32; 2];

/// A pool.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pool {
    pub(crate) id: Arc<str>,
    /// The normalized definition, with defaults.
    pub(crate) given: Object,
    pub(crate) stamp: Stamp,
    pub(crate) phase: Phase<PoolState>,
    pub(crate) allocation: Phase<Allocation>,
    pub(crate) targets: Sizes,
    pub(crate) errors: Vec<Value>,
    pub(crate) nodes: Catalog<NodeNumber, Node>,
    /// Nodes that can accept a task, by their free slots.
    pub(crate) free: BTreeSet<(u16, NodeNumber)>,
    pub(crate) scaling: Scaling,
    /// True if the service created it for a job.
    pub(crate) auto: bool,
    /// True while it is resized to the size that it has, which any other resize may replace.
    confirming: bool,
    epoch: u32,
}

impl Pool {
    /// Returns the number of task slots per node.
    ///
    /// Source: description of `PoolAddParameter.taskSlotsPerNode`.
    pub(crate) fn slots(&self) -> u16 {
        small(&self.given, "taskSlotsPerNode").unwrap_or(1)
    }

    /// Returns true if tasks are packed on few nodes.
    ///
    /// Source: description of `TaskSchedulingPolicy.nodeFillType`; "Run tasks concurrently".
    pub(crate) fn packs(&self) -> bool {
        let policy = child(&self.given, "taskSchedulingPolicy");
        let fill = policy.and_then(|policy| text(policy, "nodeFillType"));
        fill.is_some_and(|fill| fill.eq_ignore_ascii_case("pack"))
    }

    pub(crate) fn auto_scales(&self) -> bool {
        self.given.get("enableAutoScale") == Some(&Value::Bool(true))
    }

    pub(crate) fn is_cloud_service(&self) -> bool {
        self.given.contains_key("cloudServiceConfiguration")
    }

    /// Returns true if its nodes run Windows.
    ///
    /// Source: description of `CloudServiceConfiguration`: its nodes run Windows. Agents of Windows
    /// images are named `batch.node.windows amd64`, as in the list of supported images.
    pub(crate) fn is_windows(&self) -> bool {
        filled::runs_windows(&self.given)
    }

    /// Checks that the pool is not being deleted.
    ///
    /// Source: description of `Pool_Delete`.
    pub(crate) fn active(&self) -> Result<(), Refusal> {
        if self.phase.is(PoolState::Active) {
            return Ok(());
        }
        Err(conflict("PoolBeingDeleted", "The pool is being deleted."))
    }

    /// Checks that no resize is in progress.
    ///
    /// Source: descriptions of `Pool_Resize`, `Pool_RemoveNodes` and `Pool_EnableAutoScale`.
    pub(crate) fn steady(&self) -> Result<(), Refusal> {
        self.active()?;
        if self.allocation.is(Allocation::Steady) || self.confirming {
            return Ok(());
        }
        Err(conflict("PoolBeingResized", "The pool is being resized."))
    }

    /// Returns the current number of nodes.
    pub(crate) fn sizes(&self) -> Sizes {
        self.count(|_| true)
    }

    fn count(&self, counts: impl Fn(&Node) -> bool) -> Sizes {
        let mut sizes = [0; 2];
        for (_, node) in self.nodes.iter().filter(|(_, node)| counts(node)) {
            sizes[usize::from(!node.dedicated)] += 1;
        }
        sizes
    }

    /// Formats the pool as the service does.
    ///
    /// Source: recorded, `Pool_Get`. For `resizeErrors`: description of `CloudPool.resizeErrors`,
    /// which shows them only while the pool is steady.
    pub(crate) fn object(&self, base: &str) -> Object {
        let mut object = self.given.clone();
        put(&mut object, "id", self.id.as_ref());
        put(&mut object, "url", format!("{base}/pools/{}", self.id));
        self.stamp.describe(&mut object);
        self.phase.describe(&mut object);
        put(
            &mut object,
            "allocationState",
            <&str>::from(self.allocation.state),
        );
        put_time(
            &mut object,
            "allocationStateTransitionTime",
            self.allocation.since,
        );
        let [dedicated, low_priority] = self.sizes();
        put(&mut object, "currentDedicatedNodes", dedicated);
        put(&mut object, "currentLowPriorityNodes", low_priority);
        let [dedicated, low_priority] = self.targets;
        put(&mut object, "targetDedicatedNodes", dedicated);
        put(&mut object, "targetLowPriorityNodes", low_priority);
        if self.nodes.iter().next().is_some() {
            // No source for this choice; the mode of pools that do not ask for another.
            let mode = text(&self.given, "targetNodeCommunicationMode");
            let mode = mode.filter(|mode| *mode != "default").unwrap_or("classic");
            put(&mut object, "currentNodeCommunicationMode", mode.to_owned());
        }
        if !self.errors.is_empty() && self.allocation.is(Allocation::Steady) {
            put(&mut object, "resizeErrors", self.errors.clone());
        }
        if let Some(run) = self.scaling.runs.back() {
            put(&mut object, "autoScaleRun", run.clone());
        }
        object
    }

    fn error(&mut self, code: &str, message: &str, details: Vec<Value>) {
        self.errors.push(Value::Object(object([
            ("code", code.into()),
            ("message", message.into()),
            ("values", details.into()),
        ])));
    }
}

pub(crate) fn not_found() -> Refusal {
    missing("PoolNotFound", "pool")
}

impl State {
    /// Finds the pool with an id, and its number.
    pub(crate) fn find_pool(&self, id: &str) -> Result<(PoolNumber, &Pool), Refusal> {
        let number = self.pools.number(id).ok_or_else(not_found)?;
        let pool = self.pool(number).ok_or_else(not_found)?;
        Ok((number, pool))
    }
}
