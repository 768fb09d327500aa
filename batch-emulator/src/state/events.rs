//! Future events, in the order of their times.
//!
//! Nothing runs in the background: each request first processes the events that are due. An event
//! names its resource by number and, if the resource may have changed course in the meantime, by a
//! generation (`epoch`, `attempt`). An event whose resource is gone or has another generation is
//! stale and does nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::numbers::{
    CertificateNumber, JobNumber, NodeNumber, PoolNumber, ScheduleNumber, TaskNumber,
};
use super::report::Program;
use crate::time::Time;

/// An event that happens without a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The nodes of a resize are allocated.
    PoolAllocated { pool: PoolNumber, epoch: u32 },
    /// A resize may be complete.
    PoolSettled { pool: PoolNumber, epoch: u32 },
    /// A pool that is being deleted is removed.
    PoolGone { pool: PoolNumber },
    /// A pool evaluates its autoscale formula.
    PoolScale { pool: PoolNumber, epoch: u32 },
    /// An autoscaling pool samples its metrics.
    PoolSample { pool: PoolNumber, epoch: u32 },
    /// A node takes its next step.
    NodeNext {
        pool: PoolNumber,
        node: NodeNumber,
        epoch: u32,
    },
    /// A node is lost by a rule of the scenario.
    NodeLost {
        pool: PoolNumber,
        node: NodeNumber,
        rule: u32,
        generation: u32,
    },
    /// A simulated program ends, or a program reaches its time limit.
    Program(Program),
    /// A program is retried.
    Retry(Program),
    /// The retention time of a task's files ends.
    Retention {
        job: JobNumber,
        task: TaskNumber,
        attempt: u32,
    },
    /// A job takes its next step, such as from disabling to disabled.
    JobNext { job: JobNumber, epoch: u32 },
    /// A job reaches its `maxWallClockTime`.
    JobExpired { job: JobNumber },
    /// A job that terminates after its tasks may have none left.
    JobIdle { job: JobNumber },
    /// A job schedule takes its next step.
    ScheduleNext {
        schedule: ScheduleNumber,
        epoch: u32,
    },
    /// A certificate that is being deleted is removed, or its deletion fails.
    CertificateNext {
        certificate: CertificateNumber,
        epoch: u32,
    },
}

/// Events in the order of their times, then of their insertion.
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

    /// Returns the number of events that have been added so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the time of the next event, which may be stale.
    pub(crate) fn next(&self) -> Option<Time> {
        self.queue.first().map(|(time, ..)| *time)
    }

    /// Removes and returns the next event if it is due.
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
