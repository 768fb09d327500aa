//! Failed tasks and their reasons.

use std::fmt;

use batch_client::models::{CloudTask, ErrorCategory};

use super::submitted::SubmittedJob;
use crate::error::Result;

/// A task that will be retried is active again, so it does not count as failed.
const FAILED: &str = "state eq 'completed' and executionInfo/result eq 'failure'";
/// Bytes at the end of standard error that are shown.
const TAIL: u64 = 4096;

/// A task that failed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FailedTask {
    /// Id of the task.
    pub id: String,
    /// Display name of the task: the name of its file, if it has one.
    pub name: Option<String>,
    /// Exit code; `None` if the command did not start or was killed.
    pub exit_code: Option<i32>,
    /// Who is to blame, in the service's opinion: the user or the service.
    pub category: Option<ErrorCategory>,
    /// Code of the failure, such as `FailureExitCode`.
    pub code: Option<String>,
    /// Message of the service.
    pub message: Option<String>,
    /// The end of `stderr.txt`, at most 4,096 bytes; `None` if the job's container does not have
    /// it.
    pub stderr: Option<String>,
}

impl FailedTask {
    fn new(task: CloudTask) -> Self {
        let execution = task.execution_info.unwrap_or_default();
        let info = execution.failure_info.unwrap_or_default();
        Self {
            id: task.id.unwrap_or_default(),
            name: task.display_name,
            exit_code: execution.exit_code,
            category: info.category,
            code: info.code,
            message: info.message,
            stderr: None,
        }
    }
}

impl fmt::Display for FailedTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.id)?;
        if let Some(name) = &self.name {
            write!(f, " ({name})")?;
        }
        f.write_str(" failed")?;
        if let Some(code) = self.exit_code {
            write!(f, " with exit code {code}")?;
        }
        if let Some(code) = &self.code {
            write!(f, ": {code}")?;
        }
        Ok(())
    }
}

pub(super) async fn list(job: &SubmittedJob) -> Result<Vec<FailedTask>> {
    let list = job.client().task().list(job.id()).filter(FAILED);
    let mut tasks = list.select("id,displayName,executionInfo").stream();
    let data = job.storage().data(&job.container())?;
    let mut failed = Vec::new();
    while let Some(task) = tasks.try_next().await? {
        let mut task = FailedTask::new(task);
        let log = format!("{}/$TaskLog/stderr.txt", task.id);
        // The log is a help; the failure is reported without it, too.
        if let Ok(bytes) = data.tail(&log, TAIL).await {
            task.stderr = Some(String::from_utf8_lossy(&bytes).into_owned());
        }
        failed.push(task);
    }
    Ok(failed)
}

pub(super) async fn ids(job: &SubmittedJob) -> Result<Vec<String>> {
    let list = job.client().task().list(job.id()).filter(FAILED);
    let mut tasks = list.select("id").stream();
    let mut ids = Vec::new();
    while let Some(task) = tasks.try_next().await? {
        ids.extend(task.id);
    }
    Ok(ids)
}
