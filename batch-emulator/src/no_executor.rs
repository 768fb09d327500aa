//! Stub of `executor` for systems other than Unix, where programs cannot be run.
//!
//! The configuration rejects `execute` on these systems, so no value of this type is ever created.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::service::Service;

/// Runner of programs, which does not exist on these systems.
#[derive(Debug)]
pub(crate) enum Executor {}

impl Executor {
    pub(crate) fn start(_: &Config, _: &str, _: Arc<Service>) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn work_dir(&self) -> &Path {
        match *self {}
    }
}
