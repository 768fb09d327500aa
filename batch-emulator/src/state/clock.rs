//! The virtual clock: it starts at the real time, or continues from an earlier run, and advances at
//! the configured speed.
//!
//! Everything in the state uses virtual time, so that a test with a fast clock need not wait.

use std::time::{Duration, Instant};

use chrono::Utc;

use crate::time::{Span, Time};

/// A clock that runs at a multiple of real time.
#[derive(Debug)]
pub(crate) struct Clock {
    begun: Instant,
    start: Time,
    speed: f64,
}

impl Clock {
    /// Creates a clock. A speed that is not a positive number counts as 1.
    pub(crate) fn new(speed: f64) -> Self {
        Self::from(Time::from(Utc::now()), speed)
    }

    /// Creates a clock that shows this time now.
    pub(crate) fn from(start: Time, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Self {
            begun: Instant::now(),
            start,
            speed,
        }
    }

    pub(crate) fn speed(&self) -> f64 {
        self.speed
    }

    pub(crate) fn now(&self) -> Time {
        self.start.plus(Span::from_seconds(
            self.begun.elapsed().as_secs_f64() * self.speed,
        ))
    }

    /// Returns the real time until a virtual time.
    pub(crate) fn until(&self, time: Time) -> Duration {
        let ticks = time.since(self.now()).0;
        // One more tick, since the division may truncate one.
        let nanos =
            Duration::from_nanos(ticks.saturating_add(1).unsigned_abs().saturating_mul(100));
        Duration::try_from_secs_f64(nanos.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }
}
