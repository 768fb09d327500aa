//! What is kept of an account across restarts: the inputs of its state, in the order in which they
//! were applied.
//!
//! Stands beside `service`, which writes to it and reads it at the start; knows nothing of HTTP and
//! nothing of what the state does. The state is a deterministic simulation, so that its inputs (an
//! [`Entry`] each) are all that there is to keep: replayed in order, at their times, they give the
//! same state. So that the journal does not grow for ever, a snapshot of the whole state takes the
//! place of what came before it.
//!
//! [`folder`] is the data folder with its one file, [`item`] what is written into it, [`entry`]
//! what an input is on disk, [`journal`] writes: what many requests add at a time goes to disk
//! together, and each of them is answered once its own entry is there.
//!
//! The file is a redb database: transactions with an fsync each, checked when it is opened after a
//! crash, locked while it is open.

pub(crate) mod entry;
pub(crate) mod folder;
pub(crate) mod item;
pub(crate) mod journal;

pub(crate) use entry::{Call, Entry, Input};
pub(crate) use folder::{About, Anchor, Folder};
pub(crate) use item::Item;
pub(crate) use journal::{Journal, Ticket};
