//! What is going to happen, in the order of its time.
//!
//! Nothing runs in the background: each request first lets happen what is due. An event names its resource by number
//! and, where the resource may have changed its course meanwhile, by a count of courses (`epoch`, `attempt`); an
//! event whose resource is gone or on another course is stale and does nothing.

use super::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A resize has got its nodes.
    PoolAllocated { pool: usize, epoch: u32 },
    /// A resize may be over.
    PoolSettled { pool: usize, epoch: u32 },
    /// A pool in deletion goes.
    PoolGone { pool: usize },
    /// A pool computes its autoscale formula.
    PoolScale { pool: usize, epoch: u32 },
    /// A pool that scales by itself is measured.
    PoolSample { pool: usize, epoch: u32 },
    /// A node takes its next step.
    NodeNext {
        pool: usize,
        node: usize,
        epoch: u32,
    },
    /// A task takes its next step: from preparing to running, from running to its end.
    TaskNext {
        job: usize,
        task: usize,
        attempt: u32,
    },
    /// A job takes its next step, as from disabling to disabled.
    JobNext { job: usize, epoch: u32 },
    /// A job has used up its `maxWallClockTime`.
    JobExpired { job: usize },
    /// A job that ends with its tasks may have none left to do.
    JobIdle { job: usize },
    /// A job schedule takes its next step.
    ScheduleNext { schedule: usize, epoch: u32 },
    /// A certificate in deletion goes, or fails to.
    CertificateNext { certificate: usize, epoch: u32 },
}

/// Events in the order of time; those of one time in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Events {
    heap: BinaryHeap<Reverse<(Time, u64, Event)>>,
    count: u64,
}

impl Events {
    pub(crate) fn at(&mut self, time: Time, event: Event) {
        self.count += 1;
        self.heap.push(Reverse((time, self.count, event)));
    }

    /// Takes the next event if it is due.
    pub(crate) fn due(&mut self, now: Time) -> Option<(Time, Event)> {
        let Reverse((time, _, event)) = *self.heap.peek()?;
        if time > now {
            return None;
        }
        self.heap.pop();
        Some((time, event))
    }
}
