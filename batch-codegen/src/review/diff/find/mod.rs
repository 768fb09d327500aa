//! Finds the differences: matches the items of both sides and compares the facts of each pair.

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
mod responses;

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
