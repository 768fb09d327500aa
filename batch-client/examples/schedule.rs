//! A job schedule: a job each minute, the results of these jobs, and how to stop and resume the
//! schedule.
//!
//! Each job has a job manager task and ends with it, because a schedule creates no new job while
//! the last one is active.
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It runs on the account that `Client::from_env` reads. In this repository, `cargo xtask examples
//! schedule` runs it on the emulator at 60 times real time, so that a minute takes a second.

use std::io::{self, Write as _, stdout};
use std::time::Duration;

use anyhow::{Context as _, Error, Result, bail};
use batch_client::chrono::{DateTime, Utc};
use batch_client::models::{
    CloudJobSchedule, ImageReference, JobManagerTask, JobScheduleAddParameter,
    JobSchedulePatchParameter, JobSpecification, PoolAddParameter, Schedule,
    VirtualMachineConfiguration,
};
use batch_client::wait::{JobOutcome, JobScheduleOutcome, NodesOutcome, ScheduledJob};
use batch_client::{Client, TimeSpan};

/// Timeout for each wait. Without one, a wait may never end while its nodes cost money.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::from_env()?;
    let id = format!("schedule-{}", Utc::now().timestamp());
    let worked = work(&client, &id).await;
    // Also after an error, because nodes cost money while they exist.
    match worked.and(clean_up(&client, &id).await) {
        // The reader of a pipe may end first, as in `schedule | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

async fn work(client: &Client, id: &str) -> Result<()> {
    client
        .pool()
        .add(ubuntu(id).with_target_dedicated_nodes(1))
        .await?;
    wait_for_nodes(client, id, 1).await?;

    let each_minute = Schedule::every(TimeSpan::from_mins(1));
    let manager = JobManagerTask::new("manager", "/bin/sh -c 'echo nothing to do tonight'");
    let job = JobSpecification::new(id).with_job_manager_task(manager);
    let plan = JobScheduleAddParameter::new(id, each_minute, job);
    client.job_schedule().add(plan).await?;
    writeln!(stdout(), "added schedule {id}")?;

    // Two jobs are created, one after the other.
    let first = client.job_schedule().wait(id).first_job();
    let first = completed(client, first.timeout(PATIENCE).await?).await?;
    let second = client.job_schedule().wait(id).next_job().after(first);
    let second = completed(client, second.timeout(PATIENCE).await?).await?;

    // While the schedule is disabled, it can be changed: from now on, it runs every two minutes.
    client.job_schedule().disable(id).await?;
    let disabled = show(client, id).await?;
    let mut patch = JobSchedulePatchParameter::try_from(&disabled)?;
    let schedule = patch.schedule.get_or_insert_default();
    schedule.recurrence_interval = Some(TimeSpan::from_mins(2));
    let changed = client.job_schedule().patch(id, patch);
    changed.if_unchanged(&disabled).await?;

    client.job_schedule().enable(id).await?;
    show(client, id).await?;
    let third = client.job_schedule().wait(id).next_job().after(second);
    completed(client, third.timeout(PATIENCE).await?).await?;

    // Once it is completed, it makes no more jobs and can only be deleted.
    client.job_schedule().terminate(id).await?;
    let end = client.job_schedule().wait(id).completed();
    if let JobScheduleOutcome::Completed(plan) = end.timeout(PATIENCE).await? {
        let info = plan.execution_info.context("no execution info")?;
        writeln!(stdout(), "the schedule ended at {}", time(info.end_time))?;
    }
    Ok(())
}

/// Waits until a job of the schedule is completed; returns its id.
async fn completed(client: &Client, job: ScheduledJob) -> Result<String> {
    let ScheduledJob::Job(id) = job else {
        bail!("the schedule creates no more jobs: {job:?}");
    };
    let end = client.job().wait(&id).completed().timeout(PATIENCE);
    if let JobOutcome::Completed(job) = end.await? {
        let info = job.execution_info.unwrap_or_default();
        let reason = info.terminate_reason.unwrap_or_default();
        writeln!(
            stdout(),
            "  job {id} ended at {}: {reason}",
            time(info.end_time)
        )?;
    }
    Ok(id)
}

/// Reads the schedule and prints its state.
async fn show(client: &Client, id: &str) -> Result<CloudJobSchedule> {
    let mut out = stdout();
    let schedule = client.job_schedule().get(id).await?.into_inner();
    let info = schedule.execution_info.clone().unwrap_or_default();
    let state = schedule.state.as_ref().map_or("?", |state| state.as_str());
    write!(out, "the schedule is {state}")?;
    if let Some(next) = info.next_run_time {
        write!(out, ", next run at {}", time(Some(next)))?;
    }
    let last = info.recent_job.and_then(|job| job.id).unwrap_or_default();
    writeln!(out, ", last job {last}")?;
    Ok(schedule)
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

/// Deletes the schedule with its jobs, and the pool, if they were added.
async fn clean_up(client: &Client, id: &str) -> Result<()> {
    let schedule = client.job_schedule().delete(id).await.map(drop);
    let pool = client.pool().delete(id).await.map(drop);
    for deleted in [schedule, pool] {
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
