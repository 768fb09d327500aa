//! Waiting for what the service comes to by itself.

use std::time::{Duration, Instant};

use batch_client::models::{
    AllocationState, CloudJob, CloudPool, CloudTask, ComputeNode, ComputeNodeState, JobState,
    TaskState,
};
use batch_client::{Client, Error};

/// Far more than anything takes; a test that comes to its end has failed.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);

/// Asks until the condition gives something, and gives that.
pub(super) async fn until<T>(
    what: &str,
    condition: impl AsyncFn() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let start = Instant::now();
    loop {
        if let Some(found) = condition().await? {
            return Ok(found);
        }
        assert!(start.elapsed() < PATIENCE, "after {PATIENCE:?}: not {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until there is no such resource any more, which the service says with this code.
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

/// The nodes of a pool, once there are so many and each is idle.
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
