//! Job schedules: their states, and the times at which they create jobs.
//!
//! Jobs are due at the first time and after each interval, whatever happened to earlier ones.
//! `life` implements what a schedule does at these times.
//!
//! Source: descriptions of `Schedule` and its properties; recorded, `JobSchedule_Get`:
//! `nextRunTime` is the creation time plus one interval.

mod life;

pub(crate) use life::lasts_with_schedule;

use serde::{Deserialize, Serialize};

use super::State;
use super::numbers::{JobNumber, ScheduleNumber};
use super::resource::{Phase, Stamp, child, put, put_some, text, words};
use super::tasks::{Class, statistics};
use crate::refusal::Refusal;
use crate::refusal::{conflict, exists, missing};
use crate::request::Object;
use crate::time::{Span, Time};

words! {
    /// State of a job schedule.
    ScheduleState {
        Active = "active", Disabled = "disabled", Terminating = "terminating", Completed = "completed",
        Deleting = "deleting",
    }
}

/// A job schedule.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    /// The normalized definition, with defaults.
    pub(crate) given: Object,
    pub(crate) stamp: Stamp,
    pub(crate) phase: Phase<ScheduleState>,
    /// The latest time for which a job was created.
    made: Option<Time>,
    /// Number of jobs that it has created.
    runs: u64,
    /// Number of the latest job.
    job: Option<JobNumber>,
    /// The pool of all its jobs, if one was created.
    pool: Option<String>,
    ended: Option<Time>,
    epoch: u32,
}

impl Schedule {
    /// Checks that the schedule is not ending.
    ///
    /// Source: descriptions of the states of a job schedule. The live service's codes are those of
    /// "Batch Status and Error Codes".
    pub(crate) fn open(&self) -> Result<(), Refusal> {
        let (code, message) = match self.phase.state {
            ScheduleState::Active | ScheduleState::Disabled => return Ok(()),
            ScheduleState::Terminating => (
                "JobScheduleBeingTerminated",
                "The job schedule is being terminated.",
            ),
            ScheduleState::Completed => ("JobScheduleCompleted", "The job schedule has completed."),
            ScheduleState::Deleting => (
                "JobScheduleBeingDeleted",
                "The job schedule is being deleted.",
            ),
        };
        Err(conflict(code, message))
    }

    /// Creates the error for a schedule that another one with its id cannot be added beside.
    ///
    /// Source: users of the live service report these codes. No source for one that is being
    /// terminated; it still exists.
    pub(crate) fn in_the_way(&self) -> Refusal {
        let closed = [ScheduleState::Completed, ScheduleState::Deleting];
        match self.open() {
            Err(refusal) if closed.contains(&self.phase.state) => refusal,
            _ => exists("JobScheduleExists", "job schedule"),
        }
    }

    fn time(&self, name: &str) -> Option<Time> {
        text(child(&self.given, "schedule")?, name).and_then(Time::parse)
    }

    fn span(&self, name: &str) -> Option<Span> {
        text(child(&self.given, "schedule")?, name).and_then(Span::parse)
    }

    /// Returns the interval between jobs.
    ///
    /// Source: description of `Schedule.recurrenceInterval`: without one, there is a single job.
    fn interval(&self) -> Option<Span> {
        self.span("recurrenceInterval").filter(|span| span.0 > 0)
    }

    /// Returns the time of the first job: immediately, unless it is postponed.
    ///
    /// Source: description of `Schedule.doNotRunUntil`.
    fn first_run(&self) -> Time {
        self.time("doNotRunUntil").unwrap_or(self.stamp.created)
    }

    /// Returns the first time after now at which a job would start, allowed or not.
    fn occurrence_after(&self, now: Time) -> Option<Time> {
        let now = now.max(self.stamp.created);
        let first = self.first_run();
        if first > now {
            return Some(first);
        }
        let Span(interval) = self.interval()?;
        let runs = now.since(first).0 / interval + 1;
        Some(first.plus(Span(interval.saturating_mul(runs))))
    }

    /// Returns the time at which the next job starts, unless one is active then.
    ///
    /// Source: description of `JobScheduleExecutionInformation.nextRunTime`.
    fn next_run(&self, now: Time) -> Option<Time> {
        let last = self.time("doNotRunAfter");
        self.occurrence_after(now)
            .filter(|next| last.is_none_or(|last| *next <= last))
    }

    /// Returns the id of its job with this number.
    ///
    /// Source: recorded, `JobSchedule_Get`: `<schedule>:job-1`.
    fn job_id(&self, run: u64) -> String {
        format!("{}:job-{run}", self.id)
    }

    /// Formats the job schedule as the service does.
    ///
    /// Source: recorded, `JobSchedule_Get`.
    pub(crate) fn object(&self, base: &str, now: Time) -> Object {
        let mut object = self.given.clone();
        put(&mut object, "id", self.id.as_str());
        put(&mut object, "url", self.url(base));
        self.stamp.describe(&mut object);
        self.phase.describe_with_past(&mut object);
        let mut info = Object::new();
        if self.phase.is(ScheduleState::Completed) {
            put_some(
                &mut info,
                "endTime",
                self.ended.map(|time| time.to_string()),
            );
        } else {
            put_some(
                &mut info,
                "nextRunTime",
                self.next_run(now).map(|time| time.to_string()),
            );
        }
        if self.runs > 0 {
            let id = self.job_id(self.runs);
            let url = format!("{base}/jobs/{id}");
            put(
                &mut info,
                "recentJob",
                super::resource::object([("id", id.into()), ("url", url.into())]),
            );
        }
        put(&mut object, "executionInfo", info);
        object
    }

    fn url(&self, base: &str) -> String {
        format!("{base}/jobschedules/{}", self.id)
    }
}

pub(crate) fn not_found() -> Refusal {
    missing("JobScheduleNotFound", "job schedule")
}

impl State {
    /// Finds the job schedule with an id, and its number.
    pub(crate) fn find_schedule(&self, id: &str) -> Result<(ScheduleNumber, &Schedule), Refusal> {
        let number = self.schedules.number(id).ok_or_else(not_found)?;
        let schedule = self.schedule(number).ok_or_else(not_found)?;
        Ok((number, schedule))
    }

    /// Returns the totals over its existing jobs.
    ///
    /// Source: description of `JobScheduleStatistics`. Deleted jobs do not count; no source, chosen
    /// because their totals are deleted with them.
    pub(crate) fn schedule_statistics(&self, schedule: &Schedule, base: &str) -> Object {
        let (mut ran, mut waited, mut retried) = (Span(0), Span(0), 0);
        let [mut succeeded, mut failed] = [0; 2];
        for (_, job) in self.jobs_of(schedule, None) {
            ran.0 = ran.0.saturating_add(job.ran.0);
            waited.0 = waited.0.saturating_add(job.waited.0);
            retried += job.retried;
            succeeded += job.counts.of(Class::Succeeded);
            failed += job.counts.of(Class::Failed);
        }
        let url = format!("{}/stats", schedule.url(base));
        let mut stats = statistics(url, schedule.stamp.created, self.now, ran, waited);
        put(&mut stats, "numSucceededTasks", succeeded);
        put(&mut stats, "numFailedTasks", failed);
        put(&mut stats, "numTaskRetries", retried);
        stats
    }
}
