//! Guarantees of the comparison of two descriptions, one file each.

mod edits;
mod errors;
mod goldens;
mod items;
mod large;
mod report;
mod support;
