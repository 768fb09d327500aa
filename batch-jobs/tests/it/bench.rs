//! A Batch service that executes tasks, a Blob service, and a manager for both.

use std::fs;
use std::path::Path;
use std::time::Duration;

use batch_client::models::{ImageReference, PoolAddParameter, VirtualMachineConfiguration};
use batch_client::{Client, SharedKey};
use batch_emulator::{Config, Emulator};
use batch_jobs::{FileSet, JobManager};

use crate::storage::Service;

pub(crate) const POOL: &str = "render";
/// A pool without nodes, on which tasks wait forever.
pub(crate) const EMPTY: &str = "empty";

/// The identity of the pools.
pub(crate) const IDENTITY: &str = "/subscriptions/s/resourceGroups/g/providers/\
    Microsoft.ManagedIdentity/userAssignedIdentities/render";

pub(crate) struct Bench {
    pub(crate) batch: Emulator,
    pub(crate) storage: Service,
    pub(crate) manager: JobManager,
    pub(crate) dir: tempfile::TempDir,
}

impl Bench {
    /// Starts both, with a pool of two nodes and one without.
    pub(crate) async fn new(execute: bool) -> Self {
        let storage = Service::start().await;
        let mut config = Config::default().execute(execute).clock_speed(20.0);
        config = config.node_start(Duration::ZERO).identity(IDENTITY);
        config.auto_storage = execute.then(|| storage.connection_string());
        let batch = batch_emulator::start(config).await.expect("a service");
        let key = SharedKey::new(batch.account(), batch.key()).expect("a key");
        let client = Client::new(batch.endpoint(), key).expect("a client");
        let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
        let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
        let pool = PoolAddParameter::new(POOL, "standard_d4s_v3")
            .with_virtual_machine_configuration(machines)
            .with_task_slots_per_node(4)
            .with_target_dedicated_nodes(2);
        let empty = pool.clone().with_id(EMPTY).with_target_dedicated_nodes(0);
        client.pool().add(pool).await.expect("a pool");
        client.pool().add(empty).await.expect("a pool");
        Self {
            batch,
            manager: JobManager::new(client, storage.storage()),
            storage,
            dir: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Writes a file below `scenes`.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.scenes().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn scenes(&self) -> std::path::PathBuf {
        self.dir.path().join("scenes")
    }

    pub(crate) fn set(&self) -> FileSet {
        FileSet::from_dir(self.scenes())
            .recursive(true)
            .read()
            .expect("a set")
    }

    /// Returns the number of successful calls of an operation.
    pub(crate) fn calls(&self, operation: &str) -> u64 {
        self.batch
            .calls()
            .get(operation)
            .copied()
            .unwrap_or_default()
    }
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
