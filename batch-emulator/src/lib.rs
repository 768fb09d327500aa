//! An emulator of the Azure Batch service that runs inside your process, for real clients on one
//! machine.
//!
//! Use it to test your code, to try things out and to give demonstrations: it serves all operations
//! of the Batch API on this machine, without an account. It verifies signatures, rejects what the
//! service rejects, and moves pools, nodes, jobs and tasks through their states.
//!
//! ```
//! use batch_client::{Client, SharedKey, codes};
//! use batch_emulator::{Config, start};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The service has a free port and separate state, and 50 s of its time take 1 s of real time.
//! let service = start(Config::default().clock_speed(50.0)).await?;
//!
//! let key = SharedKey::new(service.account(), service.key())?;
//! let client = Client::new(service.endpoint(), key)?;
//! let error = client.job().get("nightly").await.unwrap_err();
//! assert_eq!(error.code(), Some(codes::JOB_NOT_FOUND));
//!
//! // Tests can check which calls a program made.
//! assert_eq!(service.requests()[0].operation, Some("Job_Get"));
//! service.stop().await; // or drop the handle
//! # Ok(())
//! # }
//! ```
//!
//! # Configuration
//!
//! - [`Config`]: time and its speed, pages, quirks of the live service, tasks that really run
//!   ([`execute`](Config::execute)), persisted state ([`data`](Config::data)), accounts; the
//!   address ([`host`](Config::host)), TLS ([`tls`](Config::tls), by the feature `tls`, which is
//!   on by default).
//! - [`Config::storage`]: a Blob service for the files of tasks, so that a program needs nothing
//!   else.
//! - [`Fault`]: which requests are disturbed, and how. Pass faults to [`Config::faults`] or, while
//!   the service runs, to [`Emulator::set_faults`].
//! - [`Emulator::requests`], [`calls`](Emulator::calls) and [`faults`](Emulator::faults) report
//!   afterwards what happened.
//!
//! The emulator is also a program, for clients in any language: run `cargo run -p batch-emulator --
//! --port 8000`, or `--help` for all options. The README describes in full what it does, what it
//! costs, and what it does not do.
//!
//! # Architecture
//!
//! A request passes through the modules once: `http` reads the bytes, `auth` verifies the signature
//! over the raw request line, `route` finds the operation in the tables of the description, `check`
//! validates parameters and body against these tables, `service` applies the operation to the
//! `state`, and the reply goes back up. The state is a discrete event simulation: every access
//! first processes the events that are due, so nothing runs in the background unless tasks are
//! executed. In that case `executor` runs the programs that the state orders, in `folders`, and
//! reports their results to the service. If the state is persisted, `store` writes its inputs.
//!
//! A module imports only modules further down: `http` imports `service`, `service` imports `state`.
//! Their shared types are at the bottom: `request`, `refusal`, `table` (the description), `time`.
//! Outside this pipeline are `dashboard`, which shows people what is going on, `requests`, which
//! remembers the last requests, `faults`, which decides which requests to disturb, the quirks of
//! `http`, and `storage`, the Blob service.

#![cfg_attr(
    not(unix),
    allow(dead_code, reason = "tasks are executed only on Unix")
)]

mod auth;
mod autoscale;
mod chance;
mod check;
mod config;
mod emulator;
mod entra;
mod faults;
#[rustfmt::skip]
mod generated;
mod dashboard;
#[cfg(unix)]
mod executor;
#[cfg(not(unix))]
#[path = "no_executor.rs"]
mod executor;
#[cfg(unix)]
mod folders;
#[cfg(not(unix))]
#[path = "no_folders.rs"]
mod folders;
mod http;
mod machines;
mod query;
mod refusal;
mod registries;
mod request;
mod requests;
mod route;
mod scenario;
mod service;
mod state;
mod storage;
mod store;
mod table;
mod time;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
mod version;

pub use config::{
    AccountKey, Application, AuthenticationMode, Config, Containers, DEVELOPMENT_ACCOUNT,
    DEVELOPMENT_KEY, DEVELOPMENT_SECRET, DISK_LIMIT, Entra, Jwks, Tls,
};
pub use emulator::{Emulator, start};
pub use faults::{AnswerFault, CountedFault, Fault, FaultBody, FaultError, FaultKind, FaultPlan};
pub use requests::AnsweredRequest;
pub use scenario::{NodeFault, NodeKind, NodeRule, Quotas, ResizeRule, Scenario};

/// The README, included so that its examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
