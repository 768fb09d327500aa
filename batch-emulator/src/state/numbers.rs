//! Numbers that identify resources: one type per kind, so that they cannot be confused.
//!
//! A [`Catalog`](super::catalog::Catalog) assigns them and never reuses one. Events, programs and
//! the links between jobs, nodes and pools hold numbers instead of ids, which are longer and have
//! to be compared case-insensitively. In snapshots and the journal, numbers are plain numbers and
//! keys are pairs.

use serde::{Deserialize, Serialize};

/// A number that a catalog assigns to a resource of one kind.
pub(crate) trait Number: Copy {
    /// Returns the number of the resource at this index of its catalog.
    fn from_index(index: usize) -> Self;

    /// Returns the index in the catalog.
    fn index(self) -> usize;
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $name(usize);

        impl Number for $name {
            fn from_index(index: usize) -> Self {
                Self(index)
            }

            fn index(self) -> usize {
                self.0
            }
        }
    )+};
}

numbers! {
    /// Number of a pool in the account.
    PoolNumber,
    /// Number of a compute node in its pool.
    NodeNumber,
    /// Number of a job in the account.
    JobNumber,
    /// Number of a task in its job.
    TaskNumber,
    /// Number of a job schedule in the account.
    ScheduleNumber,
    /// Number of a certificate in the account.
    CertificateNumber,
}

impl NodeNumber {
    /// Precedes all others: the start of a range of nodes.
    pub(crate) const FIRST: Self = Self(0);
}

/// Identifies a task of the account by its job and its number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(JobNumber, TaskNumber)", into = "(JobNumber, TaskNumber)")]
pub(crate) struct TaskKey {
    pub(crate) job: JobNumber,
    pub(crate) task: TaskNumber,
}

impl From<(JobNumber, TaskNumber)> for TaskKey {
    fn from((job, task): (JobNumber, TaskNumber)) -> Self {
        Self { job, task }
    }
}

impl From<TaskKey> for (JobNumber, TaskNumber) {
    fn from(key: TaskKey) -> Self {
        (key.job, key.task)
    }
}

/// Identifies a compute node of the account by its pool and its number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(PoolNumber, NodeNumber)", into = "(PoolNumber, NodeNumber)")]
pub(crate) struct NodeKey {
    pub(crate) pool: PoolNumber,
    pub(crate) node: NodeNumber,
}

impl From<(PoolNumber, NodeNumber)> for NodeKey {
    fn from((pool, node): (PoolNumber, NodeNumber)) -> Self {
        Self { pool, node }
    }
}

impl From<NodeKey> for (PoolNumber, NodeNumber) {
    fn from(key: NodeKey) -> Self {
        (key.pool, key.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_keys_are_written_plainly() {
        let key = TaskKey {
            job: JobNumber(3),
            task: TaskNumber(7),
        };
        assert_eq!(serde_json::to_string(&key).unwrap(), "[3,7]");
        assert_eq!(serde_json::from_str::<TaskKey>("[3,7]").unwrap(), key);
        assert_eq!(serde_json::to_string(&PoolNumber(5)).unwrap(), "5");
        assert_eq!(size_of::<TaskKey>(), size_of::<(usize, usize)>());
    }
}
