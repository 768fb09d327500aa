//! A task with several instances, as used for MPI programs: one command on each of three nodes,
//! then another on the first node.
//!
//! The coordination command runs on all nodes and starts whatever the instances need to find each
//! other. Once it is done on all of them, the task's command runs on the primary node only, with
//! all addresses in its environment. With the URL of a file as its argument, for instance of a blob
//! with a SAS, that file is copied to all nodes.
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It runs on the account that `Client::from_env` reads. In this repository, `cargo xtask examples
//! multi_instance` runs it on the emulator, which executes tasks as local processes; that needs
//! Unix.

use std::io::{self, Write as _, stdout};
use std::time::Duration;

use anyhow::{Context as _, Error, Result, bail};
use batch_client::Client;
use batch_client::chrono::Utc;
use batch_client::models::{
    ComputeNodeFillType, ImageReference, JobAddParameter, MultiInstanceSettings, PoolAddParameter,
    ResourceFile, SubtaskInformation, TaskAddParameter, TaskSchedulingPolicy,
    VirtualMachineConfiguration,
};
use batch_client::wait::NodesOutcome;

const INSTANCES: u8 = 3;

/// Timeout for each wait. Without one, a wait may never end while its nodes cost money.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::from_env()?;
    let id = format!("multi-instance-{}", Utc::now().timestamp());
    let worked = work(&client, &id).await;
    // Also after an error, because nodes cost money while they exist.
    match worked.and(clean_up(&client, &id).await) {
        // The reader of a pipe may end first, as in `multi_instance | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

async fn work(client: &Client, id: &str) -> Result<()> {
    // Instances communicate with each other, and each one needs a separate node.
    let spread = TaskSchedulingPolicy::new(ComputeNodeFillType::Spread);
    let machines = ubuntu(id)
        .with_enable_inter_node_communication(true)
        .with_task_scheduling_policy(spread)
        .with_target_dedicated_nodes(INSTANCES.into());
    client.pool().add(machines).await?;
    wait_for_nodes(client, id, INSTANCES.into()).await?;
    client.job().add(JobAddParameter::new(id, id)).await?;

    // A real task would run `mpirun -np 3 -host $AZ_BATCH_HOST_LIST ./solver wing.mesh` here.
    let primary = "/bin/sh -c 'echo primary of $AZ_BATCH_HOST_LIST'";
    let solve = TaskAddParameter::new("solve", primary).with_multi_instance_settings(settings());
    client.task().add(id, solve).await?;

    let done = client.job().wait(id).tasks_completed();
    writeln!(stdout(), "{}", done.timeout(PATIENCE).await?)?;
    let output = client.file().get_from_task(id, "solve", "stdout.txt");
    let output = output.await?.into_inner().bytes().await?;
    let output = String::from_utf8_lossy(&output);
    writeln!(stdout(), "the primary printed: {}", output.trim())?;
    subtasks(client, id).await
}

/// The number of instances, the command that each of them runs first, and the file that all of
/// them get, if there is one.
fn settings() -> MultiInstanceSettings {
    // Common files are copied to the task's folder, above its working directory.
    let coordination = "/bin/sh -c 'cat $AZ_BATCH_TASK_DIR/*.mesh; \
        echo $AZ_BATCH_NODE_ID is ready, primary: $AZ_BATCH_IS_CURRENT_NODE_MASTER'";
    let settings =
        MultiInstanceSettings::new(coordination).with_number_of_instances(INSTANCES.into());
    match std::env::args().nth(1) {
        Some(url) => {
            settings.with_common_resource_files([ResourceFile::from_url(url, "wing.mesh")])
        }
        None => settings,
    }
}

/// Prints the output of the subtasks, which are all instances except the primary; that one is the
/// task itself.
async fn subtasks(client: &Client, job: &str) -> Result<()> {
    let mut out = stdout();
    let subtasks = client.task().list_subtasks(job, "solve").await?;
    for subtask in subtasks.into_inner().value.unwrap_or_default() {
        let state = subtask.state.as_ref().map_or("?", |state| state.as_str());
        let id = subtask.id.unwrap_or_default();
        match subtask.exit_code {
            Some(code) => writeln!(out, "subtask {id}: {state}, exit code {code}, printed:")?,
            None => writeln!(out, "subtask {id}: {state}, printed:")?,
        }
        for line in output(client, &subtask).await?.lines() {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// Output of a subtask, read from its node.
async fn output(client: &Client, subtask: &SubtaskInformation) -> Result<String> {
    let node = subtask.node_info.as_ref().context("no node")?;
    let pool = node.pool_id.as_deref().context("no pool")?;
    let id = node.node_id.as_deref().context("no node id")?;
    let folder = node.task_root_directory.as_deref().context("no folder")?;
    let file = client.file();
    let output = file.get_from_compute_node(pool, id, format!("{folder}/stdout.txt"));
    let output = output.await?.into_inner().bytes().await?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// A pool of small Ubuntu machines; the caller sets the number of nodes.
fn ubuntu(id: &str) -> PoolAddParameter {
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    PoolAddParameter::new(id, "standard_d2s_v3").with_virtual_machine_configuration(machines)
}

/// Waits until this many nodes of the pool are idle.
async fn wait_for_nodes(client: &Client, pool: &str, nodes: usize) -> Result<()> {
    let idle = client.pool().wait(pool).nodes_idle(nodes);
    match idle.timeout(PATIENCE).await? {
        NodesOutcome::Idle(_) => Ok(()),
        other => bail!("the pool did not get its nodes: {other:?}"),
    }
}

/// Deletes the job and the pool, if they were added.
async fn clean_up(client: &Client, id: &str) -> Result<()> {
    let job = client.job().delete(id).await.map(drop);
    let pool = client.pool().delete(id).await.map(drop);
    for deleted in [job, pool] {
        match deleted {
            Err(error) if error.is_not_found() => {}
            deleted => deleted?,
        }
    }
    Ok(())
}

fn is_closed_pipe(error: &Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
