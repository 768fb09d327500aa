//! The program's command line, and what its commands do.

pub(crate) mod arguments;
pub(crate) mod commands;
