//! Promise: the example in the docs of every operation is a request that the service accepts; it
//! fails only where a resource is missing or its state forbids the operation.

#[rustfmt::skip]
#[path = "generated/examples.rs"]
mod examples;

use std::collections::BTreeMap;
use std::time::Duration;

use batch_client::{ApiVersion, Client, SharedKey};
use batch_emulator::{Config, Emulator};

use crate::versions::{VERSIONS, operations};
use crate::waits::{Outcome, client};

async fn service(version: &ApiVersion) -> (Emulator, Client) {
    let emulator = batch_emulator::start(Config::default()).await;
    let emulator = emulator.expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    let builder = Client::builder(emulator.endpoint(), key).api_version(version.clone());
    (emulator, builder.build().expect("a client"))
}

/// Runs the example of each operation that a version has, on an account with the resources of these
/// examples, and returns status and code of those that failed.
async fn failures(version: &ApiVersion, before: &[&str]) -> BTreeMap<&'static str, (u16, String)> {
    let mut failures = BTreeMap::new();
    for operation in operations(version) {
        let (_emulator, client) = service(version).await;
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

/// The failures of these operations by status and code, as [`failures`] returns them.
type Expected = &'static [(u16, &'static str, &'static [&'static str])];

fn expected(version: &ApiVersion, rows: Expected) -> BTreeMap<&'static str, (u16, String)> {
    let known: Vec<_> = operations(version).collect();
    let rows = rows.iter().flat_map(|(status, code, operations)| {
        let operations = operations.iter();
        operations.map(move |operation| (*operation, (*status, (*code).to_owned())))
    });
    rows.filter(|(operation, _)| known.contains(operation))
        .collect()
}

/// On an account without resources, each example that names one fails.
const EMPTY: Expected = &[
    // A HEAD request has no body, so no code.
    (
        404,
        "",
        &[
            "File_GetPropertiesFromComputeNode",
            "File_GetPropertiesFromTask",
        ],
    ),
    (404, "ApplicationNotFound", &["Application_Get"]),
    (
        404,
        "CertificateNotFound",
        &[
            "Certificate_CancelDeletion",
            "Certificate_Delete",
            "Certificate_Get",
        ],
    ),
    (
        404,
        "JobNotFound",
        &[
            "File_DeleteFromTask",
            "File_GetFromTask",
            "File_ListFromTask",
            "Job_Delete",
            "Job_Disable",
            "Job_Enable",
            "Job_Get",
            "Job_GetTaskCounts",
            "Job_ListPreparationAndReleaseTaskStatus",
            "Job_Patch",
            "Job_Terminate",
            "Job_Update",
            "Task_Add",
            "Task_AddCollection",
            "Task_Delete",
            "Task_Get",
            "Task_List",
            "Task_ListSubtasks",
            "Task_Reactivate",
            "Task_Terminate",
            "Task_Update",
        ],
    ),
    (
        404,
        "JobScheduleNotFound",
        &[
            "JobSchedule_Delete",
            "JobSchedule_Disable",
            "JobSchedule_Enable",
            "JobSchedule_Get",
            "JobSchedule_Patch",
            "JobSchedule_Terminate",
            "JobSchedule_Update",
            "Job_ListFromJobSchedule",
        ],
    ),
    (
        404,
        "PoolNotFound",
        &[
            "ComputeNodeExtension_Get",
            "ComputeNodeExtension_List",
            "ComputeNode_AddUser",
            "ComputeNode_Deallocate",
            "ComputeNode_DeleteUser",
            "ComputeNode_DisableScheduling",
            "ComputeNode_EnableScheduling",
            "ComputeNode_Get",
            "ComputeNode_GetRemoteDesktop",
            "ComputeNode_GetRemoteLoginSettings",
            "ComputeNode_List",
            "ComputeNode_Reboot",
            "ComputeNode_Reimage",
            "ComputeNode_Start",
            "ComputeNode_UpdateUser",
            "ComputeNode_UploadBatchServiceLogs",
            "File_DeleteFromComputeNode",
            "File_GetFromComputeNode",
            "File_ListFromComputeNode",
            "Pool_Delete",
            "Pool_DisableAutoScale",
            "Pool_EnableAutoScale",
            "Pool_EvaluateAutoScale",
            "Pool_Get",
            "Pool_Patch",
            "Pool_RemoveNodes",
            "Pool_Resize",
            "Pool_StopResize",
            "Pool_UpdateProperties",
        ],
    ),
];

/// With a new pool, job, task and schedule, there are still no nodes, files, certificates or
/// applications; the pool is being resized, and nothing is disabled or completed.
const FILLED: Expected = &[
    // A HEAD request has no body, so no code.
    (404, "", &["File_GetPropertiesFromComputeNode"]),
    (409, "", &["File_GetPropertiesFromTask"]),
    (404, "ApplicationNotFound", &["Application_Get"]),
    (
        404,
        "CertificateNotFound",
        &[
            "Certificate_CancelDeletion",
            "Certificate_Delete",
            "Certificate_Get",
        ],
    ),
    (
        404,
        "NodeNotFound",
        &[
            "ComputeNodeExtension_Get",
            "ComputeNodeExtension_List",
            "ComputeNode_AddUser",
            "ComputeNode_Deallocate",
            "ComputeNode_DeleteUser",
            "ComputeNode_DisableScheduling",
            "ComputeNode_EnableScheduling",
            "ComputeNode_Get",
            "ComputeNode_GetRemoteDesktop",
            "ComputeNode_GetRemoteLoginSettings",
            "ComputeNode_Reboot",
            "ComputeNode_Reimage",
            "ComputeNode_Start",
            "ComputeNode_UpdateUser",
            "ComputeNode_UploadBatchServiceLogs",
            "File_DeleteFromComputeNode",
            "File_GetFromComputeNode",
            "File_ListFromComputeNode",
        ],
    ),
    (
        409,
        "JobPreparationTaskOrReleaseTaskNotSpecified",
        &["Job_ListPreparationAndReleaseTaskStatus"],
    ),
    (
        409,
        "OperationInvalidForCurrentState",
        &[
            // Of a task that has not run.
            "File_DeleteFromTask",
            "File_GetFromTask",
            "File_ListFromTask",
            "Job_Enable",
            "Pool_EvaluateAutoScale",
        ],
    ),
    (
        409,
        "PoolBeingResized",
        &["Pool_EnableAutoScale", "Pool_RemoveNodes", "Pool_Resize"],
    ),
    (409, "TaskNotCompleted", &["Task_Reactivate"]),
];

#[tokio::test]
async fn examples_fail_only_for_missing_resources() {
    for version in VERSIONS {
        let failures = failures(&version, &[]).await;
        assert_eq!(failures, expected(&version, EMPTY), "{version}");
    }
}

#[tokio::test]
async fn examples_work_together() {
    let added = ["Pool_Add", "Job_Add", "Task_Add", "JobSchedule_Add"];
    for version in VERSIONS {
        let failures = failures(&version, &added).await;
        assert_eq!(failures, expected(&version, FILLED), "{version}");
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
