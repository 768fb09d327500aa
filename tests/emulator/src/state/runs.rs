//! What happens to a task: it is added, starts, is retried or put back, ends, and lets others go on.

mod admission;
mod dependencies;

use super::State;
use super::events::Event;
use super::faults::{conflict, missing};
use super::given;
use super::jobs::{Job, Watch};
use super::pools::TaskFate;
use super::resource::{Phase, Stamp, child, flag, small, text};
use super::tasks::{Class, Limits, Outcome, Task, TaskState};
use super::time::Span;
use crate::fault::Fault;
use crate::request::Object;
use std::sync::Arc;

/// A retry takes no less, so that one without end costs little.
const SHORTEST_RETRY: Span = Span::seconds(1);
/// Properties of a job manager task that a task does not have.
const MANAGER_ONLY: [&str; 3] = [
    "killJobOnCompletion",
    "runExclusive",
    "allowLowPriorityNode",
];

pub(crate) fn not_found() -> Fault {
    missing("TaskNotFound", "task in the job")
}

impl Job {
    pub(crate) fn task(&self, id: &str) -> Result<(usize, &Task), Fault> {
        let found = self
            .tasks
            .number(id)
            .and_then(|number| Some((number, self.tasks.get(number)?)));
        found.ok_or_else(not_found)
    }

    /// What was given beyond the fields, shared with the task before where it is the same.
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
    /// Adds a task as given; the scheduler looks at it at once.
    pub(crate) fn add_task(&mut self, number: usize, body: &Object) -> Result<Stamp, Fault> {
        let job = self.jobs.get(number).ok_or_else(super::jobs::not_found)?;
        job.open()?;
        job.check_task(body)?;
        let stamp = Stamp::new(self.stamp());
        let job = self
            .jobs
            .get_mut(number)
            .ok_or_else(super::jobs::not_found)?;
        let mut rest = given::keep(body, "TaskAddParameter");
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
        if rest.contains_key("userIdentity") {
            given::identity(&mut rest);
        }
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
        job.queue_or_watch(Watch {
            task,
            ..Watch::default()
        });
        self.dispatch_job(number);
        Ok(stamp)
    }

    /// Lets a task run that is on its node.
    pub(crate) fn begin_task(&mut self, number: usize, task: usize) {
        let now = self.now;
        let begun = self.jobs.get_mut(number).and_then(|job| {
            job.change(task, |task| {
                task.phase.enter(TaskState::Running, now);
                task.run_mut().start = Some(now);
            })
        });
        if begun.is_some() {
            self.expect_task(number, task, Span(0));
        }
    }

    /// Sets the end of a running task: of its program, or of its time.
    fn expect_task(&mut self, number: usize, task_number: usize, least: Span) {
        let normal = self.settings.task_duration;
        let Some(job) = self.jobs.get(number) else {
            return;
        };
        let Some(task) = job.tasks.get(task_number) else {
            return;
        };
        let span = task
            .simulated(job.common_environment())
            .span
            .unwrap_or(normal)
            .max(least);
        let event = Event::TaskNext {
            job: number,
            task: task_number,
            attempt: task.attempt,
        };
        self.events
            .at(self.now.plus(span.min(task.limits.wall_clock)), event);
    }

    pub(crate) fn task_next(&mut self, number: usize, task_number: usize, attempt: u32) {
        let job = self.jobs.get(number);
        let Some(task) = job
            .and_then(|job| job.tasks.get(task_number))
            .filter(|task| task.attempt == attempt)
        else {
            return;
        };
        match task.phase.state {
            TaskState::Preparing => self.begin_task(number, task_number),
            TaskState::Running => self.finish_attempt(number, task_number),
            TaskState::Active | TaskState::Completed => {}
        }
    }

    /// One attempt of a task is over: the task is too, or is tried again where it is.
    fn finish_attempt(&mut self, number: usize, task_number: usize) {
        let (now, normal) = (self.now, self.settings.task_duration);
        let Some(job) = self.jobs.get_mut(number) else {
            return;
        };
        let Some(task) = job.tasks.get(task_number) else {
            return;
        };
        let simulated = task.simulated(job.common_environment());
        let retries = task.run.as_ref().map_or(0, |run| run.retries);
        let code = simulated.exit_code(retries);
        let ran = task
            .run
            .as_ref()
            .and_then(|run| run.start)
            .map_or(Span(0), |start| now.since(start));
        if ran >= task.limits.wall_clock && ran < simulated.span.unwrap_or(normal) {
            return self.end_task(number, task_number, Outcome::Expired);
        }
        let most = task.limits.retries;
        if code == 0 || u32::try_from(most).is_ok_and(|most| retries >= most) {
            return self.end_task(number, task_number, Outcome::Exit(code));
        }
        job.retried += 1;
        job.change(task_number, |task| {
            task.attempt += 1;
            let run = task.run_mut();
            run.retries += 1;
            run.last_retry = Some(now);
            run.start = Some(now);
        });
        self.expect_task(number, task_number, SHORTEST_RETRY);
    }

    /// Completes a task, wherever it stands, and does what follows from it.
    pub(crate) fn end_task(&mut self, number: usize, task_number: usize, outcome: Outcome) {
        let now = self.now;
        let Some(job) = self.jobs.get_mut(number) else {
            return;
        };
        let Some(task) = job.tasks.get(task_number).filter(|task| !task.completed()) else {
            return;
        };
        let (created, on_node) = (task.stamp.created, task.on_node());
        let action = task
            .exit_options(outcome)
            .and_then(|options| text(options, "dependencyAction"));
        let satisfies = action.map_or(!outcome.failed(), |action| {
            action.eq_ignore_ascii_case("satisfy")
        });
        job.unready(task_number);
        let times = job.change(task_number, |task| {
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
        self.refresh(number);
        if let Some(seat) = seat {
            self.vacate(
                seat.pool,
                &seat.node_id,
                (number, task_number),
                Some(outcome),
            );
        }
        self.job_follows(number, task_number, outcome);
    }

    /// What the end of a task means to its job.
    fn job_follows(&mut self, number: usize, task_number: usize, outcome: Outcome) {
        let Some(job) = self.jobs.get(number).filter(|job| job.open().is_ok()) else {
            return;
        };
        let Some(task) = job.tasks.get(task_number) else {
            return;
        };
        let manager = child(&job.given, "jobManagerTask");
        let kills = manager.is_some_and(|manager| {
            let same = text(manager, "id").is_some_and(|id| id.eq_ignore_ascii_case(&task.id));
            same && flag(manager, "killJobOnCompletion") != Some(false)
        });
        if kills {
            self.terminate_job(number, "JMComplete");
            return;
        }
        if job.says("onTaskFailure", "performexitoptionsjobaction") {
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
                    self.terminate_job(number, "TaskFailed");
                    return;
                }
                "disable" => {
                    // A job that is being enabled stays on its way.
                    let _ = self.disable_job(number, TaskFate::Requeue);
                    return;
                }
                _ => {}
            }
        }
        self.job_rests(number);
        self.expect_idle(number);
        self.dispatch_job(number);
    }

    /// Takes a running task off its node and puts it back into the queue.
    pub(crate) fn requeue_task(&mut self, number: usize, task_number: usize) {
        let now = self.now;
        let Some(job) = self.jobs.get_mut(number) else {
            return;
        };
        if !job.tasks.get(task_number).is_some_and(Task::on_node) {
            return;
        }
        let seat = job.change(task_number, |task| {
            task.attempt += 1;
            task.phase.enter(TaskState::Active, now);
            let run = task.run_mut();
            run.start = None;
            run.requeues += 1;
            run.last_requeue = Some(now);
            run.seat.take()
        });
        job.make_ready(task_number);
        self.refresh(number);
        if let Some(seat) = seat.flatten() {
            self.vacate(seat.pool, &seat.node_id, (number, task_number), None);
        }
        self.job_rests(number);
        self.dispatch_job(number);
    }

    /// Completes a task on a user's wish.
    pub(crate) fn terminate_task(
        &mut self,
        number: usize,
        task_number: usize,
    ) -> Result<(), Fault> {
        let task = self
            .jobs
            .get(number)
            .and_then(|job| job.tasks.get(task_number))
            .ok_or_else(not_found)?;
        if task.completed() {
            return Err(conflict("TaskCompleted", "The task has completed."));
        }
        self.touch_task(number, task_number);
        self.end_task(number, task_number, Outcome::Ended);
        Ok(())
    }

    /// Lets a failed task run once more.
    pub(crate) fn reactivate_task(
        &mut self,
        number: usize,
        task_number: usize,
    ) -> Result<(), Fault> {
        let now = self.now;
        let job = self
            .jobs
            .get_mut(number)
            .ok_or_else(super::jobs::not_found)?;
        job.open()?;
        let task = job.tasks.get(task_number).ok_or_else(not_found)?;
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
        job.change(task_number, |task| {
            task.attempt += 1;
            task.phase.enter(TaskState::Active, now);
            task.run = None;
        });
        job.queue_or_watch(Watch {
            task: task_number,
            ..Watch::default()
        });
        self.touch_task(number, task_number);
        self.dispatch_job(number);
        Ok(())
    }

    /// Removes a task, from its node too.
    pub(crate) fn delete_task(&mut self, number: usize, task_number: usize) {
        let Some(job) = self.jobs.get_mut(number) else {
            return;
        };
        let task = job.tasks.get(task_number);
        let seat = task.and_then(|task| task.seat().cloned());
        job.remove_task(task_number);
        self.refresh(number);
        if let Some(seat) = seat {
            self.vacate(seat.pool, &seat.node_id, (number, task_number), None);
            self.forget_task(seat.pool, &seat.node_id, (number, task_number));
        }
        self.job_rests(number);
        self.expect_idle(number);
        self.dispatch_job(number);
    }

    /// Marks a task as changed.
    pub(crate) fn touch_task(&mut self, number: usize, task_number: usize) {
        let modified = self.stamp();
        if let Some(task) = self
            .jobs
            .get_mut(number)
            .and_then(|job| job.tasks.get_mut(task_number))
        {
            task.stamp.modified = modified;
        }
    }
}
