//! One request with a chunk of tasks, and the meaning of its response for each of them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use reqwest::{Method, Request, StatusCode, Url};

use super::chunk::{Chunk, Pending};
use super::outcome::{AddOutcome, TaskOutcome};
use crate::codes;
use crate::error::Error;
use crate::generated::comparisons::TASK_ADD_PARAMETER;
use crate::models::{TaskAddCollectionResult, TaskAddResult, TaskAddStatus};
use crate::options::CallOptions;
use crate::retry::RetryPolicy;
use crate::retry::effect::Effect;
use crate::transport::{self, Call};
use crate::wire::path;
use crate::{API_VERSION, Client};

const OPERATION: &str = "Task_AddCollection";
/// A `Retry-After` is lengthened by at most this part of it, so that clients that were throttled
/// together do not come back together. A service that saves up no longer than it asks to wait loses
/// the rest.
const SPREAD: u32 = 20;
/// Tasks that are read at the same time, to be compared.
const READS: usize = 8;
/// Codes of a 400 that are about the request and not about one of its tasks.
const NOT_OF_A_TASK: [&str; 4] = [
    "InvalidQueryParameterValue",
    "InvalidHeaderValue",
    "UnsupportedVersion",
    "InvalidAuthenticationInfo",
];

/// Sends the chunks of one call.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) client: Client,
    pub(super) job_id: String,
    pub(super) retry: RetryPolicy,
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
    /// Sends a chunk once.
    #[inline]
    pub(super) async fn send(&self, chunk: Chunk) -> Sent {
        let offset = self.client.transport().clock.offset();
        match self.request(&chunk).await {
            Ok(answer) => self.results(chunk, answer.value.unwrap_or_default()).await,
            // The client knows the service's time now.
            Err(error) if error.is_auth() && self.client.transport().clock.offset() != offset => {
                Sent {
                    again: vec![chunk],
                    ..Sent::default()
                }
            }
            Err(error) => self.failed(chunk, error),
        }
    }

    #[inline]
    async fn request(&self, chunk: &Chunk) -> Result<TaskAddCollectionResult, Error> {
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
        let answer = self.client.send(&call, request).await?;
        Ok(answer.into_model::<TaskAddCollectionResult>()?.into_inner())
    }

    /// Handles a chunk whose request failed as a whole.
    #[inline]
    fn failed(&self, mut chunk: Chunk, error: Error) -> Sent {
        let status = error.status().map(|status| status.as_u16());
        match status {
            Some(413) => Self::parted(chunk, &error),
            Some(400)
                if !error
                    .code()
                    .is_some_and(|code| NOT_OF_A_TASK.contains(&code)) =>
            {
                Self::parted(chunk, &error)
            }
            Some(429 | 503) => self.throttled(chunk, error),
            _ if error.may_pass() || error.is_invalid_response() => {
                chunk.unclear |= !error.is_connect();
                chunk.failures += 1;
                if chunk.failures >= self.retry.attempts {
                    return stopped(chunk, error);
                }
                chunk.pause = self.retry.delay_after(chunk.failures);
                again(chunk)
            }
            _ => stopped(chunk, error),
        }
    }

    /// Handles a chunk that the service rejected: retries both halves, or rejects the only task.
    #[inline]
    fn parted(mut chunk: Chunk, error: &Error) -> Sent {
        if chunk.tasks.len() > 1 {
            return Sent {
                again: chunk.split().into(),
                ..Sent::default()
            };
        }
        let outcomes = chunk.tasks.pop().map(|task| task.end(rejected(error)));
        Sent {
            outcomes: outcomes.into_iter().collect(),
            ..Sent::default()
        }
    }

    #[inline]
    fn throttled(&self, mut chunk: Chunk, error: Error) -> Sent {
        let (since, times) = chunk.throttled.unwrap_or((Instant::now(), 0));
        if since.elapsed() > self.retry.total_time || self.retry.attempts <= 1 {
            return stopped(chunk, error);
        }
        // A gateway can say 503 of what went on behind it.
        chunk.unclear |= error.status() != Some(StatusCode::TOO_MANY_REQUESTS);
        chunk.throttled = Some((since, times + 1));
        let asked = error.retry_after();
        let pause = self.retry.delay_after(times + 1);
        Sent {
            throttled: Some(asked.map_or(pause, |asked| asked + pause.min(asked / SPREAD))),
            ..again(chunk)
        }
    }

    /// Reads the service's result for each task.
    #[inline]
    async fn results(&self, chunk: Chunk, results: Vec<TaskAddResult>) -> Sent {
        let mut results = by_id(results);
        let mut sent = Sent::default();
        let (mut failed, mut exist) = (Vec::new(), Vec::new());
        for task in chunk.tasks {
            let result = results
                .get_mut(&task.id.to_ascii_lowercase())
                .and_then(Vec::pop);
            let error = result.as_ref().and_then(|result| result.error.as_ref());
            let code = error.and_then(|error| error.code.as_deref());
            match result.as_ref().and_then(|result| result.status.as_ref()) {
                Some(TaskAddStatus::Success) => sent.outcomes.push(task.end(added(result))),
                Some(TaskAddStatus::ClientError) if code == Some(codes::TASK_EXISTS) => {
                    exist.push(task);
                }
                Some(TaskAddStatus::ClientError) => {
                    let outcome = AddOutcome::rejected(error);
                    sent.outcomes.push(task.end(outcome));
                }
                // A failure of the service, or no word of this task.
                _ => failed.push((task, AddOutcome::rejected(error))),
            }
        }
        self.compare(exist, &mut sent).await;
        self.serve_again(failed, &mut sent).await;
        sent
    }

    /// Compares existing tasks with those to add.
    #[inline]
    async fn compare(&self, tasks: Vec<Pending>, sent: &mut Sent) {
        let reads =
            futures_util::stream::iter(tasks).map(async |task| (self.existing(&task).await, task));
        let found: Vec<_> = reads.buffer_unordered(READS).collect().await;
        let mut gone = Vec::new();
        for (outcome, mut task) in found {
            match outcome {
                Some(outcome) => sent.outcomes.push(task.end(outcome)),
                None if task.failures + 1 < self.retry.attempts => {
                    task.failures += 1;
                    gone.push(task);
                }
                None => sent.outcomes.push(task.end(AddOutcome::Unknown {
                    message: "a task of this id comes and goes".to_owned(),
                })),
            }
        }
        if !gone.is_empty() {
            sent.again
                .push(Chunk::again(gone, self.retry.delay_after(1)));
        }
    }

    /// Compares a task with the existing one of the same id; `None` if that no longer exists.
    #[inline]
    async fn existing(&self, task: &Pending) -> Option<AddOutcome> {
        let read = self
            .client
            .task()
            .get(&self.job_id, &task.id)
            .retry(self.retry)
            .raw()
            .await;
        let body = match read {
            Ok(answer) => answer.bytes().await,
            Err(error) if error.is_not_found() => {
                return None;
            }
            Err(error) => Err(error),
        };
        Some(match body {
            Ok(body) if TASK_ADD_PARAMETER.is_same(&task.body, &body) => AddOutcome::AlreadyThere,
            Ok(_) => AddOutcome::ExistsDifferent,
            Err(error) => AddOutcome::Unknown {
                message: format!("cannot compare with the existing task of this id: {error}"),
            },
        })
    }

    /// Tasks at which the service failed: again, until the tries are used up.
    #[inline]
    async fn serve_again(&self, tasks: Vec<(Pending, AddOutcome)>, sent: &mut Sent) {
        let mut again = Vec::new();
        let mut most = 0;
        for (mut task, rejected) in tasks {
            task.failures += 1;
            if task.failures < self.retry.attempts {
                most = most.max(task.failures);
                again.push(task);
                continue;
            }
            // The last word: it may be there all the same.
            let outcome = self.existing(&task).await.unwrap_or(rejected);
            sent.outcomes.push(task.end(outcome));
        }
        if !again.is_empty() {
            sent.again
                .push(Chunk::again(again, self.retry.delay_after(most)));
        }
    }
}

/// The results by id. The service answers in any order and, where an id was sent twice, twice; the
/// last of a list is taken first, so a success is there.
#[inline]
fn by_id(results: Vec<TaskAddResult>) -> HashMap<String, Vec<TaskAddResult>> {
    let mut by_id: HashMap<String, Vec<TaskAddResult>> = HashMap::new();
    for result in results {
        let id = result
            .task_id
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        by_id.entry(id).or_default().push(result);
    }
    for results in by_id.values_mut() {
        results.sort_by_key(|result| result.status == Some(TaskAddStatus::Success));
    }
    by_id
}

#[inline]
fn added(result: Option<TaskAddResult>) -> AddOutcome {
    let (etag, last_modified) =
        result.map_or((None, None), |result| (result.etag, result.last_modified));
    AddOutcome::Added {
        etag,
        last_modified,
    }
}

#[inline]
fn rejected(error: &Error) -> AddOutcome {
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
