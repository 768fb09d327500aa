//! How often and how fast a request is tried again.
//!
//! The steps of the backoff are the crate `backon`'s; full jitter is put on them here, since its
//! own adds to a step what many clients at once should spread over it.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// How often and how fast a request is tried again after a failure that may pass.
///
/// Such are broken connections, silence beyond the read timeout, and the statuses 408, 429, 500,
/// 502, 503 and 504. Between two attempts the client waits for a random part of an exponentially
/// growing step ("full jitter"), or for as long as the service's `Retry-After` asks. Each attempt
/// is dated and signed anew; all of a call have one `client-request-id`.
///
/// Set for a client by [`ClientBuilder::retry`](crate::ClientBuilder::retry) and for one call by
/// its `retry`.
///
/// ```
/// use batch_client::RetryPolicy;
/// use std::time::Duration;
///
/// let patient = RetryPolicy::default()
///     .with_attempts(20)
///     .with_total_time(Duration::from_secs(3600));
/// let none = RetryPolicy::none();
/// assert_eq!(none.attempts, 1);
/// ```
///
/// # What a repeat does
///
/// A request whose answer was lost may have been applied. So that nothing is done twice or reported
/// as failed although it was done:
///
/// - **Reading** is repeated freely.
/// - **Adding** answers on the second try that the resource exists. The client then reads it: if it
///   is what was sent, the call has succeeded; if not, the conflict stays an error.
/// - **Deleting** what the second try finds gone, or being deleted, has succeeded.
/// - **Changing** (PUT, PATCH) sets the same values again. Under `If-Match`, the second try can
///   fail with 412 because the first one was applied and changed the `ETag`.
/// - **Actions** (POST) are repeated, too; where the second try finds the resource in the state
///   that the first one was to bring about, the call has succeeded. Each operation's documentation
///   says what a repeat does.
/// - **Requests of your own** ([`Client::execute`](crate::Client::execute)) other than `GET` and
///   `HEAD` are repeated only if they were certainly not applied: there was no connection, or the
///   service answered 429.
///
/// A future that is dropped stops at once and leaves nothing in the background; what was sent by
/// then may have been applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Most attempts of a call, the first one included; 6 by default, at least 1.
    pub attempts: u32,
    /// No attempt begins after so much time since the call began; 5 minutes by default. An attempt
    /// that has begun is not cut off (the call's `timeout` does that).
    pub total_time: Duration,
    /// The step after the first failure, of which a random part is waited; 500 ms by default. It
    /// doubles each time.
    pub base: Duration,
    /// The longest step; 30 s by default. A longer `Retry-After` is kept all the same.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 6,
            total_time: Duration::from_secs(300),
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// No second attempt of anything.
    pub const fn none() -> Self {
        Self {
            attempts: 1,
            total_time: Duration::ZERO,
            base: Duration::ZERO,
            cap: Duration::ZERO,
        }
    }

    /// Sets [`attempts`](Self#structfield.attempts); 0 counts as 1.
    #[must_use]
    pub fn with_attempts(self, attempts: u32) -> Self {
        let attempts = attempts.max(1);
        Self { attempts, ..self }
    }

    /// Sets [`total_time`](Self#structfield.total_time).
    #[must_use]
    pub fn with_total_time(self, total_time: Duration) -> Self {
        Self { total_time, ..self }
    }

    /// Sets [`base`](Self#structfield.base).
    #[must_use]
    pub fn with_base(self, base: Duration) -> Self {
        Self { base, ..self }
    }

    /// Sets [`cap`](Self#structfield.cap).
    #[must_use]
    pub fn with_cap(self, cap: Duration) -> Self {
        Self { cap, ..self }
    }

    /// A pause after so many failures, where no [`Tries`] are counted.
    pub(crate) fn pause_after(&self, failures: u32) -> Duration {
        let step = self.steps().nth(failures.saturating_sub(1) as usize);
        step.unwrap_or(self.cap).mul_f64(fastrand::f64())
    }

    /// The steps between attempts, without jitter.
    fn steps(&self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(self.base)
            .with_max_delay(self.cap.max(self.base))
            .with_factor(2.0)
            .without_max_times()
            .build()
    }
}

/// The attempts of one call.
#[derive(Debug)]
pub(crate) struct Tries {
    policy: RetryPolicy,
    steps: Option<ExponentialBackoff>,
    begun: Instant,
    /// Attempts that were made.
    pub(crate) count: u32,
}

impl Tries {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            steps: None,
            begun: Instant::now(),
            count: 0,
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// How long to wait before the next attempt; `None` where there is none.
    pub(crate) fn pause(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if self.count >= self.policy.attempts {
            return None;
        }
        let policy = &self.policy;
        let step = self.steps.get_or_insert_with(|| policy.steps()).next()?;
        let jittered = step.mul_f64(fastrand::f64());
        // Many clients are asked to wait equally long; they should not come back at the same
        // moment.
        let pause = asked.map_or(jittered, |asked| {
            asked.saturating_add(jittered.min(asked / 4))
        });
        (self.elapsed().saturating_add(pause) <= self.policy.total_time).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_cap_and_end_with_the_attempts() {
        let policy = RetryPolicy::default()
            .with_attempts(8)
            .with_base(Duration::from_secs(1))
            .with_cap(Duration::from_secs(10));
        let mut longest = [Duration::ZERO; 7];
        for _ in 0..500 {
            let mut tries = Tries::new(policy);
            for (at, longest) in longest.iter_mut().enumerate() {
                tries.count += 1;
                let pause = tries.pause(None).expect("another attempt");
                let step = Duration::from_secs(1 << at).min(Duration::from_secs(10));
                assert!(pause <= step, "{pause:?} of {step:?}");
                *longest = pause.max(*longest);
            }
            tries.count += 1;
            assert_eq!(tries.pause(None), None);
        }
        // Of 500 random parts, one is nearly the whole step.
        for (at, longest) in longest.iter().enumerate() {
            let step = Duration::from_secs(1 << at).min(Duration::from_secs(10));
            assert!(*longest > step.mul_f64(0.9), "{longest:?} of {step:?}");
        }
    }

    #[test]
    fn the_total_time_ends_it() {
        let policy = RetryPolicy::default().with_total_time(Duration::from_secs(20));
        let mut tries = Tries::new(policy);
        tries.count = 1;
        let asked = Some(Duration::from_secs(19));
        assert!(tries.pause(Some(Duration::from_secs(10))) >= Some(Duration::from_secs(10)));
        assert!(
            tries
                .pause(asked)
                .is_none_or(|pause| pause <= Duration::from_secs(20))
        );
        assert_eq!(tries.pause(Some(Duration::from_secs(21))), None);
        assert_eq!(tries.pause(Some(Duration::MAX)), None);
    }

    #[test]
    fn none_is_one_attempt() {
        let mut tries = Tries::new(RetryPolicy::none());
        tries.count = 1;
        assert_eq!(tries.pause(None), None);
        assert_eq!(RetryPolicy::default().with_attempts(0).attempts, 1);
    }
}
