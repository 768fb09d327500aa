//! When the next request may be sent: at once, until the service throttles; then at the rate at
//! which it has let requests through.
//!
//! A pause alone loses what the service could have served while nobody sent. So what was served
//! between two throttled requests, the pause included, is taken for the service's rate, and
//! requests are spread at it. Of 40 requests/s with a `Retry-After` of one second, that reached
//! 94.4 % where the service saves up one second of its rate, and 77.4 % where it saves up a quarter
//! (`cargo xtask bench --scale --rows throttled`).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

/// After so long without being throttled, the rate has doubled; it grows with the square of the
/// time, slowly where it was just found and fast where it is long out of date.
const DOUBLED_AFTER: Duration = Duration::from_secs(20);
/// Most that the rate falls at once. A service that saves up little has served little before a
/// pause, which says nothing of its rate.
const FALL: u32 = 8;
/// In place of a time that the clock cannot represent.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
/// Longest time between two requests, apart from pauses.
const LONGEST: Duration = Duration::from_secs(10);

pub(super) struct Pace {
    /// Time between two requests when the service last throttled; none before it has.
    interval: Option<Duration>,
    /// When it last throttled; before that, when the first response came. What passed before that
    /// is the latency of a service or of a machine that is busy, and says nothing of a rate.
    since: Option<Instant>,
    /// It has throttled.
    throttled: bool,
    /// Requests served since then.
    served: u32,
    /// No request is sent before this.
    next: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            interval: None,
            since: None,
            throttled: false,
            served: 0,
            next: None,
            timer: None,
        }
    }

    /// Waits until a request may be sent, which the caller then has to send.
    #[inline]
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut now = Instant::now();
        if let Some(next) = self.next.filter(|next| *next > now) {
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(next.into())));
            if timer.deadline() != next.into() {
                timer.as_mut().reset(next.into());
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            now = now.max(next);
        }
        if let Some(interval) = self.interval_at(now) {
            // A timer that is late by a little does not lower the rate.
            let from = self.next.filter(|next| *next + interval > now);
            self.next = Some(from.unwrap_or(now) + interval);
        }
        Poll::Ready(())
    }

    #[inline]
    pub(super) fn served(&mut self) {
        match self.since {
            Some(_) => self.served = self.served.saturating_add(1),
            None => self.since = Some(Instant::now()),
        }
    }

    /// Slows down, and lets nothing be sent during the pause.
    #[inline]
    pub(super) fn throttled(&mut self, began: Instant, pause: Duration) {
        let now = Instant::now();
        let until = now.checked_add(pause).unwrap_or(now + FAR);
        self.next = self.next.max(Some(until));
        let since = self.since.unwrap_or(now);
        // Requests sent before that time have been accounted for.
        if self.throttled && began <= since {
            return;
        }
        let measured = now.duration_since(since).checked_div(self.served);
        let slowest = self.interval_at(now).map(|interval| interval * FALL);
        let interval = match (measured, slowest) {
            (Some(measured), Some(slowest)) => Some(measured.min(slowest)),
            (one, other) => one.or(other),
        };
        self.interval = interval.map(|interval| interval.min(LONGEST));
        self.since = Some(now);
        self.throttled = true;
        self.served = 0;
    }

    /// The time between two requests now, which has become shorter since it was measured.
    #[inline]
    fn interval_at(&self, now: Instant) -> Option<Duration> {
        let since = now.saturating_duration_since(self.since?);
        let times = since.as_secs_f64() / DOUBLED_AFTER.as_secs_f64();
        Some(self.interval?.div_f64(1.0 + times * times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paced(interval: Duration, since: Instant) -> Pace {
        Pace {
            interval: Some(interval),
            since: Some(since),
            throttled: true,
            ..Pace::new()
        }
    }

    #[test]
    fn what_was_served_since_it_last_throttled_is_the_rate() {
        let begun = Instant::now().checked_sub(Duration::from_secs(2));
        let begun = begun.expect("this machine runs for longer");
        let mut pace = paced(Duration::from_millis(50), begun);
        pace.served = 20;
        pace.throttled(Instant::now(), Duration::from_secs(1));
        let interval = pace.interval.expect("an interval");
        assert!((100..110).contains(&interval.as_millis()), "{interval:?}");
        // A response to an earlier request lengthens the pause and nothing else.
        pace.throttled(begun, Duration::from_secs(5));
        assert_eq!(pace.interval, Some(interval));
        let pause = pace.next.map(|next| next.saturating_duration_since(begun));
        assert!(pause >= Some(Duration::from_secs(7)), "{pause:?}");
    }

    #[test]
    fn the_rate_falls_to_an_eighth_at_once_and_doubles_in_time() {
        let now = Instant::now();
        let mut pace = paced(Duration::from_millis(10), now);
        pace.throttled(Instant::now(), Duration::ZERO);
        let interval = pace.interval.expect("an interval");
        assert!((78..=80).contains(&interval.as_millis()), "{interval:?}");
        let later = pace.interval_at(pace.since.expect("a time") + DOUBLED_AFTER);
        assert_eq!(later, Some(interval / 2));
    }

    #[test]
    fn a_first_response_that_was_slow_says_nothing_of_the_rate() {
        let begun = Instant::now().checked_sub(Duration::from_secs(60));
        let begun = begun.expect("this machine runs for longer");
        let mut pace = Pace::new();
        pace.throttled(begun, Duration::from_secs(1));
        assert_eq!(pace.interval, None);
        // The others of the first requests do not, either.
        pace.throttled(begun, Duration::from_secs(1));
        assert_eq!(pace.interval, None);

        let mut pace = Pace::new();
        pace.served();
        pace.served();
        pace.throttled(begun, Duration::ZERO);
        let interval = pace.interval.expect("an interval");
        assert!(interval < Duration::from_secs(5), "{interval:?}");
    }

    async fn next(pace: &mut Pace) {
        std::future::poll_fn(|context| pace.poll_next(context)).await;
    }

    #[tokio::test]
    async fn requests_are_spread_and_a_late_one_does_not_delay_the_others() {
        let interval = Duration::from_millis(200);
        let begun = Instant::now();
        let mut pace = paced(interval, begun);
        next(&mut pace).await;
        next(&mut pace).await;
        assert!(begun.elapsed() >= Duration::from_millis(190));
        // The next one comes late, by less than an interval.
        let planned = pace.next.expect("a time");
        tokio::time::sleep_until((planned + Duration::from_millis(50)).into()).await;
        next(&mut pace).await;
        let after = pace.next.expect("a time").duration_since(planned);
        let is_late = planned.elapsed() > interval;
        assert!(after >= Duration::from_millis(190), "{after:?}");
        assert!(after <= interval || is_late, "{after:?}");
    }

    #[tokio::test]
    async fn a_pause_that_gets_longer_is_waited_for() {
        let mut pace = paced(Duration::from_millis(1), Instant::now());
        pace.throttled(Instant::now(), Duration::from_millis(20));
        let polled = std::future::poll_fn(|context| Poll::Ready(pace.poll_next(context)));
        assert!(polled.await.is_pending());
        let begun = Instant::now();
        pace.throttled(begun, Duration::from_millis(100));
        next(&mut pace).await;
        assert!(begun.elapsed() >= Duration::from_millis(100));
    }

    #[test]
    fn a_pause_without_an_end_is_decades() {
        let mut pace = Pace::new();
        pace.throttled(Instant::now(), Duration::MAX);
        let pause = pace.next.map(|next| next.duration_since(Instant::now()));
        assert!(
            pause > Some(Duration::from_secs(20 * 365 * 24 * 3600)),
            "{pause:?}"
        );
    }

    #[tokio::test]
    async fn nothing_is_sent_during_a_pause_and_all_at_once_without_one() {
        let mut pace = Pace::new();
        let mut next = async || std::future::poll_fn(|context| pace.poll_next(context)).await;
        let begun = Instant::now();
        next().await;
        next().await;
        let mut pace = paced(Duration::from_millis(20), begun);
        pace.throttled(begun + Duration::from_millis(1), Duration::from_millis(100));
        for _ in 0..2 {
            std::future::poll_fn(|context| pace.poll_next(context)).await;
        }
        assert!(begun.elapsed() >= Duration::from_millis(100));
    }
}
