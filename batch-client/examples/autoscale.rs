//! A pool that scales by a formula, which is evaluated before it is enabled; the program then
//! watches the pool grow and shrink.
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It runs on the account that `Client::from_env` reads, where a pool is resized every 5 minutes at
//! most, so that it takes about 20. In this repository, `cargo xtask examples autoscale` runs it on
//! the emulator, at 100 times real time.

use std::io::{self, Write as _, stdout};
use std::time::Duration;

use anyhow::{Error, Result, bail};
use batch_client::chrono::Utc;
use batch_client::models::{
    AutoScaleRun, ImageReference, JobAddParameter, PoolAddParameter, PoolEnableAutoScaleParameter,
    PoolEvaluateAutoScaleParameter, TaskAddParameter, VirtualMachineConfiguration,
};
use batch_client::wait::SizeOutcome;
use batch_client::{Client, TimeSpan};

/// As many nodes as there are waiting or running tasks, at most four; none while there are too few
/// samples.
const FORMULA: &str = "\
known = $PendingTasks.GetSamplePercent(2 * TimeInterval_Minute);
pending = known < 70 ? 0 : max($PendingTasks.GetSample(2 * TimeInterval_Minute));
$TargetDedicatedNodes = min(4, pending);
$NodeDeallocationOption = taskcompletion;";

/// A formula with a typo in the name of the metric.
const TYPO: &str = "$TargetDedicatedNodes = min(4, $PendingTask.GetSample(1));";

/// Timeout for each wait. Without one, a wait may never end while its nodes cost money.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::from_env()?;
    let id = format!("autoscale-{}", Utc::now().timestamp());
    let worked = work(&client, &id).await;
    // Also after an error, because nodes cost money while they exist.
    match worked.and(clean_up(&client, &id).await) {
        // The reader of a pipe may end first, as in `autoscale | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

async fn work(client: &Client, id: &str) -> Result<()> {
    // A formula can only be evaluated on an autoscaling pool, so start with one that requests no
    // nodes.
    let machines = ubuntu(id)
        .with_enable_auto_scale(true)
        .with_auto_scale_formula("$TargetDedicatedNodes = 0;")
        .with_auto_scale_evaluation_interval(TimeSpan::from_mins(5));
    client.pool().add(machines).await?;
    client.job().add(JobAddParameter::new(id, id)).await?;
    let tasks = (1..=8).map(|n| TaskAddParameter::new(format!("task-{n}"), "sleep 300"));
    writeln!(stdout(), "{}", client.task().add_all(id, tasks).await?)?;

    // Without enabling them. An error in a formula is part of a successful response.
    for formula in [TYPO, FORMULA] {
        show(evaluate(client, id, formula).await?)?;
    }
    // A formula is rejected while the pool is being resized, as it is after its creation.
    client.pool().wait(id).steady().timeout(PATIENCE).await?;
    let enable = PoolEnableAutoScaleParameter::from(FORMULA);
    client.pool().enable_auto_scale(id, enable).await?;
    writeln!(stdout(), "the formula is enabled")?;
    watch(client, id, 4).await?;

    let done = client.job().wait(id).tasks_completed();
    writeln!(stdout(), "{}", done.timeout(PATIENCE).await?)?;
    watch(client, id, 0).await
}

async fn evaluate(client: &Client, pool: &str, formula: &str) -> Result<AutoScaleRun> {
    let formula = PoolEvaluateAutoScaleParameter::new(formula);
    let run = client.pool().evaluate_auto_scale(pool, formula).await?;
    Ok(run.into_inner())
}

/// Prints the error of an evaluation, or the values that the formula has set.
fn show(run: AutoScaleRun) -> Result<()> {
    let mut out = stdout();
    let Some(error) = run.error else {
        let results = run.results.unwrap_or_default();
        writeln!(out, "the formula sets")?;
        for variable in results.split(';') {
            writeln!(out, "  {variable}")?;
        }
        return Ok(());
    };
    writeln!(out, "the formula has an error")?;
    for detail in error.values.iter().flatten() {
        writeln!(out, "  {}", detail.value.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// Waits until the pool has this many nodes, and prints each change of its size.
async fn watch(client: &Client, pool: &str, nodes: u32) -> Result<()> {
    let mut printed = None;
    let size = client.pool().wait(pool).size_reached(nodes);
    let size = size.timeout(PATIENCE).progress(move |now| {
        if printed.replace((now.nodes, now.target)) != Some((now.nodes, now.target)) {
            // If the pipe is closed, the next line reports it.
            let _ = writeln!(stdout(), "  nodes: {}, target: {}", now.nodes, now.target);
        }
    });
    match size.await? {
        SizeOutcome::Reached(_) => writeln!(stdout(), "the pool has reached its size: {nodes}")?,
        other => bail!("the pool did not reach its size: {other:?}"),
    }
    Ok(())
}

/// A pool of small Ubuntu machines; the caller sets the number of nodes.
fn ubuntu(id: &str) -> PoolAddParameter {
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    PoolAddParameter::new(id, "standard_d2s_v3").with_virtual_machine_configuration(machines)
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
