//! Tests of persistence: everything acknowledged exists after a restart, however the service ended.
//!
//! [`restart`] and [`executed`] stop services in an orderly way, [`killed`] kills the program at
//! random times, [`refused`] tests folders that cannot be used, [`secrets`] checks what must not be
//! stored, and [`cost`] measures the cost of persistence.

mod cost;
#[cfg(unix)]
mod executed;
#[cfg(unix)]
mod killed;
mod refused;
mod restart;
mod secrets;

use std::time::{Duration, Instant};

use batch_client::models::{
    EnvironmentSetting, ImageReference, JobAddParameter, PoolAddParameter, PoolInformation,
    TaskAddParameter, VirtualMachineConfiguration,
};
use batch_client::{Client, Error, SharedKey};
use batch_emulator::{Config, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, Emulator};

/// Time limit for everything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

type Outcome = Result<(), Error>;

fn client_of(endpoint: &str) -> Client {
    let key = SharedKey::new(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY).unwrap();
    Client::new(endpoint, key).unwrap()
}

async fn start(config: Config) -> (Emulator, Client) {
    let emulator = batch_emulator::start(config).await.unwrap();
    let client = client_of(emulator.endpoint());
    (emulator, client)
}

async fn until<T>(
    what: &str,
    condition: impl AsyncFn() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let begin = Instant::now();
    loop {
        if let Some(found) = condition().await? {
            return Ok(found);
        }
        assert!(begin.elapsed() < PATIENCE, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn pool(id: &str, nodes: i32) -> PoolAddParameter {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("0001-com-ubuntu-server-jammy")
        .with_sku("22_04-lts");
    let machine = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04");
    PoolAddParameter::new(id, "standard_d2s_v3")
        .with_virtual_machine_configuration(machine)
        .with_target_dedicated_nodes(nodes)
}

fn job(id: &str, pool: &str) -> JobAddParameter {
    JobAddParameter::new(id, PoolInformation::default().with_pool_id(pool))
}

fn task(id: &str) -> TaskAddParameter {
    TaskAddParameter::new(id, "echo")
}

/// Creates a task that takes this number of seconds of the service's time.
fn task_of(id: &str, seconds: u32) -> TaskAddParameter {
    let seconds = EnvironmentSetting::new("EMULATOR_SECONDS", seconds.to_string());
    task(id).with_environment_settings([seconds])
}
