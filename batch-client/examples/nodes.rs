//! Managing nodes: listing them, adding a user to log in with, taking a node out of service,
//! restarting it, uploading its logs, removing it.
//!
//! Its argument is the URL of a storage container with a SAS that allows writing, for the logs.
//! Without it, no logs are uploaded.
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It runs on the account that `Client::from_env` reads. In this repository, `cargo xtask examples
//! nodes` runs it on the emulator, which has nodes as local folders; that needs
//! Unix.

use std::env;
use std::io::{self, Write as _, stdout};
use std::time::Duration;

use anyhow::{Context as _, Error, Result, bail};
use batch_client::chrono::{DateTime, TimeDelta, Utc};
use batch_client::models::{
    ComputeNode, ComputeNodeState, ComputeNodeUser, DisableComputeNodeSchedulingOption,
    ImageReference, NodeDisableSchedulingParameter, NodeRemoveParameter, PoolAddParameter,
    UploadBatchServiceLogsConfiguration, VirtualMachineConfiguration,
};
use batch_client::wait::{NodeOutcome, NodesOutcome, PoolOutcome};
use batch_client::{Client, filter, select};

/// A key that opens nothing, because nobody has its private half.
const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g example";

/// Timeout for each wait. Without one, a wait may never end while its nodes cost money.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::from_env()?;
    let id = format!("nodes-{}", Utc::now().timestamp());
    let worked = work(&client, &id).await;
    // Also after an error, because nodes cost money while they exist.
    match worked.and(clean_up(&client, &id).await) {
        // The reader of a pipe may end first, as in `nodes | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

async fn work(client: &Client, pool: &str) -> Result<()> {
    client
        .pool()
        .add(ubuntu(pool).with_target_dedicated_nodes(3))
        .await?;
    wait_for_nodes(client, pool, 3).await?;

    let nodes = idle_nodes(client, pool).await?;
    let first = nodes.first().context("no node is idle")?;
    let first = first.id.as_deref().context("a node without an id")?;
    log_in(client, pool, first).await?;
    take_out_of_service(client, pool, first).await?;
    restart(client, pool, first).await?;
    if let Some(container) = env::args().nth(1) {
        upload_logs(client, pool, first, &container).await?;
    }
    remove(client, pool, first).await
}

/// Prints and returns the idle nodes of a pool, with only the properties that are needed.
async fn idle_nodes(client: &Client, pool: &str) -> Result<Vec<ComputeNode>> {
    let idle = filter::compute_node::state().eq(ComputeNodeState::Idle);
    let wanted = select::compute_node().id().ip_address().last_boot_time();
    let nodes = client.compute_node().list(pool).filter(idle).select(wanted);
    let nodes = nodes.stream().try_collect().await?;
    writeln!(stdout(), "idle nodes: {}", nodes.len())?;
    for node in &nodes {
        writeln!(
            stdout(),
            "  {} at {}, booted at {}",
            node.id.as_deref().unwrap_or("?"),
            node.ip_address.as_deref().unwrap_or("?"),
            time(node.last_boot_time)
        )?;
    }
    Ok(nodes)
}

/// Adds a user for an hour, and prints where to log in.
async fn log_in(client: &Client, pool: &str, node: &str) -> Result<()> {
    let nodes = client.compute_node();
    let user = ComputeNodeUser::new("guest")
        .with_ssh_public_key(PUBLIC_KEY)
        .with_expiry_time(Utc::now() + TimeDelta::hours(1));
    nodes.add_user(pool, node, user).await?;
    let login = nodes.get_remote_login_settings(pool, node).await?;
    let port = login.remote_login_port.context("no port")?;
    let address = login.remote_login_ip_address.as_deref();
    let address = address.context("no address")?;
    writeln!(stdout(), "to log in: ssh -p {port} guest@{address}")?;
    nodes.delete_user(pool, node, "guest").await?;
    Ok(())
}

/// Stops scheduling tasks on a node, then starts it again. Running tasks may end first.
async fn take_out_of_service(client: &Client, pool: &str, node: &str) -> Result<()> {
    let nodes = client.compute_node();
    let after_its_tasks = NodeDisableSchedulingParameter::default()
        .with_node_disable_scheduling_option(DisableComputeNodeSchedulingOption::TaskCompletion);
    let disable = nodes.disable_scheduling(pool, node);
    disable.body(after_its_tasks).await?;
    let offline = nodes.wait(pool, node).state(ComputeNodeState::Offline);
    reached(offline.timeout(PATIENCE).await?)?;
    writeln!(stdout(), "{node} gets no new tasks")?;
    nodes.enable_scheduling(pool, node).await?;
    reached(nodes.wait(pool, node).idle().timeout(PATIENCE).await?)?;
    writeln!(stdout(), "{node} gets tasks again")?;
    Ok(())
}

async fn restart(client: &Client, pool: &str, node: &str) -> Result<()> {
    client.compute_node().reboot(pool, node).await?;
    let idle = client.compute_node().wait(pool, node).idle();
    let idle = idle.timeout(PATIENCE).progress(|now| {
        // If the pipe is closed, the next line reports it.
        let _ = writeln!(stdout(), "  {now}");
    });
    let booted = time(reached(idle.await?)?.last_boot_time);
    writeln!(stdout(), "{node} was restarted at {booted}")?;
    Ok(())
}

/// Uploads the log files that the service writes on a node for Azure support. The response arrives
/// before the files do.
async fn upload_logs(client: &Client, pool: &str, node: &str, container: &str) -> Result<()> {
    let since = Utc::now() - TimeDelta::hours(1);
    let upload = UploadBatchServiceLogsConfiguration::new(container, since);
    let nodes = client.compute_node();
    let upload = nodes.upload_batch_service_logs(pool, node, upload).await?;
    writeln!(
        stdout(),
        "log files on their way to the container: {}, in the folder {}",
        upload.number_of_files_uploaded.unwrap_or_default(),
        upload.virtual_directory_name.as_deref().unwrap_or("?")
    )?;
    Ok(())
}

/// Removes a node. The pool's target size decreases, too, so that the node is not replaced.
async fn remove(client: &Client, pool: &str, node: &str) -> Result<()> {
    let removal = NodeRemoveParameter::new([node]);
    client.pool().remove_nodes(pool, removal).await?;
    match client.pool().wait(pool).steady().timeout(PATIENCE).await? {
        PoolOutcome::Steady(now) => {
            let nodes = now.current_dedicated_nodes.unwrap_or_default();
            writeln!(stdout(), "{node} was removed; remaining nodes: {nodes}")?;
            Ok(())
        }
        other => bail!("the node was not removed: {other:?}"),
    }
}

/// Returns the node that was waited for.
fn reached(outcome: NodeOutcome) -> Result<ComputeNode> {
    match outcome {
        NodeOutcome::Reached(node) => Ok(*node),
        other => bail!("the node did not reach this state: {other:?}"),
    }
}

fn time(time: Option<DateTime<Utc>>) -> String {
    time.map_or("?".to_owned(), |time| time.format("%H:%M:%S").to_string())
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

/// Deletes the pool, if it was added.
async fn clean_up(client: &Client, id: &str) -> Result<()> {
    match client.pool().delete(id).await {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}

fn is_closed_pipe(error: &Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
