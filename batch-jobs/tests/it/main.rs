//! Tests against services over real sockets: storage, and the Batch emulator that executes tasks.

mod files;
mod storage;
