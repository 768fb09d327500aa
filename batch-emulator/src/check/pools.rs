//! Finds the pools in bodies.

use serde_json::Value;

use crate::request::Object;

/// Where a body can have a pool.
const PLACES: [&[&str]; 3] = [
    &[],
    &["poolInfo", "autoPoolSpecification", "pool"],
    &[
        "jobSpecification",
        "poolInfo",
        "autoPoolSpecification",
        "pool",
    ],
];

/// Returns the object at each place where a body can have a pool.
pub(super) fn of(body: &Object) -> impl Iterator<Item = &Object> {
    PLACES.iter().filter_map(|place| object_at(body, place))
}

/// Returns the object at a path.
pub(super) fn object_at<'a>(object: &'a Object, path: &[&str]) -> Option<&'a Object> {
    let mut names = path.iter();
    names.try_fold(object, |object, name| object.get(*name)?.as_object())
}

/// Returns the string at the end of a path.
pub(super) fn text_at<'a>(object: &'a Object, path: &[&str], name: &str) -> Option<&'a str> {
    object_at(object, path)?.get(name).and_then(Value::as_str)
}
