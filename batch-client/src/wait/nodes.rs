//! Waits for a state of a node.

use std::fmt;

use super::{Condition, Look, Wait, poll_retry, sealed, shown};
use crate::client::Client;
use crate::codes;
use crate::error::Error;
use crate::models::{ComputeNode, ComputeNodeState};
use crate::operations;

impl operations::compute_node::Operations {
    /// Waits for a node; see [`wait`](crate::wait).
    ///
    /// ```no_run
    /// use batch_client::wait::NodeOutcome;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// client.compute_node().reboot("render", "tvm-1").await?;
    /// match client.compute_node().wait("render", "tvm-1").idle().await? {
    ///     NodeOutcome::Reached(node) => println!("booted at {:?}", node.last_boot_time),
    ///     NodeOutcome::Failed(node) => println!("{:?} {:?}", node.errors, node.start_task_info),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn wait(&self, pool_id: impl Into<String>, node_id: impl Into<String>) -> NodeWait {
        NodeWait {
            client: self.client.clone(),
            pool: pool_id.into(),
            node: node_id.into(),
        }
    }
}

/// A node to wait for; its methods start the waits.
#[derive(Debug, Clone)]
#[must_use = "its methods start the waits"]
pub struct NodeWait {
    client: Client,
    pool: String,
    node: String,
}

impl NodeWait {
    /// Waits until the node is idle.
    #[inline]
    pub fn idle(self) -> Wait<NodeInState> {
        self.state(ComputeNodeState::Idle)
    }

    /// Waits until the node is in the given state.
    ///
    /// ```no_run
    /// use batch_client::models::ComputeNodeState;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let wait = client.compute_node().wait("render", "tvm-1");
    /// wait.state(ComputeNodeState::Offline).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn state(self, state: ComputeNodeState) -> Wait<NodeInState> {
        let condition = NodeInState {
            pool: self.pool,
            node: self.node,
            state,
            seen: false,
        };
        Wait::new(self.client, condition)
    }
}

/// State of a node that is not in the expected state yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeSnapshot {
    /// State of the node.
    pub state: Option<ComputeNodeState>,
}

impl fmt::Display for NodeSnapshot {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state {}", shown(self.state.as_ref()))
    }
}

/// Outcome of a wait for a node.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NodeOutcome {
    /// The node is in the expected state.
    Reached(Box<ComputeNode>),
    /// The node is unusable (its `errors` have the reason) or its start task failed (its
    /// `start_task_info` has the reason).
    Failed(Box<ComputeNode>),
    /// The node has left the pool or is leaving it, or the pool itself is deleted.
    Left,
}

/// The condition of [`NodeWait::state`].
#[derive(Debug)]
pub struct NodeInState {
    pool: String,
    node: String,
    state: ComputeNodeState,
    seen: bool,
}

impl sealed::Sealed for NodeInState {}

impl Condition for NodeInState {
    type Snapshot = NodeSnapshot;
    type Outcome = NodeOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let node = client.compute_node().get(&self.pool, &self.node);
        let node = match node.retry(poll_retry()).await {
            Ok(node) => node.into_inner(),
            Err(error) if self.seen && is_gone(&error) => {
                return Ok(Look::Done(NodeOutcome::Left));
            }
            Err(error) => return Err(error),
        };
        self.seen = true;
        Ok(match &node.state {
            Some(state) if *state == self.state => Look::Done(NodeOutcome::Reached(Box::new(node))),
            Some(ComputeNodeState::Unusable | ComputeNodeState::StartTaskFailed) => {
                Look::Done(NodeOutcome::Failed(Box::new(node)))
            }
            Some(ComputeNodeState::LeavingPool) => Look::Done(NodeOutcome::Left),
            state => Look::Waiting(NodeSnapshot {
                state: state.clone(),
            }),
        })
    }

    #[inline]
    fn unmet(&self) -> String {
        let state = self.state.as_str();
        format!("node {} of pool {} is not {state}", self.node, self.pool)
    }
}

#[inline]
fn is_gone(error: &Error) -> bool {
    let codes = [Some(codes::NODE_NOT_FOUND), Some(codes::POOL_NOT_FOUND)];
    error.is_not_found() && codes.contains(&error.code())
}
