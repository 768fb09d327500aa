//! Multi-instance tasks: the primary and its subtasks, each on a separate node.
//!
//! The coordination command runs on all of them; once it has succeeded on all, the task's own
//! command runs on the primary only. If one fails, the attempt fails. In the simulation,
//! coordination takes no time.
//!
//! Source: description of `MultiInstanceSettings`; "Use multi-instance tasks". No source for the
//! duration of a simulated coordination; chosen because nothing is coordinated.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::request::Object;
use crate::state::State;
use crate::state::jobs::Job;
use crate::state::numbers::{NodeNumber, TaskKey};
use crate::state::programs::ProgramStatus;
use crate::state::report::{End, Program};
use crate::state::resource::{list, number, put, put_time, text};
use crate::state::tasks::{Seat, Task, TaskState};

/// One instance of a multi-instance task.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) seat: Arc<Seat>,
    /// Number of its node.
    pub(crate) node: NodeNumber,
    /// Status of its coordination; absent if it is simulated.
    pub(crate) course: Option<ProgramStatus>,
}

impl Task {
    /// Returns the number of nodes that it runs on.
    ///
    /// Source: description of `MultiInstanceSettings.numberOfInstances`.
    pub(crate) fn instance_count(&self) -> usize {
        let settings = self.child("multiInstanceSettings");
        let count = settings.map_or(1, |settings| {
            number(settings, "numberOfInstances").unwrap_or(1)
        });
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    pub(crate) fn instances(&self) -> &[Instance] {
        let instances = self.run.as_ref().and_then(|run| run.instances.as_ref());
        instances.map_or(&[], |instances| instances.as_slice())
    }

    /// Returns the directory of an instance on its node; the primary has the task's own.
    ///
    /// No source for the directory of a subtask; chosen below that of its task so that two on one
    /// machine do not collide.
    pub(crate) fn instance_directory(&self, job: &str, instance: u32) -> String {
        let directory = self.directory(job);
        if instance == 0 {
            directory
        } else {
            format!("{directory}/{instance}")
        }
    }

    /// Returns the subtasks of a multi-instance task. Simulated ones have the status of the
    /// primary.
    ///
    /// Source: description of `Task_ListSubtasks`; the states of a subtask are those of
    /// `SubtaskState`, without `active`.
    pub(crate) fn subtasks(&self, job: &Job, base: &str) -> Vec<Object> {
        if self.phase.is(TaskState::Active) {
            return Vec::new();
        }
        let subtasks = (0_u32..).zip(self.instances()).skip(1);
        subtasks
            .map(|(id, instance)| self.subtask(id, instance, job, base))
            .collect()
    }

    fn subtask(&self, id: u32, instance: &Instance, job: &Job, base: &str) -> Object {
        let mut subtask = if let Some(course) = &instance.course {
            let mut info = course.object();
            let since = course.end.unwrap_or(course.start);
            put_time(&mut info, "stateTransitionTime", since);
            if let Some(state) = course.end.map(|_| "running") {
                put(&mut info, "previousState", state);
                put_time(&mut info, "previousStateTransitionTime", course.start);
            }
            info
        } else {
            let mut info = self.execution();
            self.phase.describe_with_past(&mut info);
            info
        };
        for name in [
            "retryCount",
            "requeueCount",
            "lastRetryTime",
            "lastRequeueTime",
        ] {
            subtask.remove(name);
        }
        // A subtask starts in preparation; it has no active state.
        if text(&subtask, "previousState") == Some("active") {
            subtask.remove("previousState");
            subtask.remove("previousStateTransitionTime");
        }
        put(&mut subtask, "id", id);
        let directory = self.instance_directory(&job.id, id);
        let info = Self::node_info_at(&instance.seat, &directory, base);
        put(&mut subtask, "nodeInfo", info);
        subtask
    }
}

impl State {
    fn instances_mut(&mut self, key: TaskKey) -> Option<&mut Vec<Instance>> {
        let task = self.jobs.get_mut(key.job)?.tasks.get_mut(key.task)?;
        task.run.as_mut()?.instances.as_deref_mut()
    }

    /// Starts the coordination of the instances, if there is a command for it.
    ///
    /// Source: "Use multi-instance tasks": primary and subtasks run the coordination command before
    /// the primary runs its own.
    pub(super) fn coordinate(&mut self, key: TaskKey) -> bool {
        let (now, execute) = (self.now, self.settings.execute);
        let Some(attempt) = self.task(key).map(|task| task.attempt) else {
            return false;
        };
        let Some(instances) = self.instances_mut(key).filter(|_| execute) else {
            return false;
        };
        for instance in instances.iter_mut() {
            instance.course = Some(ProgramStatus::new(now));
        }
        for (instance, _) in (0_u32..).zip(0..instances.len()) {
            self.run(Program::Instance {
                job: key.job,
                task: key.task,
                attempt,
                instance,
            });
        }
        true
    }

    /// Handles the end of an instance's coordination command.
    ///
    /// Source: description of `MultiInstanceSettings`: the failure of any subtask fails the task,
    /// which is retried within its limit.
    pub(crate) fn instance_over(&mut self, key: TaskKey, instance: u32, end: Option<&End>) {
        let now = self.now;
        let Some(instances) = self.instances_mut(key) else {
            return;
        };
        let course = instances
            .get_mut(instance as usize)
            .and_then(|instance| instance.course.as_mut());
        let Some(course) = course.filter(|course| course.runs()) else {
            return;
        };
        course.finish(end, now);
        if !course.succeeded() {
            for course in instances.iter_mut().filter_map(|i| i.course.as_mut()) {
                course.cut(now);
            }
            return self.finish_attempt(key, end);
        }
        let done = |instance: &Instance| {
            instance
                .course
                .as_ref()
                .is_some_and(ProgramStatus::succeeded)
        };
        if !instances.iter().all(done) {
            return;
        }
        let attempt = self.task(key).map(|task| task.attempt);
        if let Some(attempt) = attempt {
            self.run(Program::Task {
                job: key.job,
                task: key.task,
                attempt,
            });
        }
    }

    /// Stops all processes of a task's coordination, including those in the background.
    pub(super) fn stop_instances(&mut self, key: TaskKey) {
        let now = self.now;
        let Some(attempt) = self.task(key).map(|task| task.attempt) else {
            return;
        };
        let Some(instances) = self.instances_mut(key) else {
            return;
        };
        for course in instances.iter_mut().filter_map(|i| i.course.as_mut()) {
            course.cut(now);
        }
        for (instance, _) in (0_u32..).zip(0..instances.len()) {
            self.stop(Program::Instance {
                job: key.job,
                task: key.task,
                attempt,
                instance,
            });
        }
    }
}

/// Returns the coordination command of a task.
pub(crate) fn coordination(task: &Task) -> Option<&str> {
    text(
        task.child("multiInstanceSettings")?,
        "coordinationCommandLine",
    )
}

/// Returns the files that all instances of a task receive.
///
/// Source: description of `MultiInstanceSettings.commonResourceFiles`.
pub(crate) fn common_files(task: &Task) -> &[serde_json::Value] {
    let settings = task.child("multiInstanceSettings");
    settings.map_or(&[], |settings| list(settings, "commonResourceFiles"))
}
