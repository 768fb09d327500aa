//! Promise: a conditional operation is performed exactly when its condition holds.

use std::fmt::Debug;

use batch_client::chrono::{DateTime, TimeDelta, Utc};
use batch_client::models::{
    JobPatchParameter, JobScheduleAddParameter, JobSpecification, MetadataItem, PoolPatchParameter,
    Schedule, TaskState, TaskUpdateParameter,
};
use batch_client::{Client, Error, TimeSpan, codes};

use super::fixtures::{endless, much_later, on, pool, ready};
use super::waiting::{steady, task_in};
use super::{Outcome, config, refused, start};

#[track_caller]
fn unmet<T: Debug>(answer: Result<T, Error>) {
    let error = refused(answer, 412, codes::CONDITION_NOT_MET);
    assert!(error.is_precondition_failed(), "{error}");
}

#[track_caller]
fn unchanged<T: Debug>(answer: Result<T, Error>) {
    let error = answer.expect_err("not modified");
    assert!(error.is_not_modified(), "{error}");
    assert_eq!(error.code(), None, "a 304 has no body");
    assert_eq!(error.body(), Some(&b""[..]));
    assert!(error.request_id().is_some(), "{error}");
}

/// Two seconds before and after a time, because dates in headers are whole seconds.
fn around(time: Option<DateTime<Utc>>) -> (DateTime<Utc>, DateTime<Utc>) {
    let time = time.expect("the time of the last change");
    let seconds = TimeDelta::seconds(2);
    (time - seconds, time + seconds)
}

#[tokio::test]
async fn pools_are_read_and_changed_conditionally() -> Outcome {
    let (_emulator, client) = start(config()).await;
    client.pool().add(pool("p", 0)).await?;
    let first = steady(&client, "p").await?.etag.expect("an ETag");
    let patch = PoolPatchParameter::default().with_metadata([MetadataItem::new("a", "b")]);
    let patch = || client.pool().patch("p", patch.clone());
    let changed = patch().if_match(&first).await?;
    let second = changed.etag().expect("an ETag").to_owned();
    assert_ne!(first, second);
    unmet(patch().if_match(&first).await);
    unmet(patch().if_none_match(&second).await);

    unchanged(client.pool().get("p").if_none_match(&second).await);
    let found = client.pool().get("p").if_none_match(&first).await?;
    assert_eq!(found.etag(), Some(&*second));
    unmet(client.pool().get("p").if_match(&first).await);
    let (earlier, later) = around(found.last_modified);
    unchanged(client.pool().get("p").if_modified_since(later).await);
    client.pool().get("p").if_modified_since(earlier).await?;
    unmet(client.pool().get("p").if_unmodified_since(earlier).await);
    client.pool().get("p").if_unmodified_since(later).await?;

    assert!(client.pool().exists("p").if_match(&second).await?);
    let other = client.pool().exists("p").if_match(&first).await;
    let other = other.expect_err("it exists in another version");
    assert!(
        other.is_precondition_failed() && other.code().is_none(),
        "{other}"
    );
    unchanged(client.pool().exists("p").if_none_match("*").await);

    unmet(client.pool().delete("p").if_match(&first).await);
    client.pool().delete("p").if_match(&second).await?;
    Ok(())
}

#[tokio::test]
async fn jobs_and_tasks_are_changed_conditionally() -> Outcome {
    let (_emulator, client) = start(config()).await;
    ready(&client, "j").await?;
    let first = client.job().get("j").await?.etag.clone().expect("an ETag");
    let patch = JobPatchParameter::default().with_priority(1);
    client
        .job()
        .patch("j", patch.clone())
        .if_match(&first)
        .await?;
    unmet(client.job().patch("j", patch).if_match(&first).await);
    unmet(client.job().terminate("j").if_match(&first).await);
    let second = client.job().get("j").await?;
    unchanged(
        client
            .job()
            .get("j")
            .if_none_match(second.etag().unwrap_or_default())
            .await,
    );

    client.task().add("j", endless("t")).await?;
    let running = task_in(&client, "j", "t", TaskState::Running).await?;
    let (earlier, later) = around(running.last_modified);
    let update = TaskUpdateParameter::default();
    let update = || client.task().update("j", "t", update.clone());
    unmet(update().if_unmodified_since(earlier).await);
    update().if_unmodified_since(later).await?;
    unmet(client.task().delete("j", "t").if_match("0x1").await);
    client.task().delete("j", "t").if_match("*").await?;
    Ok(())
}

#[tokio::test]
async fn schedules_are_read_and_changed_conditionally() -> Outcome {
    let (_emulator, client) = start(config()).await;
    let schedule = Schedule::default()
        .with_recurrence_interval(TimeSpan::from_days(1))
        .with_do_not_run_until(much_later());
    let plan = JobScheduleAddParameter::new("s", schedule, JobSpecification::new(on("nowhere")));
    client.job_schedule().add(plan).await?;
    let first = etag(&client).await?;
    unchanged(client.job_schedule().get("s").if_none_match(&first).await);
    client.job_schedule().disable("s").if_match(&first).await?;
    unmet(client.job_schedule().enable("s").if_match(&first).await);
    unmet(client.job_schedule().get("s").if_match(&first).await);
    let second = etag(&client).await?;
    assert!(client.job_schedule().exists("s").if_match(&second).await?);
    client.job_schedule().delete("s").if_match(&second).await?;
    Ok(())
}

async fn etag(client: &Client) -> Result<String, Error> {
    let found = client.job_schedule().get("s").await?;
    Ok(found.etag().expect("an ETag").to_owned())
}
