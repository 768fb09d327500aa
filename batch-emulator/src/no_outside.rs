//! Where programs cannot be run: the counterpart of `outside` on systems other than Unix.
//!
//! The configuration refuses to execute there, so nothing of this is ever made.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::service::Service;

/// What runs programs, of which there is none.
#[derive(Debug)]
pub(crate) enum Outside {}

impl Outside {
    pub(crate) fn start(_: &Config, _: &str, _: Arc<Service>) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn work_dir(&self) -> &Path {
        match *self {}
    }
}
