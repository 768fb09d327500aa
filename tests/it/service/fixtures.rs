//! Minimal pools, jobs and tasks for the tests.

use batch_client::chrono::{DateTime, TimeDelta, Utc};
use batch_client::models::{
    EnvironmentSetting, ImageReference, JobAddParameter, PoolAddParameter, PoolInformation,
    TaskAddParameter, VirtualMachineConfiguration,
};
use batch_client::{Client, Error};

use super::waiting::idle;

pub(super) const VM_SIZE: &str = "standard_d2s_v3";

pub(super) fn linux() -> VirtualMachineConfiguration {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("0001-com-ubuntu-server-jammy")
        .with_sku("22_04-lts");
    VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04")
}

/// A time that no test reaches.
pub(super) fn much_later() -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(1000)
}

/// A pool of virtual machines.
pub(super) fn pool(id: &str, nodes: i32) -> PoolAddParameter {
    PoolAddParameter::new(id, VM_SIZE)
        .with_virtual_machine_configuration(linux())
        .with_target_dedicated_nodes(nodes)
}

/// A pool of the older kind, from JSON because later API versions have no model for it.
pub(super) fn cloud_service(id: &str, nodes: i32) -> PoolAddParameter {
    let pool = serde_json::json!({
        "id": id, "vmSize": VM_SIZE, "targetDedicatedNodes": nodes,
        "cloudServiceConfiguration": { "osFamily": "6" }
    });
    serde_json::from_value(pool).expect("a pool")
}

pub(super) fn on(pool: &str) -> PoolInformation {
    PoolInformation::default().with_pool_id(pool)
}

pub(super) fn job(id: &str, pool: &str) -> JobAddParameter {
    JobAddParameter::new(id, on(pool))
}

pub(super) fn task(id: &str) -> TaskAddParameter {
    TaskAddParameter::new(id, format!("echo {id}"))
}

/// A task that outlives the test unless it is terminated.
pub(super) fn endless(id: &str) -> TaskAddParameter {
    let seconds = EnvironmentSetting::new("EMULATOR_SECONDS", "10000000");
    task(id).with_environment_settings([seconds])
}

pub(super) fn failing(id: &str) -> TaskAddParameter {
    let exit = EnvironmentSetting::new("EMULATOR_EXIT_CODE", "3");
    task(id).with_environment_settings([exit])
}

/// Adds a pool with one idle node and a job on it, both with this id.
pub(super) async fn ready(client: &Client, id: &str) -> Result<(), Error> {
    client.pool().add(pool(id, 1)).await?;
    idle(client, id, 1).await?;
    client.job().add(job(id, id)).await?;
    Ok(())
}
