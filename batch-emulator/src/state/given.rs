//! What a user gave, in the form in which the service keeps and returns it.
//!
//! Durations and times are rewritten in the service's form (`PT01H00M00S` comes back as `PT1H`),
//! nulls are dropped, and secrets are forgotten. Defaults are filled in where the service does so.

use serde_json::Value;

use super::filled::fill;
use super::resource::list;
use crate::refusal::Refusal;
use crate::request::Object;
use crate::table::{self, Kind};
use crate::time::{Span, Time};

/// The kept form of an object of this definition.
///
/// Source: recorded, `JobSchedule_Add` and `JobSchedule_Get`: `PT01H00M00S` comes back as `PT1H`.
/// No source for nulls; chosen because no recorded answer holds one.
pub(crate) fn keep(object: &Object, model: &str) -> Object {
    let properties = table::model(model).map_or(&[][..], |model| model.properties);
    let mut kept = Object::new();
    for (name, value) in object {
        let property = properties.iter().find(|property| property.name == name);
        if value.is_null() || property.is_some_and(|property| property.is_secret_in(object)) {
            continue;
        }
        let value = property.map_or_else(
            || value.clone(),
            |property| match value {
                Value::String(text) if property.lowered => text.to_lowercase().into(),
                _ => keep_value(value, &property.kind),
            },
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
pub(crate) fn pool(body: &Object, model: &str, now: Time) -> Object {
    let mut pool = keep(body, model);
    fill(&mut pool, model, now);
    drop_empty(&mut pool, &POOL_LISTS);
    pool
}

/// A job, or the specification of the jobs of a schedule.
pub(crate) fn job(body: &Object, model: &str, now: Time) -> Object {
    let mut job = keep(body, model);
    with(&mut job, "poolInfo", drop_empty_of_pool);
    fill(&mut job, model, now);
    drop_empty(&mut job, &["metadata"]);
    job
}

/// Lists of a pool that the service does not return empty.
pub(crate) const POOL_LISTS: [&str; 3] = [
    "metadata",
    "certificateReferences",
    "applicationPackageReferences",
];

fn drop_empty_of_pool(info: &mut Object) {
    with(info, "autoPoolSpecification", |auto| {
        with(auto, "pool", |pool| drop_empty(pool, &POOL_LISTS));
    });
}

/// Changes a child where there is one.
pub(crate) fn with(object: &mut Object, name: &str, change: impl FnOnce(&mut Object)) {
    if let Some(Value::Object(child)) = object.get_mut(name) {
        change(child);
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
