//! xtask as a program, on real files in folders of their own: mostly `regen`.

mod elsewhere;
mod taken_in;
mod versions;
mod workspace;
