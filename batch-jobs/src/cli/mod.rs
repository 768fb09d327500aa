//! The program: its command line and its commands.

pub(crate) mod arguments;
pub(crate) mod commands;
pub(crate) mod report;
