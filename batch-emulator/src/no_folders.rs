//! Stub of `folders` for systems other than Unix, where programs cannot be run.

/// Folders of nodes, which do not exist on these systems.
#[derive(Debug)]
pub(crate) enum Folders {}
