//! What is going to happen, in the order of its time.
//!
//! Nothing runs in the background: each request first lets happen what is due. An event names its
//! resource by number and, where the resource may have changed its course meanwhile, by a count of
//! courses (`epoch`, `attempt`); an event whose resource is gone or on another course is stale and
//! does nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::numbers::{
    CertificateNumber, JobNumber, NodeNumber, PoolNumber, ScheduleNumber, TaskNumber,
};
use super::report::Program;
use crate::time::Time;

/// Something that happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Event {
    /// A resize has got its nodes.
    PoolAllocated { pool: PoolNumber, epoch: u32 },
    /// A resize may be over.
    PoolSettled { pool: PoolNumber, epoch: u32 },
    /// A pool in deletion goes.
    PoolGone { pool: PoolNumber },
    /// A pool computes its autoscale formula.
    PoolScale { pool: PoolNumber, epoch: u32 },
    /// A pool that scales by itself is measured.
    PoolSample { pool: PoolNumber, epoch: u32 },
    /// A node takes its next step.
    NodeNext {
        pool: PoolNumber,
        node: NodeNumber,
        epoch: u32,
    },
    /// The end of a simulated program, or the limit of a program's time.
    Program(Program),
    /// A program is tried again.
    Retry(Program),
    /// The time for which the files of a task are kept is over.
    Retention {
        job: JobNumber,
        task: TaskNumber,
        attempt: u32,
    },
    /// A job takes its next step, as from disabling to disabled.
    JobNext { job: JobNumber, epoch: u32 },
    /// A job has used up its `maxWallClockTime`.
    JobExpired { job: JobNumber },
    /// A job that ends with its tasks may have none left to do.
    JobIdle { job: JobNumber },
    /// A job schedule takes its next step.
    ScheduleNext {
        schedule: ScheduleNumber,
        epoch: u32,
    },
    /// A certificate in deletion goes, or fails to.
    CertificateNext {
        certificate: CertificateNumber,
        epoch: u32,
    },
}

/// Events in the order of time; those of one time in the order in which they came.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Events {
    queue: BTreeSet<(Time, u64, Event)>,
    count: u64,
}

impl Events {
    pub(crate) fn at(&mut self, time: Time, event: Event) {
        self.count += 1;
        self.queue.insert((time, self.count, event));
    }

    /// How many there have been so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// When the next event is due, which may be stale.
    pub(crate) fn next(&self) -> Option<Time> {
        self.queue.first().map(|(time, ..)| *time)
    }

    /// Takes the next event if it is due.
    pub(crate) fn due(&mut self, now: Time) -> Option<(Time, Event)> {
        let (time, _, event) = *self.queue.first()?;
        if time > now {
            return None;
        }
        self.queue.pop_first();
        Some((time, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::numbers::Number as _;

    #[test]
    fn events_are_persisted_with_plain_numbers() {
        let event = Event::NodeNext {
            pool: PoolNumber::from_index(1),
            node: NodeNumber::from_index(2),
            epoch: 3,
        };
        let text = serde_json::to_string(&event).expect("JSON");
        assert_eq!(text, r#"{"NodeNext":{"pool":1,"node":2,"epoch":3}}"#);
    }
}
