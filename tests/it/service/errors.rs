//! Promise: when the service rejects a request, the error says which property, parameter or state
//! is to blame.

use batch_client::models::{
    ApplicationPackageReference, CertificateReference, EnvironmentSetting, JobReleaseTask,
    JobScheduleAddParameter, JobSpecification, PoolAddParameter, PoolEvaluateAutoScaleParameter,
    PoolResizeParameter, Schedule, TaskAddCollectionParameter, TaskDependencies,
};
use batch_client::{Client, codes};
use batch_emulator::Config;

use super::fixtures::{cloud_service, job, much_later, on, pool, ready, task};
use super::{Outcome, config, detail, refused, start};
use crate::errors::predicates;

#[tokio::test]
async fn an_error_has_everything_the_service_reports() -> Outcome {
    let (_emulator, client) = start(config()).await;
    let error = client.pool().add(pool("bad id", 1)).await;
    let error = refused(error, 400, codes::INVALID_PROPERTY_VALUE);
    assert_eq!(error.operation(), Some("Pool_Add"));
    let details = error.details().iter();
    let details: Vec<_> = details
        .map(|d| (d.key.as_deref(), d.value.as_deref()))
        .collect();
    let reason = "id: must have 1 to 64 letters, digits, hyphens and underscores";
    let expected = [
        ("PropertyName", "id"),
        ("PropertyValue", "bad id"),
        ("Reason", reason),
    ];
    assert_eq!(
        details,
        expected.map(|(key, value)| (Some(key), Some(value)))
    );
    let shown = error.to_string();
    for part in ["Pool_Add", "400", "PropertyName", "bad id", reason] {
        assert!(shown.contains(part), "{part} is missing in: {shown}");
    }
    assert!(
        !shown.contains('\n'),
        "the message should fit in one log line: {shown:?}"
    );
    let json: serde_json::Value =
        serde_json::from_slice(error.body().unwrap_or_default()).expect("JSON");
    assert_eq!(
        json["message"]["value"],
        error.message().unwrap_or_default()
    );
    Ok(())
}

#[tokio::test]
async fn each_predicate_is_true_only_for_its_own_errors() -> Outcome {
    let (emulator, client) = start(config()).await;
    client.pool().add(pool("p", 0)).await?;
    let wrong = batch_client::SharedKey::new(emulator.account(), "d3Jvbmc=")?;
    let wrong = Client::new(emulator.endpoint(), wrong)?;
    for (answer, expected) in [
        (client.pool().add(pool("p", 0)).await.err(), "is_conflict"),
        (client.pool().delete("nothing").await.err(), "is_not_found"),
        (wrong.pool().delete("p").await.err(), "is_auth"),
        (
            client.pool().delete("p").if_match("0x1").await.err(),
            "is_precondition_failed",
        ),
        (
            client.pool().get("p").if_none_match("*").await.err(),
            "is_not_modified",
        ),
    ] {
        let error = answer.expect(expected);
        assert_eq!(predicates(&error), [expected], "{error}");
    }
    let invalid = client
        .pool()
        .list()
        .filter("id eq")
        .await
        .expect_err("an invalid filter");
    assert_eq!(predicates(&invalid), [""; 0], "{invalid}");
    Ok(())
}

#[tokio::test]
async fn the_invalid_property_is_named() -> Outcome {
    let (_emulator, client) = start(config()).await;
    let both = cloud_service("p", 0).with_virtual_machine_configuration(super::fixtures::linux());
    let bare = PoolAddParameter::new("p", "small");
    let low = pool("p", -1);
    let release = job("j", "p").with_job_release_task(JobReleaseTask::new("cleanup"));
    for (answer, property) in [
        (client.pool().add(both).await, "virtualMachineConfiguration"),
        (client.pool().add(bare).await, "virtualMachineConfiguration"),
        (client.pool().add(low).await, "targetDedicatedNodes"),
        (client.job().add(release).await, "jobReleaseTask"),
        (
            client.job().add(job("j", "p").with_priority(1001)).await,
            "priority",
        ),
    ] {
        let error = refused(answer, 400, codes::INVALID_PROPERTY_VALUE);
        assert_eq!(detail(&error, "PropertyName"), Some(property), "{error}");
        assert!(detail(&error, "Reason").is_some(), "{error}");
    }
    let mut nameless = EnvironmentSetting::new("X", "1");
    nameless.name = None;
    let task = task("t").with_environment_settings([nameless]);
    let error = client.task().add("j", task).await;
    let error = refused(error, 400, codes::MISSING_REQUIRED_PROPERTY);
    assert_eq!(detail(&error, "PropertyName"), Some("name"), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_invalid_parameter_is_named() -> Outcome {
    let (_emulator, client) = start(config()).await;
    for (list, name, value) in [
        (client.pool().list().filter("id eq"), "$filter", "id eq"),
        (
            client.pool().list().filter("nothing eq 'x'"),
            "$filter",
            "nothing eq 'x'",
        ),
        (
            client.pool().list().select("id,nothing"),
            "$select",
            "id,nothing",
        ),
        (
            client.pool().list().expand("everything"),
            "$expand",
            "everything",
        ),
    ] {
        let error = refused(list.await, 400, codes::INVALID_QUERY_PARAMETER_VALUE);
        assert_eq!(detail(&error, "QueryParameterName"), Some(name), "{error}");
        assert_eq!(
            detail(&error, "QueryParameterValue"),
            Some(value),
            "{error}"
        );
    }
    let many = client.job().list().max_results(1001).await;
    let error = refused(many, 400, codes::OUT_OF_RANGE_QUERY_PARAMETER_VALUE);
    assert_eq!(detail(&error, "MaximumAllowed"), Some("1000"), "{error}");
    Ok(())
}

#[tokio::test]
async fn bodies_that_are_too_large_are_rejected() -> Outcome {
    let (_emulator, client) = start(config()).await;
    ready(&client, "j").await?;
    let large = EnvironmentSetting::new("X", "x".repeat(1 << 20));
    let error = client
        .task()
        .add("j", task("t").with_environment_settings([large]))
        .await;
    let error = refused(error, 413, codes::REQUEST_BODY_TOO_LARGE);
    assert_eq!(detail(&error, "MaxLimit"), Some("1048576"), "{error}");
    let many = (0..101).map(|number| task(&number.to_string()));
    let many = client
        .task()
        .add_collection("j", TaskAddCollectionParameter::new(many))
        .await;
    let error = refused(many, 400, codes::INVALID_PROPERTY_VALUE);
    assert_eq!(detail(&error, "PropertyName"), Some("value"), "{error}");
    Ok(())
}

#[tokio::test]
async fn referenced_resources_must_exist() -> Outcome {
    let (_emulator, client) = start(config()).await;
    let certificate = CertificateReference::new("cff2ab63c8c955aaf71989efa641b906558d9fb7", "sha1");
    let certified = cloud_service("p", 0).with_certificate_references([certificate]);
    let error = client.pool().add(certified).await;
    refused(error, 409, codes::INVALID_CERTIFICATE_REFERENCES);
    let package = ApplicationPackageReference::new("nothing");
    let packed = pool("p", 0).with_application_package_references([package]);
    let error = client.pool().add(packed).await;
    refused(error, 409, codes::INVALID_APPLICATION_PACKAGE_REFERENCES);
    client.job().add(job("j", "nowhere")).await?;
    let after = TaskDependencies::default().with_task_ids(["other"]);
    let error = client
        .task()
        .add("j", task("t").with_depends_on(after))
        .await;
    refused(error, 400, codes::UNSUPPORTED_PROPERTY);

    let plan = |id: &str| {
        let schedule = Schedule::default().with_do_not_run_until(much_later());
        JobScheduleAddParameter::new(id, schedule, JobSpecification::new(on("nowhere")))
    };
    let error = client.job_schedule().add(plan("j")).await;
    refused(error, 409, codes::JOB_WITH_SAME_ID_EXISTS);
    client.job_schedule().add(plan("s")).await?;
    let error = client.job().add(job("s", "nowhere")).await;
    refused(error, 409, codes::JOB_SCHEDULE_WITH_SAME_ID_EXISTS);
    Ok(())
}

/// Uses a very slow clock, so that a transition is still in progress at the next call.
#[tokio::test]
async fn resources_in_transition_cannot_be_changed() -> Outcome {
    let (_emulator, client) = start(Config::default().clock_speed(0.001)).await;
    client.pool().add(pool("p", 1)).await?;
    client.job().add(job("j", "p")).await?;
    let two = PoolResizeParameter::default().with_target_dedicated_nodes(2);
    let error = client.pool().resize("p", two).await;
    refused(error, 409, codes::POOL_BEING_RESIZED);
    client.pool().delete("p").await?;
    let error = client.pool().delete("p").await;
    refused(error, 409, codes::POOL_BEING_DELETED);
    let formula = PoolEvaluateAutoScaleParameter::new("$TargetDedicatedNodes=1");
    let error = client.pool().evaluate_auto_scale("p", formula).await;
    refused(error, 409, codes::POOL_BEING_DELETED);

    client.job().terminate("j").await?;
    let error = client.task().add("j", task("t")).await;
    refused(error, 409, codes::JOB_BEING_TERMINATED);
    client.job().delete("j").await?;
    let error = client.job().delete("j").await;
    refused(error, 409, codes::JOB_BEING_DELETED);
    Ok(())
}
