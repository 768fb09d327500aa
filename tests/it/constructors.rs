//! Promise: what a newcomer writes first compiles, and the service accepts it.

use batch_client::models::*;
use batch_client::{Container, SharedKey};
use batch_emulator::{Config, Emulator};
use batch_tests::server::{Response, Server};
use serde_json::{Value, json};

use crate::waits::{Outcome, client};

const URL: &str = "https://acct.blob.core.windows.net/files?sig=x";

fn json(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("JSON")
}

async fn service() -> (Emulator, batch_client::Client) {
    let emulator = batch_emulator::start(Config::default()).await;
    let emulator = emulator.expect("a service");
    let client = client(&emulator, emulator.endpoint());
    (emulator, client)
}

#[tokio::test]
async fn a_first_program_is_accepted() -> Outcome {
    let (_emulator, client) = service().await;
    let container = Container::image("studio.azurecr.io/renderer:2")
        .registry(ContainerRegistry::login(
            "studio.azurecr.io",
            "robot",
            "secret",
        ))
        .working_directory(ContainerWorkingDirectory::TaskWorkingDirectory)
        .run_option("--rm")
        .run_option("--shm-size 1g");
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04")
        .with_container_configuration(&container);
    let start = StartTask::new("/bin/sh -c 'apt-get install -y ffmpeg'")
        .with_user_identity(UserIdentity::admin())
        .with_resource_files([ResourceFile::from_container(URL).with_file_path("tools")]);
    let pool = PoolAddParameter::new("render", "standard_d2s_v3")
        .with_virtual_machine_configuration(machines)
        .with_start_task(start);
    client.pool().add(pool).await?;

    let job = JobAddParameter::new("nightly", "render").with_uses_task_dependencies(true);
    client.job().add(job).await?;
    let frames = (1..=5).map(|n| {
        TaskAddParameter::new(n.to_string(), format!("render {n}"))
            .with_environment_settings([EnvironmentSetting::new("FRAME", n.to_string())])
            .with_resource_files([ResourceFile::from_url(URL, "scene.blend")])
            .with_output_files([OutputFile::to_container("*.png", URL).with_path("frames")])
            .with_user_identity(AutoUserSpecification::non_admin())
    });
    let merge = container
        .task("merge", "merge")
        .with_depends_on(TaskDependencies::on_id_range(1, 5));
    let report = client
        .task()
        .add_all("nightly", frames.chain([merge]))
        .await;
    assert_eq!(report.expect("all are added").added, 6);
    client.pool().wait("render").steady().await?;
    let resize = PoolResizeParameter::dedicated(0);
    client.pool().resize("render", resize).await?;
    Ok(())
}

#[test]
fn constructors_set_what_they_name() {
    let rows = [
        (
            json(ImageReference::marketplace("canonical", "ubuntu", "server")),
            json!({"publisher": "canonical", "offer": "ubuntu", "sku": "server", "version": "latest"}),
        ),
        (
            json(ImageReference::custom("/images/1")),
            json!({"virtualMachineImageId": "/images/1"}),
        ),
        (
            json(EnvironmentSetting::new("A", "1")),
            json!({"name": "A", "value": "1"}),
        ),
        (
            json(ResourceFile::from_url(URL, "a.txt")),
            json!({"httpUrl": URL, "filePath": "a.txt"}),
        ),
        (
            json(ResourceFile::from_container(URL)),
            json!({"storageContainerUrl": URL}),
        ),
        (
            json(ResourceFile::from_auto_storage("files")),
            json!({"autoStorageContainerName": "files"}),
        ),
        (
            json(TaskDependencies::on_ids(["a", "b"])),
            json!({"taskIds": ["a", "b"]}),
        ),
        (
            json(TaskDependencies::on_id("a")),
            json!({"taskIds": ["a"]}),
        ),
        (
            json(TaskDependencies::on_id_range(1, 9)),
            json!({"taskIdRanges": [{"start": 1, "end": 9}]}),
        ),
        (
            json(AutoUserSpecification::admin()),
            json!({"elevationLevel": "admin"}),
        ),
        (
            json(UserIdentity::admin()),
            json!({"autoUser": {"elevationLevel": "admin", "scope": "pool"}}),
        ),
        (
            json(UserIdentity::named("robot")),
            json!({"username": "robot"}),
        ),
        (json(PoolInformation::from("p")), json!({"poolId": "p"})),
        (
            json(PoolInformation::from(AutoPoolSpecification::new(
                PoolLifetimeOption::Job,
            ))),
            json!({"autoPoolSpecification": {"poolLifetimeOption": "job"}}),
        ),
        (
            json(PoolResizeParameter::spot(4)),
            json!({"targetLowPriorityNodes": 4}),
        ),
        (
            json(PoolEnableAutoScaleParameter::from(
                "$TargetDedicatedNodes = 1;",
            )),
            json!({"autoScaleFormula": "$TargetDedicatedNodes = 1;"}),
        ),
        (
            json(NetworkConfiguration::in_subnet("/subnets/1")),
            json!({"subnetId": "/subnets/1"}),
        ),
        (
            json(Schedule::every(batch_client::TimeSpan::from_hours(1))),
            json!({"recurrenceInterval": "PT1H"}),
        ),
        (
            json(ContainerRegistry::managed_identity(
                "acr.io",
                "/identities/1",
            )),
            json!({"registryServer": "acr.io", "identityReference": {"resourceId": "/identities/1"}}),
        ),
        (
            json(MountConfiguration::from(NFSMountConfiguration::new(
                "h:/x", "x",
            ))),
            json!({"nfsMountConfiguration": {"source": "h:/x", "relativeMountPath": "x"}}),
        ),
        (json(PoolPatchParameter::new()), json!({})),
    ];
    for (written, expected) in rows {
        assert_eq!(written, expected);
    }
}

#[test]
fn output_files_are_changed_step_by_step() {
    let frames = OutputFile::to_container("*.png", URL);
    assert_eq!(
        json(&frames),
        json!({
            "filePattern": "*.png",
            "destination": {"container": {"containerUrl": URL}},
            "uploadOptions": {"uploadCondition": "taskcompletion"},
        })
    );
    let frames = frames
        .with_path("frames")
        .with_upload_condition(OutputFileUploadCondition::TaskFailure)
        .with_identity("/identities/1");
    let container = OutputFileBlobContainerDestination::new(URL)
        .with_path("frames")
        .with_identity_reference("/identities/1");
    let same = OutputFile::new("*.png", container, OutputFileUploadCondition::TaskFailure);
    assert_eq!(frames, same);
}

#[test]
fn a_container_makes_settings_of_tasks_and_pools() {
    let registry = ContainerRegistry::login("acr.io", "robot", "secret");
    let container = Container::image("acr.io/renderer:2")
        .registry(registry)
        .working_directory("containerImageDefault")
        .run_option("--rm")
        .run_option("--gpus all")
        .prefetch("acr.io/encoder:1");
    let registry = json!({"registryServer": "acr.io", "username": "robot", "password": "secret"});
    assert_eq!(
        json(TaskContainerSettings::from(&container)),
        json!({
            "imageName": "acr.io/renderer:2",
            "containerRunOptions": "--rm --gpus all",
            "workingDirectory": "containerImageDefault",
            "registry": registry,
        })
    );
    assert!(!format!("{container:?}").contains("secret"));
    assert_eq!(
        json(ContainerConfiguration::from(container)),
        json!({
            "type": "dockerCompatible",
            "containerImageNames": ["acr.io/renderer:2", "acr.io/encoder:1"],
            "containerRegistries": [registry],
        })
    );
    let plain =
        Container::image("python:3.13").container_type(ContainerType::from("criCompatible"));
    assert_eq!(
        json(ContainerConfiguration::from(&plain)),
        json!({"type": "criCompatible", "containerImageNames": ["python:3.13"]})
    );
    assert_eq!(
        json(TaskContainerSettings::from(plain)),
        json!({"imageName": "python:3.13"})
    );
}

#[tokio::test]
async fn headers_are_taken_as_strings_or_typed() {
    let server = Server::start().await;
    server.answer(Response::new(200).into());
    let key = SharedKey::new("acct", "a2V5").expect("a key");
    let client = batch_client::Client::new(server.url(), key).expect("a client");
    let name = batch_client::reqwest::header::HeaderName::from_static("x-b");
    let call = client.pool().exists("p");
    let call = call.header("X-A", "1").header(name, String::from("2"));
    assert!(call.await.expect("an answer"));
    let request = server.requests().pop().expect("a request");
    assert_eq!(
        (request.header("x-a"), request.header("x-b")),
        (Some("1"), Some("2"))
    );

    for (name, value, why) in [
        ("a b", "1", "cannot set a header: invalid HTTP header name"),
        (
            "x-token",
            "secret\n",
            "cannot set the header `x-token`: failed to parse header value",
        ),
    ] {
        let call = client.pool().exists("p").header(name, value);
        let error = call.await.expect_err("no such header");
        assert!(error.is_invalid_request());
        assert_eq!(error.to_string(), format!("Pool_Exists: {why}"));
    }
    assert_eq!(server.requests().len(), 0, "nothing more was sent");
}
