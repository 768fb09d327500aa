//! Waits for a pool: until it is steady, or no longer exists.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{Condition, Look, Wait, found, poll_retry, sealed, shown};
use crate::client::Client;
use crate::codes;
use crate::error::Error;
use crate::models::{AllocationState, CloudPool, PoolState};
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
    /// Resize errors stay in a pool until its next resize. They count as a failure of this wait
    /// ([`PoolOutcome::ResizeFailed`]) unless the pool has its target size, or scales by a formula
    /// and already had them when the wait began.
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
        let seen = Seen::default();
        Wait::new(self.client, PoolSteady { pool, seen })
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
    /// Number of idle nodes, in a wait for nodes.
    pub idle: Option<usize>,
    /// Number of nodes that are running tasks, in a wait for nodes.
    pub running: Option<usize>,
    /// Number of nodes that are unusable or whose start task has failed, in a wait for nodes.
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
            running: None,
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
        let counts = [
            (self.idle, "idle"),
            (self.running, "running"),
            (self.failed, "failed"),
        ];
        for (count, state) in counts {
            if let Some(count) = count {
                write!(f, ", {count} {state}")?;
            }
        }
        Ok(())
    }
}

/// Outcome of a wait for a steady pool.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum PoolOutcome {
    /// The pool is steady. Its `resize_errors`, if it has any, are of an earlier resize.
    Steady(Box<CloudPool>),
    /// The pool is steady, but not with its target size, because its last resize failed; its
    /// `resize_errors` have the reason.
    ResizeFailed(Box<CloudPool>),
    /// The pool was deleted, or is being deleted.
    Deleted,
}

/// The pool at the first poll of a wait.
#[derive(Debug, Default)]
pub(super) struct Seen {
    first: Option<First>,
}

#[derive(Debug)]
struct First {
    has_errors: bool,
    /// Time from which the pool had its allocation state: another one means another resize.
    since: Option<DateTime<Utc>>,
}

impl Seen {
    /// Reads a pool; `None` if it is being deleted, or was seen and no longer exists.
    #[inline]
    pub(super) async fn read(
        &mut self,
        client: &Client,
        pool: &str,
    ) -> Result<Option<CloudPool>, Error> {
        match client.pool().get(pool).retry(poll_retry()).await {
            Ok(pool) => {
                let pool = pool.into_inner();
                self.first.get_or_insert_with(|| First {
                    has_errors: is_steady(&pool) && has_resize_errors(&pool),
                    since: pool.allocation_state_transition_time,
                });
                Ok(Some(pool).filter(|pool| pool.state != Some(PoolState::Deleting)))
            }
            Err(error) if self.first.is_some() && is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns true if the last resize of a steady pool failed, so that it has fewer or more nodes
    /// than it should have.
    ///
    /// The errors stay until the next resize, so they may be older than the wait. They do not count
    /// if the pool has its target size all the same. A pool that scales by a formula tries again at
    /// the formula's next evaluation, so errors that were there before the wait do not count until
    /// another resize has left them.
    #[inline]
    pub(super) fn resize_failed(&self, pool: &CloudPool) -> bool {
        if !has_resize_errors(pool) || has_target_size(pool) {
            return false;
        }
        let is_old = self.first.as_ref().is_some_and(|first| {
            first.has_errors && first.since == pool.allocation_state_transition_time
        });
        !(is_old && pool.enable_auto_scale == Some(true))
    }
}

#[inline]
pub(super) fn is_gone(error: &Error) -> bool {
    let codes = [Some(codes::POOL_NOT_FOUND), Some(codes::POOL_BEING_DELETED)];
    codes.contains(&error.code())
}

#[inline]
pub(super) fn is_steady(pool: &CloudPool) -> bool {
    pool.allocation_state == Some(AllocationState::Steady)
}

#[inline]
pub(super) fn has_resize_errors(pool: &CloudPool) -> bool {
    let errors = pool.resize_errors.as_deref().unwrap_or_default();
    !errors.is_empty()
}

#[inline]
fn has_target_size(pool: &CloudPool) -> bool {
    pool.current_dedicated_nodes.is_some()
        && pool.current_dedicated_nodes == pool.target_dedicated_nodes
        && pool.current_low_priority_nodes == pool.target_low_priority_nodes
}

/// The condition of [`PoolWait::steady`].
#[derive(Debug)]
pub struct PoolSteady {
    pool: String,
    seen: Seen,
}

impl sealed::Sealed for PoolSteady {}

impl Condition for PoolSteady {
    type Snapshot = PoolSnapshot;
    type Outcome = PoolOutcome;

    #[inline]
    async fn look(&mut self, client: &Client) -> Result<Look<Self>, Error> {
        let Some(pool) = self.seen.read(client, &self.pool).await? else {
            return Ok(Look::Done(PoolOutcome::Deleted));
        };
        Ok(if !is_steady(&pool) {
            Look::Waiting(PoolSnapshot::read(&pool))
        } else if self.seen.resize_failed(&pool) {
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
