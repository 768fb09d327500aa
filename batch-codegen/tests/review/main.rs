//! Guarantees of the comparison of two descriptions, one file each.

mod dialect;
mod edits;
mod errors;
mod goldens;
mod items;
mod large;
mod report;
mod support;
#[path = "../typespec/mod.rs"]
mod typespec;
