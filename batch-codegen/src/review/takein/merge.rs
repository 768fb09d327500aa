//! What the work on one description holds. What it does with each kind of place stands in
//! `objects`, `enums`, `operations` and `shared`, which are written on it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::json::Json;
use super::texts::Texts;
use super::words::Changed;

/// What the work on one description holds.
pub(super) struct Merge<'a> {
    /// Ours; shared parameters and responses that changed everywhere alike have changed in it.
    pub(super) ours: Rc<Json>,
    pub(super) theirs: &'a Json,
    pub(super) texts: Texts,
    /// Places whose text stayed although a fact changed, with what changed.
    pub(super) to_read: BTreeMap<String, Vec<String>>,
    /// Places that are new.
    pub(super) fresh: BTreeSet<String>,
}

impl Merge<'_> {
    /// Notes what changed at a place whose text stays.
    pub(super) fn read_again(&mut self, at: &str, changed: Changed) {
        if !changed.is_empty() {
            self.to_read
                .entry(at.to_owned())
                .or_default()
                .extend(changed);
        }
    }
}
