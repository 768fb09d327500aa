//! Query options of listings and reads: which items (`$filter`), which of their properties
//! (`$select`, `$expand`), and where to continue (`$skiptoken`).
//!
//! This module is between `check` and `service`: a service function parses its query options once,
//! then applies them to the items from `state`. It knows neither HTTP nor the state.

mod filter;
mod page;
mod select;

pub(crate) use filter::Filter;
pub(crate) use page::{SkipToken, next_link, page};
pub(crate) use select::{Expand, Select};

use crate::refusal::Refusal;
use crate::table::Model;
use crate::version::Version;

/// Creates the error for an invalid query parameter.
///
/// Source: recorded, `Pool_List` rejected with `InvalidQueryParameterValue`: the names of the three
/// values.
fn invalid(parameter: &'static str, value: &str, reason: impl Into<String>) -> Refusal {
    let message = "The request has a query parameter with an invalid value.";
    Refusal::new(400, "InvalidQueryParameterValue", message)
        .with("QueryParameterName", parameter)
        .with("QueryParameterValue", value)
        .with("Reason", reason)
}

/// Explains that a definition has no property with this name. It may have one in another version
/// of the API, or, because case matters, one that is spelled differently.
fn no_property(owner: &Model, name: &str, version: Version) -> String {
    let owner_name = owner.name;
    if owner.property(name).is_some() {
        let version = version.text();
        return format!("{owner_name} has no property `{name}` in version {version}");
    }
    let mut properties = owner.properties.iter();
    let near = properties.find(|property| property.name.eq_ignore_ascii_case(name));
    let remedy = near.map_or(String::new(), |near| {
        format!("; did you mean `{}`?", near.name)
    });
    format!("{owner_name} has no property `{name}`{remedy}")
}
