//! What nodes do: start, take tasks, restart, leave.

use super::{After, Node, NodeState, TaskNumber};
use crate::state::State;
use crate::state::events::Event;
use crate::state::pools::{PoolState, TaskFate};
use crate::state::resource::{child, flag, list, object, put, put_time, small};
use crate::state::tasks::{Outcome, Simulated};
use crate::state::time::Span;

/// How many tasks a node remembers.
const RECENT: usize = 10;
/// How long a start task runs, unless its environment says otherwise.
const START_TASK: Span = Span::seconds(1);

impl State {
    fn node_at(&mut self, pool: usize, node: usize) -> Option<&mut Node> {
        self.pools.get_mut(pool)?.nodes.get_mut(node)
    }

    /// Lets the node take its next step after a time.
    fn node_later(&mut self, pool: usize, node: usize, span: Span) {
        let time = self.now.plus(span);
        if let Some(found) = self.node_at(pool, node) {
            found.epoch += 1;
            let epoch = found.epoch;
            self.events.at(time, Event::NodeNext { pool, node, epoch });
        }
    }

    pub(crate) fn node_next(&mut self, pool: usize, number: usize, epoch: u32) {
        let (now, step) = (self.now, self.step());
        let Some(node) = self
            .node_at(pool, number)
            .filter(|node| node.epoch == epoch)
        else {
            return;
        };
        match node.phase.state {
            NodeState::Creating | NodeState::Rebooting | NodeState::Reimaging => {
                node.phase.enter(NodeState::Starting, now);
                node.booted = Some(now);
                self.node_later(pool, number, step);
            }
            NodeState::Starting => self.start_task(pool, number),
            NodeState::WaitingForStartTask => self.end_start_task(pool, number),
            NodeState::LeavingPool => {
                let seat = node.seat.clone();
                if let Some(pool) = self.pools.get_mut(pool) {
                    pool.nodes.remove(&seat.node_id);
                }
                self.node_left(pool);
            }
            _ => {}
        }
    }

    fn start_task(&mut self, pool: usize, number: usize) {
        let now = self.now;
        let Some(task) = self
            .pools
            .get(pool)
            .and_then(|pool| child(&pool.given, "startTask"))
        else {
            return self.settle_node(pool, number);
        };
        let span = Simulated::of(list(task, "environmentSettings"), &[])
            .span
            .unwrap_or(START_TASK);
        if let Some(node) = self.node_at(pool, number) {
            node.phase.enter(NodeState::WaitingForStartTask, now);
            node.start_task_info = Some(object([
                ("state", "running".into()),
                ("startTime", now.to_string().into()),
                ("retryCount", 0.into()),
            ]));
        }
        self.node_later(pool, number, span);
    }

    fn end_start_task(&mut self, pool: usize, number: usize) {
        let now = self.now;
        let task = self
            .pools
            .get(pool)
            .and_then(|pool| child(&pool.given, "startTask"));
        let code = task.map_or(0, |task| {
            Simulated::of(list(task, "environmentSettings"), &[]).exit_code(0)
        });
        let retries = if code == 0 {
            0
        } else {
            task.and_then(|task| small(task, "maxTaskRetryCount"))
                .unwrap_or(0)
        };
        let required = task.is_none_or(|task| flag(task, "waitForSuccess") != Some(false));
        if let Some(node) = self.node_at(pool, number) {
            let mut info = node.start_task_info.take().unwrap_or_default();
            put(&mut info, "state", "completed");
            put_time(&mut info, "endTime", now);
            put(&mut info, "exitCode", code);
            put(&mut info, "retryCount", retries.max(0));
            put(
                &mut info,
                "result",
                if code == 0 { "success" } else { "failure" },
            );
            if let Some(failure) = Outcome::Exit(code).failure() {
                put(&mut info, "failureInfo", failure);
            }
            node.start_task_info = Some(info);
            if code != 0 && required {
                node.phase.enter(NodeState::StartTaskFailed, now);
                return self.node_rests(pool, number);
            }
        }
        self.settle_node(pool, number);
    }

    /// Brings a node that has started, or whose tasks have changed, into the state that follows.
    pub(crate) fn settle_node(&mut self, pool: usize, number: usize) {
        let now = self.now;
        if let Some(node) = self.node_at(pool, number) {
            let state = match (node.tasks.is_empty(), node.scheduling) {
                (false, _) => NodeState::Running,
                (true, true) => NodeState::Idle,
                (true, false) => NodeState::Offline,
            };
            node.phase.enter(state, now);
        }
        self.node_rests(pool, number);
    }

    /// Does what the node was to do after its tasks, where it has none; else lists it for new ones.
    pub(crate) fn node_rests(&mut self, pool: usize, number: usize) {
        let (now, step) = (self.now, self.step());
        let Some(node) = self.node_at(pool, number) else {
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
                self.node_later(pool, number, step);
            }
        }
        if let Some(pool) = self.pools.get_mut(pool) {
            pool.list_free(number);
        }
        self.dispatch(pool);
    }

    /// Takes a node from its tasks, which fare as said, and then lets it do something else.
    pub(crate) fn take_away(&mut self, pool: usize, number: usize, after: After, fate: TaskFate) {
        let Some(node) = self.node_at(pool, number) else {
            return;
        };
        if node.leaving() {
            return;
        }
        node.after = Some(after);
        let tasks: Vec<TaskNumber> = node.tasks.iter().map(|(task, _)| *task).collect();
        if let Some(pool) = self.pools.get_mut(pool) {
            pool.list_free(number);
        }
        for (job, task) in tasks {
            match fate {
                TaskFate::Requeue => self.requeue_task(job, task),
                TaskFate::Terminate => self.end_task(job, task, Outcome::Ended),
                TaskFate::Completion | TaskFate::Retained => {}
            }
        }
        // Tasks that have just gone may have let it rest already.
        let resting = self
            .node_at(pool, number)
            .is_some_and(|node| node.after.is_some() && node.tasks.is_empty());
        let left = self
            .node_at(pool, number)
            .is_some_and(|node| node.phase.is(NodeState::LeavingPool));
        if resting && !left {
            self.node_rests(pool, number);
        }
    }

    /// Lets a node stay that was to leave after its tasks.
    pub(crate) fn keep_node(&mut self, pool: usize, number: usize) {
        if let Some(node) = self.node_at(pool, number) {
            node.after = None;
        }
        self.node_rests(pool, number);
    }

    /// Lets a node take tasks again.
    pub(crate) fn enable_node(&mut self, pool: usize, number: usize) {
        if let Some(node) = self.node_at(pool, number) {
            node.scheduling = true;
            if node.after == Some(After::Offline) {
                node.after = None;
            }
            if matches!(node.phase.state, NodeState::Offline | NodeState::Running) {
                return self.settle_node(pool, number);
            }
        }
        self.node_rests(pool, number);
    }

    /// Puts a task on a node.
    pub(crate) fn occupy(&mut self, pool: usize, number: usize, task: TaskNumber, slots: u16) {
        let now = self.now;
        if let Some(node) = self.node_at(pool, number) {
            node.tasks.push((task, slots));
            node.ran.insert(task);
            node.recent.retain(|known| *known != task);
            node.recent.push_front(task);
            node.recent.truncate(RECENT);
            node.phase.enter(NodeState::Running, now);
        }
        if let Some(pool) = self.pools.get_mut(pool) {
            pool.list_free(number);
        }
    }

    /// Takes a task off a node.
    pub(crate) fn vacate(
        &mut self,
        pool: usize,
        id: &str,
        task: TaskNumber,
        outcome: Option<Outcome>,
    ) {
        let Some(number) = self.pools.get(pool).and_then(|pool| pool.nodes.number(id)) else {
            return;
        };
        let Some(node) = self.node_at(pool, number) else {
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
        self.settle_node(pool, number);
    }

    /// Forgets the files of a task.
    pub(crate) fn forget_task(&mut self, pool: usize, id: &str, task: TaskNumber) {
        let number = self.pools.get(pool).and_then(|pool| pool.nodes.number(id));
        if let Some(node) = number.and_then(|number| self.node_at(pool, number)) {
            node.ran.remove(&task);
            node.recent.retain(|known| *known != task);
        }
    }

    /// Forgets the files of all tasks of a job.
    pub(crate) fn forget_job(&mut self, job: usize) {
        for (_, pool) in self.pools.iter_mut() {
            for (_, node) in pool.nodes.iter_mut() {
                node.ran.retain(|(known, _)| *known != job);
                node.recent.retain(|(known, _)| *known != job);
            }
        }
    }

    /// A pool in deletion gives no node to a task.
    pub(crate) fn gives_nodes(&self, pool: usize) -> bool {
        self.pools
            .get(pool)
            .is_some_and(|pool| pool.phase.is(PoolState::Active))
    }
}
