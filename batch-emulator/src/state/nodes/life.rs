//! The life of nodes: they start, take tasks, restart and leave.

use std::collections::BTreeSet;

use super::{After, Node, NodeState};
use crate::state::State;
use crate::state::events::Event;
use crate::state::numbers::{JobNumber, NodeKey, PoolNumber, TaskKey};
use crate::state::orders::{Order, Secret};
use crate::state::pools::{PoolState, TaskFate};
use crate::state::tasks::Outcome;
use crate::time::Span;

/// Number of log files that an upload would have in the simulation.
///
/// Source: recorded, `ComputeNode_UploadBatchServiceLogs`.
const LOG_FILES: i32 = 4;
/// Number of recent tasks that a node remembers.
///
/// No source; chosen so that a node stays small.
const RECENT: usize = 10;

impl State {
    /// Schedules the next step of the node after a time span.
    pub(super) fn node_later(&mut self, key: NodeKey, span: Span) {
        let time = self.now.plus(span);
        if let Some(found) = self.node_mut(key) {
            found.epoch += 1;
            let epoch = found.epoch;
            let event = Event::NodeNext {
                pool: key.pool,
                node: key.node,
                epoch,
            };
            self.events.at(time, event);
        }
    }

    /// Takes the next step of a node.
    ///
    /// Source: description of `ComputeNode.state`, for the states; their durations are not
    /// documented.
    pub(crate) fn node_next(&mut self, key: NodeKey, epoch: u32) {
        let (now, step) = (self.now, self.step());
        let Some(node) = self.node_mut(key).filter(|node| node.epoch == epoch) else {
            return;
        };
        match node.phase.state {
            NodeState::Creating | NodeState::Rebooting | NodeState::Reimaging => {
                node.phase.enter(NodeState::Starting, now);
                node.booted = Some(now);
                self.node_later(key, step);
            }
            NodeState::Starting => self.start_task(key),
            NodeState::Preempted
            | NodeState::Unusable
            | NodeState::Unknown
            | NodeState::StartTaskFailed => self.recover_node(key),
            NodeState::Deallocating => node.phase.enter(NodeState::Deallocated, now),
            NodeState::LeavingPool => {
                let seat = node.seat.clone();
                self.remove_files(&seat.node_id, "");
                if let Some(pool) = self.pools.get_mut(key.pool) {
                    pool.nodes.remove(&seat.node_id);
                }
                self.node_left(key.pool);
            }
            _ => {}
        }
    }

    /// Updates the state of a node that has started or whose tasks have changed.
    ///
    /// Source: description of `ComputeNode.state`: `offline` is a node without tasks whose
    /// scheduling is disabled.
    pub(crate) fn settle_node(&mut self, key: NodeKey) {
        let now = self.now;
        if let Some(node) = self.node_mut(key).filter(|node| !node.is_lost()) {
            let state = match (node.tasks.is_empty(), node.scheduling) {
                (false, _) => NodeState::Running,
                (true, true) => NodeState::Idle,
                (true, false) => NodeState::Offline,
            };
            node.phase.enter(state, now);
        }
        self.continue_node(key);
    }

    /// If the node has no tasks, does what was to follow them; else lists it for new ones.
    ///
    /// Source: descriptions of `ComputeNode_Reboot`, `ComputeNode_Reimage` and `StartTask`: what
    /// follows on the node waits for its tasks. A reimage reinstalls the system, so files and users
    /// are lost.
    pub(crate) fn continue_node(&mut self, key: NodeKey) {
        let (now, step) = (self.now, self.step());
        let acts = |node: &mut Node| node.after.filter(|_| node.tasks.is_empty());
        if let Some(after) = self.node_mut(key).and_then(acts) {
            self.stop_start_task(key);
            self.unprepare_node(key, after);
            if after == After::Reimage {
                self.remove_all_files(key);
            }
        }
        let Some(node) = self.node_mut(key) else {
            return;
        };
        if let (true, Some(after)) = (node.tasks.is_empty(), node.after) {
            let state = match after {
                After::Leave => NodeState::LeavingPool,
                After::Reboot => NodeState::Rebooting,
                After::Reimage => NodeState::Reimaging,
                After::Offline => NodeState::Offline,
                After::Deallocate => NodeState::Deallocating,
            };
            node.phase.enter(state, now);
            if after != After::Leave {
                node.after = None;
            }
            if after == After::Reimage {
                node.ran.clear();
                node.users.clear();
            }
            if after != After::Offline {
                self.node_later(key, step);
            }
        }
        if let Some(pool) = self.pools.get_mut(key.pool) {
            pool.list_free(key.node);
        }
        self.dispatch(key.pool);
    }

    /// Ends a node's tasks in the given way and then continues with another action.
    ///
    /// Source: descriptions of `ComputeNodeDeallocationOption`, `ComputeNodeRebootOption`,
    /// `ComputeNodeReimageOption` and `DisableComputeNodeSchedulingOption`. `retaineddata` waits
    /// for the tasks, but not for their retention times. No source for that; chosen because
    /// simulated files need no space and a week is too long for a test.
    pub(crate) fn drain_node(&mut self, key: NodeKey, after: After, fate: TaskFate) {
        let Some(node) = self.node_mut(key) else {
            return;
        };
        if node.leaving() {
            return;
        }
        node.after = Some(after);
        let tasks: Vec<TaskKey> = node.tasks.iter().map(|(task, _)| *task).collect();
        if let Some(pool) = self.pools.get_mut(key.pool) {
            pool.list_free(key.node);
        }
        for task in tasks {
            match fate {
                TaskFate::Requeue => self.requeue_task(task),
                TaskFate::Terminate => self.end_task(task, Outcome::Ended),
                TaskFate::Completion | TaskFate::Retained => {}
            }
        }
        // If its tasks have just ended, the node may already have been handled.
        let resting = self
            .node_mut(key)
            .is_some_and(|node| node.after.is_some() && node.tasks.is_empty());
        let left = self
            .node_mut(key)
            .is_some_and(|node| node.phase.is(NodeState::LeavingPool));
        if resting && !left {
            self.continue_node(key);
        }
    }

    /// Keeps a node that was to leave after its tasks.
    ///
    /// Source: description of `Pool_StopResize`.
    pub(crate) fn keep_node(&mut self, key: NodeKey) {
        if let Some(node) = self.node_mut(key) {
            node.after = None;
        }
        self.continue_node(key);
    }

    /// Starts a node that is deallocated: it gets a virtual machine, boots and runs its start task.
    ///
    /// Source: description of `ComputeNode_Start`.
    pub(crate) fn start_node(&mut self, key: NodeKey) {
        let (now, step) = (self.now, self.step());
        if let Some(node) = self.node_mut(key) {
            node.phase.enter(NodeState::Starting, now);
            node.booted = Some(now);
            self.node_later(key, step);
        }
    }

    /// Enables scheduling on a node.
    ///
    /// Source: description of `ComputeNode_EnableScheduling`.
    pub(crate) fn enable_node(&mut self, key: NodeKey) {
        if let Some(node) = self.node_mut(key) {
            node.scheduling = true;
            if node.after == Some(After::Offline) {
                node.after = None;
            }
            if matches!(node.phase.state, NodeState::Offline | NodeState::Running) {
                return self.settle_node(key);
            }
        }
        self.continue_node(key);
    }

    /// Assigns a task to a node.
    ///
    /// Source: descriptions of `ComputeNode.runningTasksCount` and `ComputeNode.recentTasks`.
    pub(crate) fn occupy(&mut self, key: NodeKey, task: TaskKey, slots: u16) {
        let now = self.now;
        if let Some(node) = self.node_mut(key) {
            node.tasks.push((task, slots));
            node.ran.insert(task);
            node.recent.retain(|known| *known != task);
            node.recent.push_front(task);
            node.recent.truncate(RECENT);
            node.phase.enter(NodeState::Running, now);
        }
        if let Some(pool) = self.pools.get_mut(key.pool) {
            pool.list_free(key.node);
        }
    }

    /// Removes a task from a node.
    ///
    /// Source: descriptions of `ComputeNode.totalTasksRun` and `ComputeNode.totalTasksSucceeded`:
    /// tasks that completed here count, requeued ones do not.
    pub(crate) fn vacate(
        &mut self,
        pool: PoolNumber,
        id: &str,
        task: TaskKey,
        outcome: Option<Outcome>,
    ) {
        let Some(number) = self.pool(pool).and_then(|pool| pool.nodes.number(id)) else {
            return;
        };
        let key = NodeKey { pool, node: number };
        let Some(node) = self.node_mut(key) else {
            return;
        };
        let before = node.tasks.len();
        node.tasks.retain(|(known, _)| *known != task);
        if node.tasks.len() == before {
            return;
        }
        if let Some(outcome) = outcome {
            node.total += 1;
            node.succeeded += u32::from(outcome == Outcome::Exit(0));
        }
        self.settle_node(key);
    }

    /// Orders the upload of a node's logs and returns the number of files.
    ///
    /// Source: recorded, `ComputeNode_UploadBatchServiceLogs`, for the number of files.
    pub(crate) fn upload_logs(&mut self, node: String, container: &str, prefix: &str) -> i32 {
        if !self.settings.execute {
            return LOG_FILES;
        }
        self.orders.push(Order::UploadLogs {
            node,
            container: Secret(container.to_owned()),
            prefix: prefix.to_owned(),
        });
        1
    }

    /// Orders the removal of real files of a node: those at and below the path.
    pub(crate) fn remove_files(&mut self, node: &str, path: &str) {
        if self.settings.execute {
            self.orders.push(Order::Remove {
                node: node.to_owned(),
                path: path.to_owned(),
            });
        }
    }

    pub(super) fn remove_all_files(&mut self, key: NodeKey) {
        let id = self.node_mut(key).map(|node| node.seat.clone());
        if let Some(seat) = id {
            self.remove_files(&seat.node_id, "");
        }
    }

    /// Forgets the files of a task.
    pub(crate) fn forget_task(&mut self, pool: PoolNumber, id: &str, task: TaskKey) {
        let number = self.pool(pool).and_then(|pool| pool.nodes.number(id));
        if let Some(node) = number.and_then(|node| self.node_mut(NodeKey { pool, node })) {
            node.ran.remove(&task);
            node.recent.retain(|known| *known != task);
        }
    }

    /// Forgets the files of all tasks of a job.
    ///
    /// Source: description of `Job_Delete`: directories of tasks are deleted, whatever their
    /// retention times.
    pub(crate) fn forget_job(&mut self, job: JobNumber) {
        let (id, prepared) = self.job(job).map_or_else(Default::default, |job| {
            let nodes = job.prepared.keys().cloned();
            (job.id.to_string(), nodes.collect::<BTreeSet<Box<str>>>())
        });
        let mut holding = Vec::new();
        for (_, pool) in self.pools.iter() {
            for (_, node) in pool.nodes.iter() {
                if prepared.contains(node.id()) || node.ran.iter().any(|known| known.job == job) {
                    holding.push(node.seat.clone());
                }
            }
        }
        for seat in holding {
            self.remove_files(&seat.node_id, &format!("workitems/{id}"));
        }
        for (_, pool) in self.pools.iter_mut() {
            for (_, node) in pool.nodes.iter_mut() {
                node.ran.retain(|known| known.job != job);
                node.recent.retain(|known| known.job != job);
            }
        }
    }

    /// Returns true if a pool accepts tasks; one that is being deleted does not.
    ///
    /// Source: description of `Pool_Delete`: requeued tasks can run on another pool.
    pub(crate) fn gives_nodes(&self, pool: PoolNumber) -> bool {
        self.pool(pool)
            .is_some_and(|pool| pool.phase.is(PoolState::Active))
    }
}
