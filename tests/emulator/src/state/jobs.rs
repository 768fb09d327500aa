//! Jobs: their states, their tasks by state, and what makes them end.

use super::events::Event;
use super::faults::{conflict, missing, wrong_state};
use super::given;
use super::pools::TaskFate;
use super::resource::{
    Phase, Stamp, child, flag, list, object, put, put_some, put_time, small, text, words,
};
use super::tasks::{Class, Outcome, Seat, Task, statistics};
use super::time::{Span, Time};
use super::{Catalog, State, TRANSITION};
use crate::fault::Fault;
use crate::request::Object;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

words! {
    /// Where a job stands.
    JobState {
        Active = "active", Disabling = "disabling", Disabled = "disabled", Enabling = "enabling",
        Terminating = "terminating", Completed = "completed", Deleting = "deleting",
    }
}

/// Counts of tasks and of the slots that they need, by class.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
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

/// Where a task stands in what it depends on.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Watch {
    pub(crate) task: usize,
    /// Ids that are met.
    pub(crate) ids: usize,
    /// Ranges that are met.
    pub(crate) ranges: usize,
    /// The first number in the present range that may not be.
    pub(crate) at: Option<i64>,
}

/// A node on which the job preparation task has begun.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) seat: Arc<Seat>,
    pub(crate) start: Time,
    pub(crate) ready: Time,
}

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: Arc<str>,
    /// What was given, with defaults.
    pub(crate) given: Object,
    pub(crate) stamp: Stamp,
    pub(crate) phase: Phase<JobState>,
    /// The pool that it runs on, which may not be there.
    pub(crate) pool_id: String,
    pub(crate) tasks: Catalog<Task>,
    pub(crate) counts: Counts,
    /// Tasks that could start now, by the slots that they need, oldest first.
    pub(crate) ready: BTreeMap<u16, BTreeSet<usize>>,
    /// Tasks that wait, by the id (in lower case) of the first task that they wait for.
    pub(crate) watches: HashMap<String, Vec<Watch>>,
    /// By node id.
    pub(crate) prepared: BTreeMap<Box<str>, Prepared>,
    /// When the release tasks began.
    pub(crate) released: Option<Time>,
    /// What the task before was given, to be shared.
    pub(crate) shared: Option<Arc<Object>>,
    /// Under which pool and priority the scheduler has it.
    pub(crate) queued: Option<(String, Reverse<i32>)>,
    ended: Option<Time>,
    reason: Option<String>,
    /// Sums over its completed tasks.
    pub(crate) ran: Span,
    pub(crate) waited: Span,
    pub(crate) retried: u64,
    epoch: u32,
}

impl Job {
    pub(crate) fn priority(&self) -> i32 {
        small(&self.given, "priority").unwrap_or(0)
    }

    pub(crate) fn says(&self, name: &str, word: &str) -> bool {
        text(&self.given, name).is_some_and(|value| value.eq_ignore_ascii_case(word))
    }

    pub(crate) fn common_environment(&self) -> &[Value] {
        list(&self.given, "commonEnvironmentSettings")
    }

    /// How often its tasks are retried where they do not say so.
    pub(crate) fn retries(&self) -> i32 {
        let constraints = child(&self.given, "constraints");
        constraints.and_then(|constraints| small(constraints, "maxTaskRetryCount")).unwrap_or(0)
    }

    /// When its wall clock time is used up.
    fn deadline(&self) -> Option<Time> {
        let constraints = child(&self.given, "constraints")?;
        let limit = text(constraints, "maxWallClockTime").and_then(Span::parse)?;
        (limit < Span::UNLIMITED).then(|| self.stamp.created.plus(limit))
    }

    /// Whether a further task of it may start.
    pub(crate) fn runnable(&self) -> bool {
        let most = small::<i64>(&self.given, "maxParallelTasks").unwrap_or(-1);
        let room = most < 0 || self.counts.of(Class::Running) < most;
        self.phase.is(JobState::Active) && room && !self.ready.is_empty()
    }

    pub(crate) fn busy(&self) -> bool {
        self.counts.of(Class::Running) > 0
    }

    /// Whether it ends with its tasks and has none left to do.
    fn done(&self) -> bool {
        let left = self.counts.of(Class::Active) + self.counts.of(Class::Running);
        self.phase.is(JobState::Active) && left == 0 && self.says("onAllTasksComplete", "terminatejob")
    }

    /// Holds that the job is not on its way out.
    pub(crate) fn open(&self) -> Result<(), Fault> {
        match self.phase.state {
            JobState::Completed => Err(conflict("JobCompleted", "The job has completed.")),
            JobState::Terminating => Err(conflict("JobBeingTerminated", "The job is being terminated.")),
            JobState::Deleting => Err(conflict("JobBeingDeleted", "The job is being deleted.")),
            _ => Ok(()),
        }
    }

    pub(crate) fn not_deleting(&self) -> Result<(), Fault> {
        if self.phase.is(JobState::Deleting) {
            return Err(conflict("JobBeingDeleted", "The job is being deleted."));
        }
        Ok(())
    }

    /// Changes a task and keeps the counts right.
    pub(crate) fn change<R>(&mut self, number: usize, change: impl FnOnce(&mut Task) -> R) -> Option<R> {
        let task = self.tasks.get_mut(number)?;
        let (before, slots) = (task.class(), task.slots);
        let result = change(task);
        let after = task.class();
        self.counts.add(before, slots, -1);
        self.counts.add(after, slots, 1);
        Some(result)
    }

    pub(crate) fn add_task(&mut self, task: Task) -> usize {
        self.counts.add(task.class(), task.slots, 1);
        let id = task.id.clone();
        self.tasks.add(&id, task)
    }

    pub(crate) fn remove_task(&mut self, number: usize) {
        self.unready(number);
        if let Some(task) = self.tasks.get(number) {
            self.counts.add(task.class(), task.slots, -1);
            let id = task.id.clone();
            self.tasks.remove(&id);
        }
    }

    pub(crate) fn make_ready(&mut self, number: usize) {
        if let Some(task) = self.tasks.get(number) {
            self.ready.entry(task.slots).or_default().insert(number);
        }
    }

    pub(crate) fn unready(&mut self, number: usize) {
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

    pub(crate) fn object(&self, base: &str) -> Object {
        let mut object = self.given.clone();
        put(&mut object, "id", self.id.as_ref());
        put(&mut object, "url", format!("{base}/jobs/{}", self.id));
        self.stamp.describe(&mut object);
        self.phase.describe_with_past(&mut object);
        let mut info = Object::new();
        put_time(&mut info, "startTime", self.stamp.created);
        put(&mut info, "poolId", self.pool_id.as_str());
        put_some(&mut info, "endTime", self.ended.map(|time| time.to_string()));
        put_some(&mut info, "terminateReason", self.reason.clone());
        put(&mut object, "executionInfo", info);
        object
    }

    pub(crate) fn statistics(&self, base: &str, now: Time) -> Object {
        let url = format!("{base}/jobs/{}/stats", self.id);
        let mut stats = statistics(url, self.stamp.created, now, self.ran, self.waited);
        put(&mut stats, "numSucceededTasks", self.counts.of(Class::Succeeded));
        put(&mut stats, "numFailedTasks", self.counts.of(Class::Failed));
        put(&mut stats, "numTaskRetries", self.retried);
        stats
    }
}

pub(crate) fn not_found() -> Fault {
    missing("JobNotFound", "job")
}

impl State {
    pub(crate) fn job(&self, id: &str) -> Result<&Job, Fault> {
        let number = self.jobs.number(id).ok_or_else(not_found)?;
        self.jobs.get(number).ok_or_else(not_found)
    }

    pub(crate) fn job_mut(&mut self, id: &str) -> Result<(usize, &mut Job), Fault> {
        let number = self.jobs.number(id).ok_or_else(not_found)?;
        let job = self.jobs.get_mut(number).ok_or_else(not_found)?;
        Ok((number, job))
    }

    /// Adds a job from what was given, defaults filled in, with its auto pool and its job manager task.
    pub(crate) fn add_job(&mut self, id: &str, given: Object) -> Result<Stamp, Fault> {
        let stamp = Stamp::new(self.stamp());
        let pool_id = self.find_pool(&given)?;
        let manager = child(&given, "jobManagerTask").cloned();
        let job = Job {
            id: id.into(),
            given,
            stamp,
            phase: Phase::new(JobState::Active, stamp.created),
            pool_id,
            tasks: Catalog::default(),
            counts: Counts::default(),
            ready: BTreeMap::new(),
            watches: HashMap::new(),
            prepared: BTreeMap::new(),
            released: None,
            shared: None,
            queued: None,
            ended: None,
            reason: None,
            ran: Span(0),
            waited: Span(0),
            retried: 0,
            epoch: 0,
        };
        let number = self.jobs.add(id, job);
        if let Some(Err(fault)) = manager.map(|task| self.add_task(number, &task)) {
            self.jobs.remove(id);
            return Err(fault);
        }
        self.expect_end(number);
        self.expect_idle(number);
        Ok(stamp)
    }

    /// The pool that a job names, or one made for it.
    fn find_pool(&mut self, job: &Object) -> Result<String, Fault> {
        let none = Object::new();
        let info = child(job, "poolInfo").unwrap_or(&none);
        match (text(info, "poolId"), child(info, "autoPoolSpecification")) {
            (Some(id), None) => Ok(id.to_owned()),
            (None, Some(auto)) => {
                let Some(pool) = child(auto, "pool").cloned() else {
                    return Err(given::bad_value("pool", "", "An auto pool needs the settings of a pool"));
                };
                let id = format!("{}{}", text(auto, "autoPoolIdPrefix").unwrap_or_default(), self.unique_id());
                self.add_pool(&id, pool, true);
                Ok(id)
            }
            _ => {
                let reason = "Exactly one of poolId and autoPoolSpecification must be given";
                Err(given::bad_value("poolInfo", "", reason))
            }
        }
    }

    /// Sets the end that the job's wall clock time puts to it.
    pub(crate) fn expect_end(&mut self, number: usize) {
        if let Some(deadline) = self.jobs.get(number).and_then(Job::deadline) {
            self.events.at(deadline, Event::JobExpired { job: number });
        }
    }

    /// The limit may have changed since the event was set.
    pub(crate) fn job_expired(&mut self, number: usize) {
        let job = self.jobs.get(number).filter(|job| job.open().is_ok());
        if job.and_then(Job::deadline).is_some_and(|deadline| deadline <= self.now) {
            self.terminate_job(number, "MaxWallClockTimeExpiry");
        }
    }

    /// Ends the job a while later, if it ends with its tasks and none is left then.
    pub(crate) fn expect_idle(&mut self, number: usize) {
        if self.jobs.get(number).is_some_and(Job::done) {
            self.events.at(self.now.plus(TRANSITION), Event::JobIdle { job: number });
        }
    }

    pub(crate) fn job_idle(&mut self, number: usize) {
        if self.jobs.get(number).is_some_and(Job::done) {
            self.terminate_job(number, "AllTasksComplete");
        }
    }

    fn enter_job(&mut self, number: usize, state: JobState) -> Option<Stamp> {
        let modified = self.stamp();
        let job = self.jobs.get_mut(number)?;
        job.phase.enter(state, modified);
        job.stamp.modified = modified;
        let stamp = job.stamp;
        self.refresh(number);
        Some(stamp)
    }

    /// Marks a job as changed.
    pub(crate) fn touch_job(&mut self, number: usize) -> Option<Stamp> {
        let modified = self.stamp();
        let job = self.jobs.get_mut(number)?;
        job.stamp.modified = modified;
        Some(job.stamp)
    }

    /// Puts the job on its way to another state.
    fn move_job(&mut self, number: usize, state: JobState) -> Option<Stamp> {
        let stamp = self.enter_job(number, state);
        let time = self.now.plus(TRANSITION);
        if let Some(job) = self.jobs.get_mut(number) {
            job.epoch += 1;
            let event = Event::JobNext {
                job: number,
                epoch: job.epoch,
            };
            self.events.at(time, event);
        }
        stamp
    }

    pub(crate) fn terminate_job(&mut self, number: usize, reason: &str) -> Option<Stamp> {
        let stamp = self.move_job(number, JobState::Terminating);
        let now = self.now;
        if let Some(job) = self.jobs.get_mut(number) {
            job.reason = Some(reason.to_owned());
            let releases = job.given.contains_key("jobReleaseTask") && !job.prepared.is_empty();
            job.released = releases.then_some(now);
        }
        self.stop_tasks(number, TaskFate::Terminate);
        stamp
    }

    /// Also ends the job's running tasks, as all that is left of them goes.
    pub(crate) fn delete_job(&mut self, number: usize) -> Option<Stamp> {
        let stamp = self.move_job(number, JobState::Deleting);
        self.stop_tasks(number, TaskFate::Terminate);
        stamp
    }

    pub(crate) fn disable_job(&mut self, number: usize, fate: TaskFate) -> Result<Option<Stamp>, Fault> {
        let state = self.jobs.get(number).map(|job| job.phase.state);
        if state == Some(JobState::Enabling) {
            return Err(wrong_state("The job is being enabled."));
        }
        if state == Some(JobState::Disabled) {
            return Ok(self.enter_job(number, JobState::Disabled));
        }
        let stamp = self.move_job(number, JobState::Disabling);
        self.stop_tasks(number, fate);
        Ok(stamp)
    }

    pub(crate) fn enable_job(&mut self, number: usize) -> Result<Option<Stamp>, Fault> {
        match self.jobs.get(number).map(|job| job.phase.state) {
            Some(JobState::Disabled | JobState::Disabling) => Ok(self.move_job(number, JobState::Enabling)),
            _ => Err(wrong_state("The job is not disabled.")),
        }
    }

    fn stop_tasks(&mut self, number: usize, fate: TaskFate) {
        let Some(job) = self.jobs.get(number).filter(|job| job.busy()) else {
            return;
        };
        let running: Vec<usize> = job.tasks.iter().filter(|(_, task)| task.on_node()).map(|(task, _)| task).collect();
        for task in running {
            match fate {
                TaskFate::Terminate => self.end_task(number, task, Outcome::Ended),
                TaskFate::Requeue => self.requeue_task(number, task),
                TaskFate::Completion | TaskFate::Retained => {}
            }
        }
    }

    pub(crate) fn job_next(&mut self, number: usize, epoch: u32) {
        let Some(job) = self.jobs.get(number).filter(|job| job.epoch == epoch) else {
            return;
        };
        match job.phase.state {
            // One that waits for its tasks is disabled by the last of them.
            JobState::Disabling if !job.busy() => {
                self.enter_job(number, JobState::Disabled);
            }
            JobState::Enabling => {
                self.enter_job(number, JobState::Active);
                self.expect_end(number);
                self.expect_idle(number);
                self.dispatch_job(number);
            }
            JobState::Terminating => self.complete_job(number),
            JobState::Deleting => {
                self.drop_auto_pool(number);
                self.forget_job(number);
                let id = job_id(&self.jobs, number);
                self.jobs.remove(&id);
            }
            _ => {}
        }
    }

    /// The last task of a job that was waited for has gone.
    pub(crate) fn job_rests(&mut self, number: usize) {
        let epoch = self.jobs.get(number).filter(|job| !job.busy()).map(|job| job.epoch);
        let disabling = self.jobs.get(number).is_some_and(|job| job.phase.is(JobState::Disabling));
        if let (Some(epoch), true) = (epoch, disabling) {
            let event = Event::JobNext { job: number, epoch };
            self.events.at(self.now.plus(TRANSITION), event);
        }
    }

    fn complete_job(&mut self, number: usize) {
        let now = self.now;
        self.enter_job(number, JobState::Completed);
        if let Some(job) = self.jobs.get_mut(number) {
            job.ended = Some(now);
        }
        self.drop_auto_pool(number);
    }

    /// Deletes the pool that was made for the job, unless it is to be kept.
    fn drop_auto_pool(&mut self, number: usize) {
        let Some(job) = self.jobs.get(number) else {
            return;
        };
        let auto = child(&job.given, "poolInfo").and_then(|info| child(info, "autoPoolSpecification"));
        let kept = auto.is_none_or(|auto| flag(auto, "keepAlive") == Some(true));
        let pool = self.pools.number(&job.pool_id);
        if let (Some(pool), false) = (pool, kept)
            && self.pools.get(pool).is_some_and(|pool| pool.auto)
        {
            self.delete_pool(pool);
        }
    }

    /// How preparation and release fared on each node, in the order of node ids.
    pub(crate) fn preparations<'a>(
        job: &'a Job,
        base: &'a str,
        now: Time,
    ) -> impl Iterator<Item = (&'a str, Object)> + use<'a> {
        job.prepared.iter().map(move |(node, prepared)| {
            let seat = &prepared.seat;
            let mut row = object([
                ("poolId", seat.pool_id.as_ref().into()),
                ("nodeId", node.as_ref().into()),
                ("nodeUrl", seat.url(base).into()),
            ]);
            let preparation = special(job, "jobPreparationTask", prepared, (prepared.start, prepared.ready), base, now);
            put(&mut row, "jobPreparationTaskExecutionInfo", preparation);
            if let Some(start) = job.released {
                let times = (start, start.plus(TRANSITION));
                let mut release = special(job, "jobReleaseTask", prepared, times, base, now);
                release.remove("retryCount");
                put(&mut row, "jobReleaseTaskExecutionInfo", release);
            }
            (node.as_ref(), row)
        })
    }
}

fn job_id(jobs: &Catalog<Job>, number: usize) -> Arc<str> {
    jobs.get(number).map_or_else(|| "".into(), |job| job.id.clone())
}

/// A preparation or release task on a node; in this simulation it always succeeds.
fn special(job: &Job, kind: &str, node: &Prepared, (start, end): (Time, Time), base: &str, now: Time) -> Object {
    let id = child(&job.given, kind).and_then(|task| text(task, "id")).unwrap_or_default();
    let directory = format!("workitems/{}/job-1/{id}", job.id);
    let mut info = object([
        ("startTime", start.to_string().into()),
        ("taskRootDirectory", node.seat.path(&directory).into()),
        ("taskRootDirectoryUrl", format!("{}/files/{directory}", node.seat.url(base)).into()),
        ("retryCount", 0.into()),
        ("state", "running".into()),
    ]);
    if now >= end {
        put(&mut info, "state", "completed");
        put_time(&mut info, "endTime", end);
        put(&mut info, "exitCode", 0);
        put(&mut info, "result", "success");
    }
    info
}
