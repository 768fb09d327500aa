//! Scheduling: which task runs where and when.
//!
//! Nothing scans all tasks: a job indexes its ready tasks by slots and age, the scheduler indexes
//! the jobs that could run one by pool and priority, and a pool indexes its free nodes by free
//! slots. Jobs of higher priority come first, then older ones; within a job the oldest task that
//! fits, so that a task too large for the free nodes blocks no other.
//!
//! Source: "Jobs and tasks in Azure Batch": jobs of higher priority come first in a pool;
//! descriptions of `CloudJob.priority` and `JobManagerTask`. No source for the order by age; chosen
//! because clients expect first in, first out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use super::jobs::Job;
use super::numbers::{JobNumber, NodeKey, NodeNumber, PoolNumber, TaskKey, TaskNumber};
use super::pools::Pool;
use super::resource::{child, flag, text};
use super::runs::Instance;
use super::tasks::{Seat, Task};
use super::{State, catalog};
use crate::request::Object;

/// Number of tasks without a fitting node that are skipped before the next job is considered.
///
/// No source; chosen so that a long queue of large tasks costs little.
const MAX_SKIPPED: usize = 16;

/// Jobs that could run a task: by pool id in lower case, then by priority and age.
pub(crate) type Waiting = BTreeMap<String, BTreeSet<(Reverse<i32>, JobNumber)>>;

impl State {
    /// Updates the scheduler's index of a job.
    pub(crate) fn refresh(&mut self, number: JobNumber) {
        let Some(job) = self.jobs.get_mut(number) else {
            return;
        };
        let wanted = job
            .runnable()
            .then(|| (catalog::key(&job.pool_id), Reverse(job.priority())));
        if wanted == job.queued {
            return;
        }
        if let Some((pool, priority)) = std::mem::replace(&mut job.queued, wanted.clone())
            && let Some(jobs) = self.waiting.get_mut(&pool)
        {
            jobs.remove(&(priority, number));
            if jobs.is_empty() {
                self.waiting.remove(&pool);
            }
        }
        if let Some((pool, priority)) = wanted {
            self.waiting
                .entry(pool)
                .or_default()
                .insert((priority, number));
        }
    }

    /// Starts the tasks of a job that can start, after those of jobs that come first.
    pub(crate) fn dispatch_job(&mut self, number: JobNumber) {
        self.refresh(number);
        let queued = self.job(number).and_then(|job| job.queued.as_ref());
        if let Some(pool) = queued.and_then(|(pool, _)| self.pools.number(pool)) {
            self.dispatch(pool);
        }
    }

    /// Starts tasks on a pool until no node is free or no task fits.
    pub(crate) fn dispatch(&mut self, pool: PoolNumber) {
        if !self.gives_nodes(pool) {
            return;
        }
        let Some(key) = self.pool(pool).map(|pool| catalog::key(&pool.id)) else {
            return;
        };
        let mut passed = None;
        while self.pool(pool).is_some_and(|pool| !pool.free.is_empty()) {
            let Some(jobs) = self.waiting.get(&key) else {
                return;
            };
            let start = passed.map_or(Unbounded, Excluded);
            let Some(&next) = jobs.range((start, Unbounded)).next() else {
                return;
            };
            if !self.launch_next(next.1, pool) {
                passed = Some(next);
            }
        }
    }

    /// Starts the next task of a job that fits, if there is one.
    fn launch_next(&mut self, number: JobNumber, pool_number: PoolNumber) -> bool {
        let (Some(job), Some(pool)) = (self.job(number), self.pool(pool_number)) else {
            return false;
        };
        let Some((task, nodes)) = next_task(job, pool) else {
            return false;
        };
        self.launch(TaskKey { job: number, task }, pool_number, &nodes);
        true
    }

    /// Assigns a task to its nodes, which may first have to be prepared for the job.
    fn launch(&mut self, key: TaskKey, pool_number: PoolNumber, nodes: &[NodeNumber]) {
        let Some(pool) = self.pools.get(pool_number) else {
            return;
        };
        let found = nodes.iter().filter_map(|node| pool.nodes.get(*node));
        let seats: Vec<Arc<Seat>> = found.map(|node| node.seat.clone()).collect();
        let (Some(first), Some(job)) = (seats.first(), self.jobs.get_mut(key.job)) else {
            return;
        };
        let slots = job
            .tasks
            .get(key.task)
            .map_or(1, |task| needed_slots(job, task, pool));
        let first = first.clone();
        job.unready(key.task);
        let several = job
            .tasks
            .get(key.task)
            .is_some_and(|task| task.child("multiInstanceSettings").is_some());
        let instances = several.then(|| {
            let pairs = nodes.iter().zip(&seats);
            Box::new(
                pairs
                    .map(|(node, seat)| Instance {
                        seat: seat.clone(),
                        node: *node,
                        course: None,
                    })
                    .collect(),
            )
        });
        job.change(key.task, |task| {
            task.attempt += 1;
            let run = task.run_mut();
            run.seat = Some(first);
            run.start = None;
            run.instances = instances;
        });
        self.refresh(key.job);
        for (node, seat) in nodes.iter().zip(&seats) {
            let node = NodeKey {
                pool: pool_number,
                node: *node,
            };
            self.occupy(node, key, slots);
            self.prepare_node(key.job, node, seat);
        }
        self.prepare_task(key);
    }
}

/// Returns the job manager task of a job, if this is it.
fn manager<'a>(job: &'a Job, task: &Task) -> Option<&'a Object> {
    let manager = child(&job.given, "jobManagerTask")?;
    let same = text(manager, "id").is_some_and(|id| id.eq_ignore_ascii_case(&task.id));
    same.then_some(manager)
}

/// Returns the slots that a task takes on each of its nodes: all of them if it runs exclusively.
///
/// Source: descriptions of `CloudTask.requiredSlots` and `JobManagerTask.runExclusive`.
fn needed_slots(job: &Job, task: &Task, pool: &Pool) -> u16 {
    let alone = manager(job, task).is_some_and(|task| flag(task, "runExclusive") != Some(false));
    if alone { pool.slots() } else { task.slots }
}

/// Returns the oldest task of a job that fits on free nodes, with its nodes. A job manager task
/// comes before all others.
///
/// Source: description of `JobManagerTask`: scheduled ahead of the other tasks of its job.
fn next_task(job: &Job, pool: &Pool) -> Option<(TaskNumber, Vec<NodeNumber>)> {
    let (most, _) = *pool.free.last()?;
    let fitting = job.ready.range(..=most);
    let mut firsts: Vec<_> = fitting.map(|(_, tasks)| tasks.iter().copied()).collect();
    // Usually the first one fits; few do not.
    let mut heads: BTreeSet<(TaskNumber, usize)> = BTreeSet::new();
    for (queue, tasks) in firsts.iter_mut().enumerate() {
        heads.extend(tasks.next().map(|task| (task, queue)));
    }
    for _ in 0..MAX_SKIPPED {
        let (number, queue) = heads.pop_first()?;
        let task = job.tasks.get(number)?;
        if let Some(nodes) = choose_nodes(job, task, pool) {
            return Some((number, nodes));
        }
        if manager(job, task).is_some() {
            return None;
        }
        let next = firsts.get_mut(queue).and_then(Iterator::next);
        heads.extend(next.map(|task| (task, queue)));
    }
    None
}

/// Chooses the nodes for a task: one for each of its instances, its preferred node first.
///
/// Source: descriptions of `MultiInstanceSettings.numberOfInstances`,
/// `JobManagerTask.allowLowPriorityNode`, `TaskSchedulingPolicy.nodeFillType` and
/// `AffinityInformation`; "Use multi-instance tasks": they need nodes that communicate with each
/// other and run one task at a time, and stay active on any other pool.
fn choose_nodes(job: &Job, task: &Task, pool: &Pool) -> Option<Vec<NodeNumber>> {
    let connected = flag(&pool.given, "enableInterNodeCommunication") == Some(true);
    let fits = connected && pool.slots() == 1;
    if !fits && task.child("multiInstanceSettings").is_some() {
        return None;
    }
    let slots = needed_slots(job, task, pool);
    let count = task.instance_count();
    let only_dedicated =
        manager(job, task).is_some_and(|task| flag(task, "allowLowPriorityNode") == Some(false));
    let suits = |number: &NodeNumber| {
        pool.nodes
            .get(*number)
            .is_some_and(|node| !job.avoids(node.id()) && (node.dedicated || !only_dedicated))
    };
    let free = || {
        pool.free
            .range((slots, NodeNumber::FIRST)..)
            .map(|(_, node)| *node)
    };
    let preferred = affinity(task, pool)
        .filter(|preferred| free().any(|node| node == *preferred) && suits(preferred));
    // The fullest fitting nodes if tasks are packed, and the emptiest if they are spread.
    let others: Box<dyn Iterator<Item = NodeNumber>> = if pool.packs() {
        Box::new(free())
    } else {
        Box::new(free().rev())
    };
    let others = others.filter(|node| Some(*node) != preferred).filter(suits);
    let nodes: Vec<NodeNumber> = preferred.into_iter().chain(others).take(count).collect();
    (nodes.len() == count).then_some(nodes)
}

/// Returns the node that a task prefers.
///
/// Source: description of `AffinityInformation.affinityId`: a soft preference. Recorded,
/// `ComputeNode_Get`: `TVM:` and the id of the node.
fn affinity(task: &Task, pool: &Pool) -> Option<NodeNumber> {
    let preferred = task.child("affinityInfo")?.get("affinityId")?.as_str()?;
    pool.nodes
        .number(preferred.strip_prefix("TVM:").unwrap_or(preferred))
}
