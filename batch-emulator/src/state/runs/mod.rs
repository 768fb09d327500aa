//! The life of a task: it is added, starts, is retried or requeued, and ends, which may let other
//! tasks start.

mod admission;
mod attempts;
mod dependencies;
mod instances;
mod seats;

pub(crate) use instances::{Instance, common_files, coordination};

use std::sync::Arc;

use super::State;
use super::given;
use super::jobs::{Job, Watch};
use super::numbers::{JobNumber, TaskKey, TaskNumber};
use super::pools::TaskFate;
use super::resource::{Phase, Stamp, child, flag, small, text};
use super::tasks::{Class, Limits, Outcome, Run, Task, TaskState};
use crate::refusal::Refusal;
use crate::refusal::{conflict, missing};
use crate::request::Object;
use crate::state::filled::fill_below;
use crate::time::Span;

/// Properties of a job manager task that other tasks do not have.
const MANAGER_ONLY: [&str; 3] = [
    "killJobOnCompletion",
    "runExclusive",
    "allowLowPriorityNode",
];

pub(crate) fn not_found() -> Refusal {
    missing("TaskNotFound", "task in the job")
}

impl Job {
    pub(crate) fn find_task(&self, id: &str) -> Result<(TaskNumber, &Task), Refusal> {
        let found = self
            .tasks
            .number(id)
            .and_then(|number| Some((number, self.tasks.get(number)?)));
        found.ok_or_else(not_found)
    }

    /// Returns the remaining definition, shared with the previous task if it is equal.
    fn share(&mut self, rest: Object) -> Option<Arc<Object>> {
        if rest.is_empty() {
            return None;
        }
        if self.shared.as_deref() != Some(&rest) {
            self.shared = Some(Arc::new(rest));
        }
        self.shared.clone()
    }
}

impl State {
    /// Adds a task; the scheduler considers it at once.
    ///
    /// Source: descriptions of `Task_Add`, of the task state `active`, and of
    /// `TaskAddParameter.constraints`: a task without its own limit has the job's number of
    /// retries.
    pub(crate) fn add_task(&mut self, number: JobNumber, body: &Object) -> Result<Stamp, Refusal> {
        let job = self.job(number).ok_or_else(super::jobs::not_found)?;
        job.open()?;
        job.check_task(body)?;
        let stamp = Stamp::new(self.stamp());
        let job = self
            .jobs
            .get_mut(number)
            .ok_or_else(super::jobs::not_found)?;
        let mut rest = given::normalize(body, "TaskAddParameter");
        let limits = Limits::of(&rest, job.retries());
        for name in MANAGER_ONLY
            .into_iter()
            .chain(["constraints", "requiredSlots"])
        {
            rest.remove(name);
        }
        let mut take = |name: &str| -> Box<str> {
            rest.remove(name)
                .and_then(|value| value.as_str().map(Box::from))
                .unwrap_or_default()
        };
        let (id, command_line) = (take("id"), take("commandLine"));
        // Properties that every task has are not stored per task: a listing adds them
        // (`Task::object`).
        fill_below(&mut rest, "TaskAddParameter", self.now);
        let task = Task {
            id,
            command_line,
            given: job.share(rest),
            limits,
            slots: small(body, "requiredSlots").unwrap_or(1),
            stamp,
            phase: Phase::new(TaskState::Active, stamp.created),
            run: None,
            attempt: 0,
        };
        let task = job.add_task(task);
        job.queue_or_watch(Watch::new(task));
        self.dispatch_job(number);
        Ok(stamp)
    }

    /// Completes a task, whatever its state, and handles the consequences.
    ///
    /// Source: descriptions of `CloudTask.state` and `ExitOptions.dependencyAction`: dependent
    /// tasks start after a success, unless the task's exit conditions say otherwise.
    pub(crate) fn end_task(&mut self, key: TaskKey, outcome: Outcome) {
        let now = self.now;
        let job = self.job(key.job);
        let Some(task) = job
            .and_then(|job| job.tasks.get(key.task))
            .filter(|task| !task.completed())
        else {
            return;
        };
        if task.on_node() {
            self.stop_attempt(key);
        }
        let Some(job) = self.jobs.get_mut(key.job) else {
            return;
        };
        let Some(task) = job.tasks.get(key.task) else {
            return;
        };
        let (created, on_node) = (task.stamp.created, task.on_node());
        let action = task
            .exit_options(outcome)
            .and_then(|options| text(options, "dependencyAction"));
        let satisfies = action.map_or(!outcome.failed(), |action| {
            action.eq_ignore_ascii_case("satisfy")
        });
        job.unready(key.task);
        let times = job.change(key.task, |task| {
            task.attempt += 1;
            task.phase.enter(TaskState::Completed, now);
            let run = task.run_mut();
            run.end = Some(now);
            run.outcome = Some(outcome);
            run.satisfies = satisfies;
            (
                run.seat.clone().filter(|_| on_node),
                run.start,
                task.id.clone(),
            )
        });
        let Some((seat, start, id)) = times else {
            return;
        };
        job.ran.0 = job
            .ran
            .0
            .saturating_add(start.map_or(Span(0), |start| now.since(start)).0);
        job.waited.0 = job
            .waited
            .0
            .saturating_add(start.unwrap_or(now).since(created).0);
        if satisfies {
            job.release_watches(&id);
        }
        self.refresh(key.job);
        if let Some(seat) = seat {
            self.vacate_all(&seat, key, Some(outcome));
        }
        self.expect_retention(key);
        self.apply_task_end_to_job(key, outcome);
    }

    /// Handles the consequences of a task's end for its job.
    ///
    /// Source: descriptions of `JobManagerTask.killJobOnCompletion`, `OnTaskFailure` and
    /// `ExitOptions.jobAction` with its defaults. A task that a request has terminated triggers no
    /// action: recorded by the tests of the official client for Python, which add tasks to the job
    /// afterwards.
    fn apply_task_end_to_job(&mut self, key: TaskKey, outcome: Outcome) {
        let Some(job) = self.job(key.job).filter(|job| job.open().is_ok()) else {
            return;
        };
        let Some(task) = job.tasks.get(key.task) else {
            return;
        };
        let manager = child(&job.given, "jobManagerTask");
        let kills = manager.is_some_and(|manager| {
            let same = text(manager, "id").is_some_and(|id| id.eq_ignore_ascii_case(&task.id));
            same && flag(manager, "killJobOnCompletion") != Some(false)
        });
        if kills {
            self.terminate_job(key.job, "JMComplete");
            return;
        }
        let acts = job.has_value("onTaskFailure", "performexitoptionsjobaction");
        if acts && outcome != Outcome::Ended {
            let default = if outcome.failed() {
                "terminate"
            } else {
                "none"
            };
            let options = task.exit_options(outcome);
            let action = options
                .and_then(|options| text(options, "jobAction"))
                .unwrap_or(default);
            match action.to_ascii_lowercase().as_str() {
                "terminate" => {
                    self.terminate_job(key.job, "TaskFailed");
                    return;
                }
                "disable" => {
                    self.disable_job(key.job, TaskFate::Requeue);
                    return;
                }
                _ => {}
            }
        }
        self.continue_after_tasks(key.job);
        self.expect_idle(key.job);
        self.dispatch_job(key.job);
    }

    /// Removes a running task from its node and requeues it.
    ///
    /// Source: description of `TaskExecutionInformation.requeueCount`.
    pub(crate) fn requeue_task(&mut self, key: TaskKey) {
        let now = self.now;
        if self.put_back(key, |run| {
            run.requeues += 1;
            run.last_requeue = Some(now);
        }) {
            self.continue_after_tasks(key.job);
            self.dispatch_job(key.job);
        }
    }

    /// Requeues a running task and removes it from its nodes.
    ///
    /// Source: description of `TaskExecutionInformation.startTime`: present only if a task is
    /// running or completed.
    pub(crate) fn put_back(&mut self, key: TaskKey, note: impl FnOnce(&mut Run)) -> bool {
        let now = self.now;
        let job = self.job(key.job);
        let task = job.and_then(|job| job.tasks.get(key.task));
        if !task.is_some_and(Task::on_node) {
            return false;
        }
        self.stop_attempt(key);
        let seats = self.seats_of(key);
        let Some(job) = self.jobs.get_mut(key.job) else {
            return false;
        };
        job.change(key.task, |task| {
            task.attempt += 1;
            task.phase.enter(TaskState::Active, now);
            let run = task.run_mut();
            run.start = None;
            run.seat = None;
            run.instances = None;
            note(run);
        });
        job.make_ready(key.task);
        self.refresh(key.job);
        for seat in seats {
            self.vacate(seat.pool, &seat.node_id, key, None);
        }
        true
    }

    /// Terminates a task at a user's request.
    ///
    /// Source: description of `Task_Terminate`.
    pub(crate) fn terminate_task(&mut self, key: TaskKey) -> Result<(), Refusal> {
        let task = self.task(key).ok_or_else(not_found)?;
        if task.completed() {
            return Err(conflict("TaskCompleted", "The task has completed."));
        }
        self.touch_task(key);
        self.end_task(key, Outcome::Ended);
        Ok(())
    }

    /// Reactivates a failed task.
    ///
    /// Source: description of `Task_Reactivate`; recorded, `Task_Reactivate` with 204.
    pub(crate) fn reactivate_task(&mut self, key: TaskKey) -> Result<(), Refusal> {
        let now = self.now;
        let job = self
            .jobs
            .get_mut(key.job)
            .ok_or_else(super::jobs::not_found)?;
        job.open()?;
        let task = job.tasks.get(key.task).ok_or_else(not_found)?;
        match task.class() {
            Class::Succeeded => {
                return Err(conflict(
                    "TaskSucceeded",
                    "The task has completed without failure.",
                ));
            }
            Class::Failed => {}
            Class::Active | Class::Running => {
                return Err(conflict("TaskNotCompleted", "The task has not completed."));
            }
        }
        job.change(key.task, |task| {
            task.attempt += 1;
            task.phase.enter(TaskState::Active, now);
            task.run = None;
        });
        job.queue_or_watch(Watch::new(key.task));
        self.touch_task(key);
        self.dispatch_job(key.job);
        Ok(())
    }

    /// Deletes a task and removes it from its node.
    ///
    /// Source: description of `Task_Delete`: its files are deleted too. Subtasks are deleted at
    /// once here, later on the live service.
    pub(crate) fn delete_task(&mut self, key: TaskKey) {
        self.stop_attempt(key);
        self.remove_task_files(key);
        let seats = self.seats_of(key);
        let Some(job) = self.jobs.get_mut(key.job) else {
            return;
        };
        if let Some(task) = job.tasks.get(key.task) {
            self.deleted.add_task(task.class());
        }
        job.remove_task(key.task);
        self.refresh(key.job);
        for seat in seats {
            self.vacate(seat.pool, &seat.node_id, key, None);
        }
        self.continue_after_tasks(key.job);
        self.expect_idle(key.job);
        self.dispatch_job(key.job);
    }

    /// Marks a task as changed.
    pub(crate) fn touch_task(&mut self, key: TaskKey) {
        let modified = self.stamp();
        if let Some(task) = self
            .jobs
            .get_mut(key.job)
            .and_then(|job| job.tasks.get_mut(key.task))
        {
            task.stamp.modified = modified;
        }
    }
}
