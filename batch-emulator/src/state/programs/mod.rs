//! Programs that run on nodes, executed or simulated, and the consequences of their ends.
//!
//! [`State::run`] starts a program. If it is simulated, its end is an event; if it is executed, it
//! is an order, and its end a report. Both arrive at [`State::over`], which continues with the
//! program's purpose: a task, an instance of one, a start task, a job's preparation or release. A
//! time limit is an event in both cases.

mod course;
mod launch;

pub(crate) use course::{ProgramStatus, failure_info};

use super::State;
use super::events::Event;
use super::jobs::Job;
use super::nodes::{After, NodeState};
use super::numbers::{NodeKey, TaskKey};
use super::orders::Order;
use super::pools::TaskFate;
use super::report::{End, Failure, Program, Report};
use super::resource::{child, list, small, text};
use super::tasks::{Simulated, Task, TaskState};
use crate::time::Span;

/// Minimum delay of a retry, so that unlimited retries cost little.
///
/// No source; the delay of the live service is not documented.
const SHORTEST_RETRY: Span = Span::seconds(1);
/// Duration of a start task or a job's preparation or release, unless its environment specifies
/// one.
///
/// No source; chosen like the default of a task.
const SPECIAL: Span = Span::seconds(1);

/// Simulation of a program, and its time limit.
struct Plan {
    simulated: Simulated,
    normal: Span,
    limit: Span,
    retries: u32,
}

impl Plan {
    /// Returns the duration of the simulated program.
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
    /// Applies a report from outside; the time has already been advanced to it.
    pub(crate) fn report(&mut self, report: &Report) {
        match report {
            Report::Ended { program, end } => self.over(*program, Some(end)),
            Report::Restarted => self.restart_nodes(),
        }
    }

    /// Restarts every node; their tasks are requeued.
    ///
    /// No source: a restart of the emulator has no counterpart. Chosen as the effect of rebooting
    /// every node.
    fn restart_nodes(&mut self) {
        let nodes = self.pools.iter().flat_map(|(number, pool)| {
            let up = pool
                .nodes
                .iter()
                .filter(|(_, node)| !node.leaving() && !node.phase.is(NodeState::Creating));
            up.map(move |(node, _)| NodeKey { pool: number, node })
        });
        for node in nodes.collect::<Vec<_>>() {
            self.drain_node(node, After::Reboot, TaskFate::Requeue);
        }
    }

    /// Starts a program.
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

    /// Starts a program again; a real one after a short delay, so that unlimited retries cost
    /// little.
    pub(crate) fn run_again(&mut self, program: Program) {
        if self.settings.execute {
            let time = self.now.plus(SHORTEST_RETRY);
            self.events.at(time, Event::Retry(program));
        } else {
            self.run(program);
        }
    }

    /// Starts a program that was to be retried, unless it has another generation by now.
    pub(crate) fn retry(&mut self, program: Program) {
        if self.is_current(program) {
            self.run(program);
        }
    }

    /// Stops a program. Nothing follows from it.
    pub(crate) fn stop(&mut self, program: Program) {
        if self.settings.execute {
            self.orders.push(Order::Stop { program });
        }
    }

    /// Handles the end of a simulated program, or its time limit.
    ///
    /// Source: descriptions of `TaskConstraints.maxWallClockTime` and
    /// `JobReleaseTask.maxWallClockTime`: a program that is not done by then is terminated.
    pub(crate) fn program_due(&mut self, program: Program) {
        if !self.is_current(program) {
            return;
        }
        let Some(plan) = self.plan(program) else {
            return;
        };
        if let Program::Task { job, task, .. } = program
            && self.lacks_container(TaskKey { job, task })
        {
            return self.over(program, Some(&without_container()));
        }
        if self.settings.execute || plan.limit < plan.span() {
            self.stop(program);
            self.over(program, None);
        } else {
            let code = plan.simulated.exit_code(plan.retries);
            self.over(program, Some(&End::exit(code)));
        }
    }

    /// Returns true if a task has no container settings although the nodes of its pool run
    /// containers.
    ///
    /// Source: description of `VirtualMachineConfiguration.containerConfiguration`: tasks and job
    /// manager tasks must have the settings.
    pub(crate) fn lacks_container(&self, key: TaskKey) -> bool {
        let task = self.task(key);
        let Some(seat) = task.and_then(Task::seat) else {
            return false;
        };
        let pool = self.pool(seat.pool);
        let machine = pool.and_then(|pool| child(&pool.given, "virtualMachineConfiguration"));
        machine.is_some_and(|machine| machine.contains_key("containerConfiguration"))
            && task.is_some_and(|task| task.child("containerSettings").is_none())
    }

    /// Handles the end of a program; without an `end`, it reached its time limit.
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

    /// Returns a task and its job.
    fn task_of(&self, key: TaskKey) -> Option<(&Job, &Task)> {
        let job = self.job(key.job)?;
        Some((job, job.tasks.get(key.task)?))
    }

    /// Returns true if the program has the current generation.
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
                let runs = prepared.release.as_ref().is_some_and(ProgramStatus::runs);
                prepared.attempt == attempt && runs
            }),
        };
        current == Some(true)
    }

    /// Returns the simulated duration and the time limit of a program.
    ///
    /// Source of the limits: descriptions of `TaskConstraints.maxWallClockTime` and
    /// `JobReleaseTask.maxWallClockTime`, 15 minutes by default; a start task has none. No source
    /// for durations; chosen so that tests are fast, and configurable by the task's environment.
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

/// Returns true if a program with this end is to be retried: only after application failures.
///
/// Source: description of `TaskExecutionInformation.retryCount`: nonzero exit codes are retried;
/// failures before or after the program are not.
pub(crate) fn tries_again(end: Option<&End>, retries: u32, most: i32) -> bool {
    let failed =
        end.is_some_and(|end| end.failure.is_none() && end.exit_code.is_some_and(|code| code != 0));
    failed && u32::try_from(most).map_or(true, |most| retries < most)
}

/// Returns the maximum number of retries of a special task.
///
/// Source: descriptions of `StartTask.maxTaskRetryCount` and `TaskConstraints.maxTaskRetryCount`.
pub(crate) fn most_retries(task: Option<&crate::request::Object>) -> i32 {
    task.and_then(|task| small(task, "maxTaskRetryCount"))
        .unwrap_or(0)
}

/// Returns the end of a task that could not start because it has no container settings.
///
/// Source: users of the live service report the code. The message is this project's own.
fn without_container() -> End {
    let text = "The pool runs containers, so the task needs containerSettings.";
    End {
        exit_code: None,
        failure: Some(Failure {
            server: false,
            code: "ContainerTaskSettingsNotFound".to_owned(),
            message: "The task has no container settings.".to_owned(),
            details: vec![("Message".to_owned(), text.to_owned())],
        }),
    }
}
