//! A job schedule: a job each minute, the results of these jobs, and how to stop and resume the
//! schedule.
//!
//! `cargo run -p batch-client --example schedule`
//!
//! Each job has a job manager task and ends with it, because a schedule creates no new job while
//! the last one is active. The emulator runs at 60 times real time, so a minute takes a second.

mod account;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use batch_client::models::{
    CloudJob, CloudJobSchedule, JobManagerTask, JobScheduleAddParameter, JobSchedulePatchParameter,
    JobScheduleState, JobSpecification, JobState, Schedule,
};
use batch_client::{Client, TimeSpan, filter, select};
use batch_emulator::Config;

use account::{Account, gone, on, time, ubuntu};

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

    let each_minute = Schedule::default().with_recurrence_interval(TimeSpan::from_mins(1));
    let manager = JobManagerTask::new("manager", "/bin/sh -c 'echo nothing to do tonight'");
    let job = JobSpecification::new(on(pool)).with_job_manager_task(manager);
    let plan = JobScheduleAddParameter::new(id, each_minute, job);
    client.job_schedule().add(plan).await?;
    println!("added schedule {id}");

    // Two jobs are created, one after the other.
    let jobs = completed_jobs(account, id, 2).await?;
    for job in &jobs {
        let info = job.execution_info.clone().unwrap_or_default();
        println!(
            "  job {} ended at {}: {}",
            job.id.as_deref().unwrap_or_default(),
            time(info.end_time),
            info.terminate_reason.unwrap_or_default(),
        );
    }

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
    let jobs = completed_jobs(account, id, jobs.len() + 1).await?;
    println!("  the schedule continues: {} jobs so far", jobs.len());

    client.job_schedule().terminate(id).await?;
    terminated(account, id).await
}

/// Waits until the schedule has this many completed jobs, and returns them.
async fn completed_jobs(account: &Account, id: &str, count: usize) -> Result<Vec<CloudJob>> {
    let begun = Instant::now();
    loop {
        let jobs = account.client.job().list_from_job_schedule(id);
        let jobs = jobs.filter(filter::job::state().eq(JobState::Completed));
        let jobs = jobs.select(select::job().id().execution_info());
        let jobs = jobs.stream().try_collect().await?;
        if jobs.len() >= count {
            return Ok(jobs);
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "only {} of {count} jobs were created",
            jobs.len()
        );
        account.pause().await;
    }
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

/// Waits until the schedule is completed. After that it creates no more jobs and can only be
/// deleted.
async fn terminated(account: &Account, id: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let schedule = account.client.job_schedule().get(id).await?.into_inner();
        if schedule.state == Some(JobScheduleState::Completed) {
            let info = schedule.execution_info.context("no execution info")?;
            ensure!(
                info.next_run_time.is_none(),
                "the schedule would continue: {info:?}"
            );
            println!("schedule {id} ended at {}", time(info.end_time));
            return Ok(());
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "the schedule did not end in time"
        );
        account.pause().await;
    }
}
