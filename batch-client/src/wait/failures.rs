//! Failed tasks, with their reasons and the end of their stderr.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::page_retry;
use crate::client::Client;
use crate::error::Error;
use crate::models::{CloudTask, TaskFailureInformation};
use crate::transfer::content::{Failure, fetch};
use crate::transfer::remote::{Owner, Remote};
use crate::wire::redact;

/// A task that is retried is active again, so it does not count as failed.
const FAILED: &str = "state eq 'completed' and executionInfo/result eq 'failure'";
/// Longest time to read the stderr of one task, which is optional.
const PATIENCE: Duration = Duration::from_secs(30);

/// A task that failed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskFailure {
    /// Id of the task.
    pub id: String,
    /// Exit code of the command line; `None` if it did not start or was killed.
    pub exit_code: Option<i32>,
    /// The service's reason for the failure.
    pub info: Option<TaskFailureInformation>,
    /// The end of `stderr.txt`; `None` if it was not requested or could not be read, for example
    /// because the node is gone.
    pub stderr: Option<Bytes>,
}

impl TaskFailure {
    #[inline]
    fn read(task: CloudTask) -> Self {
        let execution = task.execution_info.unwrap_or_default();
        Self {
            id: task.id.unwrap_or_default(),
            exit_code: execution.exit_code,
            info: execution.failure_info,
            stderr: None,
        }
    }

    /// The end of stderr as text; empty if there is none. Invalid UTF-8 is replaced.
    #[inline]
    pub fn stderr_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.stderr.as_deref().unwrap_or_default())
    }

    /// Reads the end of the task's stderr, unless that takes too long.
    #[inline]
    pub(super) async fn read_stderr(
        &mut self,
        client: &Client,
        job: &str,
        bytes: u64,
        deadline: Option<Instant>,
    ) {
        if bytes == 0 {
            return;
        }
        let end = Instant::now() + PATIENCE;
        let end = deadline.map_or(end, |deadline| deadline.min(end));
        let read = timeout_at(end, end_of_file(client, job, &self.id, "stderr.txt", bytes));
        self.stderr = read.await.ok().and_then(Result::ok);
    }
}

/// The reason for the failure in one line.
impl fmt::Display for TaskFailure {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {} failed", self.id)?;
        if let Some(code) = self.exit_code {
            write!(f, " with exit code {code}")?;
        }
        let Some(info) = &self.info else {
            return Ok(());
        };
        if let Some(code) = &info.code {
            write!(f, ": {code}")?;
        }
        if let Some(line) = info.message.as_ref().and_then(|text| text.lines().next()) {
            // Without the full stop: programs continue the line, often with a colon.
            write!(
                f,
                ": {}",
                redact::text(line.trim_end().trim_end_matches('.'))
            )?;
        }
        Ok(())
    }
}

/// Lists at most `most` failed tasks of a job.
#[inline]
pub(super) async fn list(
    client: &Client,
    job: &str,
    most: usize,
) -> Result<Vec<TaskFailure>, Error> {
    let tasks = client.task().list(job).filter(FAILED);
    let tasks = tasks.select("id,executionInfo");
    let mut tasks = tasks.retry(page_retry(client)).stream();
    let mut failures = Vec::new();
    while failures.len() < most {
        match tasks.try_next().await? {
            Some(task) => failures.push(TaskFailure::read(task)),
            None => break,
        }
    }
    Ok(failures)
}

/// Reads the last bytes of a task's file, which may grow meanwhile.
#[inline]
async fn end_of_file(
    client: &Client,
    job: &str,
    task: &str,
    path: &str,
    bytes: u64,
) -> Result<Bytes, Error> {
    let remote = Remote {
        client: client.clone(),
        owner: Owner::Task {
            job: job.to_owned(),
            task: task.to_owned(),
        },
        path: path.to_owned(),
    };
    let properties = remote.properties(None).await?;
    let length = properties.content_length.unwrap_or_default().max(0);
    let length = length.unsigned_abs();
    if length == 0 {
        return Ok(Bytes::new());
    }
    let end = match fetch(&remote, length.saturating_sub(bytes)..length, None).await {
        Ok(end) => end.bytes().await,
        Err(failure) => Err(failure),
    };
    end.map_err(Failure::into_error)
}
