//! Runs xtask as a program on real files in separate folders: mostly `regen`.

mod elsewhere;
mod import;
#[path = "../../../batch-codegen/tests/typespec/mod.rs"]
mod typespec;
mod versions;
mod workspace;
