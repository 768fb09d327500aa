//! The properties and operators that the service documents for filters; from `spec/filters.json`.

use crate::generated::FILTERS;

/// Returns the filterable properties of a definition with their operators. Empty for a definition
/// that no filterable listing returns.
pub(super) fn properties(item: &str) -> &'static [(&'static str, &'static [&'static str])] {
    let found = FILTERS.iter().find(|(name, _)| *name == item);
    found.map_or(&[], |(_, properties)| *properties)
}
