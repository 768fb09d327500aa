//! Retry policy: number and delays of the attempts of a call.
//!
//! The backoff is the crate `backon`'s; full jitter is applied here, because its own jitter adds to
//! a step, and many clients at once should spread over the whole step.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Number and delays of the attempts after transient failures.
///
/// Transient failures are failed and broken connections, no data within the read timeout, and the
/// statuses 408, 429, 500, 502, 503 and 504. Connections that would fail in the same way again are
/// not retried: a certificate that is not trusted or belongs to another host, a server without
/// TLS, a proxy with an unsupported scheme. Between two attempts the client waits for a random
/// part of an exponentially growing step ("full jitter"), or for as long as the service's
/// `Retry-After` asks, within [`max_retry_after`](Self#structfield.max_retry_after). Each attempt
/// is dated and signed again; all attempts of a call have the same `client-request-id`.
///
/// Set it for a client by [`ClientBuilder::retry`](crate::ClientBuilder::retry) and for one call by
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
/// # Effect of a retry
///
/// If the response was lost, the service may have processed the request. A retry neither applies it
/// twice nor reports a failure for a request that succeeded:
///
/// - **Reads** are always retried.
/// - **Adds**: if the retry finds that the resource exists, the client reads it. If it is what was
///   sent, the call succeeds; if not, the conflict is returned as an error.
/// - **Deletes**: if the retry finds the resource gone or being deleted, the call succeeds.
/// - **Changes** (PUT, PATCH) set the same values again. With `If-Match`, the retry can fail with
///   412 because the first attempt changed the `ETag`.
/// - **Actions** (POST): if the retry finds the resource in the state to which the action leads,
///   the call succeeds. The documentation of each operation describes the effect of a retry.
/// - **Custom requests** ([`Client::execute`](crate::Client::execute)) other than `GET` and `HEAD`
///   are retried only if they were certainly not processed: there was no connection, or the service
///   answered 429.
///
/// Dropping the future stops the call and leaves nothing in the background; the service may still
/// process a request that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Largest number of attempts of a call, including the first; 6 by default, at least 1.
    pub attempts: u32,
    /// Time since the start of the call after which no attempt starts; 5 minutes by default. A
    /// running attempt is not cut off (the call's `timeout` does that).
    pub total_time: Duration,
    /// Step after the first failure, of which the client waits a random part; 500 ms by default. It
    /// doubles with each failure.
    pub base: Duration,
    /// Longest step; 30 s by default. A longer `Retry-After` is respected, up to
    /// [`max_retry_after`](Self#structfield.max_retry_after).
    pub cap: Duration,
    /// Longest pause that a `Retry-After` can ask for; 5 minutes by default. After it, the next
    /// attempt starts even if the service asked for a longer pause. Waits and tails have the same
    /// limit.
    pub max_retry_after: Duration,
    /// Codes that count as transient, sorted; see [`also_on`](Self::also_on).
    also: &'static [&'static str],
}

/// Default of [`RetryPolicy::max_retry_after`].
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 6,
            total_time: Duration::from_secs(300),
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            max_retry_after: MAX_RETRY_AFTER,
            also: &[],
        }
    }
}

impl RetryPolicy {
    /// Returns a policy without retries.
    pub const fn none() -> Self {
        Self {
            attempts: 1,
            total_time: Duration::ZERO,
            base: Duration::ZERO,
            cap: Duration::ZERO,
            max_retry_after: MAX_RETRY_AFTER,
            also: &[],
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

    /// Sets [`max_retry_after`](Self#structfield.max_retry_after).
    #[must_use]
    pub fn with_max_retry_after(self, max_retry_after: Duration) -> Self {
        Self {
            max_retry_after,
            ..self
        }
    }

    /// Sets the error codes that are retried in addition to transient failures, such as those of a
    /// state or a quota that passes; none by default.
    ///
    /// A response with one of these codes is retried like a throttled one: the request was not
    /// carried out. In a [bulk add](crate::bulk), the same is true for the code of a single task.
    /// Attempts and total time limit these retries, too, so set them to what is worth waiting for:
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use batch_client::{RetryPolicy, codes, models::JobAddParameter};
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// // Wait until the former job of this id is gone and the account has room for another one.
    /// let patient = RetryPolicy::default()
    ///     .with_attempts(100)
    ///     .with_total_time(Duration::from_secs(1800))
    ///     .also_on([codes::JOB_BEING_DELETED, codes::ACTIVE_JOB_AND_SCHEDULE_QUOTA_REACHED]);
    /// client.job().add(JobAddParameter::new("nightly", "render")).retry(patient).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn also_on(self, codes: impl IntoIterator<Item = &'static str>) -> Self {
        let mut codes: Vec<_> = codes.into_iter().collect();
        codes.sort_unstable();
        codes.dedup();
        Self {
            also: stored(codes),
            ..self
        }
    }

    /// Returns true if the policy names this code.
    pub(crate) fn names(&self, code: Option<&str>) -> bool {
        code.is_some_and(|code| self.also.contains(&code))
    }

    /// Returns the pause for a `Retry-After`, within the policy's limit.
    pub(crate) fn limited(&self, asked: Duration) -> Duration {
        asked.min(self.max_retry_after)
    }

    /// Returns a delay after `failures` failures, for callers that count them themselves.
    pub(crate) fn delay_after(&self, failures: u32) -> Duration {
        let step = self.steps().nth(failures.saturating_sub(1) as usize);
        step.unwrap_or(self.cap).mul_f64(fastrand::f64())
    }

    /// Returns the steps between attempts, without jitter.
    fn steps(&self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(self.base)
            .with_max_delay(self.cap.max(self.base))
            .with_factor(2.0)
            .without_max_times()
            .build()
    }
}

/// Returns a set of codes that lives as long as the program, so that policies can be copied. Equal
/// sets are stored once, and a program names only a few.
fn stored(codes: Vec<&'static str>) -> &'static [&'static str] {
    static SETS: Mutex<Vec<&'static [&'static str]>> = Mutex::new(Vec::new());
    let mut sets = SETS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(set) = sets.iter().find(|set| ***set == *codes) {
        return set;
    }
    let set = codes.leak();
    sets.push(set);
    set
}

/// The attempts of one call.
#[derive(Debug)]
pub(crate) struct Attempts {
    policy: RetryPolicy,
    steps: Option<ExponentialBackoff>,
    begun: Instant,
    /// Number of attempts so far.
    pub(crate) count: u32,
}

impl Attempts {
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

    /// Does not count an attempt that failed for another reason than the service's state.
    pub(crate) fn allow_one_more(&mut self) {
        self.policy.attempts = self.policy.attempts.saturating_add(1);
    }

    /// Returns the delay before the next attempt; `None` if there is none.
    pub(crate) fn delay(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if self.count >= self.policy.attempts {
            return None;
        }
        let policy = &self.policy;
        let step = self.steps.get_or_insert_with(|| policy.steps()).next()?;
        let jittered = step.mul_f64(fastrand::f64());
        // The service asks many clients for the same delay; they should not return together.
        let pause = asked.map_or(jittered, |asked| {
            let asked = policy.limited(asked);
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
            let mut attempts = Attempts::new(policy);
            for (at, longest) in longest.iter_mut().enumerate() {
                attempts.count += 1;
                let pause = attempts.delay(None).expect("another attempt");
                let step = Duration::from_secs(1 << at).min(Duration::from_secs(10));
                assert!(pause <= step, "{pause:?} of {step:?}");
                *longest = pause.max(*longest);
            }
            attempts.count += 1;
            assert_eq!(attempts.delay(None), None);
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
        let mut attempts = Attempts::new(policy);
        attempts.count = 1;
        let asked = Some(Duration::from_secs(19));
        assert!(attempts.delay(Some(Duration::from_secs(10))) >= Some(Duration::from_secs(10)));
        assert!(
            attempts
                .delay(asked)
                .is_none_or(|pause| pause <= Duration::from_secs(20))
        );
        assert_eq!(attempts.delay(Some(Duration::from_secs(21))), None);
        assert_eq!(attempts.delay(Some(Duration::MAX)), None);
    }

    #[test]
    fn a_pause_that_the_service_asks_for_has_a_limit() {
        for limit in [Duration::from_secs(7), Duration::MAX] {
            let policy = RetryPolicy::default()
                .with_total_time(Duration::MAX)
                .with_base(Duration::ZERO)
                .with_max_retry_after(limit);
            let mut attempts = Attempts::new(policy);
            attempts.count = 1;
            assert_eq!(attempts.delay(Some(Duration::MAX)), Some(limit));
        }
    }

    #[test]
    fn settings_without_a_limit_do_not_overflow() {
        let policy = RetryPolicy::default()
            .with_attempts(u32::MAX)
            .with_total_time(Duration::MAX)
            .with_base(Duration::MAX)
            .with_cap(Duration::MAX);
        let mut attempts = Attempts::new(policy);
        attempts.count = u32::MAX - 1;
        for failures in [0, 1, 2, 70] {
            assert!(attempts.delay(None).is_some());
            assert!(policy.delay_after(failures) <= Duration::MAX);
        }
    }

    #[test]
    fn equal_sets_of_codes_are_stored_once() {
        let one = RetryPolicy::default().also_on(["B", "A", "B"]);
        let other = RetryPolicy::default().also_on(["A", "B"]);
        assert_eq!(one, other);
        assert!(std::ptr::eq(one.also, other.also));
        assert!(one.names(Some("A")) && !one.names(Some("C")) && !one.names(None));
        assert!(!one.also_on([]).names(Some("A")));
    }

    #[test]
    fn none_is_one_attempt() {
        let mut attempts = Attempts::new(RetryPolicy::none());
        attempts.count = 1;
        assert_eq!(attempts.delay(None), None);
        assert_eq!(RetryPolicy::default().with_attempts(0).attempts, 1);
    }
}
