//! Review of descriptions: a separate product beside the generator.
//!
//! [`diff`] compares two descriptions and reports what the newer one means for users; [`import`]
//! merges the facts of the next version into our description. Both use the output of the
//! generator's stages (`swagger`, `openapi`, `api`, and the names of Rust items in `emit::items`);
//! the generator does not use this folder. Nothing here accesses files: `cargo xtask diff`,
//! `review` and `regen --spec` read and write them.

pub mod add;
pub mod diff;
pub mod import;
