//! The life of jobs: creation, state changes, deletion.

use std::collections::BTreeMap;

use super::{Counts, Job, JobState};
use crate::refusal::Refusal;
use crate::refusal::wrong_state;
use crate::request::Object;
use crate::state::events::Event;
use crate::state::given;
use crate::state::numbers::{JobNumber, ScheduleNumber, TaskKey};
use crate::state::pools::TaskFate;
use crate::state::resource::{Phase, Stamp, child, flag, text};
use crate::state::schedules::lasts_with_schedule;
use crate::state::tasks::Outcome;
use crate::state::{Catalog, State, TRANSITION};
use crate::time::Span;

impl State {
    /// Adds a job from its normalized definition, with its auto pool and its job manager task.
    pub(crate) fn add_job(&mut self, id: &str, given: Object) -> Result<Stamp, Refusal> {
        let pool_id = self.pool_for(&given)?;
        let (_, stamp) = self.add_job_on(id, given, pool_id, None)?;
        Ok(stamp)
    }

    /// Adds a job on a pool, optionally for a schedule, and returns its number too.
    ///
    /// Source: description of `JobManagerTask`: it starts automatically when its job is created. No
    /// source for rejecting a job whose manager is rejected; chosen because both come in one
    /// request.
    pub(crate) fn add_job_on(
        &mut self,
        id: &str,
        given: Object,
        pool_id: String,
        schedule: Option<ScheduleNumber>,
    ) -> Result<(JobNumber, Stamp), Refusal> {
        let stamp = Stamp::new(self.stamp());
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
            watches: BTreeMap::new(),
            prepared: BTreeMap::new(),
            courses: 0,
            shared: None,
            queued: None,
            schedule,
            ended: None,
            reason: None,
            ran: Span(0),
            waited: Span(0),
            retried: 0,
            epoch: 0,
            forced: false,
        };
        let number = self.jobs.add(id, job);
        if let Some(Err(refusal)) = manager.map(|task| self.add_task(number, &task)) {
            self.jobs.remove(id);
            return Err(refusal);
        }
        self.expect_end(number);
        self.expect_idle(number);
        Ok((number, stamp))
    }

    /// Returns the pool that a job names, or creates an auto pool for it.
    ///
    /// Source: descriptions of `PoolInformation.poolId`, which need not exist, and of
    /// `AutoPoolSpecification`.
    pub(crate) fn pool_for(&mut self, job: &Object) -> Result<String, Refusal> {
        let none = Object::new();
        let info = child(job, "poolInfo").unwrap_or(&none);
        match (text(info, "poolId"), child(info, "autoPoolSpecification")) {
            (Some(id), None) => Ok(id.to_owned()),
            (None, Some(auto)) => {
                let Some(pool) = child(auto, "pool").cloned() else {
                    return Err(given::bad_value(
                        "pool",
                        "",
                        "An auto pool needs a pool specification",
                    ));
                };
                let id = format!(
                    "{}{}",
                    text(auto, "autoPoolIdPrefix").unwrap_or_default(),
                    self.unique_id()
                );
                self.add_pool(&id, pool, true);
                Ok(id)
            }
            _ => {
                let reason = "Exactly one of poolId and autoPoolSpecification must be specified";
                Err(given::bad_value("poolInfo", "", reason))
            }
        }
    }

    /// Schedules the end of the job's maximum wall clock time.
    ///
    /// Source: description of `JobConstraints.maxWallClockTime`.
    pub(crate) fn expect_end(&mut self, number: JobNumber) {
        if let Some(deadline) = self.job(number).and_then(Job::deadline) {
            self.events.at(deadline, Event::JobExpired { job: number });
        }
    }

    /// Terminates a job that has reached its limit, which may have changed since the event was
    /// scheduled.
    ///
    /// Source: description of `JobConstraints.maxWallClockTime`, also for the reason.
    pub(crate) fn job_expired(&mut self, number: JobNumber) {
        let job = self.job(number).filter(|job| job.open().is_ok());
        if job
            .and_then(Job::deadline)
            .is_some_and(|deadline| deadline <= self.now)
        {
            self.terminate_job(number, "MaxWallClockTimeExpiry");
        }
    }

    /// Schedules a check that terminates the job if it ends with its tasks and none is left.
    ///
    /// Source: description of `OnAllTasksComplete`. No source for the delay; chosen so that tasks
    /// added one after the other find the job active.
    pub(crate) fn expect_idle(&mut self, number: JobNumber) {
        if self.job(number).is_some_and(Job::done) {
            self.events
                .at(self.now.plus(TRANSITION), Event::JobIdle { job: number });
        }
    }

    /// Terminates the job if all its tasks are still complete.
    ///
    /// Source: description of `JobExecutionInformation.terminateReason`.
    pub(crate) fn job_idle(&mut self, number: JobNumber) {
        if self.job(number).is_some_and(Job::done) {
            self.terminate_job(number, "AllTasksComplete");
        }
    }

    /// Changes the state of a job.
    ///
    /// Source: description of `CloudJob.lastModified`: a change of state is a change of the job.
    fn enter_job(&mut self, number: JobNumber, state: JobState) -> Option<Stamp> {
        let modified = self.stamp();
        let job = self.jobs.get_mut(number)?;
        job.phase.enter(state, modified);
        job.stamp.modified = modified;
        let stamp = job.stamp;
        self.refresh(number);
        Some(stamp)
    }

    /// Enters the state that ends what a request has started.
    ///
    /// Source: the tests of the official clients for Java and PowerShell, recorded with the live
    /// service: a change with the `ETag` of the response to `Job_Disable` is accepted once the job
    /// is disabled.
    fn follow_job(&mut self, number: JobNumber, state: JobState) {
        let now = self.now;
        if let Some(job) = self.jobs.get_mut(number) {
            job.phase.follow(state, now);
        }
        self.refresh(number);
    }

    /// Marks a job as changed.
    pub(crate) fn touch_job(&mut self, number: JobNumber) -> Option<Stamp> {
        let modified = self.stamp();
        let job = self.jobs.get_mut(number)?;
        job.stamp.modified = modified;
        Some(job.stamp)
    }

    /// Starts the job's transition to another state.
    fn move_job(&mut self, number: JobNumber, state: JobState) -> Option<Stamp> {
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

    /// Starts terminating a job, its running tasks and its preparations.
    ///
    /// Source: description of `Job_Terminate`: running tasks are terminated, active ones keep their
    /// state, releases run, then the job is completed. Recorded, `Job_Get` of a terminating job.
    pub(crate) fn terminate_job(&mut self, number: JobNumber, reason: &str) -> Option<Stamp> {
        let stamp = self.move_job(number, JobState::Terminating);
        if let Some(job) = self.jobs.get_mut(number) {
            job.reason = Some(reason.to_owned());
        }
        self.stop_tasks(number, TaskFate::Terminate);
        self.release_nodes(number);
        stamp
    }

    /// Starts deleting a job; its running tasks are terminated, because everything about them is
    /// deleted.
    ///
    /// Source: descriptions of `Job_Delete`, and of `JobReleaseTask` for a job that is deleted
    /// while it is active.
    pub(crate) fn delete_job(&mut self, number: JobNumber) -> Option<Stamp> {
        let open = self.job(number).is_some_and(|job| job.open().is_ok());
        let stamp = self.move_job(number, JobState::Deleting);
        self.stop_tasks(number, TaskFate::Terminate);
        if open {
            self.release_nodes(number);
        }
        stamp
    }

    /// Starts disabling a job.
    ///
    /// Source: description of `Job_Disable`, and of `DisableJobOption` for the running tasks.
    pub(crate) fn disable_job(&mut self, number: JobNumber, fate: TaskFate) -> Option<Stamp> {
        if self
            .job(number)
            .is_some_and(|job| job.phase.is(JobState::Disabled))
        {
            return self.enter_job(number, JobState::Disabled);
        }
        let stamp = self.move_job(number, JobState::Disabling);
        self.stop_tasks(number, fate);
        stamp
    }

    /// Enables a job, which is active at once.
    ///
    /// Source: description of `Job_Enable`; recorded, `Job_Enable` of a disabled job, after which
    /// the job is active. No source for rejecting an active one; chosen because there is nothing to
    /// enable.
    pub(crate) fn enable_job(&mut self, number: JobNumber) -> Result<Option<Stamp>, Refusal> {
        match self.job(number).map(|job| job.phase.state) {
            Some(JobState::Disabled | JobState::Disabling) => {
                let stamp = self.enter_job(number, JobState::Active);
                self.expect_end(number);
                self.expect_idle(number);
                self.dispatch_job(number);
                Ok(stamp)
            }
            _ => Err(wrong_state("The job is not disabled.")),
        }
    }

    /// Handles the running tasks of a job as requested.
    ///
    /// Source: descriptions of `DisableJobOption` and `Job_Terminate`.
    fn stop_tasks(&mut self, number: JobNumber, fate: TaskFate) {
        let Some(job) = self.job(number).filter(|job| job.busy()) else {
            return;
        };
        let running: Vec<TaskKey> = job
            .tasks
            .iter()
            .filter(|(_, task)| task.on_node())
            .map(|(task, _)| TaskKey { job: number, task })
            .collect();
        for task in running {
            match fate {
                TaskFate::Terminate => self.end_task(task, Outcome::Ended),
                TaskFate::Requeue => self.requeue_task(task),
                TaskFate::Completion | TaskFate::Retained => {}
            }
        }
    }

    /// Takes the next step of a job.
    ///
    /// Source: descriptions of the states of a job: each state that ends in -ing lasts until its
    /// operation is done.
    pub(crate) fn job_next(&mut self, number: JobNumber, epoch: u32) {
        let Some(job) = self.job(number).filter(|job| job.epoch == epoch) else {
            return;
        };
        match job.phase.state {
            // A job that waits for its tasks is disabled by the last of them.
            JobState::Disabling if !job.busy() => self.follow_job(number, JobState::Disabled),
            // The last release continues from here.
            JobState::Terminating | JobState::Deleting if job.releasing() => {}
            JobState::Terminating => self.complete_job(number),
            JobState::Deleting => {
                let id = job.id.clone();
                self.stop_releases(number);
                self.drop_auto_pool(number);
                self.forget_job(number);
                let job = self.jobs.remove(&id);
                if let Some(job) = &job {
                    self.deleted.add_job(job, self.now);
                }
                if let Some(schedule) = job.and_then(|job| job.schedule) {
                    self.continue_schedule(schedule);
                }
            }
            _ => {}
        }
    }

    /// Continues a job that waited for its last task.
    ///
    /// Source: description of `Job_Disable`: the job is disabled once its tasks have been handled
    /// as requested.
    pub(crate) fn continue_after_tasks(&mut self, number: JobNumber) {
        let epoch = self
            .job(number)
            .filter(|job| !job.busy())
            .map(|job| job.epoch);
        let disabling = self
            .job(number)
            .is_some_and(|job| job.phase.is(JobState::Disabling));
        if let (Some(epoch), true) = (epoch, disabling) {
            let event = Event::JobNext { job: number, epoch };
            self.events.at(self.now.plus(TRANSITION), event);
        }
    }

    /// Completes a job that has been terminated.
    ///
    /// Source: descriptions of `Job_Terminate` and `JobExecutionInformation.endTime`.
    fn complete_job(&mut self, number: JobNumber) {
        let now = self.now;
        self.follow_job(number, JobState::Completed);
        if let Some(job) = self.jobs.get_mut(number) {
            job.ended = Some(now);
        }
        self.drop_auto_pool(number);
        if let Some(schedule) = self.job(number).and_then(|job| job.schedule) {
            self.continue_schedule(schedule);
        }
    }

    /// Deletes the job's auto pool unless it is to be kept alive.
    ///
    /// Source: descriptions of `AutoPoolSpecification.keepAlive` and
    /// `AutoPoolSpecification.poolLifetimeOption`.
    fn drop_auto_pool(&mut self, number: JobNumber) {
        let Some(job) = self.job(number) else {
            return;
        };
        let auto =
            child(&job.given, "poolInfo").and_then(|info| child(info, "autoPoolSpecification"));
        let keep_alive = auto
            .is_none_or(|auto| flag(auto, "keepAlive") == Some(true) || lasts_with_schedule(auto));
        let pool = self.pools.number(&job.pool_id);
        if let (Some(pool), false) = (pool, keep_alive)
            && self.pool(pool).is_some_and(|pool| pool.auto)
        {
            self.delete_pool(pool);
        }
    }
}
