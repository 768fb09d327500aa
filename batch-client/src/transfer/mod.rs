//! Files of tasks and nodes, beyond a single call: downloads to disk that survive broken
//! connections and restarts, following a file that grows, and whole directories.
//!
//! ```text
//! download_from_task … .to(path)   save ──► partial (what is on disk)
//! download_all_from_task … .to(dir) all ──►  │
//!                                            └► pieces (content beyond broken connections)
//! tail_task … .follow()            tail ──────► remote (a file, by typed operations)
//! tree_from_task …                 tree
//! ```
//!
//! What writes to disk is behind the feature `fs`, which is on by default.

#[cfg(feature = "fs")]
mod all;
#[cfg(feature = "fs")]
mod partial;
#[cfg(feature = "fs")]
mod pieces;
mod remote;
#[cfg(feature = "fs")]
mod save;
mod tail;
mod tree;

#[cfg(feature = "fs")]
pub use all::{DownloadAll, DownloadAllTo, DownloadedAll};
#[cfg(feature = "fs")]
pub use save::{DownloadProgress, DownloadTo, Downloaded, FileDownload};
pub use tail::{Tail, TailStream};
pub use tree::{FileEntry, FileTree};
