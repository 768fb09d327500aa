//! Which task runs where and when.
//!
//! Nothing scans all tasks: a job holds its ready tasks by slots and age, the scheduler holds the jobs that could run
//! one by pool and priority, and a pool holds its free nodes by free slots. Jobs of higher priority come first, then
//! older ones; in a job the oldest task that fits, so that one too large for the free nodes holds up no other.

use super::events::Event;
use super::jobs::{Job, Prepared};
use super::pools::Pool;
use super::resource::{child, list};
use super::tasks::{Simulated, TaskState};
use super::time::Span;
use super::{State, catalog};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

/// How long a job preparation task runs, unless its environment says otherwise.
const PREPARATION: Span = Span::seconds(1);

/// Jobs that could run a task: by pool id in lower case, then by priority and age.
pub(crate) type Waiting = BTreeMap<String, BTreeSet<(Reverse<i32>, usize)>>;

impl State {
    /// Brings the scheduler's view of a job up to date.
    pub(crate) fn refresh(&mut self, number: usize) {
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

    /// Starts what can be started of a job, after others that come first.
    pub(crate) fn dispatch_job(&mut self, number: usize) {
        self.refresh(number);
        let queued = self.jobs.get(number).and_then(|job| job.queued.as_ref());
        if let Some(pool) = queued.and_then(|(pool, _)| self.pools.number(pool)) {
            self.dispatch(pool);
        }
    }

    /// Starts tasks on a pool until no node is free or no task fits.
    pub(crate) fn dispatch(&mut self, pool: usize) {
        if !self.gives_nodes(pool) {
            return;
        }
        let Some(key) = self.pools.get(pool).map(|pool| catalog::key(&pool.id)) else {
            return;
        };
        let mut passed = None;
        while self
            .pools
            .get(pool)
            .is_some_and(|pool| !pool.free.is_empty())
        {
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

    /// Starts the next task of a job that fits, if one does.
    fn launch_next(&mut self, number: usize, pool_number: usize) -> bool {
        let (Some(job), Some(pool)) = (self.jobs.get(number), self.pools.get(pool_number)) else {
            return false;
        };
        let Some((task, slots)) = next_task(job, pool) else {
            return false;
        };
        let Some(node) = choose_node(
            pool,
            slots,
            job.tasks.get(task).and_then(|task| affinity(task, pool)),
        ) else {
            return false;
        };
        self.launch(number, task, pool_number, node);
        true
    }

    /// Puts a task on a node, where the job may have to be prepared first.
    fn launch(&mut self, number: usize, task: usize, pool: usize, node: usize) {
        let now = self.now;
        let seat = self
            .pools
            .get(pool)
            .and_then(|pool| pool.nodes.get(node))
            .map(|node| node.seat.clone());
        let (Some(seat), Some(job)) = (seat, self.jobs.get_mut(number)) else {
            return;
        };
        job.unready(task);
        let preparation = child(&job.given, "jobPreparationTask").map(|task| {
            Simulated::of(list(task, "environmentSettings"), job.common_environment())
                .span
                .unwrap_or(PREPARATION)
        });
        let ready = preparation.map_or(now, |span| {
            let prepared = job
                .prepared
                .entry(seat.node_id.clone())
                .or_insert_with(|| Prepared {
                    seat: seat.clone(),
                    start: now,
                    ready: now.plus(span),
                });
            prepared.ready
        });
        let started = job.change(task, |task| {
            task.attempt += 1;
            let run = task.run_mut();
            run.seat = Some(seat);
            run.start = None;
            if ready > now {
                task.phase.enter(TaskState::Preparing, now);
            }
            (task.slots, task.attempt)
        });
        self.refresh(number);
        let Some((slots, attempt)) = started else {
            return;
        };
        self.occupy(pool, node, (number, task), slots);
        if ready > now {
            let event = Event::TaskNext {
                job: number,
                task,
                attempt,
            };
            self.events.at(ready, event);
        } else {
            self.begin_task(number, task);
        }
    }
}

/// The oldest task of a job that fits on a free node.
fn next_task(job: &Job, pool: &Pool) -> Option<(usize, u16)> {
    let (most, _) = *pool.free.last()?;
    let fitting = job.ready.range(..=most);
    fitting
        .filter_map(|(slots, tasks)| Some((*tasks.first()?, *slots)))
        .min()
}

/// The node that a task wishes for.
fn affinity(task: &super::tasks::Task, pool: &Pool) -> Option<usize> {
    let wish = task.child("affinityInfo")?.get("affinityId")?.as_str()?;
    pool.nodes.number(wish.strip_prefix("TVM:").unwrap_or(wish))
}

/// The wished-for node if it is free, else the fullest that fits where tasks pack and the emptiest where they spread.
fn choose_node(pool: &Pool, slots: u16, wish: Option<usize>) -> Option<usize> {
    let mut fitting = pool.free.range((slots, 0)..);
    if let Some(wish) = wish
        && pool.free.range((slots, 0)..).any(|(_, node)| *node == wish)
    {
        return Some(wish);
    }
    let found = if pool.packs() {
        fitting.next()
    } else {
        fitting.next_back()
    };
    found.map(|(_, node)| *node)
}
