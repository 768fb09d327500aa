//! Rejects a virtual network in requests that are signed with the account's key.
//!
//! Source: recorded, `Pool_Add` rejected with `InvalidPropertyValue`, for the code and the values;
//! the tests of the official clients join a network only with a token of Microsoft Entra ID.

use serde_json::Value;

use crate::refusal::Refusal;
use crate::request::Object;

/// Where a body can have a pool.
const POOLS: [&[&str]; 3] = [
    &[],
    &["poolInfo", "autoPoolSpecification", "pool"],
    &[
        "jobSpecification",
        "poolInfo",
        "autoPoolSpecification",
        "pool",
    ],
];

/// Checks a body of a request that is signed with the account's key.
pub(super) fn check(body: &Object) -> Result<(), Refusal> {
    match POOLS.iter().find_map(|pool| subnet(body, pool)) {
        None => Ok(()),
        Some(subnet) => {
            let reason = "A pool can join a virtual network only if the request has a token of Microsoft Entra ID; \
                the emulator accepts one that --bearer names";
            let message = "A property of the body has an invalid value.";
            Err(Refusal::new(400, "InvalidPropertyValue", message)
                .with("PropertyName", "subnetId")
                .with("PropertyValue", super::query::excerpt(subnet))
                .with("Reason", reason))
        }
    }
}

fn subnet<'a>(body: &'a Object, pool: &[&str]) -> Option<&'a str> {
    let (last, path) = ("subnetId", ["networkConfiguration"]);
    let mut object = body;
    for name in pool.iter().chain(&path) {
        object = object.get(*name)?.as_object()?;
    }
    object.get(last).and_then(Value::as_str)
}
