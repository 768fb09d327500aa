//! Jobs: their states, their tasks by state, and the conditions that end them.

mod life;
mod release;
mod special;

pub(crate) use special::Prepared;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::numbers::{JobNumber, ScheduleNumber, TaskNumber};
use super::resource::{
    Phase, Stamp, child, list, object, pair, put, put_some, put_time, small, text, words,
};
use super::tasks::{Class, Task, statistics};
use super::{Catalog, State};
use crate::refusal::Refusal;
use crate::refusal::{conflict, exists, missing};
use crate::request::Object;
use crate::time::{Span, Time};

words! {
    /// State of a job.
    JobState {
        Active = "active", Disabling = "disabling", Disabled = "disabled",
        Terminating = "terminating", Completed = "completed", Deleting = "deleting",
    }
}

/// Counts of tasks and their required slots, by class.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) tasks: [i64; 4],
    pub(crate) slots: [i64; 4],
}

impl Counts {
    fn add(&mut self, class: Class, slots: u16, sign: i64) {
        self.tasks[class as usize] += sign;
        self.slots[class as usize] += sign * i64::from(slots);
    }

    pub(crate) fn of(&self, class: Class) -> i64 {
        self.tasks[class as usize]
    }
}

/// Progress of a task through its dependencies.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Watch {
    pub(crate) task: TaskNumber,
    /// Number of ids that are satisfied.
    pub(crate) ids: usize,
    /// Number of ranges that are satisfied.
    pub(crate) ranges: usize,
    /// The first number in the current range that may be unsatisfied.
    pub(crate) at: Option<i64>,
}

impl Watch {
    /// Creates the watch of a task without satisfied dependencies.
    pub(crate) fn new(task: TaskNumber) -> Self {
        Self {
            task,
            ids: 0,
            ranges: 0,
            at: None,
        }
    }
}

/// A job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: Arc<str>,
    /// The normalized definition, with defaults.
    pub(crate) given: Object,
    pub(crate) stamp: Stamp,
    pub(crate) phase: Phase<JobState>,
    /// The pool that it runs on, which need not exist.
    pub(crate) pool_id: String,
    pub(crate) tasks: Catalog<TaskNumber, Task>,
    pub(crate) counts: Counts,
    /// Tasks that are ready to start, by required slots, oldest first.
    pub(crate) ready: BTreeMap<u16, BTreeSet<TaskNumber>>,
    /// Waiting tasks, by the id (in lower case) of the first task that each waits for.
    pub(crate) watches: BTreeMap<String, Vec<Watch>>,
    /// By node id.
    pub(crate) prepared: BTreeMap<Box<str>, Prepared>,
    /// Generation of preparations and releases.
    courses: u32,
    /// Definition of the previous task, for sharing.
    pub(crate) shared: Option<Arc<Object>>,
    /// Pool and priority under which the scheduler lists it.
    pub(crate) queued: Option<(String, Reverse<i32>)>,
    /// Number of the schedule that created it.
    pub(crate) schedule: Option<ScheduleNumber>,
    ended: Option<Time>,
    reason: Option<String>,
    /// True if its end does not wait for its releases. Data folders of 0.1 do not have it.
    #[serde(default)]
    forced: bool,
    /// Totals over its completed tasks.
    pub(crate) ran: Span,
    pub(crate) waited: Span,
    pub(crate) retried: u64,
    epoch: u32,
}

impl Job {
    /// Returns its priority among the jobs of its pool.
    ///
    /// Source: description of `JobAddParameter.priority`.
    pub(crate) fn priority(&self) -> i32 {
        small(&self.given, "priority").unwrap_or(0)
    }

    pub(crate) fn has_value(&self, name: &str, word: &str) -> bool {
        text(&self.given, name).is_some_and(|value| value.eq_ignore_ascii_case(word))
    }

    pub(crate) fn common_environment(&self) -> &[Value] {
        list(&self.given, "commonEnvironmentSettings")
    }

    /// Returns the default number of retries of its tasks.
    ///
    /// Source: descriptions of `JobConstraints.maxTaskRetryCount` and
    /// `TaskConstraints.maxTaskRetryCount`.
    pub(crate) fn retries(&self) -> i32 {
        let constraints = child(&self.given, "constraints");
        constraints
            .and_then(|constraints| small(constraints, "maxTaskRetryCount"))
            .unwrap_or(0)
    }

    /// Returns the time at which its maximum wall clock time ends.
    ///
    /// Source: description of `JobConstraints.maxWallClockTime`: counted from the creation of the
    /// job.
    fn deadline(&self) -> Option<Time> {
        let constraints = child(&self.given, "constraints")?;
        let limit = text(constraints, "maxWallClockTime").and_then(Span::parse)?;
        (limit < Span::UNLIMITED).then(|| self.stamp.created.plus(limit))
    }

    /// Returns true if another of its tasks may start.
    ///
    /// Source: descriptions of `CloudJob.maxParallelTasks` and of the states of a job: tasks start
    /// only in an active job.
    pub(crate) fn runnable(&self) -> bool {
        let most = small::<i64>(&self.given, "maxParallelTasks").unwrap_or(-1);
        let room = most < 0 || self.counts.of(Class::Running) < most;
        self.phase.is(JobState::Active) && room && !self.ready.is_empty()
    }

    pub(crate) fn busy(&self) -> bool {
        self.counts.of(Class::Running) > 0
    }

    /// Returns true if it ends with its tasks and has none left.
    ///
    /// Source: description of `JobAddParameter.onAllTasksComplete`: all tasks of a job without
    /// tasks also count as complete.
    fn done(&self) -> bool {
        let left = self.counts.of(Class::Active) + self.counts.of(Class::Running);
        self.phase.is(JobState::Active)
            && left == 0
            && self.has_value("onAllTasksComplete", "terminatejob")
    }

    /// Checks that the job is not ending.
    ///
    /// Source: descriptions of the states of a job: a completed one cannot be changed.
    pub(crate) fn open(&self) -> Result<(), Refusal> {
        match self.phase.state {
            JobState::Completed => Err(conflict("JobCompleted", "The job has completed.")),
            JobState::Terminating => Err(conflict(
                "JobBeingTerminated",
                "The job is being terminated.",
            )),
            JobState::Deleting => Err(conflict("JobBeingDeleted", "The job is being deleted.")),
            _ => Ok(()),
        }
    }

    /// Creates the error for a job that another one with its id cannot be added beside.
    ///
    /// Source: recorded, `Job_Add` rejected with `JobExists`; users of the live service report the
    /// other codes for a job that has completed or is being deleted. No source for one that is
    /// being terminated; it still exists.
    pub(crate) fn in_the_way(&self) -> Refusal {
        match self.phase.state {
            JobState::Completed => conflict("JobCompleted", "The job has completed."),
            JobState::Deleting => conflict("JobBeingDeleted", "The job is being deleted."),
            _ => exists("JobExists", "job"),
        }
    }

    /// Checks that the job is not being deleted.
    ///
    /// Source: description of `Job_Delete`: every update fails from then on.
    pub(crate) fn not_deleting(&self) -> Result<(), Refusal> {
        if self.phase.is(JobState::Deleting) {
            return Err(conflict("JobBeingDeleted", "The job is being deleted."));
        }
        Ok(())
    }

    /// Changes a task and updates the counts.
    pub(crate) fn change<R>(
        &mut self,
        number: TaskNumber,
        change: impl FnOnce(&mut Task) -> R,
    ) -> Option<R> {
        let task = self.tasks.get_mut(number)?;
        let (before, slots) = (task.class(), task.slots);
        let result = change(task);
        let after = task.class();
        self.counts.add(before, slots, -1);
        self.counts.add(after, slots, 1);
        Some(result)
    }

    pub(crate) fn add_task(&mut self, task: Task) -> TaskNumber {
        self.counts.add(task.class(), task.slots, 1);
        let id = task.id.clone();
        self.tasks.add(&id, task)
    }

    pub(crate) fn remove_task(&mut self, number: TaskNumber) {
        self.unready(number);
        if let Some(task) = self.tasks.get(number) {
            self.counts.add(task.class(), task.slots, -1);
            let id = task.id.clone();
            self.tasks.remove(&id);
        }
    }

    pub(crate) fn make_ready(&mut self, number: TaskNumber) {
        if let Some(task) = self.tasks.get(number) {
            self.ready.entry(task.slots).or_default().insert(number);
        }
    }

    pub(crate) fn unready(&mut self, number: TaskNumber) {
        let Some(slots) = self.tasks.get(number).map(|task| task.slots) else {
            return;
        };
        if let Some(queue) = self.ready.get_mut(&slots) {
            queue.remove(&number);
            if queue.is_empty() {
                self.ready.remove(&slots);
            }
        }
    }

    /// Formats the job as the service does.
    ///
    /// Source: recorded, `Job_Get`.
    pub(crate) fn object(&self, base: &str) -> Object {
        let mut object = self.given.clone();
        put(&mut object, "id", self.id.as_ref());
        put(&mut object, "url", format!("{base}/jobs/{}", self.id));
        self.stamp.describe(&mut object);
        self.phase.describe_with_past(&mut object);
        let mut info = Object::new();
        put_time(&mut info, "startTime", self.stamp.created);
        put(&mut info, "poolId", self.pool_id.as_str());
        put_some(
            &mut info,
            "endTime",
            self.ended.map(|time| time.to_string()),
        );
        put_some(&mut info, "terminateReason", self.reason.clone());
        put_some(&mut info, "schedulingError", self.awaited_nodes());
        put(&mut object, "executionInfo", info);
        object
    }

    /// Returns the error that a terminating job shows while nodes run its release tasks.
    ///
    /// Source: recorded, `Job_Get` of a terminating job.
    fn awaited_nodes(&self) -> Option<Object> {
        let releases = self.prepared.values().filter_map(|p| p.release.as_ref());
        let ends = self.phase.is(JobState::Terminating);
        let nodes = releases.filter(|release| ends && release.runs()).count();
        (nodes > 0).then(|| {
            let count = pair("Number of nodes awaiting processing", &nodes.to_string());
            object([
                ("category", "servererror".into()),
                ("code", "JobTerminationAwaitingNodeProcessing".into()),
                (
                    "message",
                    "The Job termination operation is waiting for processing from one or more node."
                        .into(),
                ),
                ("details", vec![count].into()),
            ])
        })
    }

    /// Returns the totals over its tasks.
    ///
    /// Source: description of `JobStatistics`. The live service's statistics lag by about 30
    /// minutes. No source for up-to-date ones; chosen because a test would have to wait.
    pub(crate) fn statistics(&self, base: &str, now: Time) -> Object {
        let url = format!("{base}/jobs/{}/stats", self.id);
        let mut stats = statistics(url, self.stamp.created, now, self.ran, self.waited);
        put(
            &mut stats,
            "numSucceededTasks",
            self.counts.of(Class::Succeeded),
        );
        put(&mut stats, "numFailedTasks", self.counts.of(Class::Failed));
        put(&mut stats, "numTaskRetries", self.retried);
        stats
    }
}

pub(crate) fn not_found() -> Refusal {
    missing("JobNotFound", "job")
}

impl State {
    /// Finds the job with an id, and its number.
    pub(crate) fn find_job(&self, id: &str) -> Result<(JobNumber, &Job), Refusal> {
        let number = self.jobs.number(id).ok_or_else(not_found)?;
        let job = self.job(number).ok_or_else(not_found)?;
        Ok((number, job))
    }
}
