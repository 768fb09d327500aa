//! What is left of deleted jobs: their totals.
//!
//! The service forgets a deleted job. The dashboard does not, because programs that clean up after
//! themselves would leave nothing to look at.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::jobs::Job;
use super::tasks::Class;
use crate::time::Time;

/// Maximum number of deleted jobs that are listed; all of them are counted.
const LISTED: usize = 24;

/// A deleted job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeletedJob {
    pub(crate) id: Arc<str>,
    pub(crate) created: Time,
    pub(crate) deleted: Time,
    /// Its tasks by class when it was deleted.
    pub(crate) tasks: [i64; 4],
}

/// The totals of deleted jobs and tasks.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Deleted {
    pub(crate) jobs: u64,
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
    /// The last of them, oldest first.
    pub(crate) recent: VecDeque<DeletedJob>,
}

impl Deleted {
    pub(crate) fn add_job(&mut self, job: &Job, now: Time) {
        self.jobs += 1;
        self.succeeded += job.counts.of(Class::Succeeded);
        self.failed += job.counts.of(Class::Failed);
        if self.recent.len() == LISTED {
            self.recent.pop_front();
        }
        self.recent.push_back(DeletedJob {
            id: job.id.clone(),
            created: job.stamp.created,
            deleted: now,
            tasks: job.counts.tasks,
        });
    }

    /// Adds a task that is deleted from a job that stays.
    pub(crate) fn add_task(&mut self, class: Class) {
        match class {
            Class::Succeeded => self.succeeded += 1,
            Class::Failed => self.failed += 1,
            Class::Active | Class::Running => {}
        }
    }
}
