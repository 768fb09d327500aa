//! Pools: images, start tasks, autoscale, and nodes that are unusable.
//!
//! # A pool of machines
//!
//! A pool needs a VM size and an image with the node agent that belongs to it:
//!
//! ```
//! use batch_client::models::{
//!     ImageReference, PoolAddParameter, ResourceFile, StartTask, VirtualMachineConfiguration,
//! };
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
//! let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
//! let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//!
//! let install = StartTask::new("/bin/sh -c 'sh setup.sh'")
//!     .with_resource_files([ResourceFile::from_url("https://example.com/setup.sh", "setup.sh")])
//!     .with_wait_for_success(true);
//!
//! let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//!     .with_virtual_machine_configuration(machines)
//!     .with_start_task(install)
//!     .with_target_dedicated_nodes(2)
//!     .with_task_slots_per_node(2);
//! client.pool().add(pool).await?;
//! # assert!(client.pool().exists("render").await?);
//! # Ok(())
//! # }
//! ```
//!
//! - **Size.** `target_dedicated_nodes` and `target_low_priority_nodes` (Spot nodes, which can be
//!   preempted at any time) are targets: nodes arrive minutes later, and only within the account's
//!   quotas. [Wait](super::waiting) for them. `pool().resize` changes the targets.
//! - **The start task** runs on each node when it joins, and again after a restart. With
//!   `wait_for_success`, which is the default, no task is scheduled on a node before its start task
//!   has succeeded. If it keeps failing after its retries, the node's state is `starttaskfailed`.
//! - **Slots.** `task_slots_per_node` (1 to 256, default 1) is the number of tasks that a node runs
//!   at the same time. It cannot be changed later; a task may take several slots
//!   (`required_slots`).
//!
//! # Which image?
//!
//! Images come and go, and each belongs to one node agent. Instead of a name that may be retired,
//! ask the account for the newest one that Batch supports:
//!
//! ```
//! use batch_client::models::PoolAddParameter;
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! let machines = client.account()
//!     .find_image()
//!     .publisher("canonical")
//!     .offer_prefix("ubuntu-24_04")
//!     .newest()
//!     .await?;
//! let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//!     .with_virtual_machine_configuration(machines)
//!     .with_target_dedicated_nodes(2);
//! # client.pool().add(pool).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`ImageQuery`](crate::images::ImageQuery) considers verified images that are not at the end of
//! their support, and returns the image together with its node agent.
//!
//! # Resizing
//!
//! ```
//! use batch_client::models::PoolResizeParameter;
//! use batch_client::wait::SizeOutcome;
//! # use batch_client::models::PoolAddParameter;
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
//! # let machines = client.account().find_image().offer_prefix("ubuntu").newest().await?;
//! # let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//! #     .with_virtual_machine_configuration(machines);
//! # client.pool().add(pool).await?;
//! # client.pool().wait("render").steady().await?;
//! client.pool().resize("render", PoolResizeParameter::dedicated(4)).await?;
//! match client.pool().wait("render").size_reached(4).await? {
//!     SizeOutcome::Reached(pool) => println!("{:?} nodes", pool.current_dedicated_nodes),
//!     other => println!("not 4 nodes: {other:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A pool that is resizing already refuses another resize with a 409; `stop_resize` ends the first.
//!
//! # Autoscale
//!
//! With a formula, the service sizes the pool itself, every 15 minutes by default and every 5 at
//! most. Evaluate the formula first: an error in it is part of a successful response.
//!
//! ```
//! use batch_client::TimeSpan;
//! use batch_client::models::{PoolEnableAutoScaleParameter, PoolEvaluateAutoScaleParameter};
//! # use batch_client::models::{ImageReference, PoolAddParameter, VirtualMachineConfiguration};
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
//! # client.pool().add(pool).await?;
//! # client.pool().wait("render").steady().await?;
//! // As many nodes as tasks are pending, at most 10.
//! let formula = "
//!     tasks = max(0, $PendingTasks.GetSample(1));
//!     $TargetDedicatedNodes = min(10, tasks);
//!     $NodeDeallocationOption = taskcompletion;";
//! let enable = PoolEnableAutoScaleParameter::new()
//!     .with_auto_scale_formula(formula)
//!     .with_auto_scale_evaluation_interval(TimeSpan::from_mins(5));
//! client.pool().enable_auto_scale("render", enable).await?;
//!
//! let better = PoolEvaluateAutoScaleParameter::new(formula.replace("10", "20"));
//! let run = client.pool().evaluate_auto_scale("render", better).await?;
//! match &run.error {
//!     None => println!("it would set {:?}", run.results),
//!     Some(error) => println!("the formula fails: {:?}: {:?}", error.code, error.message),
//! }
//! # assert!(run.error.is_none(), "{:?}", run.error);
//! # Ok(())
//! # }
//! ```
//!
//! An autoscaling pool cannot have a target: leave out `target_dedicated_nodes` and
//! `target_low_priority_nodes`. `disable_auto_scale` ends it. A pool that was added without a
//! formula can only have one evaluated after `enable_auto_scale`, which the service refuses with a
//! 409 while the pool is resizing.
//!
//! # Containers
//!
//! [`Container`](crate::Container) describes an image once, for the pool that loads it and for the
//! tasks that run in it:
//!
//! ```
//! use batch_client::Container;
//! use batch_client::models::PoolAddParameter;
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! let blender = Container::image("example.azurecr.io/blender:4.2").run_option("--rm");
//! let machines = client.account()
//!     .find_image()
//!     .capability("DockerCompatible")
//!     .newest()
//!     .await?
//!     .with_container_configuration(&blender);
//! let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//!     .with_virtual_machine_configuration(machines);
//! # client.pool().add(pool).await?;
//!
//! let task = blender.task("frame-1", "blender --background --render-frame 1");
//! # assert!(task.container_settings.is_some());
//! # Ok(())
//! # }
//! ```
//!
//! The image of the machines has to support containers, hence `capability`. On such a pool, tasks
//! without container settings run on the machine itself.
//!
//! # Nodes that do not come, or cannot be used
//!
//! | seen | reason | where it is |
//! | --- | --- | --- |
//! | fewer nodes than the target, the pool is `steady` | a quota, no capacity, or the resize timed out (15 min by default) | `resize_errors` of the pool |
//! | state `starttaskfailed` | the start task failed | `start_task_info` of the node; its `stderr.txt` is in the node's folder `startup` |
//! | state `unusable` | the node cannot reach the service or its storage, often because of a firewall, a network security group or a full disk; or a custom image without the node agent's needs | `errors` of the node, if it has any |
//! | state `preempted` | Azure took back a Spot node | it comes back when there is capacity; its tasks run again |
//!
//! ```
//! # use batch_client::{Client, Error, filter};
//! # use batch_client::models::ComputeNodeState;
//! async fn explain(client: &Client, pool: &str) -> Result<(), Error> {
//!     for error in client.pool().get(pool).await?.resize_errors.iter().flatten() {
//!         println!("resize: {:?} {:?}", error.code, error.message);
//!     }
//!     let unusable = filter::compute_node::state().eq(ComputeNodeState::Unusable);
//!     let mut nodes = client.compute_node().list(pool).filter(unusable).stream();
//!     while let Some(node) = nodes.try_next().await? {
//!         for error in node.errors.iter().flatten() {
//!             println!("{:?}: {:?} {:?}", node.id, error.code, error.message);
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! `compute_node().reboot` or `reimage` often repairs a node; `pool().remove_nodes` replaces it if
//! the target is raised again. Nodes are billed while they exist, whether or not they run tasks, so
//! delete a pool that you no longer need.
