//! Tasks: how the service stores them and describes them.
//!
//! A job may have a hundred thousand tasks, so a task is small: common properties are fields, and
//! the rest of the definition is one object, which consecutive tasks with equal definitions share.

mod outcome;

pub(crate) use outcome::{Outcome, Simulated};

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::State;
use super::numbers::{PoolNumber, TaskKey};
use super::programs::failure_info;
use super::report::Failure;
use super::resource::{
    Phase, Stamp, child, list, number, object, put, put_some, put_time, small, text, words,
};
use super::runs::Instance;
use crate::request::Object;
use crate::time::{Span, Time};

words! {
    /// State of a task.
    TaskState { Active = "active", Preparing = "preparing", Running = "running", Completed = "completed", }
}

/// Limits of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Limits {
    pub(crate) wall_clock: Span,
    pub(crate) retention: Span,
    /// Maximum number of retries; -1 for no limit.
    pub(crate) retries: i32,
}

impl Limits {
    /// Returns the limits of a task; the job specifies the retries if the task does not.
    ///
    /// Source: descriptions of `TaskConstraints.maxWallClockTime`, `TaskConstraints.retentionTime`
    /// (7 days) and `TaskConstraints.maxTaskRetryCount`.
    pub(crate) fn of(task: &Object, job_retries: i32) -> Self {
        let none = Object::new();
        let given = child(task, "constraints").unwrap_or(&none);
        let span = |name: &str| text(given, name).and_then(Span::parse);
        Self {
            wall_clock: span("maxWallClockTime").unwrap_or(Span::UNLIMITED),
            retention: span("retentionTime").unwrap_or(Span::days(7)),
            retries: small(given, "maxTaskRetryCount").unwrap_or(job_retries),
        }
    }

    fn object(self) -> Object {
        object([
            ("maxWallClockTime", self.wall_clock.to_string().into()),
            ("retentionTime", self.retention.to_string().into()),
            ("maxTaskRetryCount", self.retries.into()),
        ])
    }
}

/// A node as its tasks know it; it outlives the node.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) pool: PoolNumber,
    pub(crate) pool_id: Arc<str>,
    pub(crate) node_id: Box<str>,
    pub(crate) windows: bool,
}

impl Seat {
    /// Formats a path in the style of the node's system.
    ///
    /// Source: recorded, `Job_ListPreparationAndReleaseTaskStatus` of a Windows node: backslashes
    /// in the directory, slashes in its URL.
    pub(crate) fn path(&self, path: &str) -> String {
        if self.windows {
            path.replace('/', "\\")
        } else {
            path.to_owned()
        }
    }

    pub(crate) fn url(&self, base: &str) -> String {
        format!("{base}/pools/{}/nodes/{}", self.pool_id, self.node_id)
    }
}

/// The run of a task.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) seat: Option<Arc<Seat>>,
    pub(crate) start: Option<Time>,
    pub(crate) end: Option<Time>,
    pub(crate) outcome: Option<Outcome>,
    /// Reported failure other than an exit code.
    pub(crate) failure: Option<Box<Failure>>,
    /// All instances of a multi-instance task, the primary first.
    #[allow(clippy::box_collection, reason = "few tasks have them")]
    pub(crate) instances: Option<Box<Vec<Instance>>>,
    pub(crate) retries: u32,
    pub(crate) requeues: u32,
    pub(crate) last_retry: Option<Time>,
    pub(crate) last_requeue: Option<Time>,
    /// True if tasks that depend on this one may start.
    pub(crate) satisfies: bool,
}

/// A task.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: Box<str>,
    pub(crate) command_line: Box<str>,
    /// The rest of the definition.
    pub(crate) given: Option<Arc<Object>>,
    pub(crate) limits: Limits,
    pub(crate) slots: u16,
    pub(crate) stamp: Stamp,
    pub(crate) phase: Phase<TaskState>,
    /// `None` until it first starts or ends.
    pub(crate) run: Option<Box<Run>>,
    /// Generation, so that events of earlier runs are recognized as stale.
    pub(crate) attempt: u32,
}

/// The classes that task counts distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Active,
    Running,
    Succeeded,
    Failed,
}

impl Task {
    /// Returns its class in the counts of its job.
    ///
    /// Source: description of `Job_GetTaskCounts`: a task that is preparing counts as running.
    pub(crate) fn class(&self) -> Class {
        match self.phase.state {
            TaskState::Active => Class::Active,
            TaskState::Preparing | TaskState::Running => Class::Running,
            TaskState::Completed if self.outcome().is_some_and(Outcome::failed) => Class::Failed,
            TaskState::Completed => Class::Succeeded,
        }
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.run.as_ref()?.outcome
    }

    pub(crate) fn completed(&self) -> bool {
        self.phase.is(TaskState::Completed)
    }

    pub(crate) fn on_node(&self) -> bool {
        self.class() == Class::Running
    }

    pub(crate) fn run_mut(&mut self) -> &mut Run {
        self.run.get_or_insert_default()
    }

    /// Returns the node on which it runs or ran.
    pub(crate) fn seat(&self) -> Option<&Arc<Seat>> {
        self.run.as_ref()?.seat.as_ref()
    }

    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        self.given.as_ref()?.get(name)
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Object> {
        self.property(name)?.as_object()
    }

    pub(crate) fn simulated(&self, common: &[Value]) -> Simulated {
        let own = self
            .given
            .as_deref()
            .map_or(&[][..], |given| list(given, "environmentSettings"));
        Simulated::of(own, common)
    }

    /// Returns its directory on the node.
    ///
    /// Source: recorded, `Task_Get`; "Files and directories in Azure Batch".
    pub(crate) fn directory(&self, job: &str) -> String {
        format!("workitems/{job}/job-1/{}", self.id)
    }

    /// Returns the task's exit options for an outcome.
    ///
    /// Source: descriptions of `ExitConditions` and its properties: a listed code takes precedence
    /// over an upload error, and `default` never covers 0.
    pub(crate) fn exit_options(&self, outcome: Outcome) -> Option<&Object> {
        let conditions = self.child("exitConditions")?;
        let default = || child(conditions, "default");
        let code = match outcome {
            Outcome::Exit(code) | Outcome::NotUploaded(code) => i64::from(code),
            Outcome::NotStarted => {
                return child(conditions, "preProcessingError").or_else(default);
            }
            Outcome::Ended | Outcome::Expired => return default(),
        };
        let mut codes = list(conditions, "exitCodes")
            .iter()
            .filter_map(Value::as_object);
        let exact = codes.find(|mapping| number(mapping, "code") == Some(code));
        let mut ranges = list(conditions, "exitCodeRanges")
            .iter()
            .filter_map(Value::as_object);
        let within = || {
            ranges.find(
                |mapping| match (number(mapping, "start"), number(mapping, "end")) {
                    (Some(start), Some(end)) => (start..=end).contains(&code),
                    _ => false,
                },
            )
        };
        match exact.or_else(within) {
            Some(mapping) => child(mapping, "exitOptions"),
            None if matches!(outcome, Outcome::NotUploaded(_)) => {
                child(conditions, "fileUploadError").or_else(default)
            }
            None if code != 0 => child(conditions, "default"),
            None => None,
        }
    }

    /// Formats the task as the service does.
    ///
    /// Source: recorded, `Task_Get`.
    pub(crate) fn object(&self, job: &str, base: &str) -> Object {
        let mut object = self.given.as_deref().cloned().unwrap_or_default();
        put(&mut object, "id", self.id.as_ref());
        put(&mut object, "url", self.url(job, base));
        self.stamp.describe(&mut object);
        self.phase.describe_with_past(&mut object);
        put(&mut object, "commandLine", self.command_line.as_ref());
        put(&mut object, "constraints", self.limits.object());
        put(&mut object, "requiredSlots", self.slots);
        if !object.contains_key("userIdentity") {
            let user = json!({"autoUser": {"scope": "pool", "elevationLevel": "nonadmin"}});
            put(&mut object, "userIdentity", user);
        }
        put(&mut object, "executionInfo", self.execution());
        match self.seat() {
            Some(seat) => put(&mut object, "nodeInfo", self.node_info(seat, job, base)),
            // Recorded: a task that was terminated before it ran.
            None if self.completed() => put(&mut object, "nodeInfo", Object::new()),
            None => {}
        }
        object
    }

    pub(crate) fn url(&self, job: &str, base: &str) -> String {
        format!("{base}/jobs/{job}/tasks/{}", self.id)
    }

    fn node_info(&self, seat: &Seat, job: &str, base: &str) -> Object {
        Self::node_info_at(seat, &self.directory(job), base)
    }

    /// Formats the node of a task as the service does.
    ///
    /// Source: recorded, `Task_Get`.
    pub(crate) fn node_info_at(seat: &Seat, directory: &str, base: &str) -> Object {
        let url = seat.url(base);
        object([
            ("affinityId", format!("TVM:{}", seat.node_id).into()),
            ("poolId", seat.pool_id.as_ref().into()),
            ("nodeId", seat.node_id.as_ref().into()),
            ("taskRootDirectory", seat.path(directory).into()),
            (
                "taskRootDirectoryUrl",
                format!("{url}/files/{directory}").into(),
            ),
            ("nodeUrl", url.into()),
        ])
    }

    /// Formats the execution information as the service does.
    ///
    /// Source: recorded, `Task_Get`; description of `TaskExecutionInformation` for the properties
    /// that may be absent.
    pub(crate) fn execution(&self) -> Object {
        let mut info = object([("retryCount", 0.into()), ("requeueCount", 0.into())]);
        let Some(run) = &self.run else {
            return info;
        };
        put(&mut info, "retryCount", run.retries);
        put(&mut info, "requeueCount", run.requeues);
        let times = [
            ("startTime", run.start),
            ("endTime", run.end),
            ("lastRetryTime", run.last_retry),
            ("lastRequeueTime", run.last_requeue),
        ];
        for (name, time) in times {
            put_some(&mut info, name, time.map(|time| time.to_string()));
        }
        if let Some(outcome) = run.outcome {
            put_some(&mut info, "exitCode", outcome.exit_code());
            put(&mut info, "result", outcome.result());
            let mut failure = failure_info(outcome, run.failure.as_deref());
            if let Some(failure) = failure.as_mut().filter(|_| run.seat.is_none()) {
                // Recorded: a task that was terminated before it ran.
                failure.remove("details");
            }
            put_some(&mut info, "failureInfo", failure);
        }
        info
    }

    /// Returns statistics, as far as a simulation has them.
    ///
    /// Source: description of `TaskStatistics`. No source for the figures: nothing is measured, so
    /// the processor counts as busy while the task runs.
    pub(crate) fn statistics(&self, job: &str, base: &str, now: Time) -> Object {
        let run = self.run.as_deref();
        let start = run.and_then(|run| run.start);
        let end = run.and_then(|run| run.end).unwrap_or(now);
        let ran = start.map_or(Span(0), |start| end.since(start));
        let waited = start.unwrap_or(now).since(self.stamp.created);
        let url = format!("{}/stats", self.url(job, base));
        statistics(url, self.stamp.created, now, ran, waited)
    }
}

/// Formats statistics of one or more tasks: what a simulation can know, and zero for the rest.
pub(crate) fn statistics(url: String, start: Time, now: Time, ran: Span, waited: Span) -> Object {
    let mut stats = object([
        ("url", url.into()),
        ("userCPUTime", ran.to_string().into()),
        ("kernelCPUTime", "PT0S".into()),
        ("wallClockTime", ran.to_string().into()),
        ("readIOps", 0.into()),
        ("writeIOps", 0.into()),
        ("readIOGiB", 0.0.into()),
        ("writeIOGiB", 0.0.into()),
        ("waitTime", waited.to_string().into()),
    ]);
    put_time(&mut stats, "startTime", start);
    put_time(&mut stats, "lastUpdateTime", now);
    stats
}

impl State {
    /// Formats a task as its node lists it.
    ///
    /// Source: description of `TaskInformation`.
    pub(crate) fn task_brief(&self, key: TaskKey, base: &str) -> Option<Value> {
        let job = self.job(key.job)?;
        let task = job.tasks.get(key.task)?;
        Some(Value::Object(object([
            ("taskUrl", task.url(&job.id, base).into()),
            ("jobId", job.id.as_ref().into()),
            ("taskId", task.id.as_ref().into()),
            ("taskState", <&str>::from(task.phase.state).into()),
            ("executionInfo", task.execution().into()),
        ])))
    }
}
