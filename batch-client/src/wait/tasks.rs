//! Waiting for the tasks of a job: until all are completed, or until one has failed.
//!
//! Each look asks for the job's task counts, which the service keeps at hand. They can lag behind,
//! tasks that were just added among them, so what they say is believed only where a listing with a
//! filter says so too, to its last page. Where the counts stand still, the job is looked at as
//! well: one that was ended runs its tasks no more.

use std::fmt;

use super::{Condition, Look, TaskFailure, Wait, briefly, failures, patiently, sealed};
use crate::client::Client;
use crate::codes;
use crate::error::Error;
use crate::models::{CloudJob, JobState, TaskCounts};

/// The condition of [`tasks_completed`](super::JobWait::tasks_completed) and
/// [`first_failure`](super::JobWait::first_failure).
#[derive(Debug)]
pub struct TaskCompletion {
    job: String,
    first_failure: bool,
    max_failures: usize,
    stderr_tail: u64,
    /// What the last look saw.
    last: Option<TasksSnapshot>,
}

/// How far the tasks of a job are, by the counts of the service; they can lag behind by seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TasksSnapshot {
    /// Tasks that wait for a node or for tasks that they depend on.
    pub active: u32,
    /// Tasks that run or are prepared.
    pub running: u32,
    /// Tasks that will not run any more.
    pub completed: u32,
    /// Completed tasks that succeeded.
    pub succeeded: u32,
    /// Completed tasks that failed.
    pub failed: u32,
}

impl TasksSnapshot {
    #[inline]
    fn read(counts: &TaskCounts) -> Self {
        let count = |count: Option<i32>| count.unwrap_or_default().max(0).unsigned_abs();
        Self {
            active: count(counts.active),
            running: count(counts.running),
            completed: count(counts.completed),
            succeeded: count(counts.succeeded),
            failed: count(counts.failed),
        }
    }

    /// All tasks of the job.
    #[inline]
    pub fn total(&self) -> u32 {
        self.open().saturating_add(self.completed)
    }

    #[inline]
    fn open(&self) -> u32 {
        self.active.saturating_add(self.running)
    }
}

impl fmt::Display for TasksSnapshot {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} active, {} running, {} completed ({} succeeded, {} failed)",
            self.active, self.running, self.completed, self.succeeded, self.failed
        )
    }
}

/// How a wait for tasks ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TasksOutcome {
    /// Why it ended.
    pub end: TasksEnd,
    /// The counts that were seen last.
    pub tasks: TasksSnapshot,
    /// The tasks that failed, at most as many as [`max_failures`](Wait::max_failures) lets; none
    /// where the job is gone.
    pub failures: Vec<TaskFailure>,
}

impl TasksOutcome {
    /// Whether all tasks are completed and none has failed.
    #[inline]
    pub fn is_success(&self) -> bool {
        self.end == TasksEnd::Completed && self.tasks.failed == 0 && self.failures.is_empty()
    }
}

/// Why a wait for tasks ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TasksEnd {
    /// All tasks of the job are completed; a job without tasks has none that is not.
    Completed,
    /// A task has failed; others may still run. Only where the first failure was waited for.
    Failed,
    /// The job ended (or is ending) with tasks that are not completed and will not run any more.
    JobEnded {
        /// Why the job ended, in the service's words such as `UserTerminate`, where it says so.
        reason: Option<String>,
    },
    /// The job was deleted, or is being deleted.
    JobDeleted,
}

impl TaskCompletion {
    #[inline]
    pub(super) fn new(job: String, first_failure: bool) -> Self {
        Self {
            job,
            first_failure,
            max_failures: 100,
            stderr_tail: 4096,
            last: None,
        }
    }

    #[inline]
    async fn look_at_tasks(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let counts = client.job().get_task_counts(&self.job).retry(briefly());
        let counts = counts.await?.into_inner().task_counts.unwrap_or_default();
        let tasks = TasksSnapshot::read(&counts);
        let still = self.last.replace(tasks) == Some(tasks);
        if self.first_failure && tasks.failed > 0 {
            let outcome = self.outcome(client, tasks, TasksEnd::Failed).await?;
            // A failed task that was begun anew can still be counted.
            if !outcome.failures.is_empty() || self.max_failures == 0 {
                return Ok(Look::Done(outcome));
            }
        }
        let end = if tasks.open() == 0 && self.is_confirmed(client).await? {
            Some(TasksEnd::Completed)
        } else if still {
            self.ended(client).await?
        } else {
            None
        };
        Ok(match end {
            Some(end) => Look::Done(self.outcome(client, tasks, end).await?),
            None => Look::Waiting(tasks),
        })
    }

    /// Whether a listing, to its last page, has no task that is not completed.
    #[inline]
    async fn is_confirmed(&self, client: &Client) -> Result<bool, Error> {
        let open = client.task().list(&self.job).filter("state ne 'completed'");
        let mut open = open.select("id").retry(patiently(client)).stream();
        Ok(open.try_next().await?.is_none())
    }

    /// The end that the job itself puts to the wait, if it does.
    #[inline]
    async fn ended(&self, client: &Client) -> Result<Option<TasksEnd>, Error> {
        let job = client.job().get(&self.job).select("id,state,executionInfo");
        let job = job.retry(briefly()).await?.into_inner();
        Ok(match job.state {
            Some(JobState::Deleting) => Some(TasksEnd::JobDeleted),
            // Running tasks are still being ended here; what is active after it stays so.
            Some(JobState::Completed) => Some(TasksEnd::JobEnded {
                reason: reason(&job),
            }),
            _ => None,
        })
    }

    /// The outcome, once the tasks or the job have come to an end.
    #[inline]
    async fn outcome(
        &self,
        client: &Client,
        mut tasks: TasksSnapshot,
        end: TasksEnd,
    ) -> Result<TasksOutcome, Error> {
        let failures = match end {
            TasksEnd::JobDeleted => Vec::new(),
            _ => failures::list(client, &self.job, self.max_failures).await?,
        };
        // The counts can lag behind the listing.
        let listed = u32::try_from(failures.len()).unwrap_or(u32::MAX);
        tasks.failed = tasks.failed.max(listed);
        Ok(TasksOutcome {
            end,
            tasks,
            failures,
        })
    }
}

#[inline]
fn is_gone(error: &Error) -> bool {
    let codes = [Some(codes::JOB_NOT_FOUND), Some(codes::JOB_BEING_DELETED)];
    codes.contains(&error.code())
}

#[inline]
fn reason(job: &CloudJob) -> Option<String> {
    job.execution_info.as_ref()?.terminate_reason.clone()
}

impl sealed::Sealed for TaskCompletion {}

impl Condition for TaskCompletion {
    type Snapshot = TasksSnapshot;
    type Outcome = TasksOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        match (self.look_at_tasks(client).await, self.last) {
            // It was there a look ago, or even a call ago.
            (Err(error), Some(tasks)) if is_gone(&error) => Ok(Look::Done(TasksOutcome {
                end: TasksEnd::JobDeleted,
                tasks,
                failures: Vec::new(),
            })),
            (result, _) => result,
        }
    }

    #[inline]
    async fn finish(
        &self,
        client: &Client,
        mut outcome: TasksOutcome,
        deadline: Option<tokio::time::Instant>,
    ) -> TasksOutcome {
        for failure in &mut outcome.failures {
            failure
                .read_stderr(client, &self.job, self.stderr_tail, deadline)
                .await;
        }
        outcome
    }

    #[inline]
    fn unmet(&self) -> String {
        let awaited = if self.first_failure {
            "no task has failed and not all are completed"
        } else {
            "not all tasks are completed"
        };
        format!("job {}: {awaited}", self.job)
    }
}

/// What can be set of a wait for tasks.
impl Wait<TaskCompletion> {
    /// How many failed tasks the outcome lists at most; 100 by default. The counts have all of
    /// them.
    #[inline]
    pub fn max_failures(mut self, most: usize) -> Self {
        self.condition.max_failures = most;
        self
    }

    /// How many bytes of the end of each failed task's `stderr.txt` are read; 4096 by default, 0
    /// reads none.
    #[inline]
    pub fn stderr_tail(mut self, bytes: u64) -> Self {
        self.condition.stderr_tail = bytes;
        self
    }
}
