//! The nodes of a task, and its files on them.

use std::sync::Arc;

use crate::state::State;
use crate::state::numbers::TaskKey;
use crate::state::tasks::{Outcome, Seat};

impl State {
    /// Returns the nodes of a task: one for each instance.
    pub(crate) fn seats_of(&self, key: TaskKey) -> Vec<Arc<Seat>> {
        let Some(task) = self.task(key) else {
            return Vec::new();
        };
        match task.instances() {
            [] => task.seat().cloned().into_iter().collect(),
            instances => instances
                .iter()
                .map(|instance| instance.seat.clone())
                .collect(),
        }
    }

    /// Removes a task from all its nodes; only the first one counts it.
    ///
    /// Source: description of `ComputeNode.totalTasksRun`. No source for subtasks, which do not
    /// count here; chosen because they are not tasks of the job.
    pub(super) fn vacate_all(
        &mut self,
        first: &Arc<Seat>,
        task: TaskKey,
        outcome: Option<Outcome>,
    ) {
        for seat in self.seats_of(task) {
            let counted = outcome.filter(|_| seat.node_id == first.node_id);
            self.vacate(seat.pool, &seat.node_id, task, counted);
        }
    }

    /// Removes the files of a task from its nodes.
    ///
    /// Source: descriptions of `Task_Delete` and `TaskConstraints.retentionTime`.
    pub(super) fn remove_task_files(&mut self, key: TaskKey) {
        let Some(job) = self.job(key.job) else {
            return;
        };
        let Some(directory) = job.tasks.get(key.task).map(|task| task.directory(&job.id)) else {
            return;
        };
        for seat in self.seats_of(key) {
            self.remove_files(&seat.node_id, &directory);
            self.forget_task(seat.pool, &seat.node_id, key);
        }
    }
}
