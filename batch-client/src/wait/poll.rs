//! Looking again and again: how often, for how long, and what happens to failures.
//!
//! A condition (`tasks`, `jobs`, `pools`, `nodes`) says what one look brings; everything else about
//! a wait is here.

use std::fmt;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::error::Error;
use crate::pauses::{OUTAGE, Pauses};
use crate::{BoxFuture, wait};

/// The first pause between two looks.
const LEAST: Duration = Duration::from_millis(250);
/// The longest pause between two looks, unless the caller sets another.
const MOST: Duration = Duration::from_secs(15);

/// What a look brings.
#[derive(Debug)]
pub enum Look<C: wait::Condition> {
    /// The condition is met, or can no longer be.
    Done(C::Outcome),
    /// Not yet.
    Waiting(C::Snapshot),
}

type Progress<S> = Box<dyn FnMut(&S) + Send>;

/// A wait that has not begun; it begins when it is awaited and ends where its future is dropped.
///
/// Made by the `wait` methods of the groups, see [`wait`](crate::wait). What can be waited for
/// further has a method here that sets it.
#[must_use = "a wait begins only when it is awaited"]
pub struct Wait<C: wait::Condition> {
    pub(super) client: Client,
    pub(super) condition: C,
    timeout: Option<Duration>,
    pauses: Pauses,
    progress: Option<Progress<C::Snapshot>>,
}

impl<C: wait::Condition> Wait<C> {
    #[inline]
    pub(super) fn new(client: Client, condition: C) -> Self {
        Self {
            client,
            condition,
            timeout: None,
            pauses: Pauses::new(LEAST, MOST),
            progress: None,
        }
    }

    /// Longest time for the whole wait; none by default.
    ///
    /// Where it runs out, the wait ends with an error of which [`Error::is_timeout`] is true and
    /// which says what was seen last. Until then, failures that may pass (throttling, statuses 5xx,
    /// lost connections) do not end the wait. Without a timeout, an hour in which every call failed
    /// so does.
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The first pause between two looks; 250 ms by default. Pauses grow with the length of the
    /// wait, to a tenth of it.
    #[inline]
    pub fn min_interval(mut self, interval: Duration) -> Self {
        self.pauses.least = interval;
        self
    }

    /// The longest pause between two looks; 15 s by default. A longer `Retry-After` of the service
    /// is kept all the same.
    #[inline]
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.pauses.most = interval;
        self
    }

    /// Calls this with what each look has seen, as long as the wait goes on.
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
            let mut pause = self.pauses.next(begun.elapsed());
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
                    if deadline.is_none() && since.elapsed() > OUTAGE {
                        return Err(error);
                    }
                    tracing::warn!(%error, "a look of a wait failed; the wait goes on");
                    pause = pause.max(error.retry_after().unwrap_or_default());
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
        let text = format!(
            "{} after {limit:?}; last seen: {seen}",
            self.condition.unmet()
        );
        Err(Error::waited(text, failed.map(|(_, error)| error)))
    }
}

/// Pauses, but not beyond the deadline; tells whether that is still to come.
#[inline]
async fn sleep(pause: Duration, deadline: Option<tokio::time::Instant>) -> bool {
    let end = tokio::time::Instant::now().checked_add(pause);
    match (end, deadline) {
        (Some(end), Some(deadline)) if end >= deadline => {
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
            .field("pauses", &self.pauses)
            .finish_non_exhaustive()
    }
}
