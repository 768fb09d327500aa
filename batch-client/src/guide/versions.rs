//! Versions of the service: one line moves to a newer one.
//!
//! # Choosing a version
//!
//! Every request names the version of the API that it wants. The client asks for
//! [`API_VERSION`](crate::API_VERSION) unless you choose another one:
//!
//! ```no_run
//! use batch_client::{ApiVersion, Client, SharedKey};
//!
//! # fn main() -> Result<(), batch_client::Error> {
//! let key = SharedKey::new("acct", "c2VjcmV0")?;
//! let client = Client::builder("https://acct.westeurope.batch.azure.com", key)
//!     .api_version(ApiVersion::V2025_06_01)
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::from_env`](crate::Client::from_env) and the example `call` read the environment
//! variable `AZURE_BATCH_API_VERSION`; [`Client::new`](crate::Client::new) does not.
//!
//! - **Models and operations.** Models and operations have what all versions have together.
//!   Whatever is not in all of them says so: "Since version 2025-06-01 of the API."
//! - **Refused calls.** An operation or a query parameter that the version does not have is
//!   refused before anything is sent, with both versions in the message. Properties are sent as you
//!   set them, and the service rejects those that its version does not have (400).
//! - **How long.** A version is supported for two years and removed after a third.
//!
//! # What the newer versions add
//!
//! | since | what | where |
//! | --- | --- | --- |
//! | 2024-07-01.20.0 | release the machine of a node and get it back | [`deallocate`](crate::operations::compute_node::Operations::deallocate), [`start`](crate::operations::compute_node::Operations::start) |
//! | 2024-07-01.20.0 | end a job although its nodes do not respond | [`force`](crate::Call::<crate::operations::job::Delete>::force) |
//! | 2024-07-01.20.0 | change more of a pool while it has no nodes | [`PoolPatchParameter`](crate::models::PoolPatchParameter) |
//! | 2024-07-01.20.0 | security profiles of disks | [`VMDiskSecurityProfile`](crate::models::VMDiskSecurityProfile) |
//! | 2025-06-01 | IPv6 and tags for public addresses | [`PublicIPAddressConfiguration`](crate::models::PublicIPAddressConfiguration) |
//! | 2025-06-01 | your own key for the disks | [`DiskCustomerManagedKey`](crate::models::DiskCustomerManagedKey) |
//! | 2025-06-01 | the order of jobs of the same priority | [`JobDefaultOrder`](crate::models::JobDefaultOrder) |
//!
//! And what they no longer have: pools of cloud services and remote desktop files (since
//! 2024-07-01.20.0), certificates, resource tags and node communication modes (since 2025-06-01).
//!
//! # A node without a machine
//!
//! A deallocated node keeps its place in the pool and costs nothing. This example runs against the
//! emulator, which knows the same versions:
//!
//! ```
//! use batch_client::models::{
//!     ComputeNodeState, ImageReference, PoolAddParameter, VirtualMachineConfiguration,
//! };
//! use batch_client::{ApiVersion, Client, SharedKey};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = batch_emulator::start(batch_emulator::Config::default().clock_speed(1000.0))
//!     .await?;
//! let key = SharedKey::new(service.account(), service.key())?;
//! let client = Client::builder(service.endpoint(), key)
//!     .api_version(ApiVersion::V2025_06_01)
//!     .build()?;
//! # let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
//! # let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//! # let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//! #     .with_virtual_machine_configuration(machines)
//! #     .with_target_dedicated_nodes(1);
//! # client.pool().add(pool).await?;
//! # client.pool().wait("render").steady().await?;
//! let nodes = client.compute_node().list("render").await?;
//! let node = nodes.items[0].id.as_deref().unwrap_or_default();
//! # while client.compute_node().get("render", node).await?.state != Some(ComputeNodeState::Idle) {
//! #     tokio::time::sleep(Duration::from_millis(10)).await;
//! # }
//! client.compute_node().deallocate("render", node).await?;
//! while client.compute_node().get("render", node).await?.state
//!     != Some(ComputeNodeState::Deallocated)
//! {
//!     tokio::time::sleep(Duration::from_millis(10)).await;
//! }
//! client.compute_node().start("render", node).await?;
//! # Ok(())
//! # }
//! ```
