//! Waits for the nodes of a pool: until enough are ready, or idle.

use super::pools::{Seen, is_gone, is_steady};
use super::{Condition, Look, PoolSnapshot, PoolWait, Wait, page_retry, sealed};
use crate::client::Client;
use crate::error::Error;
use crate::models::{CloudPool, ComputeNode, ComputeNodeState};

impl PoolWait {
    /// Waits until at least `count` nodes of the pool are ready: idle, or running tasks.
    ///
    /// ```no_run
    /// use batch_client::wait::NodesOutcome;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// match client.pool().wait("render").nodes_ready(3).await? {
    ///     NodesOutcome::Ready(nodes) => println!("{} nodes", nodes.len()),
    ///     NodesOutcome::NodesFailed(nodes) => println!("{:?}", nodes[0].errors),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn nodes_ready(self, count: usize) -> Wait<PoolNodes> {
        self.nodes(count, true)
    }

    /// Waits until at least `count` nodes of the pool are idle.
    ///
    /// It suits a pool without tasks. In a pool whose nodes are busy it waits for their tasks, and
    /// forever if these are replaced by others; see [`nodes_ready`](Self::nodes_ready).
    ///
    /// ```no_run
    /// use batch_client::wait::NodesOutcome;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let outcome = client.pool().wait("render").nodes_idle(3).await?;
    /// if let NodesOutcome::Idle(nodes) = outcome {
    ///     println!("{} nodes have nothing to do", nodes.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn nodes_idle(self, count: usize) -> Wait<PoolNodes> {
        self.nodes(count, false)
    }

    #[inline]
    fn nodes(self, count: usize, with_running: bool) -> Wait<PoolNodes> {
        let condition = PoolNodes {
            pool: self.pool,
            count,
            with_running,
            seen: Seen::default(),
        };
        Wait::new(self.client, condition)
    }
}

/// Outcome of a wait for nodes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NodesOutcome {
    /// Enough nodes are ready: these. Only for [`PoolWait::nodes_ready`].
    Ready(Vec<ComputeNode>),
    /// Enough nodes are idle: these. Only for [`PoolWait::nodes_idle`].
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

/// The condition of [`PoolWait::nodes_ready`] and [`PoolWait::nodes_idle`].
#[derive(Debug)]
pub struct PoolNodes {
    pool: String,
    count: usize,
    /// Nodes that are running tasks count as well.
    with_running: bool,
    seen: Seen,
}

/// The nodes of a pool, except those that are leaving it.
#[derive(Default)]
struct Nodes {
    idle: Vec<ComputeNode>,
    running: Vec<ComputeNode>,
    failed: Vec<ComputeNode>,
    /// Number of nodes that may still become idle. The service replaces preempted nodes, and
    /// offline nodes come back.
    others: usize,
}

impl PoolNodes {
    #[inline]
    async fn nodes(&self, client: &Client) -> Result<Nodes, Error> {
        let nodes = client.compute_node().list(&self.pool);
        let nodes = nodes.select("id,state,errors,startTaskInfo");
        let mut nodes = nodes.retry(page_retry(client)).stream();
        let mut found = Nodes::default();
        while let Some(node) = nodes.try_next().await? {
            match node.state {
                Some(ComputeNodeState::Idle) => found.idle.push(node),
                Some(ComputeNodeState::Running) => found.running.push(node),
                Some(ComputeNodeState::Unusable | ComputeNodeState::StartTaskFailed) => {
                    found.failed.push(node);
                }
                Some(ComputeNodeState::LeavingPool) => {}
                _ => found.others += 1,
            }
        }
        Ok(found)
    }

    /// Returns the end of the wait if enough nodes are ready.
    #[inline]
    fn enough(&self, nodes: &mut Nodes) -> Option<NodesOutcome> {
        let counted = if self.with_running {
            nodes.idle.len() + nodes.running.len()
        } else {
            nodes.idle.len()
        };
        if counted < self.count {
            return None;
        }
        let mut found = std::mem::take(&mut nodes.idle);
        if !self.with_running {
            return Some(NodesOutcome::Idle(found));
        }
        found.append(&mut nodes.running);
        Some(NodesOutcome::Ready(found))
    }

    /// Returns the end of the wait if the pool is steady and its nodes cannot suffice.
    #[inline]
    fn too_few(&self, pool: CloudPool, nodes: Nodes) -> Option<NodesOutcome> {
        let possible = nodes.idle.len() + nodes.running.len() + nodes.others;
        if !is_steady(&pool) || possible >= self.count {
            return None;
        }
        let failed = nodes.failed;
        if self.seen.resize_failed(&pool) {
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

impl sealed::Sealed for PoolNodes {}

impl Condition for PoolNodes {
    type Snapshot = PoolSnapshot;
    type Outcome = NodesOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        // The pool first: a steady pool gets no more nodes.
        let Some(pool) = self.seen.read(client, &self.pool).await? else {
            return Ok(Look::Done(NodesOutcome::Deleted));
        };
        let mut found = match self.nodes(client).await {
            Ok(found) => found,
            Err(error) if is_gone(&error) => return Ok(Look::Done(NodesOutcome::Deleted)),
            Err(error) => return Err(error),
        };
        if let Some(enough) = self.enough(&mut found) {
            return Ok(Look::Done(enough));
        }
        let snapshot = PoolSnapshot {
            idle: Some(found.idle.len()),
            running: Some(found.running.len()),
            failed: Some(found.failed.len()),
            ..PoolSnapshot::read(&pool)
        };
        Ok(match self.too_few(pool, found) {
            Some(outcome) => Look::Done(outcome),
            None => Look::Waiting(snapshot),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        let state = if self.with_running { "ready" } else { "idle" };
        format!(
            "pool {} has fewer than {} {state} nodes",
            self.pool, self.count
        )
    }
}
