//! Waits for a job: the wait methods, and the states of the job itself.

use std::fmt;

use super::{
    Condition, Look, TaskCompletion, Wait, found, missing_pool, poll_retry, sealed, shown,
};
use crate::client::Client;
use crate::codes;
use crate::error::Error;
use crate::models::{CloudJob, JobState};
use crate::operations;

impl operations::job::Operations {
    /// Waits for a job or its tasks; see [`wait`](crate::wait).
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let done = client.job().wait("nightly").tasks_completed().await?;
    /// println!("{}: {} failures", done.tasks, done.failures.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn wait(&self, job_id: impl Into<String>) -> JobWait {
        JobWait {
            client: self.client.clone(),
            job: job_id.into(),
        }
    }
}

/// A job to wait for; its methods start the waits.
#[derive(Debug, Clone)]
#[must_use = "its methods start the waits"]
pub struct JobWait {
    client: Client,
    job: String,
}

impl JobWait {
    /// Waits until all tasks of the job are completed.
    ///
    /// The outcome has the failed tasks. The wait ends early, and the outcome says so, if the job
    /// has no tasks, is terminated or is deleted, or if its pool can run nothing any more: it was
    /// deleted, its allocation failed, or all its nodes failed.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let wait = client.job().wait("nightly").tasks_completed();
    /// let done = wait.progress(|tasks| println!("{} of {}", tasks.completed, tasks.total()))
    ///     .await?;
    /// assert!(done.is_success(), "{done}");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn tasks_completed(self) -> Wait<TaskCompletion> {
        Wait::new(self.client, TaskCompletion::new(self.job, false))
    }

    /// Waits until a task of the job has failed (after all its retries), or all are completed.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let done = client.job().wait("nightly").first_failure().await?;
    /// if let Some(failure) = done.failures.first() {
    ///     println!("{failure}");
    ///     client.job().terminate("nightly").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn first_failure(self) -> Wait<TaskCompletion> {
        Wait::new(self.client, TaskCompletion::new(self.job, true))
    }

    /// Waits until the job is completed.
    ///
    /// ```no_run
    /// use batch_client::wait::JobOutcome;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// client.job().terminate("nightly").await?;
    /// if let JobOutcome::Completed(job) = client.job().wait("nightly").completed().await? {
    ///     println!("{:?}", job.execution_info);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn completed(self) -> Wait<JobCompleted> {
        let job = self.job;
        Wait::new(self.client, JobCompleted { job, seen: false })
    }

    /// Waits until the job no longer exists. It does not delete the job.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// client.job().delete("nightly").await?;
    /// client.job().wait("nightly").deleted().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn deleted(self) -> Wait<JobDeleted> {
        Wait::new(self.client, JobDeleted { job: self.job })
    }
}

/// State of a job that is not completed or deleted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobSnapshot {
    /// State of the job.
    pub state: Option<JobState>,
}

impl fmt::Display for JobSnapshot {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state {}", shown(self.state.as_ref()))
    }
}

/// Outcome of a wait for a job's completion.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum JobOutcome {
    /// The job is completed; its `execution_info` has the reason.
    Completed(Box<CloudJob>),
    /// The job was deleted, or is being deleted.
    Deleted,
}

/// The condition of [`JobWait::completed`].
#[derive(Debug)]
pub struct JobCompleted {
    job: String,
    seen: bool,
}

impl sealed::Sealed for JobCompleted {}

impl Condition for JobCompleted {
    type Snapshot = JobSnapshot;
    type Outcome = JobOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let job = match client.job().get(&self.job).retry(poll_retry()).await {
            Ok(job) => job.into_inner(),
            Err(error) if self.seen && error.code() == Some(codes::JOB_NOT_FOUND) => {
                return Ok(Look::Done(JobOutcome::Deleted));
            }
            Err(error) => return Err(error),
        };
        self.seen = true;
        Ok(match job.state {
            Some(JobState::Completed) => Look::Done(JobOutcome::Completed(Box::new(job))),
            Some(JobState::Deleting) => Look::Done(JobOutcome::Deleted),
            state => Look::Waiting(JobSnapshot { state }),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        format!("job {} is not completed", self.job)
    }

    #[inline]
    async fn obstacle(&self, client: &Client) -> Option<String> {
        missing_pool(client, &self.job).await
    }
}

/// The condition of [`JobWait::deleted`].
#[derive(Debug)]
pub struct JobDeleted {
    job: String,
}

impl sealed::Sealed for JobDeleted {}

impl Condition for JobDeleted {
    type Snapshot = JobSnapshot;
    type Outcome = ();

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let job = client.job().get(&self.job).select("id,state");
        let job = found(job.retry(poll_retry()), codes::JOB_NOT_FOUND).await?;
        Ok(match job {
            Some(job) => Look::Waiting(JobSnapshot { state: job.state }),
            None => Look::Done(()),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        format!("job {} is not deleted", self.job)
    }
}
