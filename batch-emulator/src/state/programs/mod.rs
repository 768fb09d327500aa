//! Programs: what runs on nodes, whether really or simulated, and what follows from its end.
//!
//! [`State::run`] begins one: simulated, its end is an event; executed, it is an order, and its end
//! a report. Both come to [`State::over`], which leads to what the program was for: a task, an
//! instance of one, a start task, a job's preparation or release. A limit of time is an event in
//! both.

mod course;
mod launch;

pub(crate) use course::{Course, failure_info};

use super::State;
use super::events::Event;
use super::jobs::Job;
use super::nodes::{After, NodeState};
use super::numbers::{NodeKey, TaskKey};
use super::orders::Order;
use super::pools::TaskFate;
use super::report::{End, Program, Report};
use super::resource::{child, list, small, text};
use super::tasks::{Simulated, Task, TaskState};
use crate::time::Span;

/// A retry takes no less, so that one without end costs little.
///
/// No source; the wait of the live service is not documented.
const SHORTEST_RETRY: Span = Span::seconds(1);
/// How long a start task or a job's preparation or release runs, unless its environment says
/// otherwise.
///
/// No source; chosen like the default of a task.
const SPECIAL: Span = Span::seconds(1);

/// How a program is simulated, and how long it may run.
struct Plan {
    simulated: Simulated,
    normal: Span,
    limit: Span,
    retries: u32,
}

impl Plan {
    /// How long it takes where it is simulated.
    fn span(&self) -> Span {
        let least = if self.retries > 0 {
            SHORTEST_RETRY
        } else {
            Span(0)
        };
        self.simulated.span.unwrap_or(self.normal).max(least)
    }
}

impl State {
    /// Takes in what happened outside; time has been advanced to it.
    pub(crate) fn report(&mut self, report: &Report) {
        match report {
            Report::Ended { program, end } => self.over(*program, Some(end)),
            Report::Restarted => self.restart_nodes(),
        }
    }

    /// Every node starts anew, and its tasks go back to their queues.
    ///
    /// No source: a restart of the emulator has no counterpart. Chosen as what a reboot of every
    /// node would do.
    fn restart_nodes(&mut self) {
        let nodes = self.pools.iter().flat_map(|(number, pool)| {
            let up = pool
                .nodes
                .iter()
                .filter(|(_, node)| !node.leaving() && !node.phase.is(NodeState::Creating));
            up.map(move |(node, _)| NodeKey { pool: number, node })
        });
        for node in nodes.collect::<Vec<_>>() {
            self.take_away(node, After::Reboot, TaskFate::Requeue);
        }
    }

    /// Begins a program.
    pub(crate) fn run(&mut self, program: Program) {
        let Some(plan) = self.plan(program) else {
            return;
        };
        if !self.settings.execute {
            let end = self.now.plus(plan.span().min(plan.limit));
            return self.events.at(end, Event::Program(program));
        }
        if let Some(launch) = self.launch_of(program) {
            self.orders.push(Order::Run(Box::new(launch)));
            if plan.limit < Span::UNLIMITED {
                self.events
                    .at(self.now.plus(plan.limit), Event::Program(program));
            }
        }
    }

    /// Begins a program once more; a real one a little later, so that retries without end cost
    /// little.
    pub(crate) fn run_again(&mut self, program: Program) {
        if self.settings.execute {
            let time = self.now.plus(SHORTEST_RETRY);
            self.events.at(time, Event::Retry(program));
        } else {
            self.run(program);
        }
    }

    /// Begins a program that was to be tried again, unless it is on another course by now.
    pub(crate) fn retry(&mut self, program: Program) {
        if self.is_current(program) {
            self.run(program);
        }
    }

    /// Ends a program from outside. Nothing follows from it.
    pub(crate) fn stop(&mut self, program: Program) {
        if self.settings.execute {
            self.orders.push(Order::Stop { program });
        }
    }

    /// The time of a program has come: the end of a simulated one, or its limit.
    ///
    /// Source: descriptions of `TaskConstraints.maxWallClockTime` and
    /// `JobReleaseTask.maxWallClockTime`: what is not done by then is ended.
    pub(crate) fn program_due(&mut self, program: Program) {
        if !self.is_current(program) {
            return;
        }
        let Some(plan) = self.plan(program) else {
            return;
        };
        if self.settings.execute || plan.limit < plan.span() {
            self.stop(program);
            self.over(program, None);
        } else {
            let code = plan.simulated.exit_code(plan.retries);
            self.over(program, Some(&End::exit(code)));
        }
    }

    /// A program is over; without an end of its own, its time was used up.
    fn over(&mut self, program: Program, end: Option<&End>) {
        if !self.is_current(program) {
            return;
        }
        match program {
            Program::Task { job, task, .. } => self.finish_attempt(TaskKey { job, task }, end),
            Program::Instance {
                job,
                task,
                instance,
                ..
            } => self.instance_over(TaskKey { job, task }, instance, end),
            Program::Start { pool, node, .. } => self.start_task_over(NodeKey { pool, node }, end),
            Program::Preparation {
                job, pool, node, ..
            } => self.preparation_over(job, NodeKey { pool, node }, end),
            Program::Release {
                job, pool, node, ..
            } => self.release_over(job, NodeKey { pool, node }, end),
        }
    }

    /// A task, with its job.
    fn task_of(&self, key: TaskKey) -> Option<(&Job, &Task)> {
        let job = self.job(key.job)?;
        Some((job, job.tasks.get(key.task)?))
    }

    /// Whether what is said of a program still counts.
    fn is_current(&self, program: Program) -> bool {
        let current = match program {
            Program::Task { job, task, attempt }
            | Program::Instance {
                job, task, attempt, ..
            } => self
                .task(TaskKey { job, task })
                .map(|task| task.attempt == attempt && task.phase.is(TaskState::Running)),
            Program::Start { pool, node, epoch } => self
                .node(NodeKey { pool, node })
                .map(|node| node.is_starting(epoch)),
            Program::Preparation {
                job,
                pool,
                node,
                attempt,
            } => self
                .prepared(job, NodeKey { pool, node })
                .map(|prepared| prepared.attempt == attempt && prepared.course.runs()),
            Program::Release {
                job,
                pool,
                node,
                attempt,
            } => self.prepared(job, NodeKey { pool, node }).map(|prepared| {
                let runs = prepared.release.as_ref().is_some_and(Course::runs);
                prepared.attempt == attempt && runs
            }),
        };
        current == Some(true)
    }

    /// How long a program takes where it is simulated, and how long it may.
    ///
    /// Source of the limits: descriptions of `TaskConstraints.maxWallClockTime` and
    /// `JobReleaseTask.maxWallClockTime`, 15 minutes by default; a start task has none. No source
    /// for durations; chosen so that tests are fast, and set by the task's environment.
    fn plan(&self, program: Program) -> Option<Plan> {
        let unlimited = |simulated, retries| Plan {
            simulated,
            normal: SPECIAL,
            limit: Span::UNLIMITED,
            retries,
        };
        Some(match program {
            Program::Task { job, task, .. } => {
                let (job, task) = self.task_of(TaskKey { job, task })?;
                Plan {
                    simulated: task.simulated(job.common_environment()),
                    normal: self.settings.task_duration,
                    limit: task.limits.wall_clock,
                    retries: task.run.as_ref().map_or(0, |run| run.retries),
                }
            }
            Program::Instance { job, task, .. } => {
                let task = self.task(TaskKey { job, task })?;
                Plan {
                    limit: task.limits.wall_clock,
                    ..unlimited(Simulated::default(), 0)
                }
            }
            Program::Start { pool, node, .. } => {
                let task = child(&self.pool(pool)?.given, "startTask")?;
                let retries = self.node(NodeKey { pool, node })?.start.as_ref()?.retries;
                unlimited(
                    Simulated::of(list(task, "environmentSettings"), &[]),
                    retries,
                )
            }
            Program::Preparation {
                job, pool, node, ..
            } => {
                let retries = self.prepared(job, NodeKey { pool, node })?.course.retries;
                let job = self.job(job)?;
                let task = child(&job.given, "jobPreparationTask")?;
                let own = list(task, "environmentSettings");
                let limit =
                    child(task, "constraints").and_then(|limits| text(limits, "maxWallClockTime"));
                Plan {
                    limit: limit.and_then(Span::parse).unwrap_or(Span::UNLIMITED),
                    ..unlimited(Simulated::of(own, job.common_environment()), retries)
                }
            }
            Program::Release { job, .. } => {
                let job = self.job(job)?;
                let task = child(&job.given, "jobReleaseTask")?;
                let own = list(task, "environmentSettings");
                let limit = text(task, "maxWallClockTime").and_then(Span::parse);
                Plan {
                    limit: limit.unwrap_or(Span::minutes(15)),
                    ..unlimited(Simulated::of(own, job.common_environment()), 0)
                }
            }
        })
    }
}

/// Whether a program that ended so is to be tried again: application failures are, others are not.
///
/// Source: description of `TaskExecutionInformation.retryCount`: exit codes other than zero are
/// retried; what fails before or after the program is not.
pub(crate) fn tries_again(end: Option<&End>, retries: u32, most: i32) -> bool {
    let failed =
        end.is_some_and(|end| end.failure.is_none() && end.exit_code.is_some_and(|code| code != 0));
    failed && u32::try_from(most).map_or(true, |most| retries < most)
}

/// How often a special task is tried again.
///
/// Source: descriptions of `StartTask.maxTaskRetryCount` and `TaskConstraints.maxTaskRetryCount`.
pub(crate) fn most_retries(task: Option<&crate::request::Object>) -> i32 {
    task.and_then(|task| small(task, "maxTaskRetryCount"))
        .unwrap_or(0)
}
