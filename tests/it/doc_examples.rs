//! Promise: the example in the docs of every operation is a request that the service accepts; it
//! fails only where a resource is missing or its state forbids the operation.

#[rustfmt::skip]
#[path = "../../batch-client/src/generated/examples.rs"]
mod examples;

use std::collections::BTreeMap;
use std::time::Duration;

use batch_client::{ApiVersion, Client, SharedKey};
use batch_emulator::{Config, Emulator};

use crate::calls::OPERATIONS;
use crate::waits::{Outcome, client};

/// Operations that only later versions have.
const LATER: [&str; 2] = ["ComputeNode_Deallocate", "ComputeNode_Start"];

async fn service() -> (Emulator, Client) {
    let emulator = batch_emulator::start(Config::default()).await;
    let emulator = emulator.expect("a service");
    let client = client(&emulator, emulator.endpoint());
    (emulator, client)
}

/// Runs each example on an account with the resources of these examples, and returns status and
/// code of those that failed.
async fn failures(before: &[&str]) -> BTreeMap<&'static str, (u16, String)> {
    let mut failures = BTreeMap::new();
    for operation in OPERATIONS {
        let (emulator, mut client) = service().await;
        if LATER.contains(&operation) {
            let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
            let builder = Client::builder(emulator.endpoint(), key);
            let newer = builder.api_version(ApiVersion::V2024_07_01).build();
            client = newer.expect("a client");
        }
        for added in before.iter().take_while(|added| **added != operation) {
            let ran = examples::run(client.clone(), added).await;
            ran.unwrap_or_else(|error| panic!("{added}: {error}"));
        }
        if let Err(error) = examples::run(client, operation).await {
            let status = error.status().map_or(0, |status| status.as_u16());
            let code = error.code().unwrap_or_default().to_owned();
            failures.insert(operation, (status, code));
        }
    }
    failures
}

#[tokio::test]
async fn examples_fail_only_for_missing_resources() {
    let failures = failures(&[]).await;
    for (operation, (status, code)) in &failures {
        // A HEAD request has no body, so no code.
        let is_missing = *status == 404 && (code.is_empty() || code.ends_with("NotFound"));
        assert!(is_missing, "{operation}: {status} {code}");
    }
    for accepted in ["Pool_Add", "JobSchedule_Add", "Certificate_Add", "Job_List"] {
        assert!(!failures.contains_key(accepted), "{accepted}");
    }
}

#[tokio::test]
async fn examples_work_together() {
    let added = ["Pool_Add", "Job_Add", "Task_Add", "JobSchedule_Add"];
    let failures = failures(&added).await;
    for (operation, (status, code)) in &failures {
        // No node, file, certificate or application is there; the new pool is being resized, and
        // the others have nothing to enable or to reactivate.
        let is_missing = *status == 404 && (code.is_empty() || code.ends_with("NotFound"));
        assert!(is_missing || *status == 409, "{operation}: {status} {code}");
    }
    let accepted = [
        "Pool_Add",
        "Pool_Get",
        "Pool_Patch",
        "Job_Add",
        "Job_Get",
        "Job_Patch",
        "Job_Disable",
        "Job_Terminate",
        "Task_Add",
        "Task_AddCollection",
        "Task_Get",
        "Task_Update",
        "JobSchedule_Add",
        "JobSchedule_Get",
        "JobSchedule_Patch",
        "JobSchedule_Update",
    ];
    for operation in accepted {
        assert!(!failures.contains_key(operation), "{operation}");
    }
}

#[tokio::test]
async fn examples_resize_a_steady_pool() -> Outcome {
    for steps in [
        &["Pool_Resize"][..],
        &["Pool_EnableAutoScale", "Pool_EvaluateAutoScale"],
    ] {
        let config = Config::default().clock_speed(100.0);
        let emulator = batch_emulator::start(config).await.expect("a service");
        let client = client(&emulator, emulator.endpoint());
        examples::run(client.clone(), "Pool_Add").await?;
        let idle = client.pool().wait("render").nodes_idle(3);
        idle.min_interval(Duration::from_millis(5))
            .max_interval(Duration::from_millis(20))
            .timeout(Duration::from_secs(60))
            .await?;
        for step in steps {
            examples::run(client.clone(), step).await?;
        }
    }
    Ok(())
}
