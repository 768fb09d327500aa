//! Parametric sweeps: ranges of numbers, and every combination of them.

use std::fmt;

use crate::error::{Error, Result};

/// Most tasks of a sweep.
const LIMIT: u64 = 1_000_000;

/// A range of numbers, its end included, as in a `parametricSweep` of `az batch`.
///
/// ```
/// use batch_jobs::Range;
///
/// let frames = Range::new(1, 10).step(3);
/// assert_eq!(frames.values().collect::<Vec<_>>(), [1, 4, 7, 10]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    start: i64,
    end: i64,
    step: i64,
}

impl Range {
    /// The numbers from `start` to `end`, both included.
    pub fn new(start: i64, end: i64) -> Self {
        let step = 1;
        Self { start, end, step }
    }

    /// Sets the distance between two numbers; 1 by default. It is negative where the end is below
    /// the start.
    #[must_use]
    pub fn step(self, step: i64) -> Self {
        Self { step, ..self }
    }

    /// Returns the numbers in their order.
    pub fn values(self) -> impl Iterator<Item = i64> {
        (0..self.count()).map(move |position| self.at(position))
    }

    fn count(self) -> u64 {
        let (start, end) = (i128::from(self.start), i128::from(self.end));
        match i128::from(self.step) {
            0 => 0,
            step => u64::try_from((end - start) / step + 1)
                .ok()
                .filter(|_| (end - start).signum() * step.signum() >= 0)
                .unwrap_or(0),
        }
    }

    fn at(self, position: u64) -> i64 {
        // Within the range, so it cannot overflow.
        let distance = i128::from(position) * i128::from(self.step);
        i64::try_from(i128::from(self.start) + distance).unwrap_or(self.end)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} to {} in steps of {}",
            self.start, self.end, self.step
        )
    }
}

/// Every combination of some ranges; the last range varies fastest.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    ranges: Vec<Range>,
    count: u64,
}

impl Sweep {
    pub(crate) fn new(ranges: Vec<Range>) -> Result<Self> {
        if ranges.is_empty() {
            return Err(Error::invalid(
                "cannot sweep: there is no range; add at least one",
            ));
        }
        let mut count: u64 = 1;
        for range in &ranges {
            if range.count() == 0 {
                return Err(Error::invalid(format!(
                    "cannot sweep {range}: the range has no numbers; the step must lead from start \
                     to end"
                )));
            }
            count = count.saturating_mul(range.count());
        }
        if count > LIMIT {
            return Err(Error::invalid(format!(
                "cannot sweep: the ranges have more than {LIMIT} combinations; split the job"
            )));
        }
        Ok(Self { ranges, count })
    }

    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    /// Returns the numbers of a combination.
    pub(crate) fn at(&self, position: u64) -> Vec<i64> {
        let mut rest = position;
        let mut out = vec![0; self.ranges.len()];
        for (value, range) in out.iter_mut().zip(&self.ranges).rev() {
            *value = range.at(rest % range.count());
            rest /= range.count();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_their_end() {
        for (range, expected) in [
            (Range::new(1, 3), &[1, 2, 3][..]),
            (Range::new(0, 0), &[0]),
            (Range::new(0, 10).step(4), &[0, 4, 8]),
            (Range::new(3, 1).step(-1), &[3, 2, 1]),
            (Range::new(3, 1), &[]),
            (Range::new(3, 2).step(5), &[]),
            (Range::new(1, 3).step(-1), &[]),
            (Range::new(1, 3).step(0), &[]),
            (
                Range::new(i64::MAX - 1, i64::MAX),
                &[i64::MAX - 1, i64::MAX],
            ),
            (Range::new(i64::MIN, i64::MIN), &[i64::MIN]),
        ] {
            assert_eq!(range.values().collect::<Vec<_>>(), expected, "{range}");
        }
    }

    #[test]
    fn a_sweep_is_the_product_of_its_ranges() {
        let sweep = Sweep::new(vec![Range::new(1, 2), Range::new(0, 20).step(10)]).expect("one");
        let all: Vec<_> = (0..sweep.len())
            .map(|position| sweep.at(position))
            .collect();
        assert_eq!(
            all,
            [[1, 0], [1, 10], [1, 20], [2, 0], [2, 10], [2, 20]].map(Vec::from)
        );
    }

    #[test]
    fn impossible_sweeps_are_refused() {
        for ranges in [
            vec![],
            vec![Range::new(3, 1)],
            vec![Range::new(1, 3).step(0)],
            vec![Range::new(0, i64::MAX); 3],
            vec![Range::new(i64::MIN, i64::MAX)],
            vec![Range::new(1, 1001), Range::new(1, 1000)],
        ] {
            assert!(Sweep::new(ranges.clone()).is_err(), "{ranges:?}");
        }
    }
}
