//! The attempts of a task: each starts on its node, ends on its own or at its limit, and may be
//! followed by another.

use crate::state::State;
use crate::state::events::Event;
use crate::state::numbers::TaskKey;
use crate::state::programs::tries_again;
use crate::state::report::{End, Program};
use crate::state::tasks::{Outcome, TaskState};

impl State {
    /// Returns the program of a task's current generation.
    fn program_of(&self, key: TaskKey) -> Option<Program> {
        let task = self.job(key.job)?.tasks.get(key.task)?;
        Some(Program::Task {
            job: key.job,
            task: key.task,
            attempt: task.attempt,
        })
    }

    /// Starts a task that is on its node.
    ///
    /// Source: description of `TaskExecutionInformation.startTime`.
    pub(crate) fn begin_task(&mut self, key: TaskKey) {
        let now = self.now;
        let begun = self.jobs.get_mut(key.job).and_then(|job| {
            job.change(key.task, |task| {
                task.phase.enter(TaskState::Running, now);
                task.run_mut().start = Some(now);
            })
        });
        if begun.is_some() {
            self.begin_attempt(key);
        }
    }

    /// Starts with the coordination of instances, if a task has several.
    pub(super) fn begin_attempt(&mut self, key: TaskKey) {
        if self.lacks_container(key) {
            // Its end is an event, because it may let any number of others start.
            let program = self.program_of(key).map(Event::Program);
            if let Some(event) = program {
                self.events.at(self.now, event);
            }
            return;
        }
        if !self.coordinate(key)
            && let Some(program) = self.program_of(key)
        {
            self.run(program);
        }
    }

    /// Stops everything that runs for a task.
    pub(super) fn stop_attempt(&mut self, key: TaskKey) {
        if !self.settings.execute {
            return;
        }
        self.stop_instances(key);
        if let Some(program) = self.program_of(key) {
            self.stop(program);
        }
    }

    /// Handles the end of an attempt: retries the task or completes it.
    ///
    /// Source: descriptions of `TaskConstraints.maxTaskRetryCount`,
    /// `TaskExecutionInformation.retryCount` and `TaskExecutionInformation.lastRetryTime`. No
    /// source for retrying on the same node; chosen because the task keeps its files there.
    pub(crate) fn finish_attempt(&mut self, key: TaskKey, end: Option<&End>) {
        let now = self.now;
        let Some(task) = self.task(key) else {
            return;
        };
        let retries = task.run.as_ref().map_or(0, |run| run.retries);
        let again = tries_again(end, retries, task.limits.retries);
        if !again {
            if let Some(failure) = end.and_then(|end| end.failure.clone())
                && let Some(job) = self.jobs.get_mut(key.job)
                && let Some(task) = job.tasks.get_mut(key.task)
            {
                task.run_mut().failure = Some(Box::new(failure));
            }
            return self.end_task(key, Outcome::of(end));
        }
        self.stop_attempt(key);
        if let Some(job) = self.jobs.get_mut(key.job) {
            job.retried += 1;
            job.change(key.task, |task| {
                task.attempt += 1;
                let run = task.run_mut();
                run.retries += 1;
                run.last_retry = Some(now);
                run.start = Some(now);
            });
        }
        if let Some(program) = self.program_of(key) {
            self.run_again(program);
        }
    }

    /// Schedules the end of the retention time of a task's real files.
    ///
    /// Source: description of `TaskConstraints.retentionTime`.
    pub(super) fn expect_retention(&mut self, key: TaskKey) {
        let Some(task) = self.task(key) else {
            return;
        };
        if self.settings.execute && task.seat().is_some() {
            let event = Event::Retention {
                job: key.job,
                task: key.task,
                attempt: task.attempt,
            };
            self.events.at(self.now.plus(task.limits.retention), event);
        }
    }

    /// Removes the files of a completed task at the end of their retention time.
    ///
    /// Source: description of `TaskConstraints.retentionTime`: the directory may be deleted then;
    /// here it is deleted at once.
    pub(crate) fn retention_over(&mut self, key: TaskKey, attempt: u32) {
        let task = self.task(key);
        if task.is_some_and(|task| task.attempt == attempt) {
            self.remove_task_files(key);
        }
    }
}
