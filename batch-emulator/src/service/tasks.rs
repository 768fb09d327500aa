//! Operations on tasks.

use serde_json::{Value, json};

use super::Account;
use super::listing::Listing;
use super::reply::{self, Projection};
use crate::refusal::Refusal;
use crate::request::{Object, Reply, Request};
use crate::state::State;
use crate::state::jobs::Job;
use crate::state::numbers::{JobNumber, TaskKey};
use crate::state::resource::{Stamp, list as items, object, put, put_time, text};
use crate::state::tasks::{Limits, Task};
use crate::time::Time;

fn find<'a>(state: &'a State, request: &Request) -> Result<(&'a Job, TaskKey, &'a Task), Refusal> {
    let (number, job) = state.find_job(request.path("jobId"))?;
    let (task_number, task) = job.find_task(request.path("taskId"))?;
    let key = TaskKey {
        job: number,
        task: task_number,
    };
    Ok((job, key, task))
}

/// Returns the task to change after checking the conditional headers.
///
/// Source: descriptions of the conditional headers of each operation, and of `Job_Delete` for a job
/// that is being deleted.
fn for_change(state: &State, request: &Request) -> Result<TaskKey, Refusal> {
    let (job, key, task) = find(state, request)?;
    task.stamp.check_write(&request.conditions)?;
    job.not_deleting()?;
    Ok(key)
}

fn stamp_of(state: &State, request: &Request) -> Result<Reply, Refusal> {
    let (_, _, task) = find(state, request)?;
    Ok(reply::stamped(task.stamp))
}

/// Adds a task.
///
/// Source: recorded, `Task_Add`.
pub(super) fn add(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (job, _) = account.state.find_job(request.path("jobId"))?;
    let body = reply::body(request);
    let stamp = add_one(&mut account.state, job, &body)?;
    let id = text(&body, "id").unwrap_or_default();
    let path = format!("jobs/{}/tasks/{id}", request.path("jobId"));
    Ok(reply::added(request, Some(stamp), &path))
}

fn add_one(state: &mut State, job: JobNumber, body: &Object) -> Result<Stamp, Refusal> {
    state.check_applications(body)?;
    state.add_task(job, body)
}

/// Adds each task separately; a job that accepts no tasks rejects them all at once.
///
/// Source: description of `Task_AddCollection`; recorded, the same.
pub(super) fn add_collection(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let (number, job) = state.find_job(request.path("jobId"))?;
    job.open()?;
    let url = format!("{}/jobs/{}/tasks", request.base, job.id);
    let body = reply::body(request);
    let tasks = items(&body, "value").iter().filter_map(Value::as_object);
    let results = tasks.map(|task| {
        let id = text(task, "id").unwrap_or_default();
        match add_one(state, number, task) {
            Ok(stamp) => success(id, stamp, &url),
            Err(refusal) => failure(id, &refusal),
        }
    });
    let results: Vec<Value> = results.collect();
    Ok(reply::object(object([("value", results.into())])))
}

/// Creates the result of a task that was added.
///
/// Source: recorded, `Task_AddCollection`.
fn success(id: &str, stamp: Stamp, url: &str) -> Value {
    let mut result = object([
        ("status", "success".into()),
        ("taskId", id.into()),
        ("eTag", stamp.etag().into()),
        ("location", format!("{url}/{id}").into()),
    ]);
    put_time(&mut result, "lastModified", stamp.modified);
    result.into()
}

/// Creates the result of a task that was rejected.
///
/// Source: descriptions of `TaskAddResult` and `TaskAddStatus`: a client error is not worth a
/// retry, a server error is.
fn failure(id: &str, refusal: &Refusal) -> Value {
    let values = refusal
        .values
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value}));
    let mut error = object([
        ("code", refusal.code.into()),
        (
            "message",
            json!({"lang": "en-US", "value": refusal.message}),
        ),
    ]);
    if !refusal.values.is_empty() {
        put(&mut error, "values", values.collect::<Vec<_>>());
    }
    let status = if refusal.status < 500 {
        "clienterror"
    } else {
        "servererror"
    };
    json!({"status": status, "taskId": id, "error": error})
}

fn describe(task: &Task, job: &Job, request: &Request, stats: bool, now: Time) -> Object {
    let mut object = task.object(&job.id, &request.base);
    if stats {
        put(
            &mut object,
            "stats",
            task.statistics(&job.id, &request.base, now),
        );
    }
    object
}

/// Lists the tasks of a job.
///
/// Source: description of `Task_List`.
pub(super) fn list(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let (now, stats) = (account.state.now, listing.wanted.stats);
    let (_, job) = account.state.find_job(request.path("jobId"))?;
    let tasks = job.tasks.from(listing.after());
    Ok(listing.reply(tasks.map(|(key, task)| (key, describe(task, job, request, stats, now)))))
}

/// Returns a task.
///
/// Source: recorded, `Task_Get`.
pub(super) fn get(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let wanted = Projection::of(request)?;
    let (job, _, task) = find(&account.state, request)?;
    task.stamp.check_read(&request.conditions)?;
    let object = describe(task, job, request, wanted.stats, account.state.now);
    Ok(wanted.reply(&object, Some(task.stamp)))
}

/// Replaces the constraints; unspecified ones are reset to their defaults.
///
/// Source: description of `Task_Update`; recorded, the same. No source for rejecting a completed
/// task; chosen because its constraints have no effect any more.
pub(super) fn update(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let key = for_change(state, request)?;
    let body = reply::body(request);
    if let Some(job) = state.jobs.get_mut(key.job) {
        job.open()?;
        if job.tasks.get(key.task).is_some_and(Task::completed) {
            return Err(crate::refusal::conflict(
                "TaskCompleted",
                "The task has completed.",
            ));
        }
        let limits = Limits::of(&body, job.retries());
        job.change(key.task, |task| task.limits = limits);
    }
    state.touch_task(key);
    stamp_of(state, request)
}

/// Terminates a task.
///
/// Source: description of `Task_Terminate`.
pub(super) fn terminate(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let key = for_change(&account.state, request)?;
    account.state.terminate_task(key)?;
    stamp_of(&account.state, request)
}

/// Reactivates a failed task.
///
/// Source: recorded, `Task_Reactivate`.
pub(super) fn reactivate(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let key = for_change(&account.state, request)?;
    account.state.reactivate_task(key)?;
    stamp_of(&account.state, request)
}

/// Deletes a task.
///
/// Source: recorded, `Task_Delete`.
pub(super) fn delete(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let key = for_change(&account.state, request)?;
    account.state.delete_task(key);
    Ok(Reply::default())
}

/// Lists the subtasks of a task.
///
/// Source: recorded, `Task_ListSubtasks` of a task without subtasks.
pub(super) fn list_subtasks(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let wanted = SubtaskFields::of(request)?;
    let (job, _, task) = find(&account.state, request)?;
    let subtasks = task.subtasks(job, &request.base);
    let projected: Vec<Value> = subtasks
        .iter()
        .map(|subtask| wanted.project(subtask))
        .collect();
    Ok(reply::object(object([("value", projected.into())])))
}

/// The projection of subtasks. The response is not a page, so the items are named here.
struct SubtaskFields(crate::query::Select);

impl SubtaskFields {
    fn of(request: &Request) -> Result<Self, Refusal> {
        let model = crate::table::model("SubtaskInformation");
        let model = model.ok_or_else(|| {
            Refusal::new(500, "InternalError", "The description has no subtasks.")
        })?;
        Ok(Self(crate::query::Select::parse(
            request.query("$select"),
            model,
            request.version,
        )?))
    }

    fn project(&self, subtask: &Object) -> Value {
        self.0.project(subtask).into()
    }
}
