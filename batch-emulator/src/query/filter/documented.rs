//! What the service documents that items can be filtered by, and how; from `spec/filters.json`.

use crate::generated::FILTERS;

/// What the items of a definition can be filtered by. For a definition that no listing with a
/// filter gives: nothing.
pub(super) fn properties(item: &str) -> &'static [(&'static str, &'static [&'static str])] {
    let found = FILTERS.iter().find(|(name, _)| *name == item);
    found.map_or(&[], |(_, properties)| *properties)
}
