//! Tasks that really run: what is promised of them, over real sockets and with real processes.
//!
//! A test waits for what it wants to see and never for a time alone; the clock runs fast, so that
//! the service's own seconds cost little.

#![cfg(unix)]

#[path = "../raw/mod.rs"]
#[allow(dead_code, reason = "made for other tests, too")]
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
