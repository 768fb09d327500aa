//! Waits for the tasks of a job: until all are completed, or until one has failed.
//!
//! Each poll reads the job's task counts, which are cheap. They can lag behind the tasks, such as
//! those just added, so a listing with a filter confirms them, to its last page. If the counts have
//! not changed, the wait reads the job too: the tasks of a terminated job do not run any more. If
//! no task is running, it also reads the job's pool, which may be unable to run any.

use std::fmt;

use super::job_pool::{JobPool, PoolProblem};
use super::{
    Condition, Look, TaskFailure, Wait, failures, missing_pool, page_retry, poll_retry, sealed,
};
use crate::client::Client;
use crate::codes;
use crate::error::Error;
use crate::models::{CloudJob, JobState, TaskCounts};
use crate::wire::redact;

/// The condition of [`tasks_completed`](super::JobWait::tasks_completed) and
/// [`first_failure`](super::JobWait::first_failure).
#[derive(Debug)]
pub struct TaskCompletion {
    job: String,
    first_failure: bool,
    max_failures: usize,
    stderr_tail: u64,
    /// Counts of the last poll.
    last: Option<TasksSnapshot>,
    pool: JobPool,
}

/// Progress of a job's tasks, by the counts of the service, which can lag behind by seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TasksSnapshot {
    /// Tasks that wait for a node, or for the tasks on which they depend.
    pub active: u32,
    /// Tasks that are running or being prepared.
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

/// Outcome of a wait for tasks. Display is a summary in one line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TasksOutcome {
    /// Reason for the end of the wait.
    pub end: TasksEnd,
    /// The last counts.
    pub tasks: TasksSnapshot,
    /// The failed tasks, at most [`max_failures`](Wait::max_failures) of them; none if the job was
    /// deleted.
    pub failures: Vec<TaskFailure>,
}

impl TasksOutcome {
    /// Returns true if there are tasks, all are completed and none has failed.
    ///
    /// False for a job without tasks ([`TasksEnd::NoTasks`]), because that is usually a job to
    /// which the tasks could not be added.
    #[inline]
    pub fn is_success(&self) -> bool {
        self.end == TasksEnd::Completed && self.tasks.failed == 0 && self.failures.is_empty()
    }
}

impl fmt::Display for TasksOutcome {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.tasks.failed;
        // The counts can lag behind the listing of failures.
        let completed = self.tasks.completed.max(failed);
        match &self.end {
            TasksEnd::Completed if failed == 0 => write!(f, "all tasks succeeded ({completed})"),
            TasksEnd::Completed => write!(f, "{failed} of {completed} tasks failed"),
            TasksEnd::NoTasks => f.write_str("the job has no tasks"),
            TasksEnd::Failed => match self.failures.first() {
                Some(failure) => failure.fmt(f),
                None => f.write_str("a task failed"),
            },
            TasksEnd::JobEnded { reason } => {
                let reason = reason.as_deref().unwrap_or("no reason given");
                let reason = redact::line(reason, 200);
                let open = self.tasks.open();
                write!(
                    f,
                    "the job ended ({reason}) with {open} tasks not completed"
                )
            }
            TasksEnd::JobDeleted => f.write_str("the job was deleted"),
            TasksEnd::PoolUnusable { pool, problem } => {
                let open = self.tasks.open();
                write!(
                    f,
                    "pool `{pool}` cannot run the {open} tasks that are not completed: {problem}"
                )
            }
        }
    }
}

/// Reason for the end of a wait for tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TasksEnd {
    /// All tasks of the job are completed.
    Completed,
    /// The job has no tasks, so there was nothing to wait for. Check that they were added.
    NoTasks,
    /// A task has failed; others may still run. Only for waits for the first failure.
    Failed,
    /// The job was terminated (or is terminating) with tasks that are not completed and will not
    /// run any more.
    JobEnded {
        /// The service's reason, such as `UserTerminate`, if it gives one.
        reason: Option<String>,
    },
    /// The job was deleted, or is being deleted.
    JobDeleted,
    /// The job's pool can run nothing any more, so the tasks that are not completed will not run.
    ///
    /// At least two polls in a row have found the problem while no task was running. A pool that
    /// has not existed since the wait began has to be missing for 30 seconds.
    PoolUnusable {
        /// Id of the pool.
        pool: String,
        /// The reason.
        problem: PoolProblem,
    },
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
            pool: JobPool::default(),
        }
    }

    #[inline]
    async fn look_at_tasks(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let counts = client.job().get_task_counts(&self.job).retry(poll_retry());
        let counts = counts.await?.into_inner().task_counts.unwrap_or_default();
        let tasks = TasksSnapshot::read(&counts);
        let still = self.last.replace(tasks) == Some(tasks);
        if self.first_failure && tasks.failed > 0 {
            let outcome = self.outcome(client, tasks, TasksEnd::Failed).await?;
            // A failed task that was reactivated can still be counted.
            if !outcome.failures.is_empty() || self.max_failures == 0 {
                return Ok(Look::Done(outcome));
            }
        }
        let end = if tasks.open() == 0 && self.is_confirmed(client).await? {
            let is_empty = tasks.total() == 0 && self.is_empty(client).await?;
            Some(if is_empty {
                TasksEnd::NoTasks
            } else {
                TasksEnd::Completed
            })
        } else if still {
            self.ended(client, tasks).await?
        } else {
            None
        };
        if !still || tasks.running > 0 {
            self.pool.runs();
        }
        Ok(match end {
            Some(end) => Look::Done(self.outcome(client, tasks, end).await?),
            None => Look::Waiting(tasks),
        })
    }

    /// Returns true if a listing, to its last page, has no task that is not completed.
    #[inline]
    async fn is_confirmed(&self, client: &Client) -> Result<bool, Error> {
        let open = client.task().list(&self.job).filter("state ne 'completed'");
        let mut open = open.select("id").retry(page_retry(client)).stream();
        Ok(open.try_next().await?.is_none())
    }

    /// Returns true if a listing has no task at all.
    #[inline]
    async fn is_empty(&self, client: &Client) -> Result<bool, Error> {
        let tasks = client.task().list(&self.job).select("id");
        let mut tasks = tasks.retry(page_retry(client)).stream();
        Ok(tasks.try_next().await?.is_none())
    }

    /// Returns the end of the wait if the job itself has ended, or its pool can run nothing.
    #[inline]
    async fn ended(
        &mut self,
        client: &Client,
        tasks: TasksSnapshot,
    ) -> Result<Option<TasksEnd>, Error> {
        let job = client.job().get(&self.job);
        let job = job.select("id,state,executionInfo,poolInfo");
        let job = job.retry(poll_retry()).await?.into_inner();
        Ok(match job.state {
            Some(JobState::Deleting) => Some(TasksEnd::JobDeleted),
            // Running tasks are still being terminated here; active ones stay active.
            Some(JobState::Completed) => Some(TasksEnd::JobEnded {
                reason: reason(&job),
            }),
            _ if tasks.running > 0 => None,
            _ => {
                let found = self.pool.check(client, &job).await?;
                found.map(|(pool, problem)| TasksEnd::PoolUnusable { pool, problem })
            }
        })
    }

    /// Builds the outcome for the end of the tasks or of the job.
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
            // The job existed at the last poll, or even one call ago.
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

    #[inline]
    async fn obstacle(&self, client: &Client) -> Option<String> {
        missing_pool(client, &self.job).await
    }
}

/// Settings of waits for tasks.
impl Wait<TaskCompletion> {
    /// Sets the largest number of failed tasks in the outcome; 100 by default. The counts include
    /// all of them.
    #[inline]
    pub fn max_failures(mut self, most: usize) -> Self {
        self.condition.max_failures = most;
        self
    }

    /// Sets how many bytes are read from the end of each failed task's `stderr.txt`; 4096 by
    /// default, 0 for none.
    #[inline]
    pub fn stderr_tail(mut self, bytes: u64) -> Self {
        self.condition.stderr_tail = bytes;
        self
    }
}
