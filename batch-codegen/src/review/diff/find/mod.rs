//! What differs: pairs of the same thing on both sides, and the facts of each pair.

mod answers;
mod constructor;
mod description;
mod enums;
mod matching;
mod models;
mod names;
mod operations;
mod pair;
mod parameters;
mod properties;

use super::report::Report;
use super::view::View;
use names::Names;

pub(super) fn find(old: &View, new: &View) -> Report {
    let names = Names::of(old, new);
    let mut changes = description::changes(old, new);
    operations::changes(old, new, &names, &mut changes);
    models::changes(old, new, &names, &mut changes);
    enums::changes(old, new, &names, &mut changes);
    Report::new(&old.swagger.info, &new.swagger.info, changes)
}
