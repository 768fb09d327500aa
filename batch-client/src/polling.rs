//! Polling intervals, shared by `wait` and `transfer::tail`.

use std::time::Duration;

/// Share of the time waited so far that an interval takes, within its bounds: a change after ten
/// seconds is seen a second late.
const SHARE: u32 = 10;
/// A wait without a timeout gives up after an outage of this length.
pub(crate) const LONGEST_OUTAGE: Duration = Duration::from_secs(3600);

/// Bounds of the intervals between two polls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intervals {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

impl Intervals {
    #[inline]
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max }
    }

    /// Returns the next interval: a tenth of the time waited so far, within the bounds, with a
    /// jitter of up to a fifth, so that many waits do not poll at the same moment.
    #[inline]
    pub(crate) fn next(&self, waited: Duration) -> Duration {
        let interval = (waited / SHARE).max(self.min).min(self.max);
        // Any duration can be a bound, so no product may overflow.
        let shortest = interval.saturating_sub(interval / 5);
        let jitter = (interval / 5).saturating_mul(2).mul_f64(fastrand::f64());
        shortest.saturating_add(jitter).min(self.max)
    }
}

/// Retry policy of the first call of a poll: a single quick retry, because the wait polls again and
/// can report the failure.
#[inline]
pub(crate) fn poll_retry() -> crate::RetryPolicy {
    crate::RetryPolicy::default()
        .with_attempts(2)
        .with_total_time(Duration::from_secs(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_millis(250);
    const MAX: Duration = Duration::from_secs(15);

    #[test]
    fn intervals_grow_with_the_wait_between_their_bounds() {
        let intervals = Intervals::new(MIN, MAX);
        for (waited, from, to) in [
            (0, 200, 300),
            (2_000, 200, 300),
            (10_000, 800, 1_200),
            (100_000, 8_000, 12_000),
            (86_400_000, 12_000, 15_000),
        ] {
            for _ in 0..200 {
                let interval = intervals.next(Duration::from_millis(waited));
                let bounds = Duration::from_millis(from)..=Duration::from_millis(to);
                assert!(bounds.contains(&interval), "{waited} ms: {interval:?}");
            }
        }
    }

    #[test]
    fn no_bounds_overflow() {
        let (zero, max) = (Duration::ZERO, Duration::MAX);
        for (min, most) in [(zero, zero), (zero, max), (max, zero), (max, max)] {
            for waited in [zero, Duration::from_secs(1), max] {
                assert!(Intervals::new(min, most).next(waited) <= most);
            }
        }
    }

    #[test]
    fn the_longest_interval_limits_the_first_too() {
        let intervals = Intervals::new(MIN, Duration::from_millis(5));
        assert!(intervals.next(Duration::ZERO) <= Duration::from_millis(5));
    }
}
