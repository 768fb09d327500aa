//! A job schedule: a job each minute, the results of these jobs, and how to stop and resume the
//! schedule.
//!
//! `cargo run -p batch-client --example schedule`
//!
//! Each job has a job manager task and ends with it, because a schedule creates no new job while
//! the last one is active. The emulator runs at 60 times real time, so a minute takes a second.

mod account;

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use batch_client::models::{
    CloudJobSchedule, JobManagerTask, JobScheduleAddParameter, JobSchedulePatchParameter,
    JobScheduleState, JobSpecification, Schedule,
};
use batch_client::wait::{JobOutcome, JobScheduleOutcome, ScheduledJob};
use batch_client::{Client, TimeSpan};
use batch_emulator::Config;

use account::{Account, gone, on, time, ubuntu};

/// The longest wait for a job or the end of the schedule.
const PATIENCE: Duration = Duration::from_secs(900);

#[tokio::main]
async fn main() -> Result<()> {
    let account = account::connect("schedule", Config::default().clock_speed(60.0)).await?;
    let id = format!("{}-plan", account.pool);
    let worked = work(&account, &id).await;
    // Deletes its jobs, too.
    let deleted = account.client.job_schedule().delete(&id).await;
    account.clean_up(worked.and(gone(deleted.map(drop)))).await
}

async fn work(account: &Account, id: &str) -> Result<()> {
    let Account { client, pool, .. } = account;
    account.add_pool(ubuntu(pool), 1).await?;

    let each_minute = Schedule::every(TimeSpan::from_mins(1));
    let manager = JobManagerTask::new("manager", "/bin/sh -c 'echo nothing to do tonight'");
    let job = JobSpecification::new(on(pool)).with_job_manager_task(manager);
    let plan = JobScheduleAddParameter::new(id, each_minute, job);
    client.job_schedule().add(plan).await?;
    println!("added schedule {id}");

    // Two jobs are created, one after the other.
    let first = client.job_schedule().wait(id).first_job();
    let first = completed(client, first.timeout(PATIENCE).await?).await?;
    let second = client.job_schedule().wait(id).next_job().after(first);
    let second = completed(client, second.timeout(PATIENCE).await?).await?;

    // While the schedule is disabled, it can be changed: from now on, it runs every two minutes.
    client.job_schedule().disable(id).await?;
    let disabled = show(client, id).await?;
    ensure!(
        disabled.state == Some(JobScheduleState::Disabled),
        "{disabled:?}"
    );
    let mut patch = JobSchedulePatchParameter::try_from(&disabled)?;
    let schedule = patch.schedule.get_or_insert_default();
    schedule.recurrence_interval = Some(TimeSpan::from_mins(2));
    let changed = client.job_schedule().patch(id, patch);
    changed.if_unchanged(&disabled).await?;

    client.job_schedule().enable(id).await?;
    let enabled = show(client, id).await?;
    ensure!(
        enabled.state == Some(JobScheduleState::Active),
        "{enabled:?}"
    );
    let third = client.job_schedule().wait(id).next_job().after(second);
    completed(client, third.timeout(PATIENCE).await?).await?;

    // Once it is completed, it makes no more jobs and can only be deleted.
    client.job_schedule().terminate(id).await?;
    let end = client.job_schedule().wait(id).completed();
    if let JobScheduleOutcome::Completed(plan) = end.timeout(PATIENCE).await? {
        let info = plan.execution_info.context("no execution info")?;
        println!("schedule {id} ended at {}", time(info.end_time));
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
        println!(
            "  job {id} ended at {}: {}",
            time(info.end_time),
            info.terminate_reason.unwrap_or_default(),
        );
    }
    Ok(id)
}

/// Reads the schedule and prints its state.
async fn show(client: &Client, id: &str) -> Result<CloudJobSchedule> {
    let schedule = client.job_schedule().get(id).await?.into_inner();
    let info = schedule.execution_info.clone().unwrap_or_default();
    println!(
        "schedule {id} is {}, next run {}, last job {}",
        schedule.state.as_ref().map_or("?", |state| state.as_str()),
        time(info.next_run_time),
        info.recent_job.and_then(|job| job.id).unwrap_or_default(),
    );
    Ok(schedule)
}
