//! Operations on jobs.

use serde_json::{Value, json};

use super::Account;
use super::listing::Listing;
use super::reply::{self, Projection};
use crate::refusal::Refusal;
use crate::refusal::{conflict, exists, wrong_state};
use crate::request::{Object, Reply, Request};
use crate::state::filled::fill;
use crate::state::jobs::{Counts, Job, JobState, not_found};
use crate::state::numbers::JobNumber;
use crate::state::pools::TaskFate;
use crate::state::resource::{Stamp, child, object, put, text};
use crate::state::schedules::lasts_with_schedule;
use crate::state::{State, given};
use crate::time::Time;

/// Returns the job to change after checking the conditional headers.
///
/// Source: descriptions of the conditional headers of each operation.
fn for_change<'a>(state: &'a State, request: &Request) -> Result<(JobNumber, &'a Job), Refusal> {
    let (number, job) = state.find_job(request.path("jobId"))?;
    job.stamp.check_write(&request.conditions)?;
    Ok((number, job))
}

/// Creates the reply to a change. The job exists, so it must have a stamp.
fn changed(stamp: Option<Stamp>) -> Result<Reply, Refusal> {
    stamp.map(reply::stamped).ok_or_else(not_found)
}

/// Adds a job.
///
/// Source: recorded, `Job_Add` rejected with `JobExists`; "Batch Status and Error Codes" for a job
/// schedule with the same id; description of `PoolLifetimeOption`.
pub(super) fn add(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let body = reply::body(request);
    let id = text(&body, "id").unwrap_or_default();
    if let Ok((_, job)) = state.find_job(id) {
        return Err(job.in_the_way());
    }
    if state.schedules.number(id).is_some() {
        return Err(exists("JobScheduleWithSameIdExists", "job schedule"));
    }
    check(&body)?;
    state.check_job_quota()?;
    if auto_pool(&body).is_some_and(lasts_with_schedule) {
        let reason =
            "A pool can have the lifetime of a job schedule only if the schedule creates the job";
        return Err(given::bad_value(
            "poolLifetimeOption",
            "jobschedule",
            reason,
        ));
    }
    let mut job = given::job(&body, "JobAddParameter", state.now);
    job.remove("id");
    let stamp = state.add_job(id, job)?;
    Ok(reply::added(request, Some(stamp), &format!("jobs/{id}")))
}

/// Checks the rules of the description that concern several properties of a job.
///
/// Source: descriptions of `JobReleaseTask`, which needs a preparation task, and of
/// `PoolInformation`.
pub(super) fn check(body: &Object) -> Result<(), Refusal> {
    if body.contains_key("jobReleaseTask") && !body.contains_key("jobPreparationTask") {
        let reason = "A job with a release task also needs a preparation task";
        return Err(given::bad_value("jobReleaseTask", "", reason));
    }
    let none = Object::new();
    let pool = child(body, "poolInfo").unwrap_or(&none);
    if pool.contains_key("poolId") == pool.contains_key("autoPoolSpecification") {
        let reason = "Exactly one of poolId and autoPoolSpecification must be specified";
        return Err(given::bad_value("poolInfo", "", reason));
    }
    let specification = auto_pool(body).and_then(|auto| child(auto, "pool"));
    specification.map_or(Ok(()), super::pools::check_scaling)
}

/// Returns the specification of the auto pool that is created for the job.
fn auto_pool(body: &Object) -> Option<&Object> {
    child(child(body, "poolInfo")?, "autoPoolSpecification")
}

fn describe(job: &Job, request: &Request, stats: bool, now: Time) -> Object {
    let mut object = job.object(&request.base);
    if stats {
        put(&mut object, "stats", job.statistics(&request.base, now));
    }
    object
}

/// Lists the jobs of the account.
///
/// Source: description of `Job_List`.
pub(super) fn list(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let (now, stats) = (account.state.now, listing.wanted.stats);
    let jobs = account.state.jobs.from(listing.after());
    Ok(listing.reply(jobs.map(|(key, job)| (key, describe(job, request, stats, now)))))
}

/// Lists the jobs of a job schedule.
///
/// Source: recorded, `Job_ListFromJobSchedule`.
pub(super) fn list_of_schedule(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let (state, counted) = (&account.state, listing.wanted.stats);
    let (_, schedule) = state.find_schedule(request.path("jobScheduleId"))?;
    let jobs = state.jobs_of(schedule, listing.after());
    Ok(listing.reply(jobs.map(|(key, job)| (key, describe(job, request, counted, state.now)))))
}

/// Returns a job.
///
/// Source: recorded, `Job_Get`.
pub(super) fn get(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let wanted = Projection::of(request)?;
    let (_, job) = account.state.find_job(request.path("jobId"))?;
    job.stamp.check_read(&request.conditions)?;
    let object = describe(job, request, wanted.stats, account.state.now);
    Ok(wanted.reply(&object, Some(job.stamp)))
}

/// Replaces the specified properties.
///
/// Source: description of `Job_Patch`.
pub(super) fn patch(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let mut body = given::normalize(&reply::body(request), "JobPatchParameter");
    let now = account.state.now;
    given::with(&mut body, "constraints", |constraints| {
        fill(constraints, "JobConstraints", now);
    });
    replace(&mut account.state, request, body)
}

/// Replaces all mutable properties; unspecified ones are reset to their defaults.
///
/// Source: descriptions of `Job_Update` and of the properties of `JobUpdateParameter`; recorded,
/// `Job_Update`.
pub(super) fn update(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let mut body = given::normalize(&reply::body(request), "JobUpdateParameter");
    // The pool information is compared with the job's original one.
    let pool = body.remove("poolInfo");
    fill(&mut body, "JobUpdateParameter", account.state.now);
    body.extend(pool.map(|pool| ("poolInfo".to_owned(), pool)));
    replace(&mut account.state, request, body)
}

/// Replaces properties of a job.
///
/// Source: descriptions of `JobUpdateParameter.onAllTasksComplete` and
/// `JobPatchParameter.onAllTasksComplete`: automatic termination cannot be disabled again.
fn replace(state: &mut State, request: &Request, mut body: Object) -> Result<Reply, Refusal> {
    let (number, job) = for_change(state, request)?;
    job.open()?;
    if job.has_value("onAllTasksComplete", "terminatejob")
        && text(&body, "onAllTasksComplete").is_some_and(is_no_action)
    {
        let reason = "Automatic termination of a job cannot be disabled once it is enabled";
        return Err(given::bad_value("onAllTasksComplete", "noaction", reason));
    }
    let info = body
        .remove("poolInfo")
        .and_then(|info| info.as_object().cloned());
    let pool = info.map(|info| new_pool(job, &info)).transpose()?;
    let stamp = state.touch_job(number);
    if let Some(job) = state.jobs.get_mut(number) {
        job.given.extend(body);
        given::drop_empty(&mut job.given, &["metadata"]);
        match pool {
            Some(Pool::Named(id)) => {
                put(&mut job.given, "poolInfo", json!({"poolId": id}));
                job.pool_id = id;
            }
            Some(Pool::KeepAlive(keep)) => given::with(&mut job.given, "poolInfo", |info| {
                given::with(info, "autoPoolSpecification", |auto| {
                    put(auto, "keepAlive", keep);
                });
            }),
            None => {}
        }
    }
    state.expect_end(number);
    state.expect_idle(number);
    state.dispatch_job(number);
    changed(stamp)
}

fn is_no_action(value: &str) -> bool {
    value.eq_ignore_ascii_case("noaction")
}

/// The change that an update makes to the pool of a job.
enum Pool {
    Named(String),
    KeepAlive(Value),
}

/// Parses a change of the pool. While the job is disabled it can move to another pool; for an auto
/// pool, only `keepAlive` can change.
///
/// Source: descriptions of `JobUpdateParameter.poolInfo` and `JobPatchParameter.poolInfo`.
fn new_pool(job: &Job, info: &Object) -> Result<Pool, Refusal> {
    check_one_pool(info)?;
    let none = Object::new();
    let own = child(&job.given, "poolInfo").unwrap_or(&none);
    let auto = child(info, "autoPoolSpecification");
    if let (Some(auto), true) = (auto, own.contains_key("autoPoolSpecification")) {
        return Ok(Pool::KeepAlive(
            auto.get("keepAlive").cloned().unwrap_or(false.into()),
        ));
    }
    let id = text(info, "poolId").unwrap_or_default();
    if !id.eq_ignore_ascii_case(&job.pool_id) && !job.phase.is(JobState::Disabled) {
        return Err(wrong_state(
            "The pool of a job can be changed only while the job is disabled.",
        ));
    }
    if auto.is_some() {
        let reason = "A job cannot be changed to an auto pool";
        return Err(given::bad_value("autoPoolSpecification", "", reason));
    }
    Ok(Pool::Named(id.to_owned()))
}

fn check_one_pool(info: &Object) -> Result<(), Refusal> {
    check(&object([("poolInfo", info.clone().into())]))
}

/// Starts deleting a job.
///
/// Source: description of `Job_Delete`; recorded, `Job_Delete`: 202 without a body.
pub(super) fn delete(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, job) = for_change(&account.state, request)?;
    job.not_deleting()?;
    if request.flag("force") {
        account.state.force_job(number);
    }
    account.state.delete_job(number);
    Ok(Reply::default())
}

/// Starts disabling a job.
///
/// Source: descriptions of `Job_Disable` and `DisableJobOption`.
pub(super) fn disable(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, job) = for_change(&account.state, request)?;
    job.open()?;
    let body = reply::body(request);
    let fate = match text(&body, "disableTasks")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "terminate" => TaskFate::Terminate,
        "wait" => TaskFate::Completion,
        _ => TaskFate::Requeue,
    };
    changed(account.state.disable_job(number, fate))
}

/// Enables a job.
///
/// Source: recorded, `Job_Enable`.
pub(super) fn enable(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, job) = for_change(&account.state, request)?;
    job.open()?;
    changed(account.state.enable_job(number)?)
}

/// Starts terminating a job.
///
/// Source: recorded, `Job_Terminate` with a reason. Not recorded without one; clients of the live
/// service report `UserTerminate`.
pub(super) fn terminate(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, job) = for_change(&account.state, request)?;
    job.open()?;
    let body = reply::body(request);
    let reason = text(&body, "terminateReason").unwrap_or("UserTerminate");
    if request.flag("force") {
        account.state.force_job(number);
    }
    changed(account.state.terminate_job(number, reason))
}

/// Counts the tasks of a job by state.
///
/// Source: recorded, `Job_GetTaskCounts`.
pub(super) fn count_tasks(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let Counts { tasks, slots } = account.state.find_job(request.path("jobId"))?.1.counts;
    let counts = |[active, running, succeeded, failed]: [i64; 4]| {
        json!({
            "active": active, "running": running, "completed": succeeded + failed, "succeeded": succeeded,
            "failed": failed,
        })
    };
    let result = [
        ("taskCounts", counts(tasks)),
        ("taskSlotCounts", counts(slots)),
    ];
    Ok(reply::object(object(result)))
}

/// Lists the status of a job's preparation and release tasks per node.
///
/// Source: description of `Job_ListPreparationAndReleaseTaskStatus`; recorded, the same.
pub(super) fn list_preparations(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let state = &account.state;
    let (_, job) = state.find_job(request.path("jobId"))?;
    if !job.given.contains_key("jobPreparationTask") {
        let message = "The job has neither a preparation task nor a release task.";
        let code = "JobPreparationTaskOrReleaseTaskNotSpecified";
        return Err(conflict(code, message));
    }
    Ok(listing.reply_all(State::preparations(job, &request.base)))
}
