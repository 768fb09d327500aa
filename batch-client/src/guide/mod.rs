//! The guide: a page for each task, with examples to copy.
//!
//! It has no code and is there in the documentation alone. Each page begins with what is done most,
//! says units, defaults and limits, and leads to the items, whose own documentation has the rest.
//! Its examples are tests: those without a real account run against the emulator.
//!
//! | page | answers |
//! | --- | --- |
//! | [`authentication`] | How do I connect? Keys, tokens, proxies, TLS; what to do about a 403. |
//! | [`errors`] | What can go wrong, what is tried again by itself, and how long does a call take at most? |
//! | [`listing`] | How do I read many things, and only those that I want? |
//! | [`bulk`] | How do I add thousands of tasks? |
//! | [`waiting`] | How do I wait for nodes and tasks, and what if they never come? |
//! | [`files`] | How do I get at the output of tasks? |
//! | [`testing`] | How do I test my code without an account? |
//! | [`python`] | What is this Python call here? All of them, in a table. |
//!
//! How to change what is there, without undoing what somebody else has changed, says the module
//! [`edit`](crate::edit).
//!
//! # A whole piece of work
//!
//! A pool, a job, its tasks, and waiting for them. This runs against the emulator; with an account,
//! only the first three lines are others ([`authentication`]).
//!
//! ```
//! use batch_client::models::{
//!     ImageReference, JobAddParameter, PoolAddParameter, PoolInformation, TaskAddParameter,
//!     VirtualMachineConfiguration,
//! };
//! use batch_client::{Client, SharedKey};
//! use std::time::Duration;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let service = batch_emulator::start(batch_emulator::Config::default().clock_speed(100.0))
//!         .await?;
//!     let key = SharedKey::new(service.account(), service.key())?;
//!     let client = Client::new(service.endpoint(), key)?;
//!
//!     let image = ImageReference::default()
//!         .with_publisher("canonical")
//!         .with_offer("ubuntu-24_04-lts")
//!         .with_sku("server");
//!     let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//!     let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//!         .with_virtual_machine_configuration(machines)
//!         .with_target_dedicated_nodes(2);
//!     client.pool().add(pool).await?;
//!
//!     let on_pool = PoolInformation::default().with_pool_id("render");
//!     client.job().add(JobAddParameter::new("nightly", on_pool)).await?;
//!     let frames = (1..=10)
//!         .map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render {n}")));
//!     let report = client.task().add_all("nightly", frames).await?;
//!     assert!(report.is_complete(), "{report}");
//!
//!     let done = client.job()
//!         .wait("nightly")
//!         .tasks_completed()
//!         .timeout(Duration::from_secs(60))
//!         .await?;
//!     assert!(done.is_success(), "{done:?}");
//!
//!     client.job().delete("nightly").await?;
//!     client.pool().delete("render").await?;
//!     Ok(())
//! }
//! ```
//!
//! # Examples
//!
//! Whole programs, in the repository's folder `batch-client/examples/`. They need no account: the
//! emulator runs in them. Where `AZURE_BATCH_ENDPOINT`, `AZURE_BATCH_ACCOUNT` and
//! `AZURE_BATCH_ACCESS_KEY` are set, those that say so in their first lines run on that account.
//!
//! ```sh
//! cargo run -p batch-client --example quickstart
//! ```
//!
//! | example | shows |
//! | --- | --- |
//! | `quickstart` | a pool, a job with 250 tasks, their progress, an output, cleaning up |
//! | `autoscale` | a pool that scales by a formula, which is tried out before |
//! | `sweep` | 10,000 tasks, one for each point of a grid, and which of them failed |
//! | `dependencies` | tasks that depend on each other, preparation and release tasks |
//! | `multi_instance` | a task on three nodes at once, as MPI programs are run |
//! | `outputs` | following an output, single files, whole folders, files that go to a container |
//! | `schedule` | a job each minute, what became of them, stopping and resuming |
//! | `nodes` | users, taking a node out of service, restarting, logs, removing |
//! | `conditional_update` | two writers of one pool, neither of whom overwrites the other's change |
//! | `testing` | a program and its tests; `cargo test -p batch-client --example testing` runs them |
//! | `loopback` | signed calls to a small server in the same program |
//! | `call` | any operation from the shell: `--example call -- Pool_Get poolId=render` |

pub mod authentication;
pub mod bulk;
pub mod errors;
pub mod files;
pub mod listing;
pub mod python;
pub mod testing;
pub mod waiting;
