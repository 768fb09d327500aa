//! A parameter sweep: 10,000 tasks, one for each point of a grid, and which of them failed.
//!
//! `cargo run -p batch-client --example sweep`
//!
//! Tasks are created while they are sent, so that memory never holds more than a few hundred. The
//! emulator simulates them at a hundred times real time.

mod account;

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use batch_client::models::{EnvironmentSetting, JobAddParameter, TaskAddParameter};
use batch_client::{Client, filter, select};
use batch_emulator::Config;

use account::{Account, PATIENCE, on, ubuntu};

/// The grid has 100 × 100 points.
const SIDE: u32 = 100;
const TASKS: u32 = 10_000;
/// The program has no result if the product of its parameters is this, which is true for 9 points.
const HOLE: u32 = 3600;
const HOLES: u32 = 9;

#[tokio::main]
async fn main() -> Result<()> {
    let account = account::connect("sweep", Config::default().clock_speed(100.0)).await?;
    let worked = work(&account).await;
    account.clean_up(worked).await
}

async fn work(account: &Account) -> Result<()> {
    let Account {
        client, pool, job, ..
    } = account;
    let machines = ubuntu(pool).with_task_slots_per_node(8);
    account.add_pool(machines, 10).await?;
    client
        .job()
        .add(JobAddParameter::new(job, on(pool)))
        .await?;

    let begun = Instant::now();
    let points = (0..SIDE).flat_map(|a| (0..SIDE).map(move |b| (a, b)));
    let report = client
        .task()
        .add_all(job, points.map(|(a, b)| point(a, b)))
        .await?;
    println!("{report}");
    println!(
        "  in {} requests and {:.1} s",
        report.requests,
        begun.elapsed().as_secs_f64()
    );
    ensure!(
        report.is_complete() && report.added == u64::from(TASKS),
        "not all tasks were added: {:?}",
        report.failures
    );

    let done = client
        .job()
        .wait(job)
        .tasks_completed()
        .timeout(PATIENCE)
        .stderr_tail(0) // It would be read for each failure.
        .progress(|now| println!("  {now}"))
        .await?;
    println!(
        "{} after {:.1} s",
        done.tasks,
        begun.elapsed().as_secs_f64()
    );
    for failure in &done.failures {
        println!("  {failure}");
    }
    ensure!(
        done.tasks.failed == HOLES && done.tasks.succeeded == TASKS - HOLES,
        "unexpected failures"
    );
    figures(client, job).await
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
    let succeeded = counts.succeeded.context("no count of successes")?;
    let failed = counts.failed.context("no count of failures")?;
    println!("counts: {succeeded} succeeded, {failed} failed");
    ensure!((succeeded.cast_unsigned(), failed.cast_unsigned()) == (TASKS - HOLES, HOLES));

    // Reads one column of the grid, with only the properties that are needed.
    let column = filter::task::id().starts_with("a60-");
    let failed = column & filter::task::execution_info::exit_code().ne(0);
    let wanted = select::task().id().execution_info();
    let mut tasks = client
        .task()
        .list(job)
        .filter(failed)
        .select(wanted)
        .stream();
    let mut found = Vec::new();
    while let Some(task) = tasks.try_next().await? {
        found.extend(task.id);
    }
    println!("failed with a = 60: {}", found.join(", "));
    ensure!(found == ["a60-b60"]);
    Ok(())
}
