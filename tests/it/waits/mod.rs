//! Promise: a wait ends when its condition is met or can no longer be met, but not because of
//! failures that pass.
//!
//! Runs against an emulator with a fast clock; a proxy in front of it injects failures.

mod jobs;
mod pools;
mod schedules;
mod sizes;
mod storms;

use std::time::Duration;

use batch_client::models::{
    EnvironmentSetting, ImageReference, JobAddParameter, PoolAddParameter, PoolInformation,
    StartTask, TaskAddParameter, VirtualMachineConfiguration,
};
use batch_client::wait::{Condition, NodesOutcome, Wait};
use batch_client::{Client, Error, RetryPolicy, SharedKey};
use batch_emulator::{Config, Emulator};
use batch_tests::proxy::Proxy;

pub(crate) type Outcome = Result<(), Error>;

/// Far more than anything takes; a wait that reaches this limit has failed.
const TIMEOUT: Duration = Duration::from_secs(60);

fn config() -> Config {
    Config::default().clock_speed(50.0)
}

pub(crate) fn client(emulator: &Emulator, endpoint: &str) -> Client {
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    // Quick enough for a test to go through all attempts.
    let quick = RetryPolicy::default()
        .with_attempts(3)
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(4));
    let builder = Client::builder(endpoint, key).retry(quick);
    builder.build().expect("a client")
}

async fn start(config: Config) -> (Emulator, Client) {
    let emulator = batch_emulator::start(config).await.expect("a service");
    let client = client(&emulator, emulator.endpoint());
    (emulator, client)
}

/// Starts a service behind a proxy. The first client bypasses the proxy, the second uses it.
async fn proxied(config: Config) -> (Emulator, Proxy, Client, Client) {
    let (emulator, direct) = start(config).await;
    let proxy = Proxy::start(emulator.endpoint()).await;
    let through = client(&emulator, &proxy.url());
    (emulator, proxy, direct, through)
}

/// Makes a wait poll quickly and gives it a timeout.
fn quick<C: Condition>(wait: Wait<C>) -> Wait<C> {
    wait.min_interval(Duration::from_millis(5))
        .max_interval(Duration::from_millis(20))
        .timeout(TIMEOUT)
}

fn pool(id: &str, nodes: i32) -> PoolAddParameter {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("0001-com-ubuntu-server-jammy")
        .with_sku("22_04-lts");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04");
    PoolAddParameter::new(id, "standard_d2s_v3")
        .with_virtual_machine_configuration(machines)
        .with_target_dedicated_nodes(nodes)
}

fn setting(name: &str, value: &str) -> EnvironmentSetting {
    EnvironmentSetting::new(name, value)
}

fn failing_start() -> StartTask {
    let exit = setting("EMULATOR_EXIT_CODE", "9");
    StartTask::new("prepare")
        .with_environment_settings([exit])
        .with_wait_for_success(true)
}

pub(crate) fn task(id: &str) -> TaskAddParameter {
    TaskAddParameter::new(id, format!("echo {id}"))
}

fn endless(id: &str) -> TaskAddParameter {
    task(id).with_environment_settings([setting("EMULATOR_SECONDS", "10000000")])
}

fn failing(id: &str) -> TaskAddParameter {
    task(id).with_environment_settings([setting("EMULATOR_EXIT_CODE", "3")])
}

/// Adds a pool of idle nodes and a job on it, both with this id.
pub(crate) async fn ready(client: &Client, id: &str, nodes: usize) -> Outcome {
    let count = i32::try_from(nodes).expect("a small number");
    let slots = pool(id, count).with_task_slots_per_node(4);
    client.pool().add(slots).await?;
    let idle = quick(client.pool().wait(id).nodes_idle(nodes)).await?;
    assert!(
        matches!(&idle, NodesOutcome::Idle(idle) if idle.len() == nodes),
        "{idle:?}"
    );
    job(client, id, id).await
}

async fn job(client: &Client, id: &str, pool: &str) -> Outcome {
    let pool = PoolInformation::default().with_pool_id(pool);
    client.job().add(JobAddParameter::new(id, pool)).await?;
    Ok(())
}
