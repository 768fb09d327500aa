//! Tests of several accounts in one service: each has separate data.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use std::time::{Duration, Instant};

use batch_client::models::{
    EnvironmentSetting, ImageReference, JobAddParameter, PoolAddParameter, PoolInformation,
    TaskAddParameter, TaskState, VirtualMachineConfiguration,
};
use batch_client::{Client, Error, SharedKey};
use batch_emulator::{Config, DEVELOPMENT_KEY, Emulator, start};

use raw::Call;

const SECOND_KEY: &str = "c2Vjb25kIGtleQ==";
/// Time limit for the end of a task, generous for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

async fn emulator() -> Emulator {
    let config = Config::default()
        .clock_speed(100.0)
        .account("first")
        .also_account("second", SECOND_KEY)
        .bearer_token("t0ken");
    start(config).await.unwrap()
}

fn client(emulator: &Emulator, account: &str, key: &str) -> Client {
    let key = SharedKey::new(account, key).unwrap();
    Client::new(emulator.endpoint(), key).unwrap()
}

/// Adds a pool, job and task with fixed ids; the task has files that identify the account.
async fn fill(client: &Client, command: &str) -> Result<(), Error> {
    let image = ImageReference::default().with_publisher("canonical");
    let machine = VirtualMachineConfiguration::new(
        image
            .with_offer("0001-com-ubuntu-server-jammy")
            .with_sku("22_04-lts"),
        "batch.node.ubuntu 22.04",
    );
    let pool = PoolAddParameter::new("same", "standard_d2s_v3")
        .with_virtual_machine_configuration(machine)
        .with_target_dedicated_nodes(1);
    client.pool().add(pool).await?;
    let info = PoolInformation::default().with_pool_id("same");
    client.job().add(JobAddParameter::new("same", info)).await?;
    let task = TaskAddParameter::new("same", command)
        .with_environment_settings([EnvironmentSetting::new("EMULATOR_SECONDS", "1")]);
    client.task().add("same", task).await?;
    let begin = Instant::now();
    loop {
        let task = client.task().get("same", "same").await?;
        if task.state == Some(TaskState::Completed) {
            return Ok(());
        }
        assert!(begin.elapsed() < PATIENCE, "the task did not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn is_missing<T: std::fmt::Debug>(answer: Result<T, Error>, code: &str) {
    let error = answer.expect_err("a resource of another account");
    assert_eq!(error.code(), Some(code), "{error}");
}

#[tokio::test]
async fn no_account_sees_another_accounts_resources() -> Result<(), Error> {
    let emulator = emulator().await;
    let names: Vec<_> = emulator.accounts().collect();
    assert_eq!(names, [("first", DEVELOPMENT_KEY), ("second", SECOND_KEY)]);
    let first = client(&emulator, "first", DEVELOPMENT_KEY);
    let second = client(&emulator, "second", SECOND_KEY);
    fill(&first, "of the first").await?;

    assert!(second.pool().list().await?.items.is_empty());
    assert!(second.job().list().await?.items.is_empty());
    is_missing(second.pool().get("same").await, "PoolNotFound");
    is_missing(second.job().get("same").await, "JobNotFound");
    is_missing(second.task().list("same").await, "JobNotFound");
    is_missing(second.task().get("same", "same").await, "JobNotFound");
    is_missing(
        second.file().list_from_task("same", "same").await,
        "JobNotFound",
    );
    is_missing(
        second
            .file()
            .get_from_task("same", "same", "stdout.txt")
            .await,
        "JobNotFound",
    );
    is_missing(second.task().delete("same", "same").await, "JobNotFound");
    is_missing(second.compute_node().list("same").await, "PoolNotFound");

    // The same ids are separate resources in another account.
    fill(&second, "of the second").await?;
    for (client, command) in [(&first, "of the first"), (&second, "of the second")] {
        let task = client.task().get("same", "same").await?;
        assert_eq!(task.command_line.as_deref(), Some(command));
    }
    // The token is for the first account.
    let call = Call::get("/jobs/same/tasks/same?api-version=2024-02-01.19.0")
        .authorization(Some("Bearer t0ken"));
    assert_eq!(
        call.send(&emulator).await.json()["commandLine"],
        "of the first"
    );

    second.job().delete("same").await?;
    second.pool().delete("same").await?;
    let files = first.file().list_from_task("same", "same").await?;
    assert!(!files.items.is_empty());
    assert_eq!(first.pool().list().await?.items.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_key_of_one_account_is_rejected_for_another() -> Result<(), Error> {
    let emulator = emulator().await;
    for (account, key) in [
        ("second", DEVELOPMENT_KEY),
        ("first", SECOND_KEY),
        ("third", SECOND_KEY),
    ] {
        let error = client(&emulator, account, key)
            .pool()
            .list()
            .await
            .expect_err(account);
        assert_eq!(error.code(), Some("AuthenticationFailed"), "{error}");
    }
    Ok(())
}
