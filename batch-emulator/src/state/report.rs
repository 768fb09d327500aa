//! Reports of what really happened outside: the second kind of input to the state, beside requests.
//!
//! An [`Order`](super::orders::Order) of the state requests an action outside; a report returns its
//! result. A report holds everything that the state needs, so that reports can be persisted and
//! replayed in order: with the same requests in between, they yield the same state. A report about
//! an earlier generation of a program is stale and ignored.

use serde::{Deserialize, Serialize};

use super::numbers::{JobNumber, NodeKey, NodeNumber, PoolNumber, TaskNumber};

/// An event outside the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// A program has ended, or could not be started.
    Ended {
        /// The program.
        program: Program,
        /// How it ended.
        end: End,
    },
    /// All processes are gone, as after a restart of the emulator: every node starts again.
    Restarted,
}

/// A run of a program: what runs, and its generation, in the state's numbers.
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
    /// Creates the program of a job's preparation task on a node.
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

    /// Creates the program of a job's release task on a node.
    pub(crate) fn release(job: JobNumber, NodeKey { pool, node }: NodeKey, attempt: u32) -> Self {
        Self::Release {
            job,
            pool,
            node,
            attempt,
        }
    }
}

/// The end of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    /// Exit code; absent if it could not be started.
    pub(crate) exit_code: Option<i32>,
    /// A failure before or after the program; a nonzero exit code alone does not count.
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

/// A failure as the service reports it, without the query of any URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// True if the service failed rather than the user.
    pub(crate) server: bool,
    /// The service's code, such as `BlobNotFound`.
    pub(crate) code: String,
    /// Message for people.
    pub(crate) message: String,
    /// Names and values of details.
    pub(crate) details: Vec<(String, String)>,
}
