//! Review of descriptions: a separate product beside the generator.
//!
//! [`diff`] compares two descriptions and says what the newer one means for users; [`takein`] takes
//! the facts of a next one into ours. Both read what the generator's stages give (`swagger`,
//! `openapi`, `api`, and the names of Rust items in `emit::items`), and nothing of the generator
//! reaches into this folder. Nothing here touches a file: `cargo xtask diff`, `review` and
//! `regen --spec` read and write.

pub mod diff;
pub mod takein;
