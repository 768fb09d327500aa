//! Waiting for nodes, tasks and jobs, and for what never comes.
//!
//! ```
//! use batch_client::wait::{NodesOutcome, TasksEnd};
//! use std::time::Duration;
//! # use batch_client::models::{
//! #     ImageReference, JobAddParameter, PoolAddParameter, PoolInformation, TaskAddParameter,
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
//! # let image = ImageReference::default()
//! #     .with_publisher("canonical")
//! #     .with_offer("ubuntu-24_04-lts")
//! #     .with_sku("server");
//! # let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//! # let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//! #     .with_virtual_machine_configuration(machines);
//! # client.pool().add(pool.with_target_dedicated_nodes(3)).await?;
//! # client.job()
//! #     .add(JobAddParameter::new("nightly", PoolInformation::default().with_pool_id("render")))
//! #     .await?;
//! # let fails = EnvironmentSetting::new("EMULATOR_EXIT_CODE", "3");
//! # client.task().add("nightly", TaskAddParameter::new("ok", "true")).await?;
//! # client.task()
//! #     .add(
//! #         "nightly",
//! #         TaskAddParameter::new("bad", "false").with_environment_settings(vec![fails]),
//! #     )
//! #     .await?;
//! match client.pool().wait("render").nodes_idle(3).timeout(Duration::from_secs(1800)).await? {
//!     NodesOutcome::Idle(nodes) => println!("{} nodes are idle", nodes.len()),
//!     NodesOutcome::ResizeFailed(pool) => return Err(
//!         format!("no nodes: {:?}", pool.resize_errors).into(),
//!     ),
//!     other => return Err(format!("no nodes: {other:?}").into()),
//! }
//!
//! let done = client
//!     .job()
//!     .wait("nightly")
//!     .tasks_completed()
//!     .timeout(Duration::from_secs(6 * 3600))
//!     // 1 active, 1 running, 0 completed (0 succeeded, 0 failed)
//!     .progress(|tasks| println!("{tasks}"))
//!     .await?;
//! assert_eq!(done.end, TasksEnd::Completed);
//! for failure in &done.failures {
//!     println!("{failure}\n{}", failure.stderr_text());
//! }
//! # assert_eq!((done.tasks.succeeded, done.failures[0].exit_code), (1, Some(3)));
//! # Ok(())
//! # }
//! ```
//!
//! [`wait`](crate::wait) lists all that can be waited for. Begin with `client.pool().wait(id)`,
//! `client.job().wait(id)` or `client.compute_node().wait(pool, id)`.
//!
//! # What a wait ends with
//!
//! | end | means |
//! | --- | --- |
//! | an outcome of success (`Idle`, `Steady`, `Completed` …) | what was waited for |
//! | another outcome (`ResizeFailed`, `TooFew`, `NodesFailed`, `Deleted`, `JobEnded` …) | it can no longer come about; the outcome has what says why |
//! | an error, [`is_timeout`](crate::Error::is_timeout) | your time ran out; the error says what was seen last, and what failed last as its source |
//! | any other error | it cannot be waited for: there is no such job, the key is wrong |
//!
//! So `?` alone is not enough: look at the outcome. That tasks *failed* is no error;
//! [`TasksOutcome::is_success`] says whether none has, and
//! [`failures`](crate::wait::TasksOutcome::failures) has the first 100 with the last 4096 bytes of
//! their `stderr.txt` ([`max_failures`](crate::wait::Wait::max_failures),
//! [`stderr_tail`](crate::wait::Wait::stderr_tail)).
//!
//! [`TasksOutcome::is_success`]: crate::wait::TasksOutcome::is_success
//!
//! # Good to know
//!
//! - **Time.** There is no timeout unless you set one. Without one, a wait ends after an hour in
//!   which every call failed.
//! - **A job whose tasks cannot run** is not told from one whose tasks wait for their turn: where
//!   its pool does not exist, has no nodes or gets none, tasks stay active, and `tasks_completed`
//!   waits for ever unless it has a timeout. Wait for nodes first.
//! - **Not to be waited for**: job schedules, and a pool's size as such. `steady()` says that a
//!   pool no longer resizes; the pool in its outcome says what it came to. For the rest, look with
//!   `get` in a loop of your own.
//! - **Looks.** The first pause is 250 ms; pauses grow to a tenth of the time waited, and to 15 s
//!   at most. So what took 10 minutes is seen up to 15 s late.
//!   [`max_interval`](crate::wait::Wait::max_interval) sets that.
//! - **Cost.** A look at tasks asks for their counts, however many there are; what the counts say
//!   at the end is checked by a listing. A look at nodes lists them.
//! - **Outages.** Throttling, statuses 5xx and lost connections do not end a wait before its
//!   timeout.
//! - **A job without tasks** has none that is not completed: `tasks_completed` ends at once. Add
//!   the tasks first.
//! - **The end of a job** is something else: it stays active when its tasks are done, unless it was
//!   added with `on_all_tasks_complete`. `completed()` waits for the job itself.
//! - **Deletion** is only begun by `delete`; `deleted()` waits until the id is free again.
//! - **Giving up**: drop the future, as `tokio::time::timeout` and `select!` do. Nothing runs in
//!   the background.
