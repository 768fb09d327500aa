//! Waits for job schedules and their jobs.

use std::time::Duration;

use batch_client::models::{
    JobManagerTask, JobScheduleAddParameter, JobSchedulePatchParameter, JobSpecification, Schedule,
};
use batch_client::wait::{JobScheduleOutcome, ScheduledJob};
use batch_client::{Client, TimeSpan};

use super::{Outcome, config, pool, quick, start};

/// A job a minute; the job ends with its manager task.
async fn add_plan(client: &Client, schedule: Schedule) -> Outcome {
    client.pool().add(pool("p", 1)).await?;
    let manager = JobManagerTask::new("manager", "echo managed");
    let jobs = JobSpecification::new("p").with_job_manager_task(manager);
    let plan = JobScheduleAddParameter::new("plan", schedule, jobs);
    client.job_schedule().add(plan).await?;
    Ok(())
}

fn minutely() -> Schedule {
    Schedule::every(TimeSpan::from_mins(1))
}

#[tokio::test]
async fn the_jobs_of_a_schedule_are_waited_for_one_after_the_other() -> Outcome {
    let (_emulator, client) = start(config().clock_speed(500.0)).await;
    add_plan(&client, minutely()).await?;
    let wait = || client.job_schedule().wait("plan");
    let first = quick(wait().first_job()).await?;
    assert_eq!(first, ScheduledJob::Job("plan:job-1".to_owned()));
    let second = quick(wait().next_job().after("plan:job-1")).await?;
    let ScheduledJob::Job(second) = second else {
        panic!("{second:?}");
    };
    assert_ne!(second, "plan:job-1");
    let third = quick(wait().next_job()).await?;
    assert!(
        matches!(&third, ScheduledJob::Job(id) if *id != second && id != "plan:job-1"),
        "{third:?}"
    );
    // It does not wait for a job that is there already.
    assert_ne!(quick(wait().first_job()).await?, first);

    client.job_schedule().terminate("plan").await?;
    let outcome = quick(wait().completed()).await?;
    let JobScheduleOutcome::Completed(plan) = outcome else {
        panic!("{outcome:?}");
    };
    let info = plan.execution_info.unwrap_or_default();
    assert!(info.end_time.is_some() && info.next_run_time.is_none());
    let none = quick(wait().next_job()).await?;
    assert_eq!(none, ScheduledJob::Completed);
    Ok(())
}

#[tokio::test]
async fn a_schedule_that_is_deleted_meanwhile_ends_the_waits_for_it() -> Outcome {
    let (_emulator, client) = start(config()).await;
    let much_later = batch_client::chrono::Utc::now() + Duration::from_secs(1_000_000);
    add_plan(&client, minutely().with_do_not_run_until(much_later)).await?;
    let wait = || client.job_schedule().wait("plan");
    let job = tokio::spawn(quick(wait().first_job()).into_future());
    let next = tokio::spawn(quick(wait().next_job()).into_future());
    let end = tokio::spawn(quick(wait().completed()).into_future());
    tokio::time::sleep(Duration::from_millis(100)).await;
    client.job_schedule().delete("plan").await?;
    quick(wait().deleted()).await?;
    assert_eq!(job.await.expect("no panic")?, ScheduledJob::Deleted);
    assert_eq!(next.await.expect("no panic")?, ScheduledJob::Deleted);
    assert_eq!(end.await.expect("no panic")?, JobScheduleOutcome::Deleted);
    // One that was never there is an error.
    let error = quick(wait().first_job()).await.expect_err("no schedule");
    assert!(error.is_not_found(), "{error}");
    quick(wait().deleted()).await
}

#[tokio::test]
async fn a_wait_for_a_job_that_does_not_come_says_what_it_saw() -> Outcome {
    let (_emulator, client) = start(config()).await;
    add_plan(&client, minutely()).await?;
    client.job_schedule().disable("plan").await?;
    let jobs = JobSpecification::new("p");
    let patch = JobSchedulePatchParameter::new().with_job_specification(jobs);
    client.job_schedule().patch("plan", patch).await?;
    let wait = quick(client.job_schedule().wait("plan").next_job());
    let error = wait.timeout(Duration::from_millis(100)).await;
    let error = error.expect_err("no job");
    assert!(error.is_timeout());
    let text = error.to_string();
    assert!(
        text.contains("job schedule plan has not made another job after 100ms; last seen: state disabled, latest job plan:job-1"),
        "{text}"
    );
    Ok(())
}
