//! Constructors and conversions for what programs write most often, one file for each family of
//! models.
//!
//! Written by hand on top of the generated models, and on nothing else. Each sets properties that
//! have setters too, so a value can be changed afterwards as any other.

mod container;
mod dependencies;
mod files;
mod identities;
mod images;
mod mounts;
mod outputs;
mod pools;
mod schedules;
mod users;

pub use container::Container;
