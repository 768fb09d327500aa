//! Number of tasks of a job per class over time: a series of bounded length.
//!
//! Nothing runs in the background here either. A series grows when somebody looks: the page once a
//! second, and any client request at most twice a second. When a series is full, every other sample
//! is dropped and the interval doubles, so the series always reaches back to the job's first
//! sample.

use crate::state::jobs::Counts;
use crate::time::{Span, Time};

/// Maximum number of samples in a series.
pub(super) const MOST: usize = 120;

/// The counts at a point in time. They hold until the next sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) time: Time,
    /// Active, running, succeeded, failed.
    pub(super) tasks: [i64; 4],
}

/// The series of a job.
#[derive(Debug)]
pub(super) struct History {
    pub(super) samples: Vec<Sample>,
    /// Minimum interval between samples.
    step: Span,
}

impl Default for History {
    fn default() -> Self {
        Self {
            samples: Vec::new(),
            step: Span(0),
        }
    }
}

impl History {
    /// Adds the current counts unless they are unchanged or come too early.
    pub(super) fn record(&mut self, time: Time, counts: &Counts) {
        let sample = Sample {
            time,
            tasks: counts.tasks,
        };
        if let Some(last) = self.samples.last() {
            let soon = time.since(last.time) < self.step || time <= last.time;
            if soon || last.tasks == sample.tasks {
                return;
            }
        }
        if self.samples.len() == MOST {
            self.thin(time);
        }
        self.samples.push(sample);
    }

    fn thin(&mut self, now: Time) {
        let mut number = 0;
        self.samples.retain(|_| {
            number += 1;
            number % 2 == 1
        });
        if let Some(first) = self.samples.first() {
            // Half of the series covers all the time so far.
            let half = i64::try_from(MOST / 2).unwrap_or(1);
            self.step = Span(now.since(first.time).0 / half);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(done: i64) -> Counts {
        Counts {
            tasks: [1_000_000 - done, 0, done, 0],
            ..Counts::default()
        }
    }

    #[test]
    fn unchanged_counts_add_no_samples() {
        let start = Time::from_ticks(1);
        let mut history = History::default();
        for second in 0..1_000 {
            history.record(start.plus(Span::seconds(second)), &counts(second / 500));
        }
        let times: Vec<Time> = history.samples.iter().map(|sample| sample.time).collect();
        assert_eq!(times, [start, start.plus(Span::seconds(500))]);
    }

    #[test]
    fn a_long_history_fits_and_starts_at_the_first_sample() {
        let start = Time::from_ticks(1);
        let mut history = History::default();
        for second in 0..100_000 {
            history.record(start.plus(Span::seconds(second)), &counts(second));
            assert!(history.samples.len() <= MOST);
        }
        assert_eq!(history.samples[0].time, start);
        assert!(history.samples.len() > MOST / 4);
        // Evenly enough: no gap is a large part of the whole.
        let gap = |pair: &[Sample]| pair[1].time.since(pair[0].time);
        let widest = history.samples.windows(2).map(gap).max().unwrap();
        assert!(widest < Span::seconds(100_000 / 20), "{widest:?}");
        let last = history.samples.last().unwrap().time;
        assert!(start.plus(Span::seconds(100_000)).since(last) < Span::seconds(100_000 / 20));
    }
}
