//! Waiting for a job schedule: for its jobs, its end, its deletion.

use std::fmt;

use super::{Condition, Look, Wait, found, poll_retry, sealed, shown};
use crate::client::Client;
use crate::codes;
use crate::error::Error;
use crate::models::{CloudJobSchedule, JobScheduleState};
use crate::operations;

impl operations::job_schedule::Operations {
    /// Waits for a job schedule or its jobs; see [`wait`](crate::wait).
    ///
    /// ```no_run
    /// use batch_client::wait::ScheduledJob;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// if let ScheduledJob::Job(id) = client.job_schedule().wait("hourly").first_job().await? {
    ///     client.job().wait(id).tasks_completed().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn wait(&self, job_schedule_id: impl Into<String>) -> JobScheduleWait {
        JobScheduleWait {
            client: self.client.clone(),
            schedule: job_schedule_id.into(),
        }
    }
}

/// A job schedule to wait for; its methods choose the condition.
#[derive(Debug, Clone)]
#[must_use = "its methods choose the condition to wait for"]
pub struct JobScheduleWait {
    client: Client,
    schedule: String,
}

impl JobScheduleWait {
    /// Waits until the schedule has made a job. If it has, the wait ends at once with the latest
    /// one.
    ///
    /// ```no_run
    /// use batch_client::wait::ScheduledJob;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// match client.job_schedule().wait("hourly").first_job().await? {
    ///     ScheduledJob::Job(id) => println!("job {id}"),
    ///     other => println!("no job: {other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn first_job(self) -> Wait<NextJob> {
        Wait::new(self.client, NextJob::new(self.schedule, Former::Any))
    }

    /// Waits until the schedule makes its next job, after the latest one at the first poll.
    ///
    /// A job made between two waits would be missed. To follow all jobs of a schedule, begin with
    /// [`first_job`](Self::first_job) and pass each job's id to [`after`](Wait::after). A schedule
    /// makes no job while its latest one is active.
    ///
    /// ```no_run
    /// use batch_client::wait::ScheduledJob;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let mut next = client.job_schedule().wait("hourly").first_job().await?;
    /// while let ScheduledJob::Job(id) = next {
    ///     client.job().wait(&id).completed().await?;
    ///     println!("{id} is completed");
    ///     next = client.job_schedule().wait("hourly").next_job().after(id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn next_job(self) -> Wait<NextJob> {
        Wait::new(self.client, NextJob::new(self.schedule, Former::Unread))
    }

    /// Waits until the schedule is completed and makes no more jobs: because it was terminated, or
    /// because its time is over.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// client.job_schedule().terminate("hourly").await?;
    /// client.job_schedule().wait("hourly").completed().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn completed(self) -> Wait<JobScheduleCompleted> {
        let condition = JobScheduleCompleted {
            schedule: self.schedule,
            seen: false,
        };
        Wait::new(self.client, condition)
    }

    /// Waits until there is no such job schedule. It does not delete it.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// client.job_schedule().delete("hourly").await?;
    /// client.job_schedule().wait("hourly").deleted().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn deleted(self) -> Wait<JobScheduleDeleted> {
        let schedule = self.schedule;
        Wait::new(self.client, JobScheduleDeleted { schedule })
    }
}

/// State of a job schedule during a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobScheduleSnapshot {
    /// Its state.
    pub state: Option<JobScheduleState>,
    /// The id of its latest job.
    pub recent_job: Option<String>,
}

impl JobScheduleSnapshot {
    #[inline]
    fn read(schedule: &CloudJobSchedule) -> Self {
        let info = schedule.execution_info.as_ref();
        let recent = info.and_then(|info| info.recent_job.as_ref());
        Self {
            state: schedule.state.clone(),
            recent_job: recent.and_then(|job| job.id.clone()),
        }
    }
}

impl fmt::Display for JobScheduleSnapshot {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state {}, ", shown(self.state.as_ref()))?;
        match &self.recent_job {
            Some(job) => write!(f, "latest job {job}"),
            None => f.write_str("no job yet"),
        }
    }
}

/// Result of a wait for a job of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScheduledJob {
    /// The schedule has made this job; the value is its id.
    Job(String),
    /// The schedule is completed and makes no more jobs.
    Completed,
    /// The schedule was deleted, or is being deleted.
    Deleted,
}

/// Which jobs do not end a wait.
#[derive(Debug)]
enum Former {
    /// None: any job ends it.
    Any,
    /// The latest job at the first poll, which is still to come.
    Unread,
    /// This one, if there is one.
    Is(Option<String>),
}

/// The condition of [`JobScheduleWait::first_job`] and [`JobScheduleWait::next_job`].
#[derive(Debug)]
pub struct NextJob {
    schedule: String,
    former: Former,
    seen: bool,
}

impl NextJob {
    #[inline]
    fn new(schedule: String, former: Former) -> Self {
        Self {
            schedule,
            former,
            seen: false,
        }
    }
}

/// Settings of a wait for a job of a schedule.
impl Wait<NextJob> {
    /// Waits for a job other than this one, from which on the caller knows the schedule's jobs.
    #[inline]
    pub fn after(mut self, job_id: impl Into<String>) -> Self {
        self.condition.former = Former::Is(Some(job_id.into()));
        self
    }
}

impl sealed::Sealed for NextJob {}

impl Condition for NextJob {
    type Snapshot = JobScheduleSnapshot;
    type Outcome = ScheduledJob;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let Some(schedule) = read(client, &self.schedule, &mut self.seen).await? else {
            return Ok(Look::Done(ScheduledJob::Deleted));
        };
        let snapshot = JobScheduleSnapshot::read(&schedule);
        let recent = &snapshot.recent_job;
        let is_new = match &self.former {
            Former::Any => recent.is_some(),
            Former::Is(former) => recent.is_some() && recent != former,
            Former::Unread => {
                self.former = Former::Is(recent.clone());
                false
            }
        };
        Ok(match (recent, &snapshot.state) {
            (Some(job), _) if is_new => Look::Done(ScheduledJob::Job(job.clone())),
            (_, Some(JobScheduleState::Completed | JobScheduleState::Terminating)) => {
                Look::Done(ScheduledJob::Completed)
            }
            _ => Look::Waiting(snapshot),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        let made = match self.former {
            Former::Any => "has not made a job",
            Former::Unread | Former::Is(_) => "has not made another job",
        };
        format!("job schedule {} {made}", self.schedule)
    }
}

/// Result of a wait for a schedule's completion.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum JobScheduleOutcome {
    /// It is completed; its `execution_info` has its latest job and end.
    Completed(Box<CloudJobSchedule>),
    /// It was deleted, or is being deleted.
    Deleted,
}

/// The condition of [`JobScheduleWait::completed`].
#[derive(Debug)]
pub struct JobScheduleCompleted {
    schedule: String,
    seen: bool,
}

impl sealed::Sealed for JobScheduleCompleted {}

impl Condition for JobScheduleCompleted {
    type Snapshot = JobScheduleSnapshot;
    type Outcome = JobScheduleOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        Ok(match read(client, &self.schedule, &mut self.seen).await? {
            None => Look::Done(JobScheduleOutcome::Deleted),
            Some(schedule) if schedule.state == Some(JobScheduleState::Completed) => {
                Look::Done(JobScheduleOutcome::Completed(Box::new(schedule)))
            }
            Some(schedule) => Look::Waiting(JobScheduleSnapshot::read(&schedule)),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        format!("job schedule {} is not completed", self.schedule)
    }
}

/// The condition of [`JobScheduleWait::deleted`].
#[derive(Debug)]
pub struct JobScheduleDeleted {
    schedule: String,
}

impl sealed::Sealed for JobScheduleDeleted {}

impl Condition for JobScheduleDeleted {
    type Snapshot = JobScheduleSnapshot;
    type Outcome = ();

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let schedule = client
            .job_schedule()
            .get(&self.schedule)
            .retry(poll_retry());
        let schedule = found(schedule, codes::JOB_SCHEDULE_NOT_FOUND).await?;
        Ok(match schedule {
            Some(schedule) => Look::Waiting(JobScheduleSnapshot::read(&schedule)),
            None => Look::Done(()),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        format!("job schedule {} is not deleted", self.schedule)
    }
}

/// Reads a job schedule; `None` if it is being deleted, or was seen before and is gone.
#[inline]
async fn read(
    client: &Client,
    schedule: &str,
    seen: &mut bool,
) -> Result<Option<CloudJobSchedule>, Error> {
    match client
        .job_schedule()
        .get(schedule)
        .retry(poll_retry())
        .await
    {
        Ok(schedule) => {
            *seen = true;
            let schedule = schedule.into_inner();
            let is_deleting = schedule.state == Some(JobScheduleState::Deleting);
            Ok((!is_deleting).then_some(schedule))
        }
        Err(error) if *seen && error.code() == Some(codes::JOB_SCHEDULE_NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}
