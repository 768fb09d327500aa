//! `regen` as a program, on real files in folders of their own.

mod taken_in;
mod versions;
mod workspace;
