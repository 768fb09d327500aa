//! Waiting for pools, jobs, tasks and nodes to come to a state.
//!
//! A wait is made by the `wait` method of a group, told what to wait for, and awaited. It looks at
//! the service again and again, often at first and less often the longer it takes, and ends with a
//! typed outcome: also where what was waited for can no longer come about, since the job was
//! deleted, the pool could not be resized, the node failed.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
//! client.pool().wait("render").nodes_idle(3).timeout(Duration::from_secs(1800)).await?;
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
//! | `client.pool().wait(id).nodes_idle(n)` | `n` of its nodes are idle |
//! | `client.pool().wait(id).deleted()` | there is no such pool |
//! | `client.job().wait(id).tasks_completed()` | all its tasks are completed |
//! | `client.job().wait(id).first_failure()` | a task has failed, or all are completed |
//! | `client.job().wait(id).completed()` | the job is completed |
//! | `client.job().wait(id).deleted()` | there is no such job |
//! | `client.job_schedule().wait(id).first_job()` | the schedule has made a job |
//! | `client.job_schedule().wait(id).next_job()` | the schedule has made another job |
//! | `client.job_schedule().wait(id).completed()` | the schedule makes no more jobs |
//! | `client.job_schedule().wait(id).deleted()` | there is no such job schedule |
//! | `client.compute_node().wait(pool, id).idle()` | the node is idle |
//! | `client.compute_node().wait(pool, id).state(s)` | the node is in the state |
//!
//! Failures that may pass (throttling, statuses 5xx, lost connections) do not end a wait before its
//! [`timeout`](Wait::timeout), whatever the client's [`RetryPolicy`](crate::RetryPolicy). Other
//! failures end it at once: to wait for the tasks of a job that does not exist is an error.
//!
//! A wait runs nowhere but in its future: dropping that ends it.

mod failures;
mod jobs;
mod nodes;
mod poll;
mod pools;
mod schedules;
mod sizes;
mod tasks;

pub use failures::TaskFailure;
pub use jobs::{JobCompleted, JobDeleted, JobOutcome, JobSnapshot, JobWait};
pub use nodes::{NodeInState, NodeOutcome, NodeSnapshot, NodeWait};
pub use poll::{Look, Wait};
pub use pools::{
    NodesIdle, NodesOutcome, PoolDeleted, PoolOutcome, PoolSnapshot, PoolSteady, PoolWait,
};
pub use schedules::{
    JobScheduleCompleted, JobScheduleDeleted, JobScheduleOutcome, JobScheduleSnapshot,
    JobScheduleWait, NextJob, ScheduledJob,
};
pub use sizes::{PoolSized, SizeOutcome};
pub use tasks::{TaskCompletion, TasksEnd, TasksOutcome, TasksSnapshot};

use std::fmt::{Debug, Display};

use crate::client::Client;
use crate::error::Error;
use crate::pauses::briefly;

/// What can be waited for. Only this crate has such.
pub trait Condition: sealed::Sealed + Debug + Send + 'static {
    /// What a look sees as long as the wait goes on; errors and progress show it.
    type Snapshot: Debug + Display + Send + Sync;
    /// What the wait ends with.
    type Outcome: Debug + Send;

    /// Looks once.
    #[doc(hidden)]
    fn look(&mut self, client: &Client) -> impl Future<Output = Result<Look<Self>, Error>> + Send
    where
        Self: Sized;

    /// Adds to an outcome what it can do without, until the deadline.
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

    /// What is not so where time runs out, for the error.
    #[doc(hidden)]
    fn unmet(&self) -> String;
}

mod sealed {
    pub trait Sealed {}
}

/// Reads a resource that may be gone: `None` where the service answers that it is, with this code.
#[inline]
async fn found<T>(
    call: impl IntoFuture<Output = Result<crate::Response<T>, Error>>,
    gone: &str,
) -> Result<Option<T>, Error> {
    match call.await {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(error) if error.is_not_found() && error.code() == Some(gone) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How a page of a listing is tried again: as the client does, but longer, as the next look would
/// begin with the first.
#[inline]
fn patiently(client: &Client) -> crate::RetryPolicy {
    let (own, default) = (client.transport().retry, crate::RetryPolicy::default());
    let attempts = own.attempts.max(10);
    if own.attempts == 1 {
        // One that never tries again has no steps.
        return default.with_attempts(attempts);
    }
    let total_time = own.total_time.max(default.total_time);
    own.with_attempts(attempts).with_total_time(total_time)
}

/// A state for people, where the service may have said none.
#[inline]
fn shown<T: Display>(state: Option<&T>) -> String {
    state.map_or_else(|| "unknown".to_owned(), T::to_string)
}
