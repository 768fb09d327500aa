//! Job schedules: changes and states.

use batch_client::models::{
    JobScheduleAddParameter, JobSchedulePatchParameter, JobScheduleState,
    JobScheduleUpdateParameter, JobSpecification, Schedule,
};
use batch_client::{Client, Error, TimeSpan, codes};

use super::fixtures::{much_later, on};
use super::waiting::{gone, until};
use super::{Outcome, refused};

pub(super) async fn part(client: &Client) -> Outcome {
    additions(client).await?;
    changes(client).await?;
    states(client).await
}

/// A schedule that starts no job within the test.
fn every(days: i64) -> Schedule {
    Schedule::default()
        .with_recurrence_interval(TimeSpan::from_days(days))
        .with_do_not_run_until(much_later())
}

fn specification() -> JobSpecification {
    JobSpecification::new(on("nowhere"))
}

async fn additions(client: &Client) -> Outcome {
    assert!(!client.job_schedule().exists("plan").await?);
    let plan = JobScheduleAddParameter::new("plan", every(7), specification().with_priority(3));
    client.job_schedule().add(plan.clone()).await?;
    assert!(client.job_schedule().exists("plan").await?);
    refused(
        client.job_schedule().add(plan).await,
        409,
        codes::JOB_SCHEDULE_EXISTS,
    );
    let found = client.job_schedule().get("plan").await?;
    assert_eq!(found.state, Some(JobScheduleState::Active));
    assert_eq!(found.etag(), found.etag.as_deref());
    let listed = client.job_schedule().list().await?;
    assert_eq!(listed.items, [found.into_inner()]);
    let jobs = client.job().list_from_job_schedule("plan").stream();
    assert_eq!(jobs.try_collect().await?, []);
    Ok(())
}

/// The days between two jobs, and the priority of the jobs.
async fn plan(client: &Client) -> Result<(Option<TimeSpan>, Option<i32>), Error> {
    let plan = client.job_schedule().get("plan").await?.into_inner();
    let interval = plan
        .schedule
        .and_then(|schedule| schedule.recurrence_interval);
    Ok((
        interval,
        plan.job_specification.and_then(|job| job.priority),
    ))
}

async fn changes(client: &Client) -> Outcome {
    assert_eq!(plan(client).await?, (Some(TimeSpan::from_days(7)), Some(3)));
    let patch = JobSchedulePatchParameter::default().with_schedule(every(1));
    client.job_schedule().patch("plan", patch).await?;
    assert_eq!(plan(client).await?, (Some(TimeSpan::from_days(1)), Some(3)));
    let update = JobScheduleUpdateParameter::new(every(14), specification());
    client.job_schedule().update("plan", update).await?;
    assert_eq!(
        plan(client).await?,
        (Some(TimeSpan::from_days(14)), Some(0))
    );
    Ok(())
}

async fn state_is(client: &Client, state: JobScheduleState) -> Outcome {
    until(state.as_str(), async || {
        let plan = client.job_schedule().get("plan").await?;
        Ok((plan.state.as_ref() == Some(&state)).then_some(()))
    })
    .await
}

async fn states(client: &Client) -> Outcome {
    client.job_schedule().disable("plan").await?;
    state_is(client, JobScheduleState::Disabled).await?;
    client.job_schedule().enable("plan").await?;
    state_is(client, JobScheduleState::Active).await?;
    client.job_schedule().terminate("plan").await?;
    state_is(client, JobScheduleState::Completed).await?;
    let late = client.job_schedule().enable("plan").await;
    refused(late, 409, codes::JOB_SCHEDULE_COMPLETED);
    client.job_schedule().delete("plan").await?;
    gone(codes::JOB_SCHEDULE_NOT_FOUND, async || {
        client.job_schedule().get("plan").await
    })
    .await
}
