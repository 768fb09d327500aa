//! Runs xtask as a program on real files in separate folders: mostly `regen`.

mod elsewhere;
mod import;
mod versions;
mod workspace;
