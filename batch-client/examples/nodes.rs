//! Managing nodes: listing them, adding a user to log in with, taking a node out of service,
//! restarting it, uploading its logs, removing it.
//!
//! `cargo run -p batch-client --example nodes`
//!
//! On the emulator, nodes are local folders, which needs Unix.

mod account;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use batch_client::chrono::{TimeDelta, Utc};
use batch_client::models::{
    ComputeNode, ComputeNodeState, ComputeNodeUser, DisableComputeNodeSchedulingOption,
    NodeDisableSchedulingParameter, NodeRemoveParameter, UploadBatchServiceLogsConfiguration,
};
use batch_client::wait::{NodeOutcome, PoolOutcome};
use batch_client::{Client, filter, select};
use batch_emulator::Config;

use account::{Account, PATIENCE, time, ubuntu};

/// A key that opens nothing, because nobody has its private half.
const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g example";

#[tokio::main]
async fn main() -> Result<()> {
    let config = Config::default().clock_speed(4.0).execute(true);
    let account = account::connect("nodes", config).await?;
    let worked = work(&account).await;
    account.clean_up(worked).await
}

async fn work(account: &Account) -> Result<()> {
    let Account { client, pool, .. } = account;
    account.add_pool(ubuntu(pool), 3).await?;

    let nodes = idle_nodes(client, pool).await?;
    ensure!(nodes.len() == 3, "{nodes:?}");
    let first = nodes[0].id.as_deref().context("a node without an id")?;
    log_in(client, pool, first).await?;
    take_out_of_service(client, pool, first).await?;
    restart(client, pool, first).await?;
    logs(account, first).await?;
    remove(client, pool, first).await
}

/// The idle nodes of a pool, with only the properties that are needed.
async fn idle_nodes(client: &Client, pool: &str) -> Result<Vec<ComputeNode>> {
    let idle = filter::compute_node::state().eq(ComputeNodeState::Idle);
    let wanted = select::compute_node().id().ip_address().last_boot_time();
    let nodes = client.compute_node().list(pool).filter(idle).select(wanted);
    let nodes = nodes.stream().try_collect().await?;
    for node in &nodes {
        println!(
            "  {} at {}, booted {}",
            node.id.as_deref().unwrap_or("?"),
            node.ip_address.as_deref().unwrap_or("?"),
            time(node.last_boot_time)
        );
    }
    Ok(nodes)
}

/// Adds a user for an hour, and prints where to log in.
async fn log_in(client: &Client, pool: &str, node: &str) -> Result<()> {
    let user = ComputeNodeUser::new("guest")
        .with_ssh_public_key(PUBLIC_KEY)
        .with_expiry_time(Utc::now() + TimeDelta::hours(1));
    client.compute_node().add_user(pool, node, user).await?;
    let login = client
        .compute_node()
        .get_remote_login_settings(pool, node)
        .await?;
    println!(
        "to log in: ssh -p {} guest@{}",
        login.remote_login_port.context("no port")?,
        login
            .remote_login_ip_address
            .as_deref()
            .context("no address")?,
    );
    client
        .compute_node()
        .delete_user(pool, node, "guest")
        .await?;
    Ok(())
}

/// Stops scheduling tasks on a node, then starts it again. Running tasks may end first.
async fn take_out_of_service(client: &Client, pool: &str, node: &str) -> Result<()> {
    let nodes = client.compute_node();
    let after_its_tasks = NodeDisableSchedulingParameter::default()
        .with_node_disable_scheduling_option(DisableComputeNodeSchedulingOption::TaskCompletion);
    nodes
        .disable_scheduling(pool, node)
        .body(after_its_tasks)
        .await?;
    let offline = nodes.wait(pool, node).state(ComputeNodeState::Offline);
    reached(offline.timeout(PATIENCE).await?)?;
    println!("{node} gets no new tasks");
    ensure!(idle_nodes(client, pool).await?.len() == 2);
    nodes.enable_scheduling(pool, node).await?;
    reached(nodes.wait(pool, node).idle().timeout(PATIENCE).await?)?;
    println!("{node} gets tasks again");
    Ok(())
}

async fn restart(client: &Client, pool: &str, node: &str) -> Result<()> {
    let before = client.compute_node().get(pool, node).await?.last_boot_time;
    client.compute_node().reboot(pool, node).await?;
    let idle = client.compute_node().wait(pool, node).idle();
    let idle = idle
        .timeout(PATIENCE)
        .progress(|now| println!("  {now}"))
        .await?;
    let after = reached(idle)?.last_boot_time;
    println!("{node} was restarted at {}", time(after));
    ensure!(after > before, "before: {before:?}");
    Ok(())
}

/// Uploads the log files that the service writes on a node for Azure support.
async fn logs(account: &Account, node: &str) -> Result<()> {
    let Some(container) = account.container().await? else {
        println!("there is no container, so the logs of {node} are skipped");
        return Ok(());
    };
    let since = Utc::now() - TimeDelta::hours(1);
    let upload = UploadBatchServiceLogsConfiguration::new(&container.url, since);
    let nodes = account.client.compute_node();
    let upload = nodes
        .upload_batch_service_logs(&account.pool, node, upload)
        .await?;
    println!(
        "uploading {} log files to {}",
        upload.number_of_files_uploaded.unwrap_or_default(),
        upload.virtual_directory_name.as_deref().unwrap_or("?")
    );
    // The response arrives before the files do.
    let begun = Instant::now();
    while container.blobs().is_empty() {
        ensure!(
            begun.elapsed() < Duration::from_secs(60),
            "no logs arrived in time"
        );
        account.pause().await;
    }
    for (name, length) in container.blobs() {
        println!("  {name}, {length} bytes");
    }
    Ok(())
}

/// Removes a node. The pool's target size decreases, too, so that the node is not replaced.
async fn remove(client: &Client, pool: &str, node: &str) -> Result<()> {
    client
        .pool()
        .remove_nodes(pool, NodeRemoveParameter::new([node]))
        .await?;
    match client.pool().wait(pool).steady().timeout(PATIENCE).await? {
        PoolOutcome::Steady(now) if now.current_dedicated_nodes == Some(2) => {
            ensure!(now.target_dedicated_nodes == Some(2), "{now:?}");
            println!("{node} was removed");
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
