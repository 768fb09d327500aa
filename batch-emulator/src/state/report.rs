//! What really happened outside: the second kind of input to the state, beside requests.
//!
//! The state says in an [`Order`](super::orders::Order) what is to be done outside. Who did it says
//! here what came of it. A report holds all that the state needs to know, so that reports can be
//! kept and given again in their order: with the same requests in between, the state comes out the
//! same. One whose program is on another course by then is stale and does nothing.

use serde::{Deserialize, Serialize};

use super::numbers::{JobNumber, NodeKey, NodeNumber, PoolNumber, TaskNumber};

/// Something that happened outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// A program has come to its end, or could not be started.
    Ended {
        /// Which one.
        program: Program,
        /// How.
        end: End,
    },
    /// All that ran outside is gone, as after a restart of the emulator: every node starts anew.
    Restarted,
}

/// A course of a program: what runs, and for which time. Numbers as the state counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Program {
    /// The command line of a task, on its only or its first node.
    Task {
        job: JobNumber,
        task: TaskNumber,
        attempt: u32,
    },
    /// The coordination command line of a multi-instance task; instance 0 is the primary.
    Instance {
        job: JobNumber,
        task: TaskNumber,
        attempt: u32,
        instance: u32,
    },
    /// The start task of a node.
    Start {
        pool: PoolNumber,
        node: NodeNumber,
        epoch: u32,
    },
    /// The preparation task of a job on a node.
    Preparation {
        job: JobNumber,
        pool: PoolNumber,
        node: NodeNumber,
        attempt: u32,
    },
    /// The release task of a job on a node.
    Release {
        job: JobNumber,
        pool: PoolNumber,
        node: NodeNumber,
        attempt: u32,
    },
}

impl Program {
    /// The preparation task of a job on a node.
    pub(crate) fn preparation(
        job: JobNumber,
        NodeKey { pool, node }: NodeKey,
        attempt: u32,
    ) -> Self {
        Self::Preparation {
            job,
            pool,
            node,
            attempt,
        }
    }

    /// The release task of a job on a node.
    pub(crate) fn release(job: JobNumber, NodeKey { pool, node }: NodeKey, attempt: u32) -> Self {
        Self::Release {
            job,
            pool,
            node,
            attempt,
        }
    }
}

/// How a program came to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    /// Its exit code; absent where it could not be started.
    pub(crate) exit_code: Option<i32>,
    /// What failed before it, or after it; an exit code alone is no failure of this kind.
    pub(crate) failure: Option<Failure>,
}

impl End {
    pub(crate) fn exit(code: i32) -> Self {
        Self {
            exit_code: Some(code),
            failure: None,
        }
    }
}

/// A failure as the service tells it; without the query of any address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// Whether the service failed and not the user.
    pub(crate) server: bool,
    /// The service's code, such as `BlobNotFound`.
    pub(crate) code: String,
    /// For people.
    pub(crate) message: String,
    /// Names with values.
    pub(crate) details: Vec<(String, String)>,
}
