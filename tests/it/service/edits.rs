//! Promise: a resource that was read can be written back unchanged or with changes, and only if it
//! is still the version that was read.

use batch_client::models::{
    ApplicationPackageReference, CloudPool, ContainerRegistry, EnvironmentSetting, JobAddParameter,
    JobConstraints, JobPreparationTask, JobScheduleAddParameter, JobSchedulePatchParameter,
    JobScheduleUpdateParameter, JobSpecification, JobUpdateParameter, MetadataItem,
    NodeCommunicationMode, OnAllTasksComplete, PoolAddParameter, PoolPatchParameter,
    PoolUpdatePropertiesParameter, Schedule, StartTask, TaskAddParameter, TaskConstraints,
    TaskContainerSettings, TaskUpdateParameter, UserAccount,
};
use batch_client::{Client, Response, TimeSpan, codes, select};
use batch_emulator::Application;

use super::fixtures::{much_later, on, pool, task};
use super::waiting::steady;
use super::{Outcome, config, start};

/// Checks that everything except the version is unchanged.
macro_rules! only_the_version_differs {
    ($before:expr, $after:expr) => {{
        let (before, mut after) = ($before, $after.into_inner());
        assert!(before.etag.is_some() && before.etag != after.etag);
        assert!(before.last_modified <= after.last_modified);
        after.etag.clone_from(&before.etag);
        after.last_modified = before.last_modified;
        assert_eq!(before, after);
    }};
}

/// The pool expected after `update_properties`, which sets two values that the pool did not have.
fn updated(pool: &Response<CloudPool>) -> CloudPool {
    let mut pool = pool.clone().into_inner();
    let mode = &mut pool.target_node_communication_mode;
    mode.get_or_insert(NodeCommunicationMode::Default);
    pool.certificate_references.get_or_insert_default();
    pool
}

fn rich_pool(id: &str) -> PoolAddParameter {
    let start_task = StartTask::new("prepare --all")
        .with_environment_settings([EnvironmentSetting::new("A", "it's \u{e9}")])
        .with_wait_for_success(false);
    pool(id, 0)
        .with_display_name("Render \u{1f980}")
        .with_start_task(start_task)
        .with_metadata([MetadataItem::new("owner", "render")])
        .with_application_package_references([
            ApplicationPackageReference::new("calculator").with_version("1.0")
        ])
        .with_task_slots_per_node(4)
        .with_resize_timeout(TimeSpan::from_mins(20))
}

fn rich_job(id: &str) -> JobAddParameter {
    let limits = JobConstraints::default()
        .with_max_task_retry_count(3)
        .with_max_wall_clock_time(TimeSpan::from_days(30));
    JobAddParameter::new(id, on("p"))
        .with_display_name("Nightly")
        .with_priority(-7)
        .with_max_parallel_tasks(5)
        .with_constraints(limits)
        .with_job_preparation_task(JobPreparationTask::new("setup"))
        .with_metadata([MetadataItem::new("owner", "render")])
        .with_on_all_tasks_complete(OnAllTasksComplete::NoAction)
}

fn rich_task(id: &str) -> TaskAddParameter {
    let limits = TaskConstraints::default()
        .with_max_task_retry_count(2)
        .with_retention_time(TimeSpan::from_hours(5));
    task(id)
        .with_display_name("Frame")
        .with_constraints(limits)
        .with_environment_settings([EnvironmentSetting::new("A", "b")])
}

fn rich_schedule(id: &str) -> JobScheduleAddParameter {
    let schedule = Schedule::default()
        .with_recurrence_interval(TimeSpan::from_days(7))
        .with_do_not_run_until(much_later());
    let specification = JobSpecification::new(on("p"))
        .with_priority(9)
        .with_metadata([MetadataItem::new("owner", "plan")]);
    JobScheduleAddParameter::new(id, schedule, specification)
        .with_metadata([MetadataItem::new("a", "b")])
}

async fn filled() -> Result<(batch_emulator::Emulator, Client), batch_client::Error> {
    let calculator = Application {
        id: "calculator".to_owned(),
        display_name: None,
        versions: vec!["1.0".to_owned()],
    };
    let (emulator, client) = start(config().application(calculator)).await;
    client.pool().add(rich_pool("p")).await?;
    steady(&client, "p").await?;
    client.job().add(rich_job("j")).await?;
    client.task().add("j", rich_task("t")).await?;
    client.job_schedule().add(rich_schedule("s")).await?;
    Ok((emulator, client))
}

#[tokio::test]
async fn unchanged_properties_stay_as_they_are() -> Outcome {
    let (_emulator, client) = filled().await?;
    let pool = client.pool().get("p").await?;
    client
        .pool()
        .patch("p", (&pool).try_into()?)
        .if_unchanged(&pool)
        .await?;
    let patched = client.pool().get("p").await?;
    only_the_version_differs!(pool.clone().into_inner(), patched.clone());
    let body = PoolUpdatePropertiesParameter::try_from(&patched)?;
    client.pool().update_properties("p", body).await?;
    only_the_version_differs!(updated(&patched), client.pool().get("p").await?);

    let job = client.job().get("j").await?;
    client
        .job()
        .patch("j", (&job).into())
        .if_unchanged(&job)
        .await?;
    let patched = client.job().get("j").await?;
    only_the_version_differs!(job.clone().into_inner(), patched.clone());
    let body = JobUpdateParameter::try_from(&patched)?;
    client
        .job()
        .update("j", body)
        .if_unchanged(&patched)
        .await?;
    only_the_version_differs!(patched.clone().into_inner(), client.job().get("j").await?);

    let schedule = client.job_schedule().get("s").await?;
    let body = JobSchedulePatchParameter::try_from(&schedule)?;
    client
        .job_schedule()
        .patch("s", body)
        .if_unchanged(&schedule)
        .await?;
    let patched = client.job_schedule().get("s").await?;
    only_the_version_differs!(schedule.clone().into_inner(), patched.clone());
    let body = JobScheduleUpdateParameter::try_from(&patched)?;
    client
        .job_schedule()
        .update("s", body)
        .if_unchanged(&patched)
        .await?;
    only_the_version_differs!(
        patched.clone().into_inner(),
        client.job_schedule().get("s").await?
    );

    let task = client.task().get("j", "t").await?;
    let body = TaskUpdateParameter::try_from(&task)?;
    client
        .task()
        .update("j", "t", body)
        .if_unchanged(&task)
        .await?;
    only_the_version_differs!(
        task.clone().into_inner(),
        client.task().get("j", "t").await?
    );
    Ok(())
}

#[tokio::test]
async fn a_pool_without_lists_is_updated_with_empty_ones() -> Outcome {
    let (_emulator, client) = start(config()).await;
    client.pool().add(pool("p", 0)).await?;
    steady(&client, "p").await?;
    let bare = client.pool().get("p").await?;
    assert_eq!(
        (&bare.metadata, &bare.certificate_references),
        (&None, &None)
    );
    let body = PoolUpdatePropertiesParameter::try_from(&bare)?;
    assert_eq!(
        (body.metadata.len(), body.certificate_references.len()),
        (0, 0)
    );
    client.pool().update_properties("p", body).await?;
    only_the_version_differs!(updated(&bare), client.pool().get("p").await?);
    Ok(())
}

#[tokio::test]
async fn only_the_changed_property_changes() -> Outcome {
    let (_emulator, client) = filled().await?;
    let pool = client.pool().get("p").await?;
    let mut patch = PoolPatchParameter::try_from(&pool)?;
    let metadata = patch.metadata.get_or_insert_default();
    metadata.push(MetadataItem::new("cost", "42"));
    let expected = Some(metadata.clone());
    client.pool().patch("p", patch).if_unchanged(&pool).await?;
    let changed = client.pool().get("p").await?;
    assert_eq!(changed.metadata, expected);
    assert_eq!(changed.start_task, pool.start_task);
    assert_eq!(
        changed.application_package_references,
        pool.application_package_references
    );

    // An item from a listing works as well as one from `get`.
    let mut jobs = client.job().list().stream();
    let job = jobs.try_next().await?.expect("a job");
    let mut update = JobUpdateParameter::try_from(&job)?;
    update.priority = Some(100);
    client.job().update("j", update).if_unchanged(&job).await?;
    let changed = client.job().get("j").await?;
    assert_eq!(changed.priority, Some(100));
    assert_eq!(
        (&changed.metadata, &changed.constraints),
        (&job.metadata, &job.constraints)
    );
    Ok(())
}

#[tokio::test]
async fn a_change_to_an_outdated_version_is_rejected() -> Outcome {
    let (_emulator, client) = filled().await?;
    let mine = client.pool().get("p").await?;
    let theirs = client.pool().get("p").await?;
    let patch = PoolPatchParameter::default().with_metadata([MetadataItem::new("someone", "else")]);
    let answer = client
        .pool()
        .patch("p", patch.clone())
        .if_unchanged(&theirs)
        .await?;
    let late = client
        .pool()
        .patch("p", (&mine).try_into()?)
        .if_unchanged(&mine)
        .await;
    let error = late.expect_err("the pool has changed");
    assert!(error.is_precondition_failed(), "{error}");
    assert_eq!(error.code(), Some(codes::CONDITION_NOT_MET));
    let found = client.pool().get("p").await?;
    assert_eq!(found.metadata, patch.metadata);
    // The response to a change has the new version, too.
    client
        .pool()
        .patch("p", patch)
        .if_unchanged(&answer)
        .await?;
    let gone = client.pool().delete("p").if_unchanged(&answer).await;
    assert!(
        gone.expect_err("it has changed again")
            .is_precondition_failed()
    );
    Ok(())
}

#[tokio::test]
async fn a_partially_read_resource_is_not_written_back() -> Outcome {
    let (emulator, client) = filled().await?;
    let wanted = select::pool().id().metadata();
    let list = client.pool().list().select(&wanted).await?;
    let [listed] = &list.items[..] else {
        panic!("expected one pool");
    };
    let before = emulator.calls();
    // Without an ETag, the request would be unconditional.
    let patch = PoolPatchParameter::try_from(listed)?;
    let error = client.pool().patch("p", patch).if_unchanged(listed).await;
    let error = error.expect_err("the version is unknown");
    assert!(
        error.is_invalid_request() && error.to_string().contains("ETag"),
        "{error}"
    );
    assert_eq!(emulator.calls(), before);
    // A replacement would delete the properties that were not read.
    let part = client.pool().get("p").select(wanted.etag()).await?;
    let error = PoolUpdatePropertiesParameter::try_from(&part).expect_err("a part");
    assert!(
        error.is_invalid_request() && error.to_string().contains("`url`"),
        "{error}"
    );
    PoolAddParameter::try_from(&part).expect_err("a part");
    // A patch does not change what it does not contain.
    client
        .pool()
        .patch("p", (&part).try_into()?)
        .if_unchanged(&part)
        .await?;
    let found = client.pool().get("p").await?;
    assert!(found.start_task.is_some() && found.application_package_references.is_some());
    Ok(())
}

#[tokio::test]
async fn a_clone_equals_the_original() -> Outcome {
    let (_emulator, client) = filled().await?;
    let original = client.pool().get("p").await?;
    let mut copy = PoolAddParameter::try_from(&original)?;
    copy.id = "q".to_owned();
    client.pool().add(copy).await?;
    let mut found = steady(&client, "q").await?;
    assert_eq!(found.start_task, original.start_task);
    // Compares what a request can set, for both pools.
    found.id = Some("p".to_owned());
    let (one, other) = (
        PoolAddParameter::try_from(&found)?,
        PoolAddParameter::try_from(&original)?,
    );
    assert_eq!(one, other);

    let original = client.job().get("j").await?;
    let mut copy = JobAddParameter::try_from(&original)?;
    copy.id = "k".to_owned();
    client.job().add(copy).await?;
    let mut found = client.job().get("k").await?;
    found.id = Some("j".to_owned());
    assert_eq!(
        JobAddParameter::try_from(&found)?,
        JobAddParameter::try_from(&original)?
    );

    let original = client.task().get("j", "t").await?;
    client.task().add("k", (&original).try_into()?).await?;
    let found = client.task().get("k", "t").await?;
    assert_eq!(
        TaskAddParameter::try_from(&found)?,
        TaskAddParameter::try_from(&original)?
    );

    let original = client.job_schedule().get("s").await?;
    let mut copy = JobScheduleAddParameter::try_from(&original)?;
    copy.id = "r".to_owned();
    client.job_schedule().add(copy).await?;
    let found = client.job_schedule().get("r").await?;
    assert_eq!(found.job_specification, original.job_specification);
    Ok(())
}

#[tokio::test]
async fn an_autoscaling_pool_is_cloned_without_targets() -> Outcome {
    let (_emulator, client) = start(config()).await;
    let mut scaling = pool("p", 0)
        .with_enable_auto_scale(true)
        .with_auto_scale_formula("$TargetDedicatedNodes = 0;");
    scaling.target_dedicated_nodes = None;
    client.pool().add(scaling).await?;
    let original = steady(&client, "p").await?;
    assert_eq!(
        original.target_dedicated_nodes,
        Some(0),
        "the service returns it"
    );
    let mut copy = PoolAddParameter::try_from(&original)?;
    assert_eq!(
        (copy.target_dedicated_nodes, copy.target_low_priority_nodes),
        (None, None)
    );
    copy.id = "q".to_owned();
    client.pool().add(copy).await?;
    let found = client.pool().get("q").await?;
    assert_eq!(found.auto_scale_formula, original.auto_scale_formula);
    Ok(())
}

#[tokio::test]
async fn secrets_that_the_service_does_not_return_are_not_written_as_absent() -> Outcome {
    let (_emulator, client) = start(config()).await;
    let registry = ContainerRegistry::default()
        .with_user_name("me")
        .with_password("hidden")
        .with_registry_server("contoso.azurecr.io");
    let start_task = StartTask::new("prepare")
        .with_container_settings(TaskContainerSettings::new("image").with_registry(registry));
    let accounts = [UserAccount::new("worker", "hidden, too")];
    let secret = pool("p", 0)
        .with_start_task(start_task)
        .with_user_accounts(accounts);
    client.pool().add(secret).await?;
    let mut found = client.pool().get("p").await?;

    let error = PoolPatchParameter::try_from(&found).expect_err("a password is missing");
    let text = error.to_string();
    assert!(
        text.contains("`startTask/containerSettings/registry/password`"),
        "{text}"
    );
    assert!(
        error.is_invalid_request() && !text.contains("hidden"),
        "{text}"
    );
    registry_of(&mut found).password = Some("hidden".to_owned());
    client
        .pool()
        .patch("p", (&found).try_into()?)
        .if_unchanged(&found)
        .await?;

    let error = PoolAddParameter::try_from(&found).expect_err("a password is missing");
    assert!(
        error.to_string().contains("`userAccounts/password`"),
        "{error}"
    );
    for account in found.user_accounts.iter_mut().flatten() {
        account.password = Some("new".to_owned());
    }
    let mut copy = PoolAddParameter::try_from(&found)?;
    copy.id = "q".to_owned();
    client.pool().add(copy).await?;
    // A public registry has no secret.
    registry_of(&mut found).user_name = None;
    registry_of(&mut found).password = None;
    PoolPatchParameter::try_from(&found)?;
    Ok(())
}

fn registry_of(pool: &mut CloudPool) -> &mut ContainerRegistry {
    let settings = pool
        .start_task
        .as_mut()
        .and_then(|task| task.container_settings.as_mut());
    settings
        .and_then(|settings| settings.registry.as_mut())
        .expect("a registry")
}
