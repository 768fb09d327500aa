//! A parameter sweep: 10,000 tasks, one for each point of a grid, and which of them failed.
//!
//! Tasks are created while they are sent, so that memory never holds more than a few hundred.
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It runs on the account that `Client::from_env` reads. In this repository, `cargo xtask examples
//! sweep` runs it on the emulator, which simulates the tasks at a hundred times real time.

use std::io::{self, Write as _, stdout};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail};
use batch_client::chrono::Utc;
use batch_client::models::{
    EnvironmentSetting, ImageReference, JobAddParameter, PoolAddParameter, TaskAddParameter,
    VirtualMachineConfiguration,
};
use batch_client::wait::NodesOutcome;
use batch_client::{Client, filter, select};

/// The grid has 100 × 100 points.
const SIDE: u32 = 100;
/// The program has no result if the product of its parameters is this, which is true for 9 points.
const HOLE: u32 = 3600;

/// Timeout for each wait. Without one, a wait may never end while its nodes cost money.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::from_env()?;
    let id = format!("sweep-{}", Utc::now().timestamp());
    let worked = work(&client, &id).await;
    // Also after an error, because nodes cost money while they exist.
    match worked.and(clean_up(&client, &id).await) {
        // The reader of a pipe may end first, as in `sweep | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

async fn work(client: &Client, id: &str) -> Result<()> {
    let mut out = stdout();
    let machines = ubuntu(id).with_task_slots_per_node(8);
    let machines = machines.with_target_dedicated_nodes(10);
    client.pool().add(machines).await?;
    wait_for_nodes(client, id, 10).await?;
    client.job().add(JobAddParameter::new(id, id)).await?;

    let begun = Instant::now();
    let points = (0..SIDE).flat_map(|a| (0..SIDE).map(move |b| (a, b)));
    let points = points.map(|(a, b)| point(a, b));
    let report = client.task().add_all(id, points).await?;
    let seconds = begun.elapsed().as_secs_f64();
    writeln!(out, "{report}")?;
    writeln!(out, "  in {} requests and {seconds:.1} s", report.requests)?;

    let done = client
        .job()
        .wait(id)
        .tasks_completed()
        .timeout(PATIENCE)
        .stderr_tail(0) // It would be read for each failure.
        .progress(|now| {
            // If the pipe is closed, the next line reports it.
            let _ = writeln!(stdout(), "  {now}");
        })
        .await?;
    let seconds = begun.elapsed().as_secs_f64();
    writeln!(out, "{done} after {seconds:.1} s")?;
    for failure in &done.failures {
        writeln!(out, "  {failure}")?;
    }
    figures(client, id).await
}

/// A task for one point. Its id contains the point, so no other record is needed.
fn point(a: u32, b: u32) -> TaskAddParameter {
    let command = format!("/bin/sh -c 'test $(({a} * {b})) -ne {HOLE} && echo $(({a} * {b}))'");
    let task = TaskAddParameter::new(format!("a{a:02}-b{b:02}"), command);
    if a * b != HOLE {
        return task;
    }
    // Tells the emulator how a simulated task ends. Other services ignore the variable.
    let fails = EnvironmentSetting::new("EMULATOR_EXIT_CODE", "1");
    task.with_environment_settings([fails])
}

/// Queries about a job with many tasks, without reading all of them.
async fn figures(client: &Client, job: &str) -> Result<()> {
    let counts = client.job().get_task_counts(job).await?;
    let counts = counts.task_counts.as_ref().context("no task counts")?;
    writeln!(
        stdout(),
        "counts: {} succeeded, {} failed",
        counts.succeeded.unwrap_or_default(),
        counts.failed.unwrap_or_default()
    )?;

    // Reads one column of the grid, with only the properties that are needed.
    let column = filter::task::id().starts_with("a60-");
    let failed = column & filter::task::execution_info::exit_code().ne(0);
    let tasks = client.task().list(job).filter(failed);
    let mut tasks = tasks.select(select::task().id()).stream();
    let mut found = Vec::new();
    while let Some(task) = tasks.try_next().await? {
        found.extend(task.id);
    }
    writeln!(stdout(), "failed with a = 60: {}", found.join(", "))?;
    Ok(())
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
