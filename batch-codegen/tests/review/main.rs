//! What the comparison of two descriptions promises: one file a promise.

mod edits;
mod errors;
mod goldens;
mod items;
mod large;
mod report;
mod support;
