//! What a user gave, in the form in which the service keeps and returns it.
//!
//! Durations and times are rewritten in the service's form (`PT01H00M00S` comes back as `PT1H`), nulls are dropped,
//! and secrets are forgotten. Defaults are filled in where the service does so.

use super::resource::{child, default, list, put};
use crate::refusal::Refusal;
use crate::request::Object;
use crate::table::{self, Kind};
use crate::time::{Span, Time};
use serde_json::{Value, json};

/// Properties that no answer of the service holds.
///
/// Source: recorded, `Pool_Get`: user accounts come back without their passwords. The other names
/// follow from descriptions that call them secrets.
pub(crate) const SECRETS: [&str; 5] = [
    "password",
    "sshPrivateKey",
    "accountKey",
    "sasKey",
    "protectedSettings",
];

/// The kept form of an object of this definition.
///
/// Source: recorded, `JobSchedule_Add` and `JobSchedule_Get`: `PT01H00M00S` comes back as `PT1H`.
/// No source for nulls; chosen because no recorded answer holds one.
pub(crate) fn keep(object: &Object, model: &str) -> Object {
    let properties = table::model(model).map_or(&[][..], |model| model.properties);
    let mut kept = Object::new();
    for (name, value) in object {
        if value.is_null() || SECRETS.contains(&name.as_str()) {
            continue;
        }
        let property = properties.iter().find(|property| property.name == name);
        let value = property.map_or_else(
            || value.clone(),
            |property| keep_value(value, &property.kind),
        );
        kept.insert(name.clone(), value);
    }
    kept
}

fn keep_value(value: &Value, kind: &Kind) -> Value {
    match (kind, value) {
        (Kind::Duration, Value::String(text)) => {
            Span::parse(text).map_or_else(|| value.clone(), |span| span.to_string().into())
        }
        (Kind::DateTime, Value::String(text)) => {
            Time::parse(text).map_or_else(|| value.clone(), |time| time.to_string().into())
        }
        (Kind::Model(model), Value::Object(object)) => keep(object, model).into(),
        (Kind::Array(kind), Value::Array(items)) => {
            items.iter().map(|item| keep_value(item, kind)).collect()
        }
        _ => value.clone(),
    }
}

/// A pool as given on its own or inside a job.
///
/// Source: recorded, `Pool_Add` and `Pool_Get`, and the pool of `Job_Get`: these properties come
/// back although they were not given.
pub(crate) fn pool(body: &Object, model: &str) -> Object {
    let mut pool = keep(body, model);
    default(&mut pool, "resizeTimeout", "PT15M");
    default(&mut pool, "targetDedicatedNodes", 0);
    default(&mut pool, "targetLowPriorityNodes", 0);
    default(&mut pool, "enableAutoScale", false);
    default(&mut pool, "enableInterNodeCommunication", false);
    default(&mut pool, "taskSlotsPerNode", 1);
    default(
        &mut pool,
        "taskSchedulingPolicy",
        json!({"nodeFillType": "spread"}),
    );
    if pool.get("enableAutoScale") == Some(&Value::Bool(true)) {
        // Source: description of `PoolAddParameter.autoScaleEvaluationInterval`.
        default(&mut pool, "autoScaleEvaluationInterval", "PT15M");
    }
    with(&mut pool, "virtualMachineConfiguration", |machine| {
        with(machine, "imageReference", |image| {
            // Source: description of `ImageReference.version`.
            if !image.contains_key("virtualMachineImageId") {
                default(image, "version", "latest");
            }
        });
    });
    with(&mut pool, "cloudServiceConfiguration", |service| {
        // Source: description of `CloudServiceConfiguration.osVersion`.
        default(service, "osVersion", "*");
    });
    with(&mut pool, "startTask", start_task);
    with_each(&mut pool, "userAccounts", |account| {
        // Source: description of `UserAccount.elevationLevel`.
        default(account, "elevationLevel", "nonadmin");
    });
    drop_empty(
        &mut pool,
        &[
            "metadata",
            "certificateReferences",
            "applicationPackageReferences",
        ],
    );
    pool
}

/// Fills in the defaults of a start task.
///
/// Source: descriptions of `StartTask.maxTaskRetryCount` and `StartTask.waitForSuccess`.
pub(crate) fn start_task(task: &mut Object) {
    default(task, "maxTaskRetryCount", 0);
    default(task, "waitForSuccess", true);
    identity(task);
}

/// A job, or the specification of the jobs of a schedule.
///
/// Source: recorded, `Job_Get`, for the job, its preparation and its release; the
/// descriptions of `JobManagerTask` for its own.
pub(crate) fn job(body: &Object, model: &str) -> Object {
    let mut job = keep(body, model);
    default(&mut job, "priority", 0);
    default(&mut job, "maxParallelTasks", -1);
    default(&mut job, "allowTaskPreemption", false);
    default(&mut job, "usesTaskDependencies", false);
    default(&mut job, "onAllTasksComplete", "noaction");
    default(&mut job, "onTaskFailure", "noaction");
    default(&mut job, "constraints", Object::new());
    with(&mut job, "constraints", job_constraints);
    with(&mut job, "jobManagerTask", |task| {
        default(task, "killJobOnCompletion", true);
        default(task, "runExclusive", true);
        default(task, "allowLowPriorityNode", true);
        default(task, "requiredSlots", 1);
        task_constraints(task);
        identity(task);
    });
    with(&mut job, "jobPreparationTask", |task| {
        default(task, "id", "jobpreparation");
        default(task, "waitForSuccess", true);
        default(task, "rerunOnNodeRebootAfterSuccess", true);
        task_constraints(task);
        identity(task);
    });
    with(&mut job, "jobReleaseTask", |task| {
        default(task, "id", "jobrelease");
        default(task, "maxWallClockTime", "PT15M");
        default(task, "retentionTime", "P7D");
        identity(task);
    });
    with(&mut job, "poolInfo", pool_info);
    drop_empty(&mut job, &["metadata"]);
    job
}

/// Fills in the limits of a job.
///
/// Source: recorded, `Job_Get`.
pub(crate) fn job_constraints(constraints: &mut Object) {
    default(constraints, "maxWallClockTime", Span::UNLIMITED.to_string());
    default(constraints, "maxTaskRetryCount", 0);
}

/// Fills in the defaults of the pool that is made for a job.
///
/// Source: recorded, `Job_Get` with an auto pool: `keepAlive` is false and the pool has the
/// defaults of one that stands alone.
pub(crate) fn pool_info(info: &mut Object) {
    with(info, "autoPoolSpecification", |auto| {
        default(auto, "keepAlive", false);
        if let Some(specification) =
            child(auto, "pool").map(|given| pool(given, "PoolSpecification"))
        {
            put(auto, "pool", specification);
        }
    });
}

/// Fills in the limits of a task that belongs to its job.
///
/// Source: recorded, `Job_Get`: the constraints of a job preparation task that was given none.
fn task_constraints(task: &mut Object) {
    default(task, "constraints", Object::new());
    with(task, "constraints", |constraints| {
        default(constraints, "maxWallClockTime", Span::UNLIMITED.to_string());
        default(constraints, "retentionTime", "P7D");
        default(constraints, "maxTaskRetryCount", 0);
    });
}

/// Without a user named, tasks run as the pool's automatic one.
///
/// Source: recorded, `Job_Get`: `autoUser` with the scope `pool` and the elevation level
/// `nonadmin`.
pub(crate) fn identity(task: &mut Object) {
    default(task, "userIdentity", json!({"autoUser": {}}));
    with(task, "userIdentity", |identity| {
        with(identity, "autoUser", |user| {
            default(user, "scope", "pool");
            default(user, "elevationLevel", "nonadmin");
        });
    });
}

/// Changes a child where there is one.
pub(crate) fn with(object: &mut Object, name: &str, change: impl FnOnce(&mut Object)) {
    if let Some(Value::Object(child)) = object.get_mut(name) {
        change(child);
    }
}

fn with_each(object: &mut Object, name: &str, change: impl Fn(&mut Object)) {
    if let Some(Value::Array(items)) = object.get_mut(name) {
        items
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(change);
    }
}

/// The service does not return lists that were cleared.
///
/// No source; chosen so that a list that was cleared looks like one that was never given. Recorded
/// pools without certificates hold an empty `certificateReferences`.
pub(crate) fn drop_empty(object: &mut Object, names: &[&str]) {
    for name in names {
        if object.contains_key(*name) && list(object, name).is_empty() {
            object.remove(*name);
        }
    }
}

/// A value that fits its type and yet not the service.
///
/// Source: recorded, `Pool_Add` refused with `InvalidPropertyValue`: the names of the three values.
pub(crate) fn bad_value(name: &str, value: &str, reason: &str) -> Refusal {
    let message = "A property in the body of the request has a value that it cannot have.";
    Refusal::new(400, "InvalidPropertyValue", message)
        .with("PropertyName", name)
        .with("PropertyValue", value)
        .with("Reason", reason)
}
