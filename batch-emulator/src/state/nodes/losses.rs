//! Nodes that are lost by a scenario, and their recovery.

use super::{After, Node, NodeState};
use crate::request::Object;
use crate::scenario::{NodeFault, NodeRule};
use crate::state::State;
use crate::state::incidents::IncidentKind;
use crate::state::numbers::{NodeKey, TaskKey};
use crate::state::report::End;
use crate::state::resource::{child, flag, object};
use crate::time::Span;

impl Node {
    /// Returns its index in the pool, in the order of allocation.
    pub(crate) fn index(&self) -> usize {
        self.place
    }

    /// Returns true if it cannot run tasks until it recovers.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(
            self.phase.state,
            NodeState::Preempted | NodeState::Unusable | NodeState::Unknown
        )
    }
}

impl State {
    /// Loses a node; returns false if it is lost already, leaves, or cannot be lost in this way.
    ///
    /// Source: descriptions of the states `preempted`, `unusable`, `unknown` and `starttaskfailed`:
    /// tasks of a preempted node are rescheduled on another one. No source for requeueing the tasks
    /// of the others; chosen because users find them running elsewhere.
    pub(crate) fn lose_node(&mut self, key: NodeKey, rule: &NodeRule) -> bool {
        let now = self.now;
        let waits = self.waits_for_start_task(key);
        let Some(node) = self.node_mut(key) else {
            return false;
        };
        let state = match rule.becomes {
            NodeFault::Preempted => NodeState::Preempted,
            NodeFault::Unusable => NodeState::Unusable,
            NodeFault::Unknown => NodeState::Unknown,
            NodeFault::StartTaskFailed => NodeState::StartTaskFailed,
        };
        let failed = state == NodeState::StartTaskFailed;
        let kind = match rule.becomes {
            NodeFault::Preempted => IncidentKind::Preempted,
            NodeFault::Unusable => IncidentKind::Unusable,
            NodeFault::Unknown => IncidentKind::Unknown,
            NodeFault::StartTaskFailed => IncidentKind::StartTaskFailed,
        };
        if node.leaving() || node.is_lost() || node.phase.is(state) || (failed && !waits) {
            return false;
        }
        self.stop_start_task(key);
        let Some(node) = self.node_mut(key) else {
            return false;
        };
        node.phase.enter(state, now);
        node.after = None;
        node.losses += 1;
        node.epoch += 1;
        node.error = rule.code.as_deref().map(error);
        if let Some(course) = node.start.as_mut().filter(|_| failed) {
            let end = End {
                exit_code: Some(1),
                failure: None,
            };
            course.finish(Some(&end), now);
        }
        let tasks: Vec<TaskKey> = node.tasks.iter().map(|(task, _)| *task).collect();
        for task in tasks {
            self.requeue_task(task);
        }
        let gone = state == NodeState::Preempted;
        let after = if gone { After::Reimage } else { After::Reboot };
        self.unprepare_node(key, after);
        if gone {
            self.remove_all_files(key);
            if let Some(node) = self.node_mut(key) {
                node.ran.clear();
                node.users.clear();
            }
        }
        if let Some(pool) = self.pools.get_mut(key.pool) {
            pool.list_free(key.node);
        }
        let reason = rule.code.as_deref().unwrap_or("by the scenario");
        self.note_incident(key, kind, reason);
        if let Some(seconds) = rule.recovers_after_seconds {
            self.node_later(key, Span::from_seconds(seconds));
        }
        true
    }

    fn waits_for_start_task(&self, key: NodeKey) -> bool {
        let pool = self.pool(key.pool);
        let task = pool.and_then(|pool| child(&pool.given, "startTask"));
        let started = self.node(key).is_some_and(|node| node.start.is_some());
        started && task.is_some_and(|task| flag(task, "waitForSuccess") != Some(false))
    }

    /// Starts a node that was lost again; one without contact just continues.
    ///
    /// No source; chosen because Azure brings a preempted node back as a new machine, and an
    /// unusable one recovers by a restart.
    pub(super) fn recover_node(&mut self, key: NodeKey) {
        let (now, step) = (self.now, self.step());
        self.note_incident(key, IncidentKind::Recovered, "");
        let Some(node) = self.node_mut(key) else {
            return;
        };
        node.error = None;
        if node.phase.is(NodeState::Unknown) {
            node.phase.enter(NodeState::Idle, now);
            return self.settle_node(key);
        }
        node.phase.enter(NodeState::Starting, now);
        node.booted = Some(now);
        self.node_later(key, step);
    }
}

/// Creates the error that a node shows.
///
/// Source: description of `ComputeNodeError`.
fn error(code: &str) -> Object {
    object([
        ("code", code.into()),
        ("message", "The node was lost by the scenario.".into()),
    ])
}
