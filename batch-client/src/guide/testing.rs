//! Testing your own code without an account.
//!
//! The package `batch-emulator` is a Batch service in the process of your test: all operations, on
//! a free port of 127.0.0.1, with its own state, gone when it is dropped. It verifies signatures
//! and rejects what the service rejects. Its
//! [README](https://github.com/azure-batch-rs/azure-batch-rs/blob/main/batch-emulator/README.md)
//! lists what it does and its limits.
//!
//! ```toml
//! [dev-dependencies]
//! batch-emulator = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! ```
//!
//! # A test
//!
//! Code that takes a [`Client`](crate::Client) can be tested as it is:
//!
//! ```
//! use batch_client::models::{CloudPool, PoolState};
//! use batch_client::{Client, Error, SharedKey, codes};
//!
//! /// The code under test.
//! async fn is_ready(client: &Client, pool: &str) -> Result<bool, Error> {
//!     match client.pool().get(pool).await {
//!         Ok(pool) => Ok(pool.state == Some(PoolState::Active)),
//!         Err(error) if error.code() == Some(codes::POOL_NOT_FOUND) => Ok(false),
//!         Err(error) => Err(error),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In your tests: #[tokio::test] async fn …
//! let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! let client = Client::new(
//!     service.endpoint(),
//!     SharedKey::new(service.account(), service.key())?,
//! )?;
//!
//! assert!(!is_ready(&client, "render").await?);
//! // The requests that were sent, with their results:
//! let requests = service.requests();
//! assert_eq!((requests[0].operation, requests[0].status), (Some("Pool_Get"), 404));
//! # Ok(())
//! # }
//! ```
//!
//! Tests can run in parallel, each with its own service.
//!
//! # Time
//!
//! In the emulator's time, a task takes 1 s, and a node spends 1 s in each state until it is idle.
//! `Config::clock_speed(100.0)` runs that time 100 times as fast; `task_duration` and `node_start`
//! change the durations. Two environment settings of a task control that task: `EMULATOR_SECONDS`
//! its duration, `EMULATOR_EXIT_CODE` its exit code (`1,1,0`: one for each attempt).
//! [Waits](super::waiting) poll after 250 ms for the first time; in tests, use
//! `.min_interval(Duration::from_millis(5))`.
//!
//! # Injected faults
//!
//! A rule selects requests and the fault that they get. The same requests in the same order get the
//! same faults in each run:
//!
//! ```
//! use batch_client::{Client, RetryPolicy, SharedKey};
//! use batch_emulator::{AnswerFault, Config, Fault, FaultKind};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The service is busy twice. Then a job is deleted, and the response is lost.
//! let busy = Fault::new(FaultKind::Answer(AnswerFault::new(503))).operation("Job_List").most(2);
//! let lost = Fault::new(FaultKind::Reset { applied: true }).operation("Job_Delete").most(1);
//! let service = batch_emulator::start(Config::default().faults([busy, lost])).await?;
//! # let key = SharedKey::new(service.account(), service.key())?;
//! # let quick = RetryPolicy::default().with_base(std::time::Duration::from_millis(5));
//! # let client = Client::builder(service.endpoint(), key).retry(quick).build()?;
//! # use batch_client::models::JobAddParameter;
//! # client.job().add(JobAddParameter::new("nightly", "render")).await?;
//!
//! client.job().list().await?;
//! // Not an error, although the second attempt found the job gone.
//! client.job().delete("nightly").await?;
//! assert!(service.faults().iter().all(|rule| rule.hits > 0));
//! # Ok(())
//! # }
//! ```
//!
//! Faults include errors with and without `Retry-After`, connection resets, truncated and slow
//! responses, failures of single tasks in a collection, and a wrong clock. Give the client a short
//! [`RetryPolicy`](crate::RetryPolicy::with_base), so that tests do not wait.
//!
//! # Closer to the service
//!
//! - `Config::quirks(true)`: responses deviate from the description as those of the live service do
//!   (letter case, numbers as strings, omitted properties). Your code should not notice.
//! - `Config::page_size(2).sparse_pages(true)`: short pages, and empty ones in between.
//! - `Config::execute(true)`, on Unix: tasks really run, as processes of your machine with your
//!   rights, and their output is real. Nothing is isolated: run only what you would run yourself.
//! - `Config::data(folder)`: the state persists when the process ends.
//!
//! A test against the emulator does not prove that your program runs on Azure: quotas, users,
//! containers and the storage linked to an account are not emulated.
//!
//! # From other languages
//!
//! As a program, the emulator serves any client, such as Microsoft's for Python or JavaScript:
//!
//! ```sh
//! cargo run -p batch-emulator -- --port 8000     # prints account and key to stderr
//! ```
//!
//! Open its address in a browser for a dashboard of pools, nodes, jobs and the last requests. It
//! leads from a failed task to its stderr in two clicks, and from a node that was lost to the
//! reason; the totals of deleted jobs remain.
