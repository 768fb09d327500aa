//! Operations on job schedules.

use super::Account;
use super::listing::Listing;
use super::reply::{self, Projection};
use crate::refusal::Refusal;
use crate::refusal::{conflict, exists as taken};
use crate::request::{Object, Reply, Request};
use crate::state::numbers::ScheduleNumber;
use crate::state::resource::{child, put, text};
use crate::state::schedules::{Schedule, ScheduleState};
use crate::state::{State, given};
use crate::time::Time;

/// Returns the schedule to change after checking the conditional headers.
///
/// Source: descriptions of the conditional headers of each operation.
fn for_change<'a>(
    state: &'a State,
    request: &Request,
) -> Result<(ScheduleNumber, &'a Schedule), Refusal> {
    let (number, schedule) = state.find_schedule(request.path("jobScheduleId"))?;
    schedule.stamp.check_write(&request.conditions)?;
    Ok((number, schedule))
}

/// Adds a job schedule.
///
/// Source: recorded, `JobSchedule_Add`; "Batch Status and Error Codes" for a job with the same id.
pub(super) fn add(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let body = reply::body(request);
    let id = text(&body, "id").unwrap_or_default();
    if let Ok((_, schedule)) = state.find_schedule(id) {
        return Err(schedule.in_the_way());
    }
    if state.jobs.number(id).is_some() {
        return Err(taken("JobWithSameIdExists", "job"));
    }
    check(&body)?;
    state.check_job_quota()?;
    let mut schedule = fill(
        given::normalize(&body, "JobScheduleAddParameter"),
        state.now,
    );
    schedule.remove("id");
    let stamp = state.add_schedule(id, schedule);
    Ok(reply::added(
        request,
        Some(stamp),
        &format!("jobschedules/{id}"),
    ))
}

/// Checks the job specification by the rules of jobs.
///
/// Source: the rules of jobs, which also apply to a job specification.
fn check(body: &Object) -> Result<(), Refusal> {
    child(body, "jobSpecification").map_or(Ok(()), super::jobs::check)
}

/// Fills in the defaults of the job specification.
///
/// Source: recorded, `JobSchedule_Get`: the specification has a job's defaults.
fn fill(mut body: Object, now: Time) -> Object {
    if let Some(specification) = child(&body, "jobSpecification") {
        let job = given::job(specification, "JobSpecification", now);
        put(&mut body, "jobSpecification", job);
    }
    // Recorded: an empty schedule is not returned.
    if child(&body, "schedule").is_some_and(Object::is_empty) {
        body.remove("schedule");
    }
    body
}

fn describe(state: &State, schedule: &Schedule, request: &Request, counted: bool) -> Object {
    let mut object = schedule.object(&request.base, state.now);
    if counted {
        let sums = state.schedule_statistics(schedule, &request.base);
        put(&mut object, "stats", sums);
    }
    object
}

/// Lists the job schedules.
///
/// Source: recorded, `JobSchedule_List`.
pub(super) fn list(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let (state, counted) = (&account.state, listing.wanted.stats);
    let schedules = state.schedules.from(listing.after());
    Ok(listing
        .reply(schedules.map(|(key, schedule)| (key, describe(state, schedule, request, counted)))))
}

/// Returns a job schedule.
///
/// Source: recorded, `JobSchedule_Get`.
pub(super) fn get(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let wanted = Projection::of(request)?;
    let (_, schedule) = account.state.find_schedule(request.path("jobScheduleId"))?;
    schedule.stamp.check_read(&request.conditions)?;
    let object = describe(&account.state, schedule, request, wanted.stats);
    Ok(wanted.reply(&object, Some(schedule.stamp)))
}

/// Checks if a job schedule exists.
///
/// Source: description of `JobSchedule_Exists`.
pub(super) fn exists(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (_, schedule) = account.state.find_schedule(request.path("jobScheduleId"))?;
    schedule.stamp.check_read(&request.conditions)?;
    Ok(reply::stamped(schedule.stamp))
}

/// Replaces the specified properties.
///
/// Source: description of `JobSchedule_Patch`.
pub(super) fn patch(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    replace(
        &mut account.state,
        request,
        "JobSchedulePatchParameter",
        &[],
    )
}

/// Replaces all mutable properties; unspecified ones are removed.
///
/// Source: description of `JobSchedule_Update`; recorded, the same.
pub(super) fn update(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    replace(
        &mut account.state,
        request,
        "JobScheduleUpdateParameter",
        &["schedule", "jobSpecification", "metadata"],
    )
}

/// Replaces properties of a job schedule.
///
/// Source: descriptions of the states of a job schedule: one that is ending cannot be changed.
fn replace(
    state: &mut State,
    request: &Request,
    model: &str,
    cleared: &[&str],
) -> Result<Reply, Refusal> {
    let (number, schedule) = for_change(state, request)?;
    schedule.open()?;
    let body = reply::body(request);
    check(&body)?;
    let body = fill(given::normalize(&body, model), state.now);
    let replanned = cleared.contains(&"schedule") || body.contains_key("schedule");
    let stamp = state.touch_schedule(number);
    if let Some(schedule) = state.schedules.get_mut(number) {
        for name in cleared {
            schedule.given.remove(*name);
        }
        schedule.given.extend(body);
        given::drop_empty(&mut schedule.given, &["metadata"]);
    }
    if replanned {
        state.replan_schedule(number);
    }
    Ok(reply::stamped(stamp))
}

/// Disables a job schedule.
///
/// Source: recorded, `JobSchedule_Disable`.
pub(super) fn disable(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    enter(account, request, ScheduleState::Disabled)
}

/// Enables a job schedule.
///
/// Source: recorded, `JobSchedule_Enable`. No source for one that already is in the requested
/// state, which stays unchanged; chosen because the result is as requested.
pub(super) fn enable(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    enter(account, request, ScheduleState::Active)
}

/// Starts terminating a job schedule and its active job.
///
/// Source: recorded, `JobSchedule_Terminate`.
pub(super) fn terminate(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, schedule) = for_change(&account.state, request)?;
    schedule.open()?;
    if request.flag("force") {
        account.state.force_schedule(number);
    }
    Ok(reply::stamped(account.state.terminate_schedule(number)))
}

fn enter(account: &mut Account, request: &Request, state: ScheduleState) -> Result<Reply, Refusal> {
    let (number, schedule) = for_change(&account.state, request)?;
    schedule.open()?;
    Ok(reply::stamped(account.state.move_schedule(number, state)))
}

/// Starts deleting a job schedule and all its jobs.
///
/// Source: description of `JobSchedule_Delete`.
pub(super) fn delete(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, schedule) = for_change(&account.state, request)?;
    if schedule.phase.is(ScheduleState::Deleting) {
        return Err(conflict(
            "JobScheduleBeingDeleted",
            "The job schedule is being deleted.",
        ));
    }
    if request.flag("force") {
        account.state.force_schedule(number);
    }
    account.state.delete_schedule(number);
    Ok(Reply::default())
}
