//! The error of a call that did not add every task.

use std::fmt;

use super::report::{AddFailure, AddReport};
use crate::error::Error;

/// Not every task was added; see [`add_all`](crate::operations::task::Operations::add_all).
///
/// It has the whole [`AddReport`]. `?` also turns it into [`batch_client::Error`](crate::Error),
/// which keeps its text but not the report.
#[derive(Debug, Clone)]
pub struct AddAllError {
    report: Box<AddReport>,
}

impl AddAllError {
    #[inline]
    pub(super) fn new(report: AddReport) -> Self {
        Self {
            report: Box::new(report),
        }
    }

    /// The outcomes of all tasks, in numbers, and the tasks that are not in the job.
    #[inline]
    pub fn report(&self) -> &AddReport {
        &self.report
    }

    /// The report, for instance to [resume](super::AddAll::resume) the call.
    #[inline]
    pub fn into_report(self) -> AddReport {
        *self.report
    }

    /// The tasks that are not in the job, as far as they were sent.
    #[inline]
    pub fn failures(&self) -> &[AddFailure] {
        &self.report.failures
    }
}

/// How many tasks are not in the job, with the first reason.
impl fmt::Display for AddAllError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.report;
        let total = report.total();
        let missing = total - report.added - report.already_there;
        if missing == 0 {
            write!(
                f,
                "cannot add all tasks: the call was cut off after {total}, before it had read all"
            )?;
            if let Some(error) = report.error() {
                write!(f, " ({error})")?;
            }
            return f.write_str("; resume it with this report");
        }
        let tasks = if total == 1 { "task" } else { "tasks" };
        write!(f, "cannot add {missing} of {total} {tasks}")?;
        match (report.failures.first(), report.error()) {
            (Some(first), _) => write!(f, ": {}: {}", first.id, first.outcome),
            (None, Some(error)) => write!(f, ": {error}"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for AddAllError {}

/// The error that ended the call, or one with the text of this one.
impl From<AddAllError> for Error {
    #[inline]
    fn from(error: AddAllError) -> Self {
        match error.report.error() {
            Some(ended) => ended.clone(),
            None => Self::refused("Task_AddCollection", error.to_string()),
        }
    }
}
