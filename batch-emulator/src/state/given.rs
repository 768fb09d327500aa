//! Normalizes what a user sent to the form that the service stores and returns.
//!
//! Durations and times are rewritten in the service's format (`PT01H00M00S` is returned as `PT1H`),
//! nulls and secrets are removed, and defaults are filled in.

use serde_json::Value;

use super::filled::fill;
use super::resource::list;
use crate::refusal::Refusal;
use crate::request::Object;
use crate::table::{self, Kind};
use crate::time::{Span, Time};

/// Returns the normalized form of an object of this definition.
///
/// Source: recorded, `JobSchedule_Add` and `JobSchedule_Get`: `PT01H00M00S` is returned as `PT1H`.
/// No source for nulls; chosen because no recorded response contains one.
pub(crate) fn normalize(object: &Object, model: &str) -> Object {
    let properties = table::model(model).map_or(&[][..], |model| model.properties);
    let mut normalized = Object::new();
    for (name, value) in object {
        let property = properties.iter().find(|property| property.name == name);
        if value.is_null() || property.is_some_and(|property| property.is_secret_in(object)) {
            continue;
        }
        let value = property.map_or_else(
            || value.clone(),
            |property| match value {
                Value::String(text) if property.lowered => text.to_lowercase().into(),
                _ => normalize_value(value, &property.kind),
            },
        );
        normalized.insert(name.clone(), value);
    }
    normalized
}

fn normalize_value(value: &Value, kind: &Kind) -> Value {
    match (kind, value) {
        (Kind::Duration, Value::String(text)) => {
            Span::parse(text).map_or_else(|| value.clone(), |span| span.to_string().into())
        }
        (Kind::DateTime, Value::String(text)) => {
            Time::parse(text).map_or_else(|| value.clone(), |time| time.to_string().into())
        }
        (Kind::Model(model), Value::Object(object)) => normalize(object, model).into(),
        (Kind::Array(kind), Value::Array(items)) => items
            .iter()
            .map(|item| normalize_value(item, kind))
            .collect(),
        _ => value.clone(),
    }
}

/// Normalizes a pool, added directly or inside a job.
pub(crate) fn pool(body: &Object, model: &str, now: Time) -> Object {
    let mut pool = normalize(body, model);
    fill(&mut pool, model, now);
    drop_empty(&mut pool, &POOL_LISTS);
    pool
}

/// Normalizes a job, or the job specification of a schedule.
pub(crate) fn job(body: &Object, model: &str, now: Time) -> Object {
    let mut job = normalize(body, model);
    with(&mut job, "poolInfo", drop_empty_of_pool);
    fill(&mut job, model, now);
    drop_empty(&mut job, &["metadata"]);
    job
}

/// Lists of a pool that the service omits if they are empty.
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

/// Changes a child object if it exists.
pub(crate) fn with(object: &mut Object, name: &str, change: impl FnOnce(&mut Object)) {
    if let Some(Value::Object(child)) = object.get_mut(name) {
        change(child);
    }
}

/// Removes empty lists, which the service does not return.
///
/// No source; chosen so that a cleared list looks like one that was never set. Recorded pools
/// without certificates have an empty `certificateReferences`.
pub(crate) fn drop_empty(object: &mut Object, names: &[&str]) {
    for name in names {
        if object.contains_key(*name) && list(object, name).is_empty() {
            object.remove(*name);
        }
    }
}

/// Creates the error for a value of the right type that the service rejects.
///
/// Source: recorded, `Pool_Add` rejected with `InvalidPropertyValue`: the names of the three
/// values.
pub(crate) fn bad_value(name: &str, value: &str, reason: &str) -> Refusal {
    let message = "A property in the body of the request has an invalid value.";
    Refusal::new(400, "InvalidPropertyValue", message)
        .with("PropertyName", name)
        .with("PropertyValue", value)
        .with("Reason", reason)
}
