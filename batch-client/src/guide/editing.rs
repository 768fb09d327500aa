//! Changing a resource, without overwriting somebody else's change.
//!
//! The models that are read (`CloudPool`) and written (`PoolPatchParameter`) differ. A conversion
//! copies the writable properties, and `.if_unchanged(…)` makes the call conditional on the version
//! that was read:
//!
//! ```
//! use batch_client::models::{MetadataItem, PoolPatchParameter};
//! # use batch_client::models::{
//! #     ImageReference, PoolAddParameter, PoolInformation, VirtualMachineConfiguration,
//! # };
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
//! # let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//! # let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//! #     .with_virtual_machine_configuration(machines);
//! # client.pool().add(pool).await?;
//! loop {
//!     let pool = client.pool().get("render").await?;
//!     let mut patch = PoolPatchParameter::try_from(&pool)?;
//!     patch.metadata.get_or_insert_default().push(MetadataItem::new("owner", "render"));
//!     match client.pool().patch("render", patch).if_unchanged(&pool).await {
//!         // Somebody changed the pool in the meantime: start from the new version.
//!         Err(error) if error.is_precondition_failed() => {}
//!         result => break drop(result?),
//!     }
//! }
//! # let pool = client.pool().get("render").await?;
//! # assert_eq!(pool.metadata.as_ref().map(Vec::len), Some(1));
//! # Ok(())
//! # }
//! ```
//!
//! # Which call?
//!
//! | call | properties that you do not set |
//! | --- | --- |
//! | `patch` (pools, jobs, job schedules) | stay as they are; an empty list clears a list |
//! | `update` (jobs, job schedules, tasks), `update_properties` (pools) | are reset to their defaults |
//! | `add` with a converted model | a new resource like the old one; give it its own id |
//!
//! The module [`edit`](crate::edit) lists all conversions. One fails if the model was read with a
//! narrow `$select`, because the missing properties would be reset, and if the service keeps a
//! required secret to itself; the error names the property.
//!
//! # What can be changed
//!
//! - **A pool** keeps its VM size, image and network. To change those, clone it under another id.
//!   Its size changes with `resize`, its formula with `enable_auto_scale`.
//! - **A job** can change its priority, constraints and what happens on completion at any time; its
//!   pool only while it is disabled.
//! - **A task** can change its constraints only, and not after it is completed.
//! - **A job schedule** applies changes to the jobs that it creates from then on.
