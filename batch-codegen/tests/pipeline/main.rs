//! What batch-codegen promises of any description and of ours: one file a promise. Taking in
//! another description is tested here too, by what is generated from the result; comparing two has
//! its tests in `tests/review/`.

mod accounting;
mod checked_in;
mod constructors;
mod facts;
mod mistakes;
mod models;
mod openapi;
mod python;
mod queries;
mod reference;
mod rules;
mod stages;
mod support;
mod takein;
