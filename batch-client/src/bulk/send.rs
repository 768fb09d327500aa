//! One request with a chunk of tasks, and the meaning of its response for each of them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use reqwest::{Method, Request, StatusCode, Url};

use super::chunk::{Chunk, Pending};
use super::lookup::{Found, Lookup};
use super::outcome::{AddOutcome, TaskOutcome};
use super::results::{Results, TaskResult};
use crate::error::Error;
use crate::generated::comparisons::TASK_ADD_PARAMETER;
use crate::models::TaskAddStatus;
use crate::options::CallOptions;
use crate::retry::RetryPolicy;
use crate::retry::effect::Effect;
use crate::transport::{self, Call};
use crate::wire::{json, path};
use crate::{API_VERSION, Client, codes};

const OPERATION: &str = "Task_AddCollection";
/// A `Retry-After` is lengthened by at most this part of it, so that clients that were throttled
/// together do not come back together. A service that saves up no longer than it asks to wait loses
/// the rest.
const SPREAD: u32 = 20;
/// Codes that are about a property in the body, which holds nothing but tasks.
const OF_A_PROPERTY: [&str; 3] = [
    codes::INVALID_PROPERTY_VALUE,
    codes::MISSING_REQUIRED_PROPERTY,
    codes::UNSUPPORTED_PROPERTY,
];

/// Sends the chunks of one call.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) client: Client,
    pub(super) job_id: String,
    pub(super) retry: RetryPolicy,
    pub(super) deadline: Option<Deadline>,
    pub(super) lookup: Lookup,
}

/// End of a call that has a timeout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    timeout: Duration,
}

impl Deadline {
    /// The end of a call that begins now; `None` if the clock cannot represent it.
    #[inline]
    pub(super) fn after(timeout: Duration) -> Option<Self> {
        let at = Instant::now().checked_add(timeout)?;
        Some(Self { at, timeout })
    }

    #[inline]
    pub(super) fn error(&self) -> Error {
        Error::timed_out(OPERATION, self.timeout, true)
    }

    /// Awaits a future until the deadline, if there is one.
    #[inline]
    pub(super) async fn bound<T>(
        deadline: Option<Self>,
        future: impl Future<Output = T>,
    ) -> Result<T, Error> {
        match deadline {
            None => Ok(future.await),
            Some(deadline) => tokio::time::timeout_at(deadline.at.into(), future)
                .await
                .map_err(|_| deadline.error()),
        }
    }
}

/// Result of sending a chunk.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) outcomes: Vec<TaskOutcome>,
    /// Chunks to send again.
    pub(super) again: Vec<Chunk>,
    /// The service asks for fewer requests, and for this pause.
    pub(super) throttled: Option<Duration>,
    /// Nothing more can be added.
    pub(super) stopped: Option<Error>,
}

impl Sender {
    /// Waits until a chunk is to be sent.
    #[inline]
    pub(super) async fn pause(&self, chunk: &Chunk) {
        if !chunk.pause.is_zero() {
            let pause = tokio::time::sleep(chunk.pause);
            // Sending it fails then.
            let _ = Deadline::bound(self.deadline, pause).await;
        }
    }

    /// Sends a chunk once.
    #[inline]
    pub(super) async fn send(&self, mut chunk: Chunk) -> Sent {
        if let Some(deadline) = self.deadline.filter(|end| end.at <= Instant::now()) {
            return stopped(chunk, deadline.error());
        }
        let offset = self.client.transport().clock.offset();
        let response = Deadline::bound(self.deadline, self.request(&chunk)).await;
        match response {
            Ok(Ok(results)) => self.results(chunk, results).await,
            // The client knows the service's time now.
            Ok(Err(error))
                if error.is_auth()
                    && !chunk.clock_corrected
                    && self.client.transport().clock.offset() != offset =>
            {
                chunk.clock_corrected = true;
                again(chunk)
            }
            Ok(Err(error)) => self.failed(chunk, error).await,
            Err(timeout) => {
                chunk.unclear = true;
                stopped(chunk, timeout)
            }
        }
    }

    #[inline]
    async fn request(&self, chunk: &Chunk) -> Result<Results, Error> {
        transport::segment(OPERATION, "job_id", &self.job_id)?;
        let job = path::encode(&self.job_id);
        let base = self.client.endpoint();
        let url = format!("{base}/jobs/{job}/addtaskcollection?api-version={API_VERSION}");
        let url = Url::parse(&url)
            .map_err(|why| Error::refused(OPERATION, format!("cannot build the request: {why}")))?;
        let mut request = Request::new(Method::POST, url);
        *request.body_mut() = Some(chunk.body().into());
        let options = CallOptions {
            // Retries are new chunks.
            retry: Some(RetryPolicy::none()),
            ..CallOptions::default()
        };
        let call = Call::new(OPERATION, Effect::Acts(&[]), options);
        let call = call.decoding(Some(json::decode::<Results>));
        let response = self.client.send(&call, request).await?;
        Ok(response.into_model::<Results>()?.into_inner())
    }

    /// Handles a chunk whose request failed as a whole.
    #[inline]
    async fn failed(&self, mut chunk: Chunk, error: Error) -> Sent {
        if self.retry.names(error.code()) {
            let asked = error.retry_after();
            return self.later(chunk, error, asked);
        }
        match error.status().map(|status| status.as_u16()) {
            Some(413) => self.parted(chunk, &error).await,
            Some(400) if concerns_a_task(&error) => self.parted(chunk, &error).await,
            Some(429 | 503) => self.throttled(chunk, error),
            _ if error.may_pass() || error.is_invalid_response() => {
                chunk.unclear |= !error.is_connect();
                self.later(chunk, error, None)
            }
            _ => {
                // A gateway can say so of what went on behind it.
                chunk.unclear |= error.is_server_error();
                stopped(chunk, error)
            }
        }
    }

    /// Sends a chunk again after a pause, until the policy's attempts or its time are used up.
    #[inline]
    fn later(&self, mut chunk: Chunk, error: Error, asked: Option<Duration>) -> Sent {
        chunk.failures = chunk.failures.saturating_add(1);
        let since = *chunk.failing.get_or_insert_with(Instant::now);
        chunk.pause = self.pause_after(chunk.failures, asked);
        if chunk.failures >= self.retry.attempts || self.is_too_long(since, chunk.pause) {
            return stopped(chunk, error);
        }
        again(chunk)
    }

    /// Handles a chunk that the service rejected: retries both halves, or rejects the only task.
    #[inline]
    async fn parted(&self, mut chunk: Chunk, error: &Error) -> Sent {
        if chunk.tasks.len() > 1 {
            return Sent {
                again: chunk.split().into(),
                ..Sent::default()
            };
        }
        let rejected: Vec<_> = chunk.tasks.pop().into_iter().collect();
        let rejected = rejected.into_iter().map(|task| (task, rejected_by(error)));
        let mut sent = Sent::default();
        self.reject(rejected.collect(), chunk.unclear, &mut sent)
            .await;
        sent
    }

    #[inline]
    fn throttled(&self, mut chunk: Chunk, error: Error) -> Sent {
        let (since, times) = chunk.throttled.unwrap_or((Instant::now(), 0));
        // A gateway can say 503 of what went on behind it.
        chunk.unclear |= error.status() != Some(StatusCode::TOO_MANY_REQUESTS);
        let pause = self.pause_after(times.saturating_add(1), error.retry_after());
        if self.retry.attempts <= 1 || self.is_too_long(since, pause) {
            return stopped(chunk, error);
        }
        chunk.throttled = Some((since, times.saturating_add(1)));
        Sent {
            throttled: Some(pause),
            ..again(chunk)
        }
    }

    /// The pause after some failures; the one that the service asks for, if it is not too long.
    #[inline]
    fn pause_after(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let pause = self.retry.delay_after(failures);
        asked.map_or(pause, |asked| {
            let asked = self.retry.limited(asked);
            asked.saturating_add(pause.min(asked / SPREAD))
        })
    }

    /// Returns true if the policy's time would be over after a pause.
    #[inline]
    fn is_too_long(&self, since: Instant, pause: Duration) -> bool {
        since.elapsed().saturating_add(pause) > self.retry.total_time
    }

    /// Reads the service's result for each task.
    #[inline]
    async fn results(&self, chunk: Chunk, results: Results) -> Sent {
        let mut sent = Sent::default();
        sent.outcomes.reserve(chunk.tasks.len());
        let (mut failed, mut exist, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (task, result) in results.of(chunk.tasks) {
            let error = result.as_ref().and_then(|result| result.error.as_deref());
            let code = error.and_then(|error| error.code.as_deref());
            match result.as_ref().and_then(|result| result.status.as_ref()) {
                Some(TaskAddStatus::Success) => sent.outcomes.push(task.end(added(result))),
                Some(TaskAddStatus::ClientError) if code == Some(codes::TASK_EXISTS) => {
                    exist.push(task);
                }
                Some(TaskAddStatus::ClientError) if self.retry.names(code) => {
                    failed.push((task, AddOutcome::rejected(error)));
                }
                Some(TaskAddStatus::ClientError) => {
                    refused.push((task, AddOutcome::rejected(error)));
                }
                // A failure of the service, or no result for the task.
                _ => failed.push((task, AddOutcome::unconfirmed(error))),
            }
        }
        self.compare(exist, &mut sent).await;
        self.reject(refused, chunk.unclear, &mut sent).await;
        self.serve_again(failed, &mut sent).await;
        sent
    }

    /// Compares existing tasks with those to add.
    #[inline]
    async fn compare(&self, tasks: Vec<Pending>, sent: &mut Sent) {
        let mut open = Vec::new();
        for (mut task, found) in self.lookup.find(self, tasks).await {
            let message = match found {
                Found::Same => {
                    sent.outcomes.push(task.end(AddOutcome::AlreadyThere));
                    continue;
                }
                Found::Different => {
                    sent.outcomes.push(task.end(AddOutcome::ExistsDifferent));
                    continue;
                }
                Found::Gone => "a task of this id comes and goes".to_owned(),
                Found::Unknown(message) => message,
            };
            task.failures += 1;
            if task.failures < self.retry.attempts {
                open.push(task);
            } else {
                sent.outcomes
                    .push(task.end(AddOutcome::Unknown { message }));
            }
        }
        if !open.is_empty() {
            sent.again
                .push(Chunk::again(open, self.retry.delay_after(1)));
        }
    }

    /// Ends tasks that the service rejected. If an earlier attempt may have added them, they are
    /// looked for first.
    #[inline]
    async fn reject(&self, tasks: Vec<(Pending, AddOutcome)>, unclear: bool, sent: &mut Sent) {
        if !unclear {
            let rejected = tasks.into_iter().map(|(task, outcome)| task.end(outcome));
            sent.outcomes.extend(rejected);
            return;
        }
        self.last_word(tasks, sent).await;
    }

    /// Ends tasks with what exists of them, and with these outcomes where nothing does.
    #[inline]
    async fn last_word(&self, tasks: Vec<(Pending, AddOutcome)>, sent: &mut Sent) {
        let mut outcomes: HashMap<u64, AddOutcome> = HashMap::with_capacity(tasks.len());
        let mut pending = Vec::with_capacity(tasks.len());
        for (task, outcome) in tasks {
            outcomes.insert(task.position, outcome);
            pending.push(task);
        }
        for (task, found) in self.lookup.find(self, pending).await {
            let otherwise = outcomes.remove(&task.position);
            let outcome = match (found, otherwise) {
                (Found::Same, _) => AddOutcome::AlreadyThere,
                (Found::Different, _) => AddOutcome::ExistsDifferent,
                (Found::Gone, Some(otherwise)) => otherwise,
                (Found::Unknown(message), _) => AddOutcome::Unknown { message },
                (Found::Gone, None) => AddOutcome::unconfirmed(None),
            };
            sent.outcomes.push(task.end(outcome));
        }
    }

    /// Tasks at which the service failed: again, until the tries are used up.
    #[inline]
    async fn serve_again(&self, tasks: Vec<(Pending, AddOutcome)>, sent: &mut Sent) {
        let (mut again, mut last) = (Vec::new(), Vec::new());
        let mut most = 0;
        for (mut task, outcome) in tasks {
            task.failures += 1;
            if task.failures < self.retry.attempts {
                most = most.max(task.failures);
                again.push(task);
            } else {
                last.push((task, outcome));
            }
        }
        // Some may be there all the same.
        self.last_word(last, sent).await;
        if !again.is_empty() {
            sent.again
                .push(Chunk::again(again, self.retry.delay_after(most)));
        }
    }
}

/// Returns true if a 400 is about one of the tasks: it names a property that tasks have. Any other
/// is about the request, and splitting it would not help.
#[inline]
fn concerns_a_task(error: &Error) -> bool {
    if error.code() == Some(codes::REQUEST_BODY_TOO_LARGE) {
        return true;
    }
    let mut details = error.details().iter();
    error
        .code()
        .is_some_and(|code| OF_A_PROPERTY.contains(&code))
        || details.any(|detail| {
            let value = detail.value.as_deref().unwrap_or_default();
            match detail.key.as_deref() {
                Some("PropertyName") => !value.is_empty(),
                // Such as "… was read for the property 'requiredSlots' …".
                Some("Reason") => value
                    .split(['\'', '"', '`'])
                    .skip(1)
                    .step_by(2)
                    .any(|name| TASK_ADD_PARAMETER.has(name)),
                _ => false,
            }
        })
}

#[inline]
fn added(result: Option<TaskResult>) -> AddOutcome {
    let (etag, last_modified) =
        result.map_or((None, None), |result| (result.etag, result.last_modified));
    AddOutcome::Added {
        etag,
        last_modified,
    }
}

#[inline]
fn rejected_by(error: &Error) -> AddOutcome {
    AddOutcome::Rejected {
        code: error.code().map(str::to_owned),
        message: error.to_string(),
    }
}

#[inline]
fn again(chunk: Chunk) -> Sent {
    Sent {
        again: vec![chunk],
        ..Sent::default()
    }
}

/// The call ends with this chunk.
#[inline]
fn stopped(chunk: Chunk, error: Error) -> Sent {
    let outcome = if chunk.unclear {
        AddOutcome::Unknown {
            message: error.to_string(),
        }
    } else {
        AddOutcome::NotAttempted
    };
    Sent {
        outcomes: chunk
            .tasks
            .into_iter()
            .map(|task| task.end(outcome.clone()))
            .collect(),
        stopped: Some(error),
        ..Sent::default()
    }
}
