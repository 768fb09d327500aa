//! Waits for states of pools, jobs, tasks and nodes.
//!
//! The `wait` method of a group returns a resource to wait for, whose methods start a wait;
//! awaiting it runs it. The wait polls the service, at first often and then at growing intervals,
//! and ends with a typed outcome. It also ends if its condition can no longer be met, because the
//! job was deleted, the pool could not be resized or the node failed.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
//! client.pool().wait("render").nodes_ready(3).timeout(Duration::from_secs(1800)).await?;
//!
//! let done = client
//!     .job()
//!     .wait("nightly")
//!     .tasks_completed()
//!     .timeout(Duration::from_secs(6 * 3600))
//!     .progress(|tasks| println!("{tasks}"))
//!     .await?;
//! for failure in &done.failures {
//!     eprintln!("{failure}\n{}", failure.stderr_text());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | wait | ends when |
//! | --- | --- |
//! | `client.pool().wait(id).steady()` | the pool is no longer resizing |
//! | `client.pool().wait(id).size_reached(n)` | the pool is steady with `n` nodes |
//! | `client.pool().wait(id).nodes_ready(n)` | `n` of its nodes are idle or run tasks |
//! | `client.pool().wait(id).nodes_idle(n)` | `n` of its nodes are idle |
//! | `client.pool().wait(id).deleted()` | the pool does not exist |
//! | `client.job().wait(id).tasks_completed()` | all its tasks are completed, or it has none, or its pool can run nothing any more |
//! | `client.job().wait(id).first_failure()` | a task has failed, or all are completed |
//! | `client.job().wait(id).completed()` | the job is completed |
//! | `client.job().wait(id).deleted()` | the job does not exist |
//! | `client.job_schedule().wait(id).first_job()` | the schedule has created a job |
//! | `client.job_schedule().wait(id).next_job()` | the schedule has created another job |
//! | `client.job_schedule().wait(id).completed()` | the schedule creates no more jobs |
//! | `client.job_schedule().wait(id).deleted()` | the job schedule does not exist |
//! | `client.compute_node().wait(pool, id).idle()` | the node is idle |
//! | `client.compute_node().wait(pool, id).state(s)` | the node is in that state |
//!
//! Transient failures (throttling, statuses 5xx, lost connections, successful responses that are
//! cut off or of a proxy) do not end a wait before its [`timeout`](Wait::timeout), whatever the
//! client's [`RetryPolicy`](crate::RetryPolicy). Other failures end it at once: waiting for the
//! tasks of a job that does not exist is an error.
//!
//! A wait runs only in its future: dropping the future ends it.

mod failures;
mod job_pool;
mod jobs;
mod nodes;
mod poll;
mod pools;
mod ready;
mod schedules;
mod sizes;
mod tasks;

pub use failures::TaskFailure;
pub use job_pool::PoolProblem;
pub use jobs::{JobCompleted, JobDeleted, JobOutcome, JobSnapshot, JobWait};
pub use nodes::{NodeInState, NodeOutcome, NodeSnapshot, NodeWait};
pub use poll::{Look, Wait};
pub use pools::{PoolDeleted, PoolOutcome, PoolSnapshot, PoolSteady, PoolWait};
pub use ready::{NodesOutcome, PoolNodes};
pub use schedules::{
    JobScheduleCompleted, JobScheduleDeleted, JobScheduleOutcome, JobScheduleSnapshot,
    JobScheduleWait, NextJob, ScheduledJob,
};
pub use sizes::{PoolSized, SizeOutcome};
pub use tasks::{TaskCompletion, TasksEnd, TasksOutcome, TasksSnapshot};

use std::fmt::{Debug, Display};

use crate::client::Client;
use crate::error::Error;
use crate::polling::poll_retry;

/// Condition of a wait. Sealed: only this crate implements it.
pub trait Condition: sealed::Sealed + Debug + Send + 'static {
    /// State seen by a poll while the condition is not met; progress and errors show it.
    type Snapshot: Debug + Display + Send + Sync;
    /// Outcome of the wait.
    type Outcome: Debug + Send;

    /// Polls once.
    #[doc(hidden)]
    fn look(&mut self, client: &Client) -> impl Future<Output = Result<Look<Self>, Error>> + Send
    where
        Self: Sized;

    /// Adds optional details to an outcome, until the deadline.
    #[doc(hidden)]
    #[inline]
    fn finish(
        &self,
        _client: &Client,
        outcome: Self::Outcome,
        _deadline: Option<tokio::time::Instant>,
    ) -> impl Future<Output = Self::Outcome> + Send {
        std::future::ready(outcome)
    }

    /// The unmet condition, for the error of a timeout.
    #[doc(hidden)]
    fn unmet(&self) -> String;

    /// An obstacle for which the condition cannot be met, for the error of a timeout.
    #[doc(hidden)]
    #[inline]
    fn obstacle(&self, _client: &Client) -> impl Future<Output = Option<String>> + Send {
        std::future::ready(None)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Reads a resource that may be gone: `None` if the service says so, with this code.
#[inline]
async fn found<T>(
    call: impl IntoFuture<Output = Result<crate::Response<T>, Error>>,
    gone: &str,
) -> Result<Option<T>, Error> {
    match call.await {
        Ok(response) => Ok(Some(response.into_inner())),
        Err(error) if error.is_not_found() && error.code() == Some(gone) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Describes the pool of a job if it does not exist.
#[inline]
async fn missing_pool(client: &Client, job: &str) -> Option<String> {
    let job = client
        .job()
        .get(job)
        .select("id,poolInfo")
        .retry(poll_retry());
    let pool = job.await.ok()?.into_inner().pool_info?.pool_id?;
    let exists = client.pool().exists(&pool).retry(poll_retry()).await.ok()?;
    (!exists).then(|| format!("pool `{pool}` does not exist"))
}

/// Retry policy for the pages of a listing: the client's, but longer, because the next poll would
/// start with the first page again.
#[inline]
fn page_retry(client: &Client) -> crate::RetryPolicy {
    let (own, default) = (client.transport().retry, crate::RetryPolicy::default());
    let attempts = own.attempts.max(10);
    if own.attempts == 1 {
        // A policy without retries has no backoff.
        return default.with_attempts(attempts);
    }
    let total_time = own.total_time.max(default.total_time);
    own.with_attempts(attempts).with_total_time(total_time)
}

/// Formats a state, which the service may have left out.
#[inline]
fn shown<T: Display>(state: Option<&T>) -> String {
    state.map_or_else(|| "unknown".to_owned(), T::to_string)
}
