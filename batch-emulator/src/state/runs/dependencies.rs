//! Dependencies between tasks.
//!
//! A task waits for one other task at a time: the first of its unmet dependencies. So a task costs
//! nothing while others end, and an unbounded range costs no more than its first unmet id.
//!
//! Source: descriptions of `TaskDependencies` and `TaskIdRange`; "Create task dependencies to run
//! tasks". A task may depend on one that does not exist yet.

use serde_json::Value;

use crate::request::Object;
use crate::state::catalog;
use crate::state::jobs::{Job, Watch};
use crate::state::resource::{child, list, number};
use crate::state::tasks::TaskState;

impl Job {
    /// Returns true if tasks that depend on this one may start.
    ///
    /// Source: description of `ExitOptions.dependencyAction`.
    fn is_satisfied(&self, id: &str) -> bool {
        let task = self
            .tasks
            .number(id)
            .and_then(|number| self.tasks.get(number));
        task.is_some_and(|task| {
            task.completed() && task.run.as_ref().is_some_and(|run| run.satisfies)
        })
    }

    /// Advances the watch and returns the first task that is still unmet.
    ///
    /// Source: description of `TaskIdRange`: both ends are included, and an id is the decimal
    /// representation of the number.
    fn next_unmet(&self, dependencies: &Object, watch: &mut Watch) -> Option<String> {
        let ids = list(dependencies, "taskIds")
            .iter()
            .filter_map(Value::as_str);
        for id in ids.skip(watch.ids) {
            if !self.is_satisfied(id) {
                return Some(catalog::key(id));
            }
            watch.ids += 1;
        }
        let ranges = list(dependencies, "taskIdRanges")
            .iter()
            .filter_map(Value::as_object);
        for range in ranges.skip(watch.ranges) {
            let (start, end) = (
                number(range, "start").unwrap_or(0),
                number(range, "end").unwrap_or(-1),
            );
            let mut at = watch.at.unwrap_or(start);
            while at <= end {
                let id = at.to_string();
                if !self.is_satisfied(&id) {
                    watch.at = Some(at);
                    return Some(id);
                }
                at += 1;
            }
            watch.at = None;
            watch.ranges += 1;
        }
        None
    }

    /// Queues a task, or makes it wait for the first of its unmet dependencies.
    pub(super) fn queue_or_watch(&mut self, mut watch: Watch) {
        let given = self
            .tasks
            .get(watch.task)
            .and_then(|task| task.given.clone());
        let dependencies = given.as_deref().and_then(|given| child(given, "dependsOn"));
        match dependencies.and_then(|dependencies| self.next_unmet(dependencies, &mut watch)) {
            Some(id) => self.watches.entry(id).or_default().push(watch),
            None => self.make_ready(watch.task),
        }
    }

    /// Continues the tasks that waited for this one.
    pub(super) fn release_watches(&mut self, id: &str) {
        for watch in self.watches.remove(&catalog::key(id)).unwrap_or_default() {
            let waiting = self
                .tasks
                .get(watch.task)
                .is_some_and(|task| task.phase.is(TaskState::Active));
            if waiting {
                self.queue_or_watch(watch);
            }
        }
    }
}
