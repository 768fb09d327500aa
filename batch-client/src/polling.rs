//! Looking again and again: the pauses between two looks. What waits and what follows files stand
//! on it; below are the operations, which look.

use std::time::Duration;

/// What part of its time a wait pauses between two looks, within its bounds: what took ten seconds
/// is seen a second late.
const PART: u32 = 10;
/// A wait without a timeout ends after an outage of this length.
pub(crate) const OUTAGE: Duration = Duration::from_secs(3600);

/// How long to pause between two looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pauses {
    pub(crate) least: Duration,
    pub(crate) most: Duration,
}

impl Pauses {
    #[inline]
    pub(crate) fn new(least: Duration, most: Duration) -> Self {
        Self { least, most }
    }

    /// The next pause of what has waited so long: a tenth of that, within the bounds, and up to a
    /// fifth off, so that many waits do not look at the same moment.
    #[inline]
    pub(crate) fn next(&self, waited: Duration) -> Duration {
        let pause = (waited / PART).max(self.least).min(self.most);
        pause.mul_f64(0.8 + 0.4 * fastrand::f64()).min(self.most)
    }
}

/// How the first call of a look is tried again: hardly, as the wait looks again and can tell what
/// failed.
#[inline]
pub(crate) fn briefly() -> crate::RetryPolicy {
    crate::RetryPolicy::default()
        .with_attempts(2)
        .with_total_time(Duration::from_secs(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Duration = Duration::from_millis(250);
    const MOST: Duration = Duration::from_secs(15);

    #[test]
    fn pauses_grow_with_the_wait_between_their_bounds() {
        let pauses = Pauses::new(LEAST, MOST);
        for (waited, from, to) in [
            (0, 200, 300),
            (2_000, 200, 300),
            (10_000, 800, 1_200),
            (100_000, 8_000, 12_000),
            (86_400_000, 12_000, 15_000),
        ] {
            for _ in 0..200 {
                let pause = pauses.next(Duration::from_millis(waited));
                let bounds = Duration::from_millis(from)..=Duration::from_millis(to);
                assert!(bounds.contains(&pause), "{waited} ms: {pause:?}");
            }
        }
    }

    #[test]
    fn the_longest_pause_bounds_the_first_too() {
        let pauses = Pauses::new(LEAST, Duration::from_millis(5));
        assert!(pauses.next(Duration::ZERO) <= Duration::from_millis(5));
    }
}
