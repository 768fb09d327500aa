//! Summary of all outcomes, small enough for millions of tasks.

use std::fmt;

use super::error::AddAllError;
use super::outcome::{AddOutcome, TaskOutcome};
use super::positions::Positions;
use crate::error::Error;

/// Outcomes of the tasks of a call; see
/// [`add_all`](crate::operations::task::Operations::add_all).
///
/// Counts are of all tasks. Those that are not in the job are listed in
/// [`failures`](Self::failures), except for tasks that were not attempted, which are only counted.
/// Written and read with serde, a report serves to [resume](super::AddAll::resume) the call. Its
/// error is not written.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AddReport {
    /// Number of tasks that the service added.
    pub added: u64,
    /// Number of tasks that the job already had, with the same properties.
    pub already_there: u64,
    /// Number of tasks whose id belongs to a different task of the job.
    pub different: u64,
    /// Number of tasks that the service rejected.
    pub rejected: u64,
    /// Number of tasks that were not sent.
    pub not_attempted: u64,
    /// Number of tasks whose outcome is unknown.
    pub unknown: u64,
    /// The tasks that are not in the job, as far as they were sent.
    pub failures: Vec<AddFailure>,
    /// Number of requests that were sent to add the tasks.
    pub requests: u64,
    /// Number of responses with which the service throttled the call.
    pub throttled: u64,
    pub(super) settled: Positions,
    /// Tasks that were taken from the input and have no outcome yet.
    pub(super) open: u64,
    /// The input was read to its end.
    pub(super) input_ended: bool,
    error: Option<Error>,
}

/// A task that is not in the job.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AddFailure {
    /// Zero-based position among the tasks passed to the call.
    pub position: u64,
    /// Id of the task.
    pub id: String,
    /// Reason for the failure.
    pub outcome: AddOutcome,
}

impl AddReport {
    /// Tasks that have an outcome.
    #[inline]
    pub fn total(&self) -> u64 {
        self.added
            + self.already_there
            + self.different
            + self.rejected
            + self.not_attempted
            + self.unknown
    }

    /// Returns true if the job has all tasks as they were passed to the call.
    ///
    /// False until the input was read to its end and each task has an outcome, so a call that was
    /// cut off is never complete.
    #[inline]
    pub fn is_complete(&self) -> bool {
        self.covers_input() && self.added + self.already_there == self.total()
    }

    /// Returns true if all outcomes are final: another call with the same tasks would change
    /// nothing.
    ///
    /// False until the input was read to its end and each task has an outcome.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.covers_input() && self.not_attempted == 0 && self.unknown == 0
    }

    /// Returns true if the tasks were read to their end. False if the stream of outcomes was
    /// dropped before that, if the call's timeout passed, and for [`AddReport::default`].
    #[inline]
    pub fn input_ended(&self) -> bool {
        self.input_ended
    }

    /// Returns true if every task of the input has an outcome.
    #[inline]
    fn covers_input(&self) -> bool {
        self.input_ended && self.open == 0
    }

    /// Why the call ended before its tasks did, such as a job that is not there; `None` where it
    /// came to its end.
    #[inline]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The report if every task is in the job, otherwise an error that has it. Awaiting the call
    /// does the same.
    ///
    /// # Errors
    ///
    /// [`is_complete`](Self::is_complete) is false, or the call ended before its tasks did.
    #[inline]
    pub fn into_result(self) -> Result<Self, AddAllError> {
        if self.error.is_none() && self.is_complete() {
            return Ok(self);
        }
        Err(AddAllError::new(self))
    }

    #[inline]
    pub(super) fn is_done(&self, position: u64) -> bool {
        self.settled.contains(position)
    }

    /// Prepares the report of an earlier call for resuming: resets the counts of tasks without a
    /// final outcome.
    #[inline]
    pub(super) fn reopen(&mut self) {
        self.failures.retain(|failure| failure.outcome.is_settled());
        self.not_attempted = 0;
        self.unknown = 0;
        self.open = 0;
        self.input_ended = false;
        self.error = None;
    }

    /// Records that a task was taken from the input.
    #[inline]
    pub(super) fn take(&mut self) {
        self.open += 1;
    }

    /// Records the end of the input.
    #[inline]
    pub(super) fn end_input(&mut self) {
        self.input_ended = true;
    }

    #[inline]
    pub(super) fn stop(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    #[inline]
    pub(super) fn count(&mut self, task: &TaskOutcome) {
        let count = match task.outcome {
            AddOutcome::Added { .. } => &mut self.added,
            AddOutcome::AlreadyThere => &mut self.already_there,
            AddOutcome::ExistsDifferent => &mut self.different,
            AddOutcome::Rejected { .. } => &mut self.rejected,
            AddOutcome::NotAttempted => &mut self.not_attempted,
            AddOutcome::Unknown { .. } => &mut self.unknown,
        };
        *count += 1;
        self.open = self.open.saturating_sub(1);
        if task.outcome.is_settled() {
            self.settled.insert(task.position);
        }
        if !task.outcome.is_added() && task.outcome != AddOutcome::NotAttempted {
            self.failures.push(AddFailure {
                position: task.position,
                id: task.id.clone(),
                outcome: task.outcome.clone(),
            });
        }
    }
}

impl fmt::Display for AddReport {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        write!(
            f,
            "{total} {}: {} added",
            if total == 1 { "task" } else { "tasks" },
            self.added
        )?;
        for (count, what) in [
            (self.already_there, "already there"),
            (self.different, "exist as others"),
            (self.rejected, "rejected"),
            (self.not_attempted, "not attempted"),
            (self.unknown, "unknown"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        match &self.error {
            Some(error) => write!(f, "; ended by: {error}"),
            None => Ok(()),
        }
    }
}
