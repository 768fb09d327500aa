//! Kept state: what was acknowledged is there after a restart, however the service ended before it.
//!
//! [`restart`] and [`executed`] end services in order, [`killed`] the program at any moment,
//! [`refused`] has folders that cannot be used, [`secrets`] what may not lie there, [`cost`]
//! measures what keeping takes.

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

/// Nothing that a test waits for may take longer.
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
        assert!(begin.elapsed() < PATIENCE, "not {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn pool(id: &str, nodes: i32) -> PoolAddParameter {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("ubuntu")
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

/// A task that takes so many seconds of the service's time.
fn task_of(id: &str, seconds: u32) -> TaskAddParameter {
    let seconds = EnvironmentSetting::new("EMULATOR_SECONDS", seconds.to_string());
    task(id).with_environment_settings([seconds])
}
