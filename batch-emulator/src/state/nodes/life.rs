//! What nodes do: start, take tasks, restart, leave.

use std::collections::BTreeSet;

use super::{After, Node, NodeState};
use crate::state::State;
use crate::state::events::Event;
use crate::state::numbers::{JobNumber, NodeKey, PoolNumber, TaskKey};
use crate::state::orders::{Order, Secret};
use crate::state::pools::{PoolState, TaskFate};
use crate::state::tasks::Outcome;
use crate::time::Span;

/// How many log files an upload would have in the simulation.
///
/// Source: recorded, `ComputeNode_UploadBatchServiceLogs`.
const LOG_FILES: i32 = 4;
/// How many tasks a node remembers.
///
/// No source; chosen so that a node stays small.
const RECENT: usize = 10;

impl State {
    /// Lets the node take its next step after a time.
    fn node_later(&mut self, key: NodeKey, span: Span) {
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

    /// Lets a node take its next step.
    ///
    /// Source: description of `ComputeNode.state`, for the states; none of them has a documented
    /// time.
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

    /// Brings a node that has started, or whose tasks have changed, into the state that follows.
    ///
    /// Source: description of `ComputeNode.state`: `offline` is a node without a task whose
    /// scheduling is disabled.
    pub(crate) fn settle_node(&mut self, key: NodeKey) {
        let now = self.now;
        if let Some(node) = self.node_mut(key) {
            let state = match (node.tasks.is_empty(), node.scheduling) {
                (false, _) => NodeState::Running,
                (true, true) => NodeState::Idle,
                (true, false) => NodeState::Offline,
            };
            node.phase.enter(state, now);
        }
        self.node_rests(key);
    }

    /// Does what the node was to do after its tasks, where it has none; else lists it for new ones.
    ///
    /// Source: descriptions of `ComputeNode_Reboot`, `ComputeNode_Reimage` and `StartTask`: what
    /// follows on the node waits for its tasks. A reimage installs the system afresh, so that files
    /// and users are gone.
    pub(crate) fn node_rests(&mut self, key: NodeKey) {
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

    /// Takes a node from its tasks, which fare as said, and then lets it do something else.
    ///
    /// Source: descriptions of `ComputeNodeDeallocationOption`, `ComputeNodeRebootOption`,
    /// `ComputeNodeReimageOption` and `DisableComputeNodeSchedulingOption`. `retaineddata` waits
    /// for the tasks, but not for their retention times. No source for that; chosen because
    /// simulated files take no room and a week is too long for a test.
    pub(crate) fn take_away(&mut self, key: NodeKey, after: After, fate: TaskFate) {
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
        // Tasks that have just gone may have let it rest already.
        let resting = self
            .node_mut(key)
            .is_some_and(|node| node.after.is_some() && node.tasks.is_empty());
        let left = self
            .node_mut(key)
            .is_some_and(|node| node.phase.is(NodeState::LeavingPool));
        if resting && !left {
            self.node_rests(key);
        }
    }

    /// Lets a node stay that was to leave after its tasks.
    ///
    /// Source: description of `Pool_StopResize`.
    pub(crate) fn keep_node(&mut self, key: NodeKey) {
        if let Some(node) = self.node_mut(key) {
            node.after = None;
        }
        self.node_rests(key);
    }

    /// Lets a node take tasks again.
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
        self.node_rests(key);
    }

    /// Puts a task on a node.
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

    /// Takes a task off a node.
    ///
    /// Source: descriptions of `ComputeNode.totalTasksRun` and `ComputeNode.totalTasksSucceeded`:
    /// tasks that have completed here count, not those that were put back.
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

    /// Has the logs of a node uploaded; tells how many files they are.
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

    /// Removes real files of a node: those at and below the path.
    pub(crate) fn remove_files(&mut self, node: &str, path: &str) {
        if self.settings.execute {
            self.orders.push(Order::Remove {
                node: node.to_owned(),
                path: path.to_owned(),
            });
        }
    }

    fn remove_all_files(&mut self, key: NodeKey) {
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
    /// Source: description of `Job_Delete`: directories of tasks go, whatever their retention
    /// times.
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

    /// A pool in deletion gives no node to a task.
    ///
    /// Source: description of `Pool_Delete`: tasks that go back to the queue can run on another
    /// pool.
    pub(crate) fn gives_nodes(&self, pool: PoolNumber) -> bool {
        self.pool(pool)
            .is_some_and(|pool| pool.phase.is(PoolState::Active))
    }
}
