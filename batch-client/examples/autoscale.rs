//! A pool that scales by a formula, which is evaluated before it is enabled; the program then
//! watches the pool grow and shrink.
//!
//! `cargo run -p batch-client --example autoscale`
//!
//! The emulator runs the formula at 100 times real time. On an account, a pool is resized every 5
//! minutes at most, so the example takes about 20.

mod account;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use batch_client::models::{
    AutoScaleRun, JobAddParameter, PoolEnableAutoScaleParameter, PoolEvaluateAutoScaleParameter,
    TaskAddParameter,
};
use batch_client::wait::SizeOutcome;
use batch_client::{Client, TimeSpan};
use batch_emulator::Config;

use account::{Account, on, ubuntu};

/// As many nodes as there are waiting or running tasks, at most four; none while there are too few
/// samples.
const FORMULA: &str = "\
known = $PendingTasks.GetSamplePercent(2 * TimeInterval_Minute);
pending = known < 70 ? 0 : max($PendingTasks.GetSample(2 * TimeInterval_Minute));
$TargetDedicatedNodes = min(4, pending);
$NodeDeallocationOption = taskcompletion;";

/// The same formula with a typo in the name of the metric.
const TYPO: &str = "$TargetDedicatedNodes = min(4, $PendingTask.GetSample(1));";

/// Timeout for a change of the pool's size.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let tasks_take = Duration::from_secs(300);
    let config = Config::default()
        .clock_speed(100.0)
        .task_duration(tasks_take);
    let account = account::connect("autoscale", config).await?;
    let worked = work(&account).await;
    account.clean_up(worked).await
}

async fn work(account: &Account) -> Result<()> {
    let Account {
        client, pool, job, ..
    } = account;
    // A formula can only be evaluated on an autoscaling pool, so start with one that requests no
    // nodes.
    let machines = ubuntu(pool)
        .with_enable_auto_scale(true)
        .with_auto_scale_formula("$TargetDedicatedNodes = 0;")
        .with_auto_scale_evaluation_interval(TimeSpan::from_mins(5));
    client.pool().add(machines).await?;
    client
        .job()
        .add(JobAddParameter::new(job, on(pool)))
        .await?;
    let tasks = (1..=8).map(|n| TaskAddParameter::new(format!("task-{n}"), "sleep 300"));
    println!("{}", client.task().add_all(job, tasks).await?);

    try_out(account).await?;
    let enable = PoolEnableAutoScaleParameter::from(FORMULA);
    client.pool().enable_auto_scale(pool, enable).await?;
    println!("the formula is enabled");
    watch(account, 4).await?;

    let done = client
        .job()
        .wait(job)
        .tasks_completed()
        .timeout(PATIENCE)
        .await?;
    ensure!(done.is_success(), "{done:?}");
    println!("all tasks are completed: {}", done.tasks);
    watch(account, 0).await
}

/// Evaluates the formulas without enabling them. An error in a formula is part of a successful
/// response.
async fn try_out(account: &Account) -> Result<()> {
    let Account { client, pool, .. } = account;
    let with_typo = evaluate(client, pool, TYPO).await?;
    let error = with_typo
        .error
        .context("the formula with the typo should have an error")?;
    println!("with a typo: {:?}", error.code.unwrap_or_default());
    for detail in error.values.iter().flatten() {
        println!("  {}", detail.value.as_deref().unwrap_or_default());
    }

    // The first samples of a metric take a while to arrive.
    let begun = Instant::now();
    loop {
        let run = evaluate(client, pool, FORMULA).await?;
        if let Some(error) = run.error {
            bail!("the formula has an error: {error:?}");
        }
        let results = run.results.unwrap_or_default();
        println!("the formula would set: {results}");
        if variable(&results, "$TargetDedicatedNodes") == Some("4") {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "no samples arrived in time");
        account.pause().await;
    }
}

async fn evaluate(client: &Client, pool: &str, formula: &str) -> Result<AutoScaleRun> {
    let formula = PoolEvaluateAutoScaleParameter::new(formula);
    let run = client.pool().evaluate_auto_scale(pool, formula).await?;
    Ok(run.into_inner())
}

/// Finds a variable in a run's results, which look like `$TargetDedicatedNodes=4;…;pending=8`.
fn variable<'a>(results: &'a str, name: &str) -> Option<&'a str> {
    let mut variables = results.split(';').filter_map(|one| one.split_once('='));
    let (_, value) = variables.find(|(known, _)| *known == name)?;
    Some(value)
}

/// Waits until the pool has this many nodes, and prints each change of its size.
async fn watch(account: &Account, nodes: u32) -> Result<()> {
    let Account { client, pool, .. } = account;
    let mut printed = None;
    let size = client.pool().wait(pool).size_reached(nodes);
    let size = size.timeout(PATIENCE).progress(move |now| {
        if printed.replace((now.nodes, now.target)) != Some((now.nodes, now.target)) {
            println!("  the pool has {} of {} nodes", now.nodes, now.target);
        }
    });
    match size.await? {
        SizeOutcome::Reached(_) => println!("  the pool has {nodes} nodes"),
        other => bail!("the pool did not reach {nodes} nodes: {other:?}"),
    }
    Ok(())
}
