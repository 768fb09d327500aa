//! Waiting for a pool's size.

use super::pools::{Seen, is_steady};
use super::{Condition, Look, PoolSnapshot, PoolWait, Wait, sealed};
use crate::client::Client;
use crate::error::Error;
use crate::models::CloudPool;

impl PoolWait {
    /// Waits until the pool is steady with exactly this number of nodes, dedicated and Spot ones
    /// together.
    ///
    /// It suits pools that scale by a formula, whose size changes without a call. The nodes need
    /// not be ready yet; see [`nodes_ready`](Self::nodes_ready).
    ///
    /// ```no_run
    /// use batch_client::models::PoolResizeParameter;
    /// use batch_client::wait::SizeOutcome;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// client.pool().resize("render", PoolResizeParameter::dedicated(0)).await?;
    /// match client.pool().wait("render").size_reached(0).await? {
    ///     SizeOutcome::Reached(_) => println!("no node costs money any more"),
    ///     SizeOutcome::ResizeFailed(pool) => println!("{:?}", pool.resize_errors),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn size_reached(self, nodes: u32) -> Wait<PoolSized> {
        let condition = PoolSized {
            pool: self.pool,
            nodes,
            seen: Seen::default(),
        };
        Wait::new(self.client, condition)
    }
}

/// Result of a wait for a pool's size.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SizeOutcome {
    /// The pool is steady and has as many nodes.
    Reached(Box<CloudPool>),
    /// The pool is steady with another size, because its last resize failed: its `resize_errors`
    /// have the reasons.
    ResizeFailed(Box<CloudPool>),
    /// The pool is steady with another size and does not scale by a formula, so that only another
    /// resize could change it.
    OtherSize(Box<CloudPool>),
    /// The pool was deleted, or is being deleted.
    Deleted,
}

/// The condition of [`PoolWait::size_reached`].
#[derive(Debug)]
pub struct PoolSized {
    pool: String,
    nodes: u32,
    seen: Seen,
}

impl sealed::Sealed for PoolSized {}

impl Condition for PoolSized {
    type Snapshot = PoolSnapshot;
    type Outcome = SizeOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let Some(pool) = self.seen.read(client, &self.pool).await? else {
            return Ok(Look::Done(SizeOutcome::Deleted));
        };
        let snapshot = PoolSnapshot::read(&pool);
        if !is_steady(&pool) {
            return Ok(Look::Waiting(snapshot));
        }
        let outcome = if snapshot.nodes == self.nodes {
            SizeOutcome::Reached
        } else if self.seen.resize_failed(&pool) {
            SizeOutcome::ResizeFailed
        } else if pool.enable_auto_scale == Some(true) {
            return Ok(Look::Waiting(snapshot));
        } else {
            SizeOutcome::OtherSize
        };
        Ok(Look::Done(outcome(Box::new(pool))))
    }

    #[inline]
    fn unmet(&self) -> String {
        format!("pool {} has not {} nodes", self.pool, self.nodes)
    }
}
