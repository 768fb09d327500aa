//! Tests against services over real sockets: storage, and the Batch emulator that executes tasks.

mod bench;
mod files;
mod jobs;
mod program;
mod storage;
