//! Metrics of an autoscaling pool: a bounded history of samples.
//!
//! Nothing runs on the nodes, so their metrics are derived from the tasks on them: a busy slot uses
//! all of its share of the processor, and the amounts given by the constants. Equal consecutive
//! samples are stored once.
//!
//! Source: "Create a formula to automatically scale compute nodes", for the meaning of each metric.
//! The amounts are our own choices.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Pool, State};
use crate::autoscale::{Metric, SAMPLE_PERIOD};
use crate::state::jobs::JobState;
use crate::state::nodes::NodeState;
use crate::state::tasks::Class;
use crate::time::{Span, Time};

/// Number of samples in a day.
///
/// No source; chosen because the documented formulas look back minutes, and a day is enough for any
/// of them.
const MAX_SAMPLES: usize = 2880;
/// Usage of a running task per period, in the units of the metric.
///
/// No source; chosen so that a formula over any of them grows with the number of running tasks.
const PER_TASK: [(Metric, f64); 9] = [
    (Metric::WallClockSeconds, 30.0),
    (Metric::MemoryBytes, 256.0),
    (Metric::DiskBytes, 1.0),
    (Metric::DiskReadBytes, 1_048_576.0),
    (Metric::DiskWriteBytes, 1_048_576.0),
    (Metric::DiskReadOps, 256.0),
    (Metric::DiskWriteOps, 256.0),
    (Metric::NetworkInBytes, 65_536.0),
    (Metric::NetworkOutBytes, 65_536.0),
];

/// Counts of a pool at a point in time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sample {
    active: u32,
    running: u32,
    succeeded: u32,
    failed: u32,
    /// Dedicated and low-priority nodes.
    nodes: [u32; 2],
    usable: u32,
    preempted: u32,
    busy_slots: u32,
    slots_per_node: u32,
}

impl Sample {
    pub(super) fn value(&self, metric: Metric) -> f64 {
        if let Some((_, share)) = PER_TASK.iter().find(|(known, _)| *known == metric) {
            return f64::from(self.running) * share;
        }
        let count = match metric {
            Metric::CpuPercent => return self.load(),
            Metric::ActiveTasks => self.active,
            Metric::RunningTasks => self.running,
            Metric::PendingTasks => self.active.saturating_add(self.running),
            Metric::SucceededTasks => self.succeeded,
            Metric::FailedTasks => self.failed,
            Metric::TaskSlotsPerNode => self.slots_per_node,
            Metric::CurrentDedicatedNodes => self.nodes[0],
            Metric::CurrentLowPriorityNodes => self.nodes[1],
            Metric::UsableNodeCount => self.usable,
            Metric::PreemptedNodeCount => self.preempted,
            _ => self.nodes[0].saturating_add(self.nodes[1]),
        };
        f64::from(count)
    }

    /// Returns the busy share of the slots, in the unit that the documentation's formulas use: 0.7
    /// for 70 percent.
    ///
    /// Source: "Create a formula to automatically scale compute nodes":
    /// `avg($CPUPercent.GetSample(...)) >= 0.7` is 70 percent.
    fn load(&self) -> f64 {
        let slots = self.usable.saturating_mul(self.slots_per_node);
        if slots == 0 {
            return 0.0;
        }
        (f64::from(self.busy_slots) / f64::from(slots)).min(1.0)
    }
}

/// A run of equal samples.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    first: Time,
    count: usize,
    sample: Sample,
}

impl Row {
    fn time(&self, index: usize) -> Time {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        self.first.plus(Span(SAMPLE_PERIOD.0.saturating_mul(index)))
    }
}

/// The samples of a pool, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct History {
    rows: VecDeque<Row>,
    count: usize,
}

impl History {
    pub(super) fn add(&mut self, time: Time, sample: Sample) {
        self.count += 1;
        match self.rows.back_mut() {
            Some(row) if row.sample == sample && row.time(row.count) == time => row.count += 1,
            _ => self.rows.push_back(Row {
                first: time,
                count: 1,
                sample,
            }),
        }
        while self.count > MAX_SAMPLES {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        self.count = self.count.saturating_sub(1);
        if let Some(row) = self.rows.front_mut() {
            row.first = row.time(1);
            row.count -= 1;
            if row.count == 0 {
                self.rows.pop_front();
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn begin(&self) -> Option<Time> {
        self.rows.front().map(|row| row.first)
    }

    fn samples(&self) -> impl Iterator<Item = (Time, &Sample)> {
        let rows = self.rows.iter();
        rows.flat_map(|row| (0..row.count).map(|index| (row.time(index), &row.sample)))
    }

    pub(super) fn newest(&self, metric: Metric, count: usize) -> Vec<f64> {
        let samples = self.samples().skip(self.count.saturating_sub(count));
        samples.map(|(_, sample)| sample.value(metric)).collect()
    }

    pub(super) fn between(&self, metric: Metric, from: Time, to: Time) -> Vec<f64> {
        let samples = self
            .samples()
            .filter(|(time, _)| from < *time && *time <= to);
        samples.map(|(_, sample)| sample.value(metric)).collect()
    }
}

impl State {
    /// Samples a pool now.
    ///
    /// Source: "Create a formula to automatically scale compute nodes": active tasks are those
    /// ready to run, without those that wait for others; pending tasks are the active and running
    /// ones. No source for tasks of a disabled job; excluded because they are not ready to run.
    pub(super) fn measure(&self, pool: &Pool) -> Sample {
        let mut sample = Sample {
            slots_per_node: pool.slots().into(),
            nodes: pool.sizes(),
            ..Sample::default()
        };
        for (_, node) in pool.nodes.iter() {
            let usable = matches!(node.phase.state, NodeState::Idle | NodeState::Running);
            sample.usable += u32::from(usable);
            sample.preempted += u32::from(node.phase.is(NodeState::Preempted));
            sample.running += count(node.tasks.len());
            let slots = node.tasks.iter().map(|(_, slots)| u32::from(*slots));
            sample.busy_slots += slots.sum::<u32>();
        }
        let jobs = self.jobs.iter().map(|(_, job)| job);
        for job in jobs.filter(|job| job.pool_id.eq_ignore_ascii_case(&pool.id)) {
            let ready = job.ready.values().map(|tasks| count(tasks.len()));
            if job.phase.is(JobState::Active) {
                sample.active += ready.sum::<u32>();
            }
            let of = |class| u32::try_from(job.counts.of(class)).unwrap_or(0);
            sample.succeeded += of(Class::Succeeded);
            sample.failed += of(Class::Failed);
        }
        sample
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::parse("2024-04-18T19:28:52Z")
            .expect("a time")
            .plus(Span::seconds(seconds))
    }

    #[test]
    fn a_history_is_bounded_and_small() {
        let mut history = History::default();
        for index in 0..10_000_i64 {
            let running = u32::from(index >= 9_000);
            let sample = Sample {
                running,
                ..Sample::default()
            };
            history.add(at(30 * index), sample);
        }
        assert_eq!((history.count(), history.rows.len()), (MAX_SAMPLES, 2));
        assert_eq!(history.begin(), Some(at(30 * (10_000 - 2880))));
        let newest = history.newest(Metric::RunningTasks, 1001);
        let running: f64 = newest.iter().sum();
        assert_eq!((newest.len(), running.to_string().as_str()), (1001, "1000"));
        // After the first time, up to and including the second.
        let some = history.between(Metric::RunningTasks, at(30 * 8999), at(30 * 9001));
        assert_eq!(some, [1.0, 1.0]);
        assert_eq!(history.newest(Metric::RunningTasks, usize::MAX).len(), 2880);
    }

    #[test]
    fn the_load_is_the_busy_part_of_the_slots() {
        let sample = Sample {
            usable: 2,
            slots_per_node: 4,
            busy_slots: 6,
            running: 3,
            ..Sample::default()
        };
        let shown = |sample: &Sample, metric| sample.value(metric).to_string();
        assert_eq!(shown(&sample, Metric::CpuPercent), "0.75");
        assert_eq!(shown(&sample, Metric::WallClockSeconds), "90");
        assert_eq!(shown(&Sample::default(), Metric::CpuPercent), "0");
    }
}
