//! An embedded Azure Batch service: the counterpart of real clients on one machine.
//!
//! For tests of your own code, for trials and for demonstrations: all operations of the Batch API
//! on 127.0.0.1, without an account. Signatures are verified, what the service refuses is refused,
//! and pools, nodes, jobs and tasks go through their states.
//!
//! ```
//! use batch_client::{Client, SharedKey, codes};
//! use batch_emulator::{Config, start};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // 50 s there are 1 s here. The port is free; the state is its own, and gone with the service.
//! let service = start(Config::default().clock_speed(50.0)).await?;
//!
//! let key = SharedKey::new(service.account(), service.key())?;
//! let client = Client::new(service.endpoint(), key)?;
//! let error = client.job().get("nightly").await.unwrap_err();
//! assert_eq!(error.code(), Some(codes::JOB_NOT_FOUND));
//!
//! // For tests that ask what a program did.
//! assert_eq!(service.requests()[0].operation, Some("Job_Get"));
//! service.stop().await; // or drop it
//! # Ok(())
//! # }
//! ```
//!
//! # What to set
//!
//! - [`Config`]: time and its speed, pages, quirks of the live service, tasks that really run
//!   ([`execute`](Config::execute)), state that outlives the process ([`data`](Config::data)),
//!   accounts.
//! - [`Fault`]: which requests are disturbed and how, given to [`Config::faults`] or, while it
//!   runs, to [`Emulator::set_faults`].
//! - [`Emulator::requests`], [`calls`](Emulator::calls) and [`faults`](Emulator::faults) tell
//!   afterwards what happened.
//!
//! The same as a program, for clients in any language:
//! `cargo run -p batch-emulator -- --port 8000`, `--help` for all options. The README says in full
//! what it does, what it costs, and what it does not do.
//!
//! # How it is built
//!
//! A request goes down once: `http` takes the bytes, `auth` verifies the signature on the raw
//! request line, `route` finds the operation in the tables of the description, `check` holds
//! parameters and body against them, `service` does what the operation says to the `state`, and the
//! reply goes back up. The state is a simulation of events in time: every access first lets happen
//! what was due, so nothing runs in the background, unless tasks are executed: then `outside` runs
//! what the state orders, in `folders`, and reports to the service what came of it. Where the state
//! is to outlive the process, `store` persists its inputs.
//!
//! A module imports only those further down: `http` the `service`, `service` the `state`. What all
//! of them speak of stands below: `request`, `refusal`, `table` (the description), `time`. Beside
//! that way stand `dashboard`, which shows people what goes on, `requests`, which remembers the
//! last ones, `faults`, which say what is disturbed on order, and the quirks of `http`.

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
mod faults;
#[rustfmt::skip]
mod generated;
mod dashboard;
#[cfg(unix)]
mod folders;
#[cfg(not(unix))]
#[path = "no_folders.rs"]
mod folders;
mod http;
#[cfg(unix)]
mod outside;
#[cfg(not(unix))]
#[path = "no_outside.rs"]
mod outside;
mod query;
mod refusal;
mod request;
mod requests;
mod route;
mod service;
mod state;
mod store;
mod table;
mod time;

pub use config::{AccountKey, Application, Config, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY};
pub use emulator::{Emulator, start};
pub use faults::{AnswerFault, CountedFault, Fault, FaultBody, FaultError, FaultKind, FaultPlan};
pub use requests::AnsweredRequest;

/// The README, whose examples are compiled so.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
