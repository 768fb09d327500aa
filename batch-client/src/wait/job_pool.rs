//! The pool of a job whose tasks do not start: can it run anything any more?

use std::fmt;
use std::time::{Duration, Instant};

use super::pools::{has_resize_errors, is_gone, is_steady};
use super::{page_retry, poll_retry};
use crate::client::Client;
use crate::error::Error;
use crate::models::{CloudJob, CloudPool, ComputeNodeState, PoolState};

/// Time for which a pool has to be missing that this wait has never seen: a job can be added before
/// its pool.
const MISSING: Duration = Duration::from_secs(30);

/// Reason for which a pool can run no task any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PoolProblem {
    /// The pool does not exist, or is being deleted.
    Deleted,
    /// The pool has no nodes, because its allocation failed, and does not scale by a formula: its
    /// `resize_errors` have the reason.
    AllocationFailed,
    /// All nodes of the pool are unusable, or their start task failed: their `errors` and
    /// `start_task_info` have the reason.
    NodesFailed,
}

impl fmt::Display for PoolProblem {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deleted => "it does not exist",
            Self::AllocationFailed => "its nodes could not be allocated",
            Self::NodesFailed => "all its nodes are unusable or their start task failed",
        })
    }
}

/// The job's pool, as the polls of a wait have seen it.
#[derive(Debug, Default)]
pub(super) struct JobPool {
    /// The pool that existed at a poll.
    seen: Option<String>,
    /// The problem of the last check, and the time since when it has been there.
    problem: Option<(PoolProblem, Instant)>,
}

impl JobPool {
    /// Checks the pool of a job; returns its id and problem if it has had the problem for at least
    /// two checks.
    #[inline]
    pub(super) async fn check(
        &mut self,
        client: &Client,
        job: &CloudJob,
    ) -> Result<Option<(String, PoolProblem)>, Error> {
        let Some(pool) = pool_of(job) else {
            return Ok(None);
        };
        let (found, exists) = problem(client, pool).await?;
        if exists {
            self.seen = Some(pool.to_owned());
        }
        let Some(found) = found else {
            self.problem = None;
            return Ok(None);
        };
        let before = self.problem.filter(|(problem, _)| *problem == found);
        let Some((_, since)) = before else {
            self.problem = Some((found, Instant::now()));
            return Ok(None);
        };
        let may_come = found == PoolProblem::Deleted && self.seen.as_deref() != Some(pool);
        let is_certain = !may_come || since.elapsed() >= MISSING;
        Ok(is_certain.then(|| (pool.to_owned(), found)))
    }

    /// Forgets a problem: tasks of the job run.
    #[inline]
    pub(super) fn runs(&mut self) {
        self.problem = None;
    }
}

/// The pool in which the job's tasks run, which for an auto pool is another one for each job.
#[inline]
fn pool_of(job: &CloudJob) -> Option<&str> {
    let running = job.execution_info.as_ref();
    let running = running.and_then(|info| info.pool_id.as_deref());
    running.or_else(|| job.pool_info.as_ref()?.pool_id.as_deref())
}

/// Returns the problem of a pool, if it has one, and whether the pool exists.
#[inline]
async fn problem(client: &Client, pool: &str) -> Result<(Option<PoolProblem>, bool), Error> {
    let found = match client.pool().get(pool).retry(poll_retry()).await {
        Ok(found) => found.into_inner(),
        Err(error) if is_gone(&error) => return Ok((Some(PoolProblem::Deleted), false)),
        Err(error) => return Err(error),
    };
    let problem = if found.state == Some(PoolState::Deleting) {
        Some(PoolProblem::Deleted)
    } else if !is_steady(&found) {
        None
    } else if size(&found) == Some(0) {
        let failed = has_resize_errors(&found) && found.enable_auto_scale != Some(true);
        failed.then_some(PoolProblem::AllocationFailed)
    } else {
        problem_of_nodes(client, pool).await?
    };
    Ok((problem, true))
}

#[inline]
async fn problem_of_nodes(client: &Client, pool: &str) -> Result<Option<PoolProblem>, Error> {
    match nodes_failed(client, pool).await {
        Ok(failed) => Ok(failed.then_some(PoolProblem::NodesFailed)),
        Err(error) if is_gone(&error) => Ok(Some(PoolProblem::Deleted)),
        Err(error) => Err(error),
    }
}

#[inline]
fn size(pool: &CloudPool) -> Option<i32> {
    let spot = pool.current_low_priority_nodes.unwrap_or_default();
    Some(pool.current_dedicated_nodes?.saturating_add(spot))
}

/// Returns true if the pool has nodes and none of them can run tasks. Stops at the first that can.
#[inline]
async fn nodes_failed(client: &Client, pool: &str) -> Result<bool, Error> {
    let nodes = client.compute_node().list(pool).select("id,state");
    let mut nodes = nodes.retry(page_retry(client)).stream();
    let mut any = false;
    while let Some(node) = nodes.try_next().await? {
        any = true;
        let failed = matches!(
            node.state,
            Some(ComputeNodeState::Unusable | ComputeNodeState::StartTaskFailed)
        );
        if !failed {
            return Ok(false);
        }
    }
    Ok(any)
}
