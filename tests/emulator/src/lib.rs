//! An embedded Azure Batch service: the counterpart of real clients on one machine.
//!
//! A request goes down once: `http` takes the bytes, `auth` verifies the signature on the raw request line,
//! `route` finds the operation in the tables of the description, `check` holds parameters and body against them,
//! `service` does what the operation says to the `state`, and the reply goes back up. The state is a simulation of
//! events in time: every access first lets happen what was due, so nothing runs in the background, unless tasks are
//! executed: then `outside` runs what the state orders and reports what came of it. Where the state is to outlive the
//! process, `store` keeps its inputs.
//!
//! Beside that way stand `window`, which shows people what goes on, `faults`, which disturb requests on order, and the
//! quirks of `http`.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! let emulator = batch_emulator::start(batch_emulator::Config::default()).await?;
//! println!("{} {} {}", emulator.endpoint(), emulator.account(), emulator.key());
//! // Point a client at it; with its end the state is gone, unless it has a data folder.
//! emulator.stop().await;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(unix),
    allow(dead_code, reason = "tasks are executed on Unix alone")
)]

mod auth;
mod autoscale;
mod chance;
mod check;
mod config;
mod emulator;
mod fault;
mod faults;
#[rustfmt::skip]
mod generated;
mod http;
#[cfg(unix)]
mod outside;
#[cfg(not(unix))]
#[path = "no_outside.rs"]
mod outside;
mod query;
mod request;
mod route;
mod service;
mod state;
mod store;
mod table;
mod window;

pub use config::{AccountKey, Application, Config, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY};
pub use emulator::{Emulator, start};
pub use faults::{AnswerFault, CountedFault, Fault, FaultBody, FaultError, FaultKind, FaultPlan};
pub use http::AnsweredRequest;

/// The README, whose examples are compiled so.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
