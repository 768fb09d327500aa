//! A matched pair of operations: the context of the comparisons of their parts.

use super::names::Names;
use crate::emit::items;
use crate::review::diff::change::{Change, Item, Kind, Side, Subject};
use crate::review::diff::view::{Operation, View};

/// A matched pair of operations.
pub(super) struct OperationPair<'a> {
    pub(super) subject: Subject,
    pub(super) old_view: &'a View,
    pub(super) new_view: &'a View,
    pub(super) old: &'a Operation<'a>,
    pub(super) new: &'a Operation<'a>,
    pub(super) names: &'a Names<'a>,
}

impl OperationPair<'_> {
    /// Creates a change of a part of the operation.
    pub(super) fn change(
        &self,
        kind: Kind,
        part: impl Into<String>,
        what: impl Into<String>,
    ) -> Change {
        Change::of(&self.subject, kind, what).part(part)
    }

    /// Returns the method that makes the call, with the new name if both sides have it.
    pub(super) fn method(&self) -> Vec<Item> {
        Item::moved(
            items::operation(self.old.api),
            items::operation(self.new.api),
        )
    }

    /// Returns the method's old and new return types.
    pub(super) fn output(&self) -> (String, String) {
        let before = items::output(self.old.api, &self.old_view.api);
        let after = items::output(self.new.api, &self.new_view.api);
        (self.names.tokens(&before), after)
    }

    /// Returns true if any response of the side has the header under this item.
    pub(super) fn header_is(&self, side: Side, path: &str) -> bool {
        let view = match side {
            Side::Old => self.old_view,
            _ => self.new_view,
        };
        view.header_items.contains(path)
    }
}
