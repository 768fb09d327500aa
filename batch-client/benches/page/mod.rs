//! A page of 1,000 finished tasks, as the service sends it. Shared by the bench `wire`, the tests
//! `allocations` and the package `batch-bench`.

use std::fmt::Write as _;

/// How many tasks a page has at most.
pub(crate) const TASKS: usize = 1000;

/// The page as JSON.
pub(crate) fn json() -> String {
    let mut page = String::from(
        r#"{"odata.metadata":"https://bench.westeurope.batch.azure.com/$metadata#tasks","value":["#,
    );
    for number in 0..TASKS {
        if number > 0 {
            page.push(',');
        }
        write!(page, "{}", task(number)).expect("a String takes it");
    }
    page.push_str("]}");
    page
}

/// A task with a resource file, an environment setting, constraints, and information on its
/// execution and its node.
fn task(number: usize) -> String {
    let base = "https://bench.westeurope.batch.azure.com";
    let node = "tvmps_d9a5f8b7c6e4d3a2b1c0d9e8f7a6b5c4_d";
    let second = number % 60;
    let tick = 1_000_003 * (number % 9 + 1);
    format!(
        r#"{{"id":"frame-{number:04}","displayName":"Frame {number} of the second cut",
        "url":"{base}/jobs/render/tasks/frame-{number:04}","eTag":"0x8DC5FDDC7F{number:05X}",
        "creationTime":"2024-04-18T19:28:{second:02}.{tick:07}Z",
        "lastModified":"2024-04-18T19:28:{second:02}.{tick:07}Z",
        "state":"completed","stateTransitionTime":"2024-04-18T19:41:{second:02}.123456Z",
        "previousState":"running","previousStateTransitionTime":"2024-04-18T19:31:{second:02}Z",
        "commandLine":"/bin/sh -c 'blender -b $AZ_BATCH_TASK_WORKING_DIR/scene.blend -f {number}'",
        "resourceFiles":[{{"httpUrl":"https://bench.blob.core.windows.net/scenes/scene.blend",
        "filePath":"scene.blend","fileMode":"0644"}}],
        "environmentSettings":[{{"name":"FRAME","value":"{number}"}}],
        "userIdentity":{{"autoUser":{{"scope":"pool","elevationLevel":"nonadmin"}}}},
        "constraints":{{"maxWallClockTime":"P10675199DT2H48M5.4775807S","retentionTime":"P7D",
        "maxTaskRetryCount":3}},"requiredSlots":1,
        "executionInfo":{{"startTime":"2024-04-18T19:31:{second:02}.{tick:07}Z",
        "endTime":"2024-04-18T19:41:{second:02}.{tick:07}Z","exitCode":0,"result":"success",
        "retryCount":0,"requeueCount":0}},
        "nodeInfo":{{"affinityId":"TVM:{node}","nodeUrl":"{base}/pools/render/nodes/{node}",
        "poolId":"render","nodeId":"{node}","taskRootDirectory":"workitems/render/job-1/frame-{number:04}",
        "taskRootDirectoryUrl":"{base}/pools/render/nodes/{node}/files/workitems/render/job-1"}}}}"#
    )
    // The service writes no space between tokens.
    .replace(",\n        ", ",")
}
