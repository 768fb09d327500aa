//! The numbers by which resources are found: one type for each kind, so that none is taken for
//! another.
//!
//! A [`Catalog`](super::catalog::Catalog) gives them out and never gives one twice. Events,
//! programs and what jobs, nodes and pools know of each other hold numbers instead of ids, which
//! are longer and have to be compared without case. They are written as plain numbers, and keys as
//! pairs, in snapshots and the journal.

use serde::{Deserialize, Serialize};

/// A number that a catalog gives to a resource of one kind.
pub(crate) trait Number: Copy {
    /// The number of the resource at this place of its catalog.
    fn from_index(index: usize) -> Self;

    /// The place in the catalog.
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
    /// The number of a pool in the account.
    PoolNumber,
    /// The number of a compute node in its pool.
    NodeNumber,
    /// The number of a job in the account.
    JobNumber,
    /// The number of a task in its job.
    TaskNumber,
    /// The number of a job schedule in the account.
    ScheduleNumber,
    /// The number of a certificate in the account.
    CertificateNumber,
}

impl NodeNumber {
    /// Comes before all others: where a range of nodes begins.
    pub(crate) const FIRST: Self = Self(0);
}

/// A task of the account, by its job and its place there.
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

/// A compute node of the account, by its pool and its place there.
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
