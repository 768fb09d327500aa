//! Guarantees of batch-codegen for any description and for ours, one file each. The import of
//! another description is tested here too, by the code generated from the result; comparisons are
//! tested in `tests/review/`.

mod accounting;
mod checked_in;
mod constructors;
mod dialect;
mod facts;
mod import;
mod mistakes;
mod models;
mod openapi;
mod python;
mod queries;
mod reference;
mod rules;
mod stages;
mod support;
#[path = "../typespec/mod.rs"]
mod typespec;
mod versions;
