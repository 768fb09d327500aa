//! Waits for a pool: until it is steady, has idle nodes, or no longer exists.

use std::fmt;

use super::{Condition, Look, Wait, found, page_retry, poll_retry, sealed, shown};
use crate::client::Client;
use crate::codes;
use crate::error::Error;
use crate::models::{AllocationState, CloudPool, ComputeNode, ComputeNodeState, PoolState};
use crate::operations;

impl operations::pool::Operations {
    /// Waits for a pool or its nodes; see [`wait`](crate::wait).
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let outcome = client.pool().wait("render").steady().await?;
    /// println!("{outcome:?}");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn wait(&self, pool_id: impl Into<String>) -> PoolWait {
        PoolWait {
            client: self.client.clone(),
            pool: pool_id.into(),
        }
    }
}

/// A pool to wait for; its methods start the waits.
#[derive(Debug, Clone)]
#[must_use = "its methods start the waits"]
pub struct PoolWait {
    pub(super) client: Client,
    pub(super) pool: String,
}

impl PoolWait {
    /// Waits until the pool is no longer being resized.
    ///
    /// ```no_run
    /// use batch_client::wait::PoolOutcome;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// match client.pool().wait("render").steady().await? {
    ///     PoolOutcome::Steady(pool) => println!("{:?} nodes", pool.current_dedicated_nodes),
    ///     PoolOutcome::ResizeFailed(pool) => println!("{:?}", pool.resize_errors),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn steady(self) -> Wait<PoolSteady> {
        let pool = self.pool;
        Wait::new(self.client, PoolSteady { pool, seen: false })
    }

    /// Waits until at least `count` nodes of the pool are idle.
    ///
    /// ```no_run
    /// use batch_client::wait::NodesOutcome;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// match client.pool().wait("render").nodes_idle(3).await? {
    ///     NodesOutcome::Idle(nodes) => println!("{} nodes", nodes.len()),
    ///     NodesOutcome::NodesFailed(nodes) => println!("{:?}", nodes[0].errors),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn nodes_idle(self, count: usize) -> Wait<NodesIdle> {
        let condition = NodesIdle {
            pool: self.pool,
            count,
            seen: false,
        };
        Wait::new(self.client, condition)
    }

    /// Waits until the pool no longer exists. It does not delete the pool.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// client.pool().delete("render").await?;
    /// client.pool().wait("render").deleted().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn deleted(self) -> Wait<PoolDeleted> {
        Wait::new(self.client, PoolDeleted { pool: self.pool })
    }
}

/// State of a pool for which the condition is not met yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolSnapshot {
    /// State of the pool.
    pub state: Option<PoolState>,
    /// Allocation state, such as resizing.
    pub allocation_state: Option<AllocationState>,
    /// Current number of nodes, dedicated and Spot/low-priority ones together.
    pub nodes: u32,
    /// Target number of nodes.
    pub target: u32,
    /// Number of idle nodes, in a wait for idle nodes.
    pub idle: Option<usize>,
    /// Number of nodes that are unusable or whose start task has failed, in a wait for idle nodes.
    pub failed: Option<usize>,
}

impl PoolSnapshot {
    #[inline]
    pub(super) fn read(pool: &CloudPool) -> Self {
        let sum = |counts: [Option<i32>; 2]| {
            let counts = counts.iter().flatten();
            counts.map(|count| (*count).max(0).unsigned_abs()).sum()
        };
        Self {
            state: pool.state.clone(),
            allocation_state: pool.allocation_state.clone(),
            nodes: sum([
                pool.current_dedicated_nodes,
                pool.current_low_priority_nodes,
            ]),
            target: sum([pool.target_dedicated_nodes, pool.target_low_priority_nodes]),
            idle: None,
            failed: None,
        }
    }
}

impl fmt::Display for PoolSnapshot {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = shown(self.state.as_ref());
        let allocation = shown(self.allocation_state.as_ref());
        write!(
            f,
            "state {state}, {allocation}, {} of {} nodes",
            self.nodes, self.target
        )?;
        if let (Some(idle), Some(failed)) = (self.idle, self.failed) {
            write!(f, ", {idle} idle, {failed} failed")?;
        }
        Ok(())
    }
}

/// Outcome of a wait for a steady pool.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum PoolOutcome {
    /// The pool is steady, without errors.
    Steady(Box<CloudPool>),
    /// The pool is steady, but its last resize failed; its `resize_errors` have the reason.
    ResizeFailed(Box<CloudPool>),
    /// The pool was deleted, or is being deleted.
    Deleted,
}

/// Reads a pool; `None` if it is being deleted, or was seen and no longer exists.
#[inline]
pub(super) async fn read(
    client: &Client,
    pool: &str,
    seen: &mut bool,
) -> Result<Option<CloudPool>, Error> {
    match client.pool().get(pool).retry(poll_retry()).await {
        Ok(pool) => {
            *seen = true;
            let pool = pool.into_inner();
            Ok(Some(pool).filter(|pool| pool.state != Some(PoolState::Deleting)))
        }
        Err(error) if *seen && is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

#[inline]
fn is_gone(error: &Error) -> bool {
    let codes = [Some(codes::POOL_NOT_FOUND), Some(codes::POOL_BEING_DELETED)];
    codes.contains(&error.code())
}

#[inline]
pub(super) fn is_steady(pool: &CloudPool) -> bool {
    pool.allocation_state == Some(AllocationState::Steady)
}

#[inline]
pub(super) fn resize_failed(pool: &CloudPool) -> bool {
    let errors = pool.resize_errors.as_deref().unwrap_or_default();
    !errors.is_empty()
}

/// The condition of [`PoolWait::steady`].
#[derive(Debug)]
pub struct PoolSteady {
    pool: String,
    seen: bool,
}

impl sealed::Sealed for PoolSteady {}

impl Condition for PoolSteady {
    type Snapshot = PoolSnapshot;
    type Outcome = PoolOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let Some(pool) = read(client, &self.pool, &mut self.seen).await? else {
            return Ok(Look::Done(PoolOutcome::Deleted));
        };
        Ok(if !is_steady(&pool) {
            Look::Waiting(PoolSnapshot::read(&pool))
        } else if resize_failed(&pool) {
            Look::Done(PoolOutcome::ResizeFailed(Box::new(pool)))
        } else {
            Look::Done(PoolOutcome::Steady(Box::new(pool)))
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        format!("pool {} is not steady", self.pool)
    }
}

/// Outcome of a wait for idle nodes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NodesOutcome {
    /// Enough nodes are idle: these.
    Idle(Vec<ComputeNode>),
    /// The pool is steady, and too few nodes are left without these, which are unusable or whose
    /// start task failed.
    NodesFailed(Vec<ComputeNode>),
    /// The pool's last resize failed and left too few nodes; its `resize_errors` have the reason.
    ResizeFailed(Box<CloudPool>),
    /// The pool is steady, does not scale automatically and has too few nodes.
    TooFew(Box<CloudPool>),
    /// The pool was deleted, or is being deleted.
    Deleted,
}

/// The condition of [`PoolWait::nodes_idle`].
#[derive(Debug)]
pub struct NodesIdle {
    pool: String,
    count: usize,
    seen: bool,
}

/// The nodes of a pool, except those that are leaving it.
#[derive(Default)]
struct Nodes {
    idle: Vec<ComputeNode>,
    failed: Vec<ComputeNode>,
    /// Number of nodes that may still become idle. The service replaces preempted nodes, and
    /// offline nodes come back.
    others: usize,
}

impl NodesIdle {
    #[inline]
    async fn nodes(&self, client: &Client) -> Result<Nodes, Error> {
        let nodes = client.compute_node().list(&self.pool);
        let nodes = nodes.select("id,state,errors,startTaskInfo");
        let mut nodes = nodes.retry(page_retry(client)).stream();
        let mut found = Nodes::default();
        while let Some(node) = nodes.try_next().await? {
            match node.state {
                Some(ComputeNodeState::Idle) => found.idle.push(node),
                Some(ComputeNodeState::Unusable | ComputeNodeState::StartTaskFailed) => {
                    found.failed.push(node);
                }
                Some(ComputeNodeState::LeavingPool) => {}
                _ => found.others += 1,
            }
        }
        Ok(found)
    }

    /// Returns the end of the wait if the pool is steady and its nodes cannot suffice.
    #[inline]
    fn too_few(&self, pool: CloudPool, nodes: Nodes) -> Option<NodesOutcome> {
        if !is_steady(&pool) || nodes.idle.len() + nodes.others >= self.count {
            return None;
        }
        let failed = nodes.failed;
        if resize_failed(&pool) {
            Some(NodesOutcome::ResizeFailed(Box::new(pool)))
        } else if !failed.is_empty() {
            Some(NodesOutcome::NodesFailed(failed))
        } else if pool.enable_auto_scale == Some(true) {
            None
        } else {
            Some(NodesOutcome::TooFew(Box::new(pool)))
        }
    }
}

impl sealed::Sealed for NodesIdle {}

impl Condition for NodesIdle {
    type Snapshot = PoolSnapshot;
    type Outcome = NodesOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        // The pool first: a steady pool gets no more nodes.
        let Some(pool) = read(client, &self.pool, &mut self.seen).await? else {
            return Ok(Look::Done(NodesOutcome::Deleted));
        };
        let found = match self.nodes(client).await {
            Ok(found) => found,
            Err(error) if is_gone(&error) => return Ok(Look::Done(NodesOutcome::Deleted)),
            Err(error) => return Err(error),
        };
        let Nodes { idle, failed, .. } = &found;
        if idle.len() >= self.count {
            return Ok(Look::Done(NodesOutcome::Idle(found.idle)));
        }
        let snapshot = PoolSnapshot {
            idle: Some(idle.len()),
            failed: Some(failed.len()),
            ..PoolSnapshot::read(&pool)
        };
        Ok(match self.too_few(pool, found) {
            Some(outcome) => Look::Done(outcome),
            None => Look::Waiting(snapshot),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        format!(
            "pool {} has fewer than {} idle nodes",
            self.pool, self.count
        )
    }
}

/// The condition of [`PoolWait::deleted`].
#[derive(Debug)]
pub struct PoolDeleted {
    pool: String,
}

impl sealed::Sealed for PoolDeleted {}

impl Condition for PoolDeleted {
    type Snapshot = PoolSnapshot;
    type Outcome = ();

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let pool = client.pool().get(&self.pool).retry(poll_retry());
        Ok(match found(pool, codes::POOL_NOT_FOUND).await? {
            Some(pool) => Look::Waiting(PoolSnapshot::read(&pool)),
            None => Look::Done(()),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        format!("pool {} is not deleted", self.pool)
    }
}
