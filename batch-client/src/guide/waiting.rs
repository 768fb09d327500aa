//! Waiting for nodes, tasks, jobs and schedules, and what happens if they never come.
//!
//! ```
//! use batch_client::wait::{NodesOutcome, TasksEnd};
//! use std::time::Duration;
//! # use batch_client::models::{
//! #     ImageReference, JobAddParameter, PoolAddParameter, TaskAddParameter,
//! # };
//! # use batch_client::models::{EnvironmentSetting, VirtualMachineConfiguration};
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default().clock_speed(100.0))
//! #     .await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
//! # let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//! # let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//! #     .with_virtual_machine_configuration(machines);
//! # client.pool().add(pool.with_target_dedicated_nodes(3)).await?;
//! # client.job().add(JobAddParameter::new("nightly", "render")).await?;
//! # let fails = EnvironmentSetting::new("EMULATOR_EXIT_CODE", "3");
//! # client.task().add("nightly", TaskAddParameter::new("ok", "true")).await?;
//! # client.task()
//! #     .add(
//! #         "nightly",
//! #         TaskAddParameter::new("bad", "false").with_environment_settings(vec![fails]),
//! #     )
//! #     .await?;
//! match client.pool().wait("render").nodes_ready(3).timeout(Duration::from_secs(1800)).await? {
//!     NodesOutcome::Ready(nodes) => println!("{} nodes are ready", nodes.len()),
//!     NodesOutcome::ResizeFailed(pool) => return Err(
//!         format!("no nodes: {:?}", pool.resize_errors).into(),
//!     ),
//!     other => return Err(format!("no nodes: {other:?}").into()),
//! }
//!
//! let outcome = client
//!     .job()
//!     .wait("nightly")
//!     .tasks_completed()
//!     .timeout(Duration::from_secs(6 * 3600))
//!     // 1 active, 1 running, 0 completed (0 succeeded, 0 failed)
//!     .progress(|tasks| println!("{tasks}"))
//!     .await?;
//! assert_eq!(outcome.end, TasksEnd::Completed);
//! for failure in &outcome.failures {
//!     println!("{failure}\n{}", failure.stderr_text());
//! }
//! # assert_eq!((outcome.tasks.succeeded, outcome.failures[0].exit_code), (1, Some(3)));
//! # Ok(())
//! # }
//! ```
//!
//! [`wait`](crate::wait) lists everything that you can wait for. Start with `client.pool().wait(id)`,
//! `client.job().wait(id)`, `client.job_schedule().wait(id)` or
//! `client.compute_node().wait(pool, id)`.
//!
//! # How a wait ends
//!
//! | end | meaning |
//! | --- | --- |
//! | an outcome of success (`Ready`, `Steady`, `Completed` …) | what you waited for has happened |
//! | another outcome (`ResizeFailed`, `TooFew`, `NodesFailed`, `Deleted`, `PoolUnusable` …) | it can no longer happen; the outcome holds the reason |
//! | an error, [`is_timeout`](crate::Error::is_timeout) | the timeout elapsed; the error says what was seen last, and its source is the last failure |
//! | any other error | the wait is impossible: the job does not exist, or the key is wrong |
//!
//! So `?` alone is not enough: check the outcome. A *failed task* is not an error:
//! [`TasksOutcome::is_success`] is true if every task succeeded, and
//! [`failures`](crate::wait::TasksOutcome::failures) has the first 100 failed tasks with the last
//! 4096 bytes of their `stderr.txt` ([`max_failures`](crate::wait::Wait::max_failures),
//! [`stderr_tail`](crate::wait::Wait::stderr_tail)).
//!
//! [`TasksOutcome::is_success`]: crate::wait::TasksOutcome::is_success
//!
//! # Good to know
//!
//! - **Timeout.** There is none unless you set it. Without one, a wait gives up after every call
//!   has failed for an hour.
//! - **Nodes.** `nodes_ready(n)` counts idle nodes and nodes that run tasks. `nodes_idle(n)` does
//!   not end while the nodes are busy, which suits only a pool without tasks.
//! - **A job whose pool can run nothing any more** ends the wait with
//!   [`TasksEnd::PoolUnusable`](crate::wait::TasksEnd::PoolUnusable): the pool was deleted, or its
//!   allocation failed, or all its nodes are unusable or failed in their start task. A pool that
//!   does not exist yet has 30 seconds to appear.
//! - **A pool of 0 nodes**, or of too few, can still be resized: tasks stay active, and
//!   `tasks_completed` waits for them, forever unless it has a timeout. Wait for nodes first.
//! - **Resize errors** stay in a pool until its next resize. A wait reports them
//!   (`ResizeFailed`) only if they concern the pool as it is: not if it has its target size all the
//!   same, nor if it scales by a formula and had them before the wait, because the formula tries
//!   again.
//! - **Polling.** The first interval is 250 ms; intervals grow to a tenth of the time waited, and
//!   to at most 15 s. A change that takes 10 minutes is therefore noticed at most 15 s late.
//!   [`max_interval`](crate::wait::Wait::max_interval) changes that.
//! - **Cost.** Waiting for tasks requests their counts, however many tasks there are, and verifies
//!   the final counts with a listing. Waiting for nodes lists them.
//! - **Outages.** Throttling, statuses 5xx, lost connections, and responses with status 200 that
//!   are HTML, empty or cut off do not end a wait before its timeout. A pause for `Retry-After` is
//!   at most 5 minutes ([`RetryPolicy::max_retry_after`](crate::RetryPolicy::max_retry_after)).
//! - **A job without tasks** has no task left to complete, so `tasks_completed` returns at once,
//!   with [`TasksEnd::NoTasks`](crate::wait::TasksEnd::NoTasks), which is not a success. Add the
//!   tasks first.
//! - **The job itself** stays active when its tasks are completed, unless it was added with
//!   `on_all_tasks_complete`. `completed()` waits for the job.
//! - **Deletion** only starts with `delete`; `deleted()` waits until the id is free again.
//! - **To give up**, drop the future, as `tokio::time::timeout` and `select!` do. Nothing runs in
//!   the background.
