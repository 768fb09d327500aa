//! Setup and cleanup for all examples: an account to connect to, a pool, and deleting both pool and
//! job.
//!
//! By default, an example runs against the emulator, which it starts in its own process. With
//! `AZURE_BATCH_ENDPOINT`, `AZURE_BATCH_ACCOUNT` and `AZURE_BATCH_ACCESS_KEY` set, it runs on that
//! account, where nodes cost money while they exist.

#![allow(dead_code, reason = "each example uses a part of it")]

mod container;

use anyhow::{Context as _, Result, bail};
use batch_client::chrono::{DateTime, Utc};
use batch_client::models::{
    ComputeNode, ImageReference, PoolAddParameter, PoolInformation, VirtualMachineConfiguration,
};
use batch_client::wait::NodesOutcome;
use batch_client::{Client, Error, SharedKey};
use batch_emulator::{Config, Emulator};
pub(crate) use container::Container;
use std::env;
use std::io::{self, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Timeout for waiting for nodes or tasks. Without one, a wait may never end while its nodes cost
/// money.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1800);

/// An account, with names for a pool and a job that are unique to this run.
pub(crate) struct Account {
    pub(crate) client: Client,
    /// Id of the example's pool.
    pub(crate) pool: String,
    /// Id of the example's job.
    pub(crate) job: String,
    /// The emulator, if there is one; it stops when this is dropped.
    pub(crate) embedded: Option<Emulator>,
}

/// Connects to the account in the environment, or to an emulator with these settings.
pub(crate) async fn connect(example: &str, config: Config) -> Result<Account> {
    let (client, embedded) = if let Ok(endpoint) = env::var("AZURE_BATCH_ENDPOINT") {
        let account = variable("AZURE_BATCH_ACCOUNT")?;
        let key = SharedKey::new(account, variable("AZURE_BATCH_ACCESS_KEY")?)?;
        (Client::new(endpoint, key)?, None)
    } else {
        let embedded = batch_emulator::start(config).await?;
        let key = SharedKey::new(embedded.account(), embedded.key())?;
        (Client::new(embedded.endpoint(), key)?, Some(embedded))
    };
    // Not with `println!`, which panics if the reader of a pipe ends.
    writeln!(io::stdout(), "Azure Batch at {}", client.endpoint())?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(Account {
        client,
        pool: format!("{example}-{seconds}"),
        job: format!("{example}-job-{seconds}"),
        embedded,
    })
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("AZURE_BATCH_ENDPOINT is set, so set {name} too"))
}

/// A pool of small Ubuntu machines; the caller sets the number of nodes.
pub(crate) fn ubuntu(id: &str) -> PoolAddParameter {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("ubuntu-24_04-lts")
        .with_sku("server")
        .with_version("latest");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    PoolAddParameter::new(id, "standard_d2s_v3").with_virtual_machine_configuration(machines)
}

/// Reference to the pool that a job runs on.
pub(crate) fn on(pool: &str) -> PoolInformation {
    PoolInformation::default().with_pool_id(pool)
}

impl Account {
    /// Adds a pool, waits until this many of its nodes are ready, and returns them.
    pub(crate) async fn add_pool(
        &self,
        pool: PoolAddParameter,
        nodes: u8,
    ) -> Result<Vec<ComputeNode>> {
        let id = pool.id.clone();
        let pool = pool.with_target_dedicated_nodes(nodes.into());
        self.client.pool().add(pool).await?;
        let ready = self.client.pool().wait(&id).nodes_ready(nodes.into());
        match ready.timeout(PATIENCE).await? {
            NodesOutcome::Ready(ready) => {
                println!("pool {id}: {} nodes are ready", ready.len());
                Ok(ready)
            }
            other => bail!("the pool did not get its nodes: {other:?}"),
        }
    }

    /// A container, if the emulator is used: tasks on an account cannot reach one on this machine.
    pub(crate) async fn container(&self) -> Result<Option<Container>> {
        Ok(match self.embedded {
            Some(_) => Some(Container::start().await?),
            None => None,
        })
    }

    /// Pauses between two polls if there is no `wait`: briefly on the emulator, longer on an
    /// account.
    pub(crate) async fn pause(&self) {
        let pause = self.embedded.as_ref().map_or(10_000, |_| 200);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    /// Deletes the job and the pool, if they were created, and returns the result of the example's
    /// work.
    pub(crate) async fn clean_up(&self, worked: Result<()>) -> Result<()> {
        let job = self.client.job().delete(&self.job).await;
        let pool = self.client.pool().delete(&self.pool).await;
        let cleaned = gone(job.map(drop)).and(gone(pool.map(drop)));
        match &cleaned {
            Ok(()) => drop(writeln!(io::stdout(), "cleaned up")),
            Err(error) => eprintln!("cannot clean up, so resources may remain: {error}"),
        }
        // The first error is the one to report.
        worked.and(cleaned)
    }
}

/// Formats a time for people, in UTC.
pub(crate) fn time(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(
        || "?".to_owned(),
        |time| time.format("%H:%M:%S").to_string(),
    )
}

/// Treats the deletion of something that does not exist as a success.
pub(crate) fn gone(deleted: Result<(), Error>) -> Result<()> {
    match deleted {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}
