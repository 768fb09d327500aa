//! Job schedules: their states, and the times at which they make jobs.
//!
//! Jobs are due at the first time and each interval after it, whatever became of those before. What
//! a schedule does at these times stands in `life`.
//!
//! Source: descriptions of `Schedule` and its properties; recorded, `JobSchedule_Get`:
//! `nextRunTime` is the creation time and one interval.

mod life;

pub(crate) use life::lasts_with_schedule;

use serde::{Deserialize, Serialize};

use super::State;
use super::numbers::{JobNumber, ScheduleNumber};
use super::resource::{Phase, Stamp, child, put, put_some, text, words};
use super::tasks::{Class, statistics};
use crate::refusal::Refusal;
use crate::refusal::{conflict, missing};
use crate::request::Object;
use crate::time::{Span, Time};

words! {
    /// Where a job schedule stands.
    ScheduleState {
        Active = "active", Disabled = "disabled", Terminating = "terminating", Completed = "completed",
        Deleting = "deleting",
    }
}

/// A job schedule.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    /// What was given, with defaults.
    pub(crate) given: Object,
    pub(crate) stamp: Stamp,
    pub(crate) phase: Phase<ScheduleState>,
    /// Until which of its times jobs were made.
    made: Option<Time>,
    /// How many jobs it has made.
    runs: u64,
    /// The number of the latest job.
    job: Option<JobNumber>,
    /// The pool for all its jobs, where one was made.
    pool: Option<String>,
    ended: Option<Time>,
    epoch: u32,
}

impl Schedule {
    /// Holds that the schedule is not on its way out.
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

    fn time(&self, name: &str) -> Option<Time> {
        text(child(&self.given, "schedule")?, name).and_then(Time::parse)
    }

    fn span(&self, name: &str) -> Option<Span> {
        text(child(&self.given, "schedule")?, name).and_then(Span::parse)
    }

    /// How long after one job the next one is due.
    ///
    /// Source: description of `Schedule.recurrenceInterval`: without one, a single job.
    fn interval(&self) -> Option<Span> {
        self.span("recurrenceInterval").filter(|span| span.0 > 0)
    }

    /// When the first job is due: at once where nothing puts it off.
    ///
    /// Source: description of `Schedule.doNotRunUntil`.
    fn first_run(&self) -> Time {
        self.time("doNotRunUntil").unwrap_or(self.stamp.created)
    }

    /// The first time after now at which a job is to begin, even if it may not.
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

    /// When the next job begins, unless one is active then.
    ///
    /// Source: description of `JobScheduleExecutionInformation.nextRunTime`.
    fn next_run(&self, now: Time) -> Option<Time> {
        let last = self.time("doNotRunAfter");
        self.occurrence_after(now)
            .filter(|next| last.is_none_or(|last| *next <= last))
    }

    /// The id of its job with this number.
    ///
    /// Source: recorded, `JobSchedule_Get`: `<schedule>:job-1`.
    fn job_id(&self, run: u64) -> String {
        format!("{}:job-{run}", self.id)
    }

    /// The job schedule as the service describes it.
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
    /// The job schedule of an id, with its number.
    pub(crate) fn find_schedule(&self, id: &str) -> Result<(ScheduleNumber, &Schedule), Refusal> {
        let number = self.schedules.number(id).ok_or_else(not_found)?;
        let schedule = self.schedule(number).ok_or_else(not_found)?;
        Ok((number, schedule))
    }

    /// What its jobs that are still there have run together.
    ///
    /// Source: description of `JobScheduleStatistics`. Jobs that are gone do not count; no source,
    /// chosen because their sums go with them.
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
