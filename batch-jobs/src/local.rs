//! A Batch account and a storage account on this machine, for jobs without Azure.

use std::fmt;
use std::thread::available_parallelism;
use std::time::Duration;

use batch_client::models::{ImageReference, PoolAddParameter, VirtualMachineConfiguration};
use batch_client::{Client, SharedKey};
use batch_emulator::{Config, Emulator};

use crate::error::{Error, Result};
use crate::job::JobManager;
use crate::storage::Storage;

/// Most tasks at a time.
const SLOTS: usize = 64;

/// The emulator with its storage and a pool, inside this process. Tasks run as processes of your
/// user, in a temporary folder; Unix only. Everything ends and is removed when this is dropped.
///
/// ```no_run
/// use batch_jobs::{FileSet, Local};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let local = Local::start().await?;
/// let manager = local.manager();
/// let texts = FileSet::from_dir("texts").pattern("*.txt").read()?;
/// let job = manager
///     .job("count")
///     .on_pool(Local::POOL)
///     .command("wc -l {filePath} > lines.txt")
///     .each_file(&manager.storage().group("count")?, texts)
///     .outputs("lines.txt")
///     .submit()
///     .await?;
/// println!("{}", job.watch().await?);
/// job.outputs_to("results").await?.into_result()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "everything ends when this is dropped"]
pub struct Local {
    emulator: Emulator,
    manager: JobManager,
}

impl Local {
    /// The pool that is there. Its node runs as many tasks at a time as this machine has cores.
    pub const POOL: &str = "local";

    /// Starts the emulator and adds the pool.
    ///
    /// # Errors
    ///
    /// The emulator cannot start: no port is free, no temporary folder can be made, or the system
    /// is not Unix.
    pub async fn start() -> Result<Self> {
        let config = Config::default().execute(true).storage(true);
        let config = config.node_start(Duration::ZERO);
        let emulator = batch_emulator::start(config)
            .await
            .map_err(|error| failed(&error))?;
        let key = SharedKey::new(emulator.account(), emulator.key());
        let client = Client::new(emulator.endpoint(), key.map_err(|error| failed(&error))?)?;
        let connection = emulator.storage_connection_string().unwrap_or_default();
        let storage = Storage::from_connection_string(&connection)?;
        client.pool().add(pool()).await?;
        Ok(Self {
            manager: JobManager::new(client, storage),
            emulator,
        })
    }

    /// Returns the manager of its two accounts.
    pub fn manager(&self) -> &JobManager {
        &self.manager
    }

    /// Returns the emulator's address, which shows a dashboard in a browser.
    pub fn endpoint(&self) -> &str {
        self.emulator.endpoint()
    }
}

fn failed(reason: &dyn fmt::Display) -> Error {
    Error::invalid(format!("cannot run jobs on this machine: {reason}"))
}

fn pool() -> PoolAddParameter {
    let cores = available_parallelism().map_or(1, |cores| cores.get().min(SLOTS));
    let slots = i32::try_from(cores).unwrap_or(1);
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machine = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    PoolAddParameter::new(Local::POOL, "standard_d64s_v3")
        .with_virtual_machine_configuration(machine)
        .with_task_slots_per_node(slots)
        .with_target_dedicated_nodes(1)
}

/// Leaves out the keys.
impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("endpoint", &self.endpoint())
            .finish_non_exhaustive()
    }
}
