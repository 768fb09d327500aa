//! The life of a job schedule: it creates a job when one is due and none of its jobs is active,
//! until it ends.
//!
//! Nothing happens while one of its jobs is active, since the next one has to wait for its end
//! anyway; when it ends, the schedule checks what is due. So a schedule has at most one pending
//! event.
//!
//! Source: descriptions of `Schedule` and its properties, and of the operations on job schedules.

use super::{Schedule, ScheduleState};
use crate::refusal::Refusal;
use crate::request::Object;
use crate::state::events::Event;
use crate::state::jobs::{Job, JobState};
use crate::state::numbers::ScheduleNumber;
use crate::state::resource::{Phase, Stamp, child, flag, text};
use crate::state::{State, TRANSITION, catalog};
use crate::time::{Span, Time};

/// Number of jobs in the account from which on schedules create no more until some are deleted, so
/// that a fast clock cannot exhaust the memory.
///
/// No source; chosen as far more than anybody looks at.
const MAX_JOBS: usize = 50_000;

/// The next step of a schedule.
enum Step {
    /// Create the job of this time.
    Run(Time),
    /// Check again at this time.
    Wait(Time),
    End,
}

impl Schedule {
    /// Returns the latest time until now at which a job was to start.
    fn latest_run(&self, now: Time) -> Option<Time> {
        // Its first time can be a tick from now, since no two changes have the same time.
        let now = now.max(self.stamp.created);
        let first = self.first_run();
        if first > now {
            return None;
        }
        let Some(Span(interval)) = self.interval() else {
            return Some(first);
        };
        let runs = now.since(first).0 / interval;
        Some(first.plus(Span(interval.saturating_mul(runs))))
    }

    /// Returns the time of the job that is due: neither created nor missed.
    ///
    /// Source: description of `Schedule.startWindow`.
    fn due(&self, now: Time) -> Option<Time> {
        let latest = self.latest_run(now)?;
        let made = self.made.is_some_and(|made| made >= latest);
        let window = self.span("startWindow").unwrap_or(Span::UNLIMITED);
        (!made && now <= latest.plus(window)).then_some(latest)
    }

    /// Decides the next step of the schedule.
    ///
    /// Source: description of `Schedule.doNotRunAfter`: the schedule is completed once that time
    /// has passed and no job is active; one that does not recur is completed with its job.
    fn step(&self, now: Time) -> Step {
        let last = self.time("doNotRunAfter");
        if last.is_some_and(|last| last < now) {
            return Step::End;
        }
        if let Some(due) = self.due(now) {
            return Step::Run(due);
        }
        // It ends after its last time, even if no job can start until then.
        let end = last.map(|last| last.plus(Span(1)));
        match (self.occurrence_after(now), end) {
            (Some(next), Some(end)) => Step::Wait(next.min(end)),
            (Some(next), None) => Step::Wait(next),
            (None, _) => Step::End,
        }
    }

    /// Returns the specification of its jobs' auto pools.
    fn auto_pool(&self) -> Option<&Object> {
        let job = child(&self.given, "jobSpecification")?;
        child(child(job, "poolInfo")?, "autoPoolSpecification")
    }
}

impl State {
    pub(crate) fn add_schedule(&mut self, id: &str, given: Object) -> Stamp {
        let stamp = Stamp::new(self.stamp());
        let schedule = Schedule {
            id: id.to_owned(),
            given,
            stamp,
            phase: Phase::new(ScheduleState::Active, stamp.created),
            made: None,
            runs: 0,
            job: None,
            pool: None,
            ended: None,
            epoch: 0,
        };
        let number = self.schedules.add(id, schedule);
        self.run_schedule(number);
        stamp
    }

    /// Returns the jobs of a schedule in the order of their ids, after a key.
    pub(crate) fn jobs_of<'a>(
        &'a self,
        schedule: &Schedule,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, &'a Job)> + use<'a> {
        let prefix = format!("{}:", catalog::key(&schedule.id));
        let start = after.map_or(prefix.as_str(), |after| after.max(&prefix));
        let jobs = self.jobs.from(Some(start));
        jobs.take_while(move |(key, _)| key.starts_with(&prefix))
    }

    /// Returns true if its latest job has not completed.
    ///
    /// Source: description of `Schedule.recurrenceInterval`: never more than one active job. No
    /// source for waiting until a job has been deleted; chosen because the next one may have the
    /// same auto pool.
    fn schedule_busy(&self, schedule: &Schedule) -> bool {
        let job = schedule.job.and_then(|job| self.job(job));
        job.is_some_and(|job| !job.phase.is(JobState::Completed))
    }

    /// Creates the job that is due, or schedules the next check.
    ///
    /// Source: description of `Schedule.recurrenceInterval`.
    pub(crate) fn run_schedule(&mut self, number: ScheduleNumber) {
        let now = self.now;
        loop {
            let Some(schedule) = self.schedule(number) else {
                return;
            };
            if !schedule.phase.is(ScheduleState::Active) || self.schedule_busy(schedule) {
                return;
            }
            match schedule.step(now) {
                // If a job could not be created, the schedule retries only when the next one is
                // due.
                Step::Run(due) => {
                    let _ = self.make_job(number, due);
                }
                Step::Wait(time) => return self.check_again(number, time),
                Step::End => {
                    self.move_schedule(number, ScheduleState::Terminating);
                    return;
                }
            }
        }
    }

    fn check_again(&mut self, number: ScheduleNumber, time: Time) {
        if let Some(schedule) = self.schedules.get_mut(number) {
            schedule.epoch += 1;
            let event = Event::ScheduleNext {
                schedule: number,
                epoch: schedule.epoch,
            };
            self.events.at(time, event);
        }
    }

    /// Creates the job of a time.
    ///
    /// Source: descriptions of `Schedule` and `AutoPoolSpecification.poolLifetimeOption`: one pool
    /// for all jobs of the schedule, or one per job.
    fn make_job(&mut self, number: ScheduleNumber, due: Time) -> Result<(), Refusal> {
        let crowded = self.jobs.len() >= MAX_JOBS;
        let Some(schedule) = self.schedules.get_mut(number) else {
            return Ok(());
        };
        schedule.made = Some(due);
        if crowded {
            return Ok(());
        }
        schedule.runs += 1;
        let id = schedule.job_id(schedule.runs);
        let given = child(&schedule.given, "jobSpecification").cloned();
        let given = given.unwrap_or_default();
        let lasts = schedule.auto_pool().is_some_and(lasts_with_schedule);
        let made = schedule.pool.clone().filter(|_| lasts);
        let made = made.filter(|id| {
            self.find_pool(id)
                .is_ok_and(|(_, pool)| pool.active().is_ok())
        });
        let pool = match made {
            Some(pool) => pool,
            None => self.pool_for(&given)?,
        };
        if let (Some(schedule), true) = (self.schedules.get_mut(number), lasts) {
            schedule.pool = Some(pool.clone());
        }
        let (job, _) = self.add_job_on(&id, given, pool, Some(number))?;
        if let Some(schedule) = self.schedules.get_mut(number) {
            schedule.job = Some(job);
        }
        Ok(())
    }

    /// Changes the state of a schedule, which may continue from there.
    pub(crate) fn move_schedule(&mut self, number: ScheduleNumber, state: ScheduleState) -> Stamp {
        let stamp = self.touch_schedule(number);
        if let Some(schedule) = self.schedules.get_mut(number) {
            schedule.phase.enter(state, stamp.modified);
        }
        self.check_again(number, self.now.plus(TRANSITION));
        if state == ScheduleState::Active {
            self.run_schedule(number);
        }
        stamp
    }

    /// Terminates a schedule and its active job.
    ///
    /// Source: description of `JobSchedule_Terminate`; recorded, `JobSchedule_Terminate` and, by
    /// the tests of the official client for PowerShell, the reason of such a job, which is not the
    /// one that the description names.
    pub(crate) fn terminate_schedule(&mut self, number: ScheduleNumber) -> Stamp {
        let stamp = self.move_schedule(number, ScheduleState::Terminating);
        let job = self.schedule(number).and_then(|schedule| schedule.job);
        if let Some(job) = job
            && self.job(job).is_some_and(|job| job.open().is_ok())
        {
            self.terminate_job(job, "TerminateWorkitem");
        }
        stamp
    }

    /// Deletes a schedule and all its jobs.
    ///
    /// Source: description of `JobSchedule_Delete`.
    pub(crate) fn delete_schedule(&mut self, number: ScheduleNumber) {
        self.move_schedule(number, ScheduleState::Deleting);
        let Some(schedule) = self.schedule(number) else {
            return;
        };
        let jobs = self.jobs_of(schedule, None);
        let staying = jobs.filter(|(_, job)| !job.phase.is(JobState::Deleting));
        let ids: Vec<String> = staying.map(|(key, _)| key.to_owned()).collect();
        for id in ids {
            if let Some(job) = self.jobs.number(&id) {
                self.delete_job(job);
            }
        }
    }

    /// Ends the jobs of a schedule without waiting for their nodes.
    ///
    /// Source: description of the parameter `force` of `JobSchedule_Terminate` and
    /// `JobSchedule_Delete`: the schedule ends even if nodes have not fully processed that.
    pub(crate) fn force_schedule(&mut self, number: ScheduleNumber) {
        let Some(schedule) = self.schedule(number) else {
            return;
        };
        let jobs = self.jobs_of(schedule, None);
        let ids: Vec<String> = jobs.map(|(key, _)| key.to_owned()).collect();
        for id in ids {
            if let Some(job) = self.jobs.number(&id) {
                self.force_job(job);
            }
        }
    }

    /// Updates the schedule after its times may have changed. Once it has run, earlier times are no
    /// longer due.
    ///
    /// Source: description of `JobSchedule_Update`: changes apply to later jobs.
    pub(crate) fn replan_schedule(&mut self, number: ScheduleNumber) {
        let now = self.now;
        if let Some(schedule) = self.schedules.get_mut(number)
            && schedule.runs > 0
        {
            schedule.made = schedule.made.max(schedule.latest_run(now));
        }
        self.run_schedule(number);
    }

    /// Marks a schedule as changed.
    pub(crate) fn touch_schedule(&mut self, number: ScheduleNumber) -> Stamp {
        let modified = self.stamp();
        let stamp = self.schedules.get_mut(number).map(|schedule| {
            schedule.stamp.modified = modified;
            schedule.stamp
        });
        stamp.unwrap_or(Stamp::new(modified))
    }

    pub(crate) fn schedule_next(&mut self, number: ScheduleNumber, epoch: u32) {
        let schedule = self.schedule(number);
        if schedule.is_some_and(|schedule| schedule.epoch == epoch) {
            self.continue_schedule(number);
        }
    }

    /// Continues a schedule that may have waited for one of its jobs.
    ///
    /// Source: descriptions of the states of a job schedule.
    pub(crate) fn continue_schedule(&mut self, number: ScheduleNumber) {
        let Some(schedule) = self.schedule(number) else {
            return;
        };
        match schedule.phase.state {
            ScheduleState::Active => self.run_schedule(number),
            ScheduleState::Terminating if !self.schedule_busy(schedule) => {
                self.complete_schedule(number);
            }
            ScheduleState::Deleting if self.jobs_of(schedule, None).next().is_none() => {
                let id = schedule.id.clone();
                self.drop_schedule_pool(number);
                self.schedules.remove(&id);
            }
            _ => {}
        }
    }

    /// Completes a schedule that has been terminated.
    ///
    /// Source: description of `JobSchedule_Terminate`; as for jobs, the `ETag` stays that of the
    /// request.
    fn complete_schedule(&mut self, number: ScheduleNumber) {
        let now = self.now;
        if let Some(schedule) = self.schedules.get_mut(number) {
            schedule.ended = Some(now);
            schedule.phase.follow(ScheduleState::Completed, now);
        }
        self.drop_schedule_pool(number);
    }

    /// Deletes the auto pool of all jobs of the schedule, unless it is to be kept alive.
    ///
    /// Source: descriptions of `AutoPoolSpecification.keepAlive` and
    /// `AutoPoolSpecification.poolLifetimeOption`.
    fn drop_schedule_pool(&mut self, number: ScheduleNumber) {
        let Some(schedule) = self.schedules.get_mut(number) else {
            return;
        };
        let keep_alive = schedule
            .auto_pool()
            .is_some_and(|auto| flag(auto, "keepAlive") == Some(true));
        let pool = schedule.pool.take().filter(|_| !keep_alive);
        if let Some(pool) = pool.and_then(|pool| self.pools.number(&pool)) {
            self.delete_pool(pool);
        }
    }
}

/// Returns true if all jobs of a schedule share one auto pool.
///
/// Source: description of `PoolLifetimeOption`.
pub(crate) fn lasts_with_schedule(auto: &Object) -> bool {
    text(auto, "poolLifetimeOption")
        .is_some_and(|option| option.eq_ignore_ascii_case("jobschedule"))
}
