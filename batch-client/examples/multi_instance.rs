//! A task with several instances, as used for MPI programs: one command on each of three nodes,
//! then another on the first node.
//!
//! `cargo run -p batch-client --example multi_instance`
//!
//! The coordination command runs on all nodes and starts whatever the instances need to find each
//! other. Once it is done on all of them, the task's command runs on the primary node only, with
//! all addresses in its environment. On the emulator, commands are executed as local processes,
//! which needs Unix.

mod account;

use anyhow::{Context as _, Result, ensure};
use batch_client::Client;
use batch_client::models::{
    ComputeNodeFillType, JobAddParameter, MultiInstanceSettings, ResourceFile, SubtaskInformation,
    TaskAddParameter, TaskExecutionResult, TaskSchedulingPolicy,
};
use batch_emulator::Config;

use account::{Account, PATIENCE, on, ubuntu};

const INSTANCES: u8 = 3;

#[tokio::main]
async fn main() -> Result<()> {
    let config = Config::default().clock_speed(10.0).execute(true);
    let account = account::connect("multi-instance", config).await?;
    let worked = work(&account).await;
    account.clean_up(worked).await
}

async fn work(account: &Account) -> Result<()> {
    let Account {
        client, pool, job, ..
    } = account;
    // Instances communicate with each other, and each one needs a separate node.
    let spread = TaskSchedulingPolicy::new(ComputeNodeFillType::Spread);
    let machines = ubuntu(pool)
        .with_enable_inter_node_communication(true)
        .with_task_scheduling_policy(spread);
    account.add_pool(machines, INSTANCES).await?;
    client
        .job()
        .add(JobAddParameter::new(job, on(pool)))
        .await?;

    // A real task would run `mpirun -np 3 -host $AZ_BATCH_HOST_LIST ./solver wing.mesh` here.
    let primary = "/bin/sh -c 'echo primary of $AZ_BATCH_HOST_LIST'";
    let solve = TaskAddParameter::new("solve", primary)
        .with_multi_instance_settings(settings(account).await?);
    client.task().add(job, solve).await?;

    let done = client
        .job()
        .wait(job)
        .tasks_completed()
        .timeout(PATIENCE)
        .await?;
    ensure!(done.is_success(), "the task failed: {:?}", done.failures);
    let output = client
        .file()
        .get_from_task(job, "solve", "stdout.txt")
        .await?;
    let output = String::from_utf8(output.into_inner().bytes().await?.to_vec())?;
    println!("the primary printed: {}", output.trim());
    let hosts = output.trim().rsplit(' ').next().unwrap_or_default();
    ensure!(
        hosts.split(',').count() == usize::from(INSTANCES),
        "{output}"
    );

    let outputs = subtasks(client, job).await?;
    // The common file was copied to all nodes, if there is a container for it.
    let copied = outputs
        .iter()
        .all(|output| output.starts_with("a wing of 12 cells\n"));
    ensure!(copied || account.embedded.is_none(), "{outputs:?}");
    Ok(())
}

/// The number of instances, the command that each of them runs first, and the files that all of
/// them get.
async fn settings(account: &Account) -> Result<MultiInstanceSettings> {
    // Common files are copied to the task's folder, above its working directory.
    let coordination = "/bin/sh -c 'cat $AZ_BATCH_TASK_DIR/*.mesh; \
        echo $AZ_BATCH_NODE_ID is ready, primary: $AZ_BATCH_IS_CURRENT_NODE_MASTER'";
    let settings =
        MultiInstanceSettings::new(coordination).with_number_of_instances(INSTANCES.into());
    let Some(container) = account.container().await? else {
        println!("there is no container, so the common file is skipped");
        return Ok(settings);
    };
    let mesh = ResourceFile::default()
        .with_http_url(container.put("wing.mesh", "a wing of 12 cells\n"))
        .with_file_path("wing.mesh");
    Ok(settings.with_common_resource_files([mesh]))
}

/// Prints and returns the output of the subtasks, which are all instances except the primary; that
/// one is the task itself.
async fn subtasks(client: &Client, job: &str) -> Result<Vec<String>> {
    let subtasks = client.task().list_subtasks(job, "solve").await?;
    let subtasks = subtasks.into_inner().value.unwrap_or_default();
    ensure!(subtasks.len() == usize::from(INSTANCES) - 1, "{subtasks:?}");
    let mut outputs = Vec::new();
    for subtask in subtasks {
        let state = subtask.state.as_ref().map_or("?", |state| state.as_str());
        println!(
            "subtask {}: {state}, exit code {:?}, printed:",
            subtask.id.unwrap_or_default(),
            subtask.exit_code
        );
        ensure!(subtask.result == Some(TaskExecutionResult::Success));
        let output = output(client, &subtask).await?;
        for line in output.lines() {
            println!("  {line}");
        }
        ensure!(output.contains("primary: false"));
        outputs.push(output);
    }
    Ok(outputs)
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
    Ok(String::from_utf8(output.to_vec())?)
}
