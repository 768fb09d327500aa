//! The example `call` from end to end: its program, a service on this machine, and what both see.
//! In `stored`, also other examples: the account that they find without variables.
//!
//! The service is the embedded one; only the tests in `stub` prepare their own responses. cargo
//! builds examples before it runs all tests, but not before it runs these alone; the tests say so
//! then.

mod network;
mod program;
mod service;
mod stored;
mod stub;
mod usage;
