//! The state of merging one description. The methods for each kind of place are in `objects`,
//! `enums`, `operations` and `shared`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::changes::Changed;
use super::descriptions::Descriptions;
use crate::json::Json;

/// The state of merging one description.
pub(super) struct Merge<'a> {
    /// Our description, including changes to shared parameters and responses that apply to all
    /// their users.
    pub(super) ours: Rc<Json>,
    pub(super) theirs: &'a Json,
    pub(super) descriptions: Descriptions,
    /// Places whose description is preserved although a fact changed, with the changes.
    pub(super) to_review: BTreeMap<String, Vec<String>>,
    /// New places.
    pub(super) added: BTreeSet<String>,
}

impl Merge<'_> {
    /// Records the changes at a place whose description is preserved.
    pub(super) fn mark_for_review(&mut self, at: &str, changed: Changed) {
        if !changed.is_empty() {
            self.to_review
                .entry(at.to_owned())
                .or_default()
                .extend(changed);
        }
    }
}
