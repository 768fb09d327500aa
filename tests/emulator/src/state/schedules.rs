//! Job schedules: held with their states and the time of their next run. They make no jobs yet.

use super::events::Event;
use super::faults::{conflict, missing};
use super::resource::{Phase, Stamp, child, put, put_some, put_time, text, words};
use super::tasks::statistics;
use super::time::{Span, Time};
use super::{State, TRANSITION};
use crate::fault::Fault;
use crate::request::Object;
use serde::{Deserialize, Serialize};

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
    ended: Option<Time>,
    epoch: u32,
}

impl Schedule {
    /// Holds that the schedule is not on its way out.
    pub(crate) fn open(&self) -> Result<(), Fault> {
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

    /// The first due time after now.
    fn next_run(&self, now: Time) -> Option<Time> {
        let schedule = child(&self.given, "schedule")?;
        let time = |name: &str| text(schedule, name).and_then(Time::parse);
        // The first job was due at once where nothing put it off.
        let now = now.max(self.stamp.created);
        let first = time("doNotRunUntil").unwrap_or(self.stamp.created);
        let interval = text(schedule, "recurrenceInterval")
            .and_then(Span::parse)
            .filter(|span| span.0 > 0);
        let next = if first > now {
            first
        } else {
            let Span(interval) = interval?;
            let runs = now.since(first).0 / interval + 1;
            first.plus(Span(interval.saturating_mul(runs)))
        };
        let last = time("doNotRunAfter");
        (last.is_none_or(|last| next <= last)).then_some(next)
    }

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
        put(&mut object, "executionInfo", info);
        object
    }

    fn url(&self, base: &str) -> String {
        format!("{base}/jobschedules/{}", self.id)
    }

    pub(crate) fn statistics(&self, base: &str, now: Time) -> Object {
        let url = format!("{}/stats", self.url(base));
        let mut stats = statistics(url, self.stamp.created, now, Span(0), Span(0));
        for name in ["numSucceededTasks", "numFailedTasks", "numTaskRetries"] {
            put(&mut stats, name, 0);
        }
        put_time(&mut stats, "lastUpdateTime", now);
        stats
    }
}

pub(crate) fn not_found() -> Fault {
    missing("JobScheduleNotFound", "job schedule")
}

impl State {
    pub(crate) fn schedule(&self, id: &str) -> Result<&Schedule, Fault> {
        let number = self.schedules.number(id).ok_or_else(not_found)?;
        self.schedules.get(number).ok_or_else(not_found)
    }

    pub(crate) fn add_schedule(&mut self, id: &str, given: Object) -> Stamp {
        let stamp = Stamp::new(self.stamp());
        let schedule = Schedule {
            id: id.to_owned(),
            given,
            stamp,
            phase: Phase::new(ScheduleState::Active, stamp.created),
            ended: None,
            epoch: 0,
        };
        self.schedules.add(id, schedule);
        stamp
    }

    /// Brings a schedule into a state, from which it may move on by itself.
    pub(crate) fn move_schedule(&mut self, number: usize, state: ScheduleState) -> Stamp {
        let stamp = self.touch_schedule(number);
        let time = self.now.plus(TRANSITION);
        if let Some(schedule) = self.schedules.get_mut(number) {
            schedule.phase.enter(state, stamp.modified);
            schedule.epoch += 1;
            let event = Event::ScheduleNext {
                schedule: number,
                epoch: schedule.epoch,
            };
            self.events.at(time, event);
        }
        stamp
    }

    /// Marks a schedule as changed.
    pub(crate) fn touch_schedule(&mut self, number: usize) -> Stamp {
        let modified = self.stamp();
        let stamp = self.schedules.get_mut(number).map(|schedule| {
            schedule.stamp.modified = modified;
            schedule.stamp
        });
        stamp.unwrap_or(Stamp::new(modified))
    }

    pub(crate) fn schedule_next(&mut self, number: usize, epoch: u32) {
        let now = self.now;
        let Some(schedule) = self
            .schedules
            .get_mut(number)
            .filter(|schedule| schedule.epoch == epoch)
        else {
            return;
        };
        match schedule.phase.state {
            ScheduleState::Terminating => {
                schedule.ended = Some(now);
                schedule.phase.enter(ScheduleState::Completed, now);
                self.touch_schedule(number);
            }
            ScheduleState::Deleting => {
                let id = schedule.id.clone();
                self.schedules.remove(&id);
            }
            ScheduleState::Active | ScheduleState::Disabled | ScheduleState::Completed => {}
        }
    }
}
