//! Testing your own code without an account.
//!
//! The package `batch-emulator` is a Batch service in your test's process: all operations, on a
//! free port of 127.0.0.1, with state of its own, gone when it is dropped. It verifies signatures
//! and refuses what the service refuses. Its
//! [README](https://github.com/azure-batch-rs/azure-batch-rs/blob/main/batch-emulator/README.md)
//! says what it does and what it does not do.
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
//! /// What is to be tested.
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
//! // Which requests were sent, and what came of them:
//! let requests = service.requests();
//! assert_eq!((requests[0].operation, requests[0].status), (Some("Pool_Get"), 404));
//! # Ok(())
//! # }
//! ```
//!
//! Tests can run side by side, each with a service of its own.
//!
//! # What takes long
//!
//! A task takes 1 s and a node 1 s in each state on its way to being idle, in the service's time.
//! `Config::clock_speed(100.0)` makes that a hundredth; `task_duration` and `node_start` set it.
//! The environment setting `EMULATOR_SECONDS` of a task says how long that one takes,
//! `EMULATOR_EXIT_CODE` how it ends (`1,1,0`: by attempt). [Waits](super::waiting) look after 250
//! ms for the first time; in tests, `.min_interval(Duration::from_millis(5))`.
//!
//! # What goes wrong
//!
//! A rule says which requests are disturbed, and how. The same requests in the same order meet the
//! same faults in each run:
//!
//! ```
//! use batch_client::{Client, RetryPolicy, SharedKey};
//! use batch_emulator::{AnswerFault, Config, Fault, FaultKind};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The service is busy twice. Then, a job is deleted and the answer is lost.
//! let busy = Fault::new(FaultKind::Answer(AnswerFault::new(503))).operation("Job_List").most(2);
//! let lost = Fault::new(FaultKind::Reset { applied: true }).operation("Job_Delete").most(1);
//! let service = batch_emulator::start(Config::default().faults([busy, lost])).await?;
//! # let key = SharedKey::new(service.account(), service.key())?;
//! # let quick = RetryPolicy::default().with_base(std::time::Duration::from_millis(5));
//! # let client = Client::builder(service.endpoint(), key).retry(quick).build()?;
//! # use batch_client::models::{JobAddParameter, PoolInformation};
//! # client.job()
//! #     .add(JobAddParameter::new("nightly", PoolInformation::default().with_pool_id("render")))
//! #     .await?;
//!
//! client.job().list().await?;
//! // not an error, although the second try found the job gone
//! client.job().delete("nightly").await?;
//! assert!(service.faults().iter().all(|rule| rule.hits > 0));
//! # Ok(())
//! # }
//! ```
//!
//! There are errors with and without `Retry-After`, resets, truncated and slow answers, failures of
//! single tasks in a collection, and a clock that is off. Give the client a short
//! [`RetryPolicy`](crate::RetryPolicy::with_base), so that tests need not wait.
//!
//! # Closer to the service
//!
//! - `Config::quirks(true)`: answers deviate from the description as the live service's do (letter
//!   case, numbers as text, properties left out). Your code should not notice.
//! - `Config::page_size(2).sparse_pages(true)`: short pages, and empty ones in between.
//! - `Config::execute(true)`, on Unix: tasks really run, as processes of your machine and with your
//!   rights. Then outputs are real. Nothing is isolated: run what you would run yourself.
//! - `Config::data(folder)`: the state outlives the process.
//!
//! It is no proof that your program runs on Azure: quotas, users, containers and the account's own
//! storage are not there.
//!
//! # From other languages
//!
//! As a program, the same service answers any client, such as Microsoft's for Python or JavaScript:
//!
//! ```sh
//! cargo run -p batch-emulator -- --port 8000     # account and key are on stderr
//! ```
//!
//! Its address in a browser shows pools, nodes, jobs and the last requests.
