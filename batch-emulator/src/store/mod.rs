//! Persistence of an account across restarts: the inputs of its state, in the order in which they
//! were applied.
//!
//! `service` writes to the store and reads it at the start. The store knows neither HTTP nor the
//! semantics of the state. The state is a deterministic simulation, so its inputs (an [`Entry`]
//! each) are sufficient: replayed in order, at their times, they produce the same state. To keep
//! the journal from growing forever, a snapshot of the whole state replaces the entries before it.
//!
//! [`folder`] is the data folder with its one file, [`item`] defines the contents of the file,
//! [`entry`] the format of an input, and [`journal`] writes: entries of concurrent requests go to
//! disk together, and each request is answered once its own entry is there.
//!
//! The file is a redb database: each transaction is synced, the file is checked when it is opened
//! after a crash, and it is locked while it is open.

pub(crate) mod entry;
pub(crate) mod folder;
pub(crate) mod item;
pub(crate) mod journal;

pub(crate) use entry::{Call, Entry, Input};
pub(crate) use folder::{About, Anchor, Folder};
pub(crate) use item::Item;
pub(crate) use journal::{Journal, Ticket};
