//! What batch-codegen promises of any description and of ours: one file a promise.

mod accounting;
mod checked_in;
mod mistakes;
mod models;
mod openapi;
mod python;
mod queries;
mod reference;
mod rules;
mod support;
mod takein;
