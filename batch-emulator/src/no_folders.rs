//! Where programs cannot be run: the counterpart of `folders` on systems other than Unix.

/// The folders of nodes, of which there are none.
#[derive(Debug)]
pub(crate) enum Folders {}
