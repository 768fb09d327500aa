//! Polling: intervals, timeouts and failures.
//!
//! A condition (`tasks`, `jobs`, `pools`, `nodes`) implements a single poll; everything else about
//! a wait is here.

use std::fmt;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::error::Error;
use crate::polling::{Intervals, LONGEST_OUTAGE};
use crate::{BoxFuture, wait};

/// First pause between two polls.
const LEAST: Duration = Duration::from_millis(250);
/// Longest pause between two polls, unless the caller sets another.
const MOST: Duration = Duration::from_secs(15);

/// Longest search for an obstacle after a timeout.
const SEARCH: Duration = Duration::from_secs(2);

/// Result of a poll.
#[derive(Debug)]
pub enum Look<C: wait::Condition> {
    /// The condition is met, or can no longer be met.
    Done(C::Outcome),
    /// Not yet.
    Waiting(C::Snapshot),
}

type Progress<S> = Box<dyn FnMut(&S) + Send>;

/// A wait, which starts when it is awaited and ends when its future is dropped.
///
/// The `wait` methods of the groups return it, see [`wait`](crate::wait). Its methods are the
/// settings of the wait.
#[must_use = "a wait starts only when it is awaited"]
pub struct Wait<C: wait::Condition> {
    pub(super) client: Client,
    pub(super) condition: C,
    timeout: Option<Duration>,
    intervals: Intervals,
    progress: Option<Progress<C::Snapshot>>,
}

impl<C: wait::Condition> Wait<C> {
    #[inline]
    pub(super) fn new(client: Client, condition: C) -> Self {
        Self {
            client,
            condition,
            timeout: None,
            intervals: Intervals::new(LEAST, MOST),
            progress: None,
        }
    }

    /// Sets the longest time for the whole wait; none by default.
    ///
    /// When it passes, the wait ends with an error for which [`Error::is_timeout`] is true and
    /// which has the last state seen. A wait for a job or its tasks then takes up to 2 s more to
    /// find out if the job's pool is missing, and the error says so. Until the timeout, transient
    /// failures (throttling, statuses 5xx, lost connections) do not end the wait. Without a
    /// timeout, a wait gives up after every call has failed for an hour. A response that is a
    /// success but cannot be read, because it is of a proxy or was cut off, counts as a failure.
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the first polling interval; 250 ms by default. Intervals grow to a tenth of the time
    /// waited so far.
    #[inline]
    pub fn min_interval(mut self, interval: Duration) -> Self {
        self.intervals.min = interval;
        self
    }

    /// Sets the longest polling interval; 15 s by default. A longer `Retry-After` of the service is
    /// respected, up to the limit of the client's policy
    /// ([`RetryPolicy::max_retry_after`](crate::RetryPolicy::max_retry_after)).
    #[inline]
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.intervals.max = interval;
        self
    }

    /// Sets a callback for the state seen by each poll while the condition is not met.
    #[inline]
    pub fn progress(mut self, callback: impl FnMut(&C::Snapshot) + Send + 'static) -> Self {
        self.progress = Some(Box::new(callback));
        self
    }

    #[inline]
    async fn run(mut self) -> Result<C::Outcome, Error> {
        let begun = Instant::now();
        let deadline = self
            .timeout
            .and_then(|limit| tokio::time::Instant::now().checked_add(limit));
        let (mut seen, mut failed): (Option<C::Snapshot>, Option<(Instant, Error)>) = (None, None);
        loop {
            let look = self.condition.look(&self.client);
            let result = match deadline {
                Some(deadline) => match tokio::time::timeout_at(deadline, look).await {
                    Ok(result) => result,
                    Err(_) => break,
                },
                None => look.await,
            };
            let mut pause = self.intervals.next(begun.elapsed());
            match result {
                Ok(Look::Done(outcome)) => {
                    return Ok(self.condition.finish(&self.client, outcome, deadline).await);
                }
                Ok(Look::Waiting(snapshot)) => {
                    if let Some(progress) = &mut self.progress {
                        progress(&snapshot);
                    }
                    (seen, failed) = (Some(snapshot), None);
                }
                Err(error) if error.may_pass() => {
                    let since = failed.map_or_else(Instant::now, |(since, _)| since);
                    if deadline.is_none() && since.elapsed() > LONGEST_OUTAGE {
                        return Err(error);
                    }
                    tracing::warn!(%error, "a poll failed; the wait continues");
                    let asked = error.retry_after().unwrap_or_default();
                    pause = pause.max(asked.min(self.client.transport().retry.max_retry_after));
                    failed = Some((since, error));
                }
                Err(error) => return Err(error),
            }
            if !sleep(pause, deadline).await {
                break;
            }
        }
        let limit = self.timeout.unwrap_or_default();
        let seen = seen.map_or_else(|| "nothing".to_owned(), |seen| seen.to_string());
        let mut text = format!(
            "{} after {limit:?}; last seen: {seen}",
            self.condition.unmet()
        );
        let search = tokio::time::timeout(SEARCH, self.condition.obstacle(&self.client));
        if let Ok(Some(obstacle)) = search.await {
            text.push_str("; ");
            text.push_str(&obstacle);
        }
        Err(Error::waited(text, failed.map(|(_, error)| error)))
    }
}

/// Sleeps, at most until the deadline; returns true if the deadline is still ahead.
#[inline]
async fn sleep(pause: Duration, deadline: Option<tokio::time::Instant>) -> bool {
    let end = tokio::time::Instant::now().checked_add(pause);
    match deadline {
        // A pause without an end is longer than any timeout.
        Some(deadline) if end.is_none_or(|end| end >= deadline) => {
            tokio::time::sleep_until(deadline).await;
            false
        }
        _ => {
            tokio::time::sleep(pause).await;
            true
        }
    }
}

impl<C: wait::Condition> IntoFuture for Wait<C> {
    type Output = Result<C::Outcome, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<C: wait::Condition> fmt::Debug for Wait<C> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("condition", &self.condition)
            .field("timeout", &self.timeout)
            .field("intervals", &self.intervals)
            .finish_non_exhaustive()
    }
}
