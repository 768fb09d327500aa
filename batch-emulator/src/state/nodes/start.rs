//! Start tasks: they run on a node before it accepts tasks.
//!
//! Source: descriptions of `StartTask` and its properties: the task runs when a node joins its pool
//! and again after a reboot or a reimage.

use super::NodeState;
use crate::request::Object;
use crate::state::State;
use crate::state::incidents::IncidentKind;
use crate::state::numbers::{NodeKey, PoolNumber};
use crate::state::programs::{ProgramStatus, most_retries, tries_again};
use crate::state::report::{End, Program};
use crate::state::resource::{child, flag};

impl super::Node {
    /// Returns true if its start task runs in this generation.
    pub(crate) fn is_starting(&self, epoch: u32) -> bool {
        self.epoch == epoch
            && self.phase.is(NodeState::WaitingForStartTask)
            && self.start.as_ref().is_some_and(ProgramStatus::runs)
    }
}

impl State {
    fn given_start_task(&self, pool: PoolNumber) -> Option<&Object> {
        child(&self.pool(pool)?.given, "startTask")
    }

    /// Creates the program of a node's start task, with a new generation.
    fn new_start(&mut self, key: NodeKey) -> Option<Program> {
        let node = self.node_mut(key)?;
        node.epoch += 1;
        Some(Program::Start {
            pool: key.pool,
            node: key.node,
            epoch: node.epoch,
        })
    }

    /// Starts the start task of a node, if its pool has one.
    ///
    /// Source: description of the state `waitingforstarttask`. If `StartTask.waitForSuccess` is
    /// false, the live service starts tasks at the same time; here they start after the start task
    /// has ended. Chosen because no other state shows it running.
    pub(super) fn start_task(&mut self, key: NodeKey) {
        let now = self.now;
        if self.given_start_task(key.pool).is_none() {
            self.resume_releases(key);
            return self.settle_node(key);
        }
        if let Some(node) = self.node_mut(key) {
            node.phase.enter(NodeState::WaitingForStartTask, now);
            node.start = Some(ProgramStatus::new(now));
        }
        if let Some(program) = self.new_start(key) {
            self.run(program);
        }
    }

    /// Handles the end of an attempt of a start task.
    ///
    /// Source: descriptions of `StartTask.maxTaskRetryCount` and `StartTask.waitForSuccess`, and of
    /// the state `starttaskfailed`.
    pub(crate) fn start_task_over(&mut self, key: NodeKey, end: Option<&End>) {
        let now = self.now;
        let given = self.given_start_task(key.pool);
        let most = most_retries(given);
        let required = given.is_none_or(|task| flag(task, "waitForSuccess") != Some(false));
        let Some(node) = self.node_mut(key) else {
            return;
        };
        let Some(course) = node.start.as_mut() else {
            return;
        };
        if tries_again(end, course.retries, most) {
            course.again(now);
            if let Some(program) = self.new_start(key) {
                self.run_again(program);
            }
            return;
        }
        course.finish(end, now);
        let failure = (!course.succeeded()).then(|| course.reason());
        if let Some(reason) = failure.as_deref() {
            self.note_incident(key, IncidentKind::StartTaskFailed, reason);
        }
        if failure.is_some() && required {
            if let Some(node) = self.node_mut(key) {
                node.phase.enter(NodeState::StartTaskFailed, now);
            }
            return self.continue_node(key);
        }
        self.resume_releases(key);
        self.settle_node(key);
    }

    /// Stops the start task of a node that does something else now.
    ///
    /// Source: description of `StartTask`: it runs again after a restart.
    pub(super) fn stop_start_task(&mut self, key: NodeKey) {
        let now = self.now;
        let Some(node) = self.node_mut(key) else {
            return;
        };
        if !node.is_starting(node.epoch) {
            return;
        }
        let epoch = node.epoch;
        if let Some(course) = node.start.as_mut() {
            course.cut(now);
        }
        self.stop(Program::Start {
            pool: key.pool,
            node: key.node,
            epoch,
        });
    }
}
