//! Tests of tasks that really run, over real sockets and with real processes.
//!
//! A test waits for an observable condition and never just for a time; the clock runs fast, so that
//! the service's own delays cost little.

#![cfg(unix)]

#[path = "../raw/mod.rs"]
#[allow(dead_code, reason = "also used by other tests")]
mod raw;

mod bench;
mod ends;
mod files;
mod life;
mod several;
mod store;
mod transfer;
mod work;

use bench::{Bench, eventually};
