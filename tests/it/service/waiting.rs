//! Polling for state changes that the service makes by itself.

use std::time::{Duration, Instant};

use batch_client::models::{
    AllocationState, CloudJob, CloudPool, CloudTask, ComputeNode, ComputeNodeState, JobState,
    TaskState,
};
use batch_client::{Client, Error};

/// Far more than anything takes; a test that reaches this limit has failed.
const TIMEOUT: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(5);

/// Polls until the condition returns a value.
pub(super) async fn until<T>(
    what: &str,
    condition: impl AsyncFn() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let start = Instant::now();
    loop {
        if let Some(found) = condition().await? {
            return Ok(found);
        }
        assert!(
            start.elapsed() < TIMEOUT,
            "timed out after {TIMEOUT:?} waiting for {what}"
        );
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Waits until the resource no longer exists, which the service reports with this code.
pub(super) async fn gone<T>(
    code: &str,
    get: impl AsyncFn() -> Result<T, Error>,
) -> Result<(), Error> {
    until(code, async || match get().await {
        Ok(_) => Ok(None),
        Err(error) if error.is_not_found() && error.code() == Some(code) => Ok(Some(())),
        Err(error) => Err(error),
    })
    .await
}

pub(super) async fn steady(client: &Client, pool: &str) -> Result<CloudPool, Error> {
    until("a steady pool", async || {
        let pool = client.pool().get(pool).await?.into_inner();
        let is_steady = pool.allocation_state == Some(AllocationState::Steady);
        Ok(is_steady.then_some(pool))
    })
    .await
}

/// Waits until the pool has this many nodes and all of them are idle; returns them.
pub(super) async fn idle(
    client: &Client,
    pool: &str,
    count: usize,
) -> Result<Vec<ComputeNode>, Error> {
    until("idle nodes", async || {
        let nodes = client.compute_node().list(pool).stream();
        let nodes = nodes.try_collect().await?;
        let is_idle = |node: &ComputeNode| node.state == Some(ComputeNodeState::Idle);
        Ok((nodes.len() == count && nodes.iter().all(is_idle)).then_some(nodes))
    })
    .await
}

pub(super) async fn job_in(client: &Client, job: &str, state: JobState) -> Result<CloudJob, Error> {
    until(state.as_str(), async || {
        let job = client.job().get(job).await?.into_inner();
        Ok((job.state.as_ref() == Some(&state)).then_some(job))
    })
    .await
}

pub(super) async fn task_in(
    client: &Client,
    job: &str,
    task: &str,
    state: TaskState,
) -> Result<CloudTask, Error> {
    until(state.as_str(), async || {
        let task = client.task().get(job, task).await?.into_inner();
        Ok((task.state.as_ref() == Some(&state)).then_some(task))
    })
    .await
}
