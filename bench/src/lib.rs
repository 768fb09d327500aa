//! Measures the client against code written by hand for the same work.
//!
//! ```text
//! rows (pairs: by hand, ours) ──► bin/times        the time of each, alternating
//!                            └──► bin/allocations  the allocations of each, and their peak
//!                                      └─ a line of JSON for each row ──► cargo xtask bench
//! ```
//!
//! They are separate programs because counting replaces the allocator of the whole program, and a
//! counting allocator is slower, in particular for large buffers that grow.

#![allow(
    missing_debug_implementations,
    reason = "a row is work, which has no text"
)]

pub mod arguments;
pub mod clock;
pub mod row;
pub mod rows;
mod service;

// The pages and the hand-written code are those of the criterion benches.
#[path = "../../batch-client/benches/by_hand/mod.rs"]
mod by_hand;
#[path = "../../batch-client/benches/page/mod.rs"]
mod page;
#[path = "../../batch-client/benches/plain/mod.rs"]
mod plain;
#[path = "../../batch-auth/benches/request/mod.rs"]
mod request;
