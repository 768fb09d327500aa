//! Rejects a virtual network in requests that are signed with the account's key.
//!
//! Source: recorded, `Pool_Add` rejected with `InvalidPropertyValue`, for the code and the values;
//! the tests of the official clients join a network only with a token of Microsoft Entra ID.

use super::{pools, query};
use crate::refusal::Refusal;
use crate::request::Object;
use crate::state::given::bad_value;

/// Checks a body of a request that is signed with the account's key.
pub(super) fn check(body: &Object) -> Result<(), Refusal> {
    let subnet = |pool| pools::text_at(pool, &["networkConfiguration"], "subnetId");
    match pools::of(body).find_map(subnet) {
        None => Ok(()),
        Some(subnet) => {
            let reason = "A pool can join a virtual network only if the request has a token of Microsoft Entra ID; \
                the emulator accepts one that --bearer names";
            Err(bad_value("subnetId", &query::excerpt(subnet), reason))
        }
    }
}
