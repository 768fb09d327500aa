//! What a listing or a reading asks of its items: which of them (`$filter`), which of their
//! properties (`$select`, `$expand`), and from where on (`$skiptoken`).
//!
//! Stands between `check` and `service`: a service function parses its queries once, then runs them
//! over the items that `state` gives it. Nothing here knows HTTP or the state.

mod filter;
mod page;
mod select;

pub(crate) use filter::Filter;
pub(crate) use page::{SkipToken, next_link, page};
pub(crate) use select::{Expand, Select};

use crate::refusal::Refusal;

/// A query parameter whose value cannot be taken.
///
/// Source: recorded, `Pool_List` refused with `InvalidQueryParameterValue`: the names of the three
/// values.
fn invalid(parameter: &'static str, value: &str, reason: impl Into<String>) -> Refusal {
    let message = "The request has a query parameter with a value that cannot be taken.";
    Refusal::new(400, "InvalidQueryParameterValue", message)
        .with("QueryParameterName", parameter)
        .with("QueryParameterValue", value)
        .with("Reason", reason)
}
