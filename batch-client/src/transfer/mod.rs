//! Files of tasks and nodes: downloads to disk that continue after broken connections and restarts,
//! following a file that grows, and whole folders.
//!
//! ```text
//! download_from_task(…).to(path)        save ───► partial (the incomplete file on disk)
//! download_all_from_task(…).to(folder)  all ───►  │
//!                                       names     └─► content (checked, across broken connections)
//! tail_task(…).follow()                 tail ─────────► content ──► remote (typed operations)
//! tree_from_task(…)                     tree
//! ```
//!
//! `names` decides which files of a node this platform can store. The ends of stderr that
//! [`wait`](crate::wait) reports are read by `content`, too. Writing to disk needs the feature `fs`,
//! which is on by default.

#[cfg(feature = "fs")]
mod all;
pub(crate) mod content;
#[cfg(feature = "fs")]
mod names;
#[cfg(feature = "fs")]
mod partial;
pub(crate) mod remote;
#[cfg(feature = "fs")]
mod save;
mod tail;
mod tree;

#[cfg(feature = "fs")]
pub use all::{DownloadAll, DownloadAllError, DownloadAllTo, DownloadFailure, DownloadedAll};
#[cfg(feature = "fs")]
pub use save::{DownloadProgress, DownloadTo, Downloaded, FileDownload};
pub use tail::{Tail, TailStream};
pub use tree::{FileEntry, FileTree};
