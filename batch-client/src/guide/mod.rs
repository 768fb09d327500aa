//! The guide: a page for each task, with examples to copy.
//!
//! It contains no code and exists only in the documentation. Each page starts with the most
//! frequent task, states units, defaults and limits, and links to the items, whose documentation
//! has the rest. The examples are tests: those without a real account run against the emulator.
//!
//! | page | answers |
//! | --- | --- |
//! | [`authentication`] | How do I connect? Keys, tokens, proxies, TLS; what to do about a 403. |
//! | [`pools`] | How do I get machines? Images, start tasks, autoscale, why a node is unusable. |
//! | [`jobs`] | How do tasks depend on each other, run on every node first, or run on a schedule? |
//! | [`bulk`] | How do I add thousands of tasks? |
//! | [`waiting`] | How do I wait for nodes and tasks, and what if they never come? |
//! | [`files`] | How do I read, save and follow the output of tasks? |
//! | [`output_files`] | How do I keep the output of tasks in a storage container? |
//! | [`listing`] | How do I read many resources, and only the parts that I need? |
//! | [`editing`] | How do I change a resource without overwriting somebody else's change? |
//! | [`errors`] | What can fail, what is retried, and how long does a call take at most? |
//! | [`versions`] | How do I use what a newer version of the service has? |
//! | [`testing`] | How do I test my code without an account? |
//! | [`python`] | Which call here is this Python call? All of them, in a table. |
//!
//! If your job is "run this command for each of these files and bring back the results", the crate
//! `batch-jobs` does all of it on top of this one, also without an account. Its documentation has
//! the pages *From a folder to results* and *Run it again*.
//!
//! # A complete program
//!
//! A pool, a job, its tasks, and a wait for them. This example runs against the emulator; with an
//! account, the first three lines are [`Client::from_env()?`](crate::Client::from_env) instead.
//!
//! ```
//! use batch_client::models::{
//!     ImageReference, JobAddParameter, PoolAddParameter, TaskAddParameter,
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
//!     let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
//!     let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//!     let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//!         .with_virtual_machine_configuration(machines)
//!         .with_target_dedicated_nodes(2);
//!     client.pool().add(pool).await?;
//!
//!     client.job().add(JobAddParameter::new("nightly", "render")).await?;
//!     let frames = (1..=10)
//!         .map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render {n}")));
//!     client.task().add_all("nightly", frames).await?;
//!
//!     let outcome = client.job()
//!         .wait("nightly")
//!         .tasks_completed()
//!         .timeout(Duration::from_secs(60))
//!         .await?;
//!     assert!(outcome.is_success(), "{outcome:?}");
//!
//!     client.job().delete("nightly").await?;
//!     client.pool().delete("render").await?;
//!     Ok(())
//! }
//! ```
//!
//! # Without async code
//!
//! Every call is a future and needs a Tokio runtime. A program that is otherwise synchronous
//! creates one and blocks on it:
//!
//! ```
//! use batch_client::{Client, Error};
//!
//! fn pool_ids(client: &Client) -> Result<Vec<String>, Box<dyn std::error::Error>> {
//!     let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//!     let pools = runtime.block_on(client.pool().list().stream().try_collect())?;
//!     Ok(pools.into_iter().filter_map(|pool| pool.id).collect())
//! }
//! ```
//!
//! # Examples
//!
//! Complete programs are in the folder `batch-client/examples/` of the repository. Each is one file
//! to copy, with its dependencies in its first lines. `testing` starts the emulator, and so does
//! `quickstart` where no account is configured or with `--emulator`; the others use the account
//! that [`Client::from_env`](crate::Client::from_env) reads. In the repository, `cargo xtask
//! examples` with the name of an example runs it against the emulator.
//!
//! ```sh
//! cargo run -p batch-client --example quickstart
//! cargo xtask examples autoscale
//! ```
//!
//! | example | shows |
//! | --- | --- |
//! | `quickstart` | a pool, a job with 250 tasks, their progress, an output, clean-up |
//! | `autoscale` | a pool that scales by a formula, which is evaluated first |
//! | `sweep` | 10,000 tasks, one for each point of a grid, and which of them failed |
//! | `dependencies` | tasks that depend on each other, preparation and release tasks |
//! | `multi_instance` | a task on three nodes at once, as for MPI programs |
//! | `outputs` | following an output, single files, whole folders, uploads to a container |
//! | `schedule` | a job every minute, waiting for its jobs, disabling and enabling it |
//! | `nodes` | users, taking a node out of service, restarting, logs, removing |
//! | `conditional_update` | two writers of one pool, neither of whom overwrites the other |
//! | `testing` | a program and its tests; `cargo test -p batch-client --example testing` runs them |
//! | `call` | any operation from the shell: `--example call -- Pool_Get poolId=render` |

pub mod authentication;
pub mod bulk;
pub mod editing;
pub mod errors;
pub mod files;
pub mod jobs;
pub mod listing;
pub mod output_files;
pub mod pools;
pub mod python;
pub mod testing;
pub mod versions;
pub mod waiting;
