//! When a job schedule makes its jobs.

use crate::TimeSpan;
use crate::models::Schedule;

impl Schedule {
    /// A job at each interval, at least a minute long, from now on.
    ///
    /// ```
    /// use batch_client::TimeSpan;
    /// use batch_client::models::{JobScheduleAddParameter, JobSpecification, Schedule};
    ///
    /// let hourly = Schedule::every(TimeSpan::from_hours(1));
    /// let plan = JobScheduleAddParameter::new("hourly", hourly, JobSpecification::new("render"));
    /// # assert!(plan.schedule.recurrence_interval.is_some());
    /// ```
    #[inline]
    pub fn every(interval: impl Into<TimeSpan>) -> Self {
        Self::new().with_recurrence_interval(interval)
    }
}
