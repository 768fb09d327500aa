//! Compares responses with recordings of the live service by their form: status, names of headers,
//! lengths, the properties that are present and their types.
//!
//! [`world`] has a request for each recording, and what has to exist before it. Runs where
//! `BATCH_REFERENCE` names the folder of the recordings.

mod form;
// Other tests use the rest.
#[allow(dead_code)]
#[path = "../raw/mod.rs"]
mod raw;
mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use raw::Answer;
use world::{REQUESTS, World};

const LEFT_OUT: &str = "older recordings lack it, and clients are to be tested without it";
const NO_SLOTS: &str = "recorded in a version without task slots";
const CREATING: &str = "recorded of a node that is being created";
const SIMULATED: &str = "the environment sets the exit code of the simulated task";
const HEAD: &str = "hyper announces no chunks in the response to a HEAD";
const LATER: &str = "returned since 2024-07-01.20.0, but not in recordings of 2024-02-01.19.0";
const UNUSED: &str = "usage is reported for whole half hours, and the service has just started";

/// Differences that stay, by recording, with their reasons. `*` stands for every recording.
#[rustfmt::skip]
const ACCEPTED: &[(&str, &str, &str)] = &[
    ("*", "length: length 0 -> no length", "RFC 9110 forbids a length in a 204, and hyper sends none"),
    ("Account_ListPoolNodeCounts.200", "value[].dedicated.upgradingOS: number -> absent", LEFT_OUT),
    ("Account_ListPoolNodeCounts.200", "value[].lowPriority.upgradingOS: number -> absent", LEFT_OUT),
    ("ComputeNode_Get.200", "endpointConfiguration.inboundEndpoints[].publicFQDN: string -> absent", LEFT_OUT),
    ("ComputeNode_List.200", "value[].endpointConfiguration.inboundEndpoints[].publicFQDN: string -> absent", LEFT_OUT),
    ("ComputeNode_List.200.certificateReferences", "value[].runningTaskSlotsCount: absent -> number", NO_SLOTS),
    ("ComputeNodeExtension_Get.200", "instanceView.name: absent -> string", CREATING),
    ("ComputeNodeExtension_Get.200", "instanceView.statuses: absent -> list", CREATING),
    ("ComputeNodeExtension_Get.200", "instanceView.statuses[]: absent -> object", CREATING),
    ("ComputeNodeExtension_Get.200", "instanceView.statuses[].code: absent -> string", CREATING),
    ("ComputeNodeExtension_Get.200", "instanceView.statuses[].displayStatus: absent -> string", CREATING),
    ("ComputeNodeExtension_Get.200", "instanceView.statuses[].level: absent -> string", CREATING),
    ("Task_Get.200.failureInfo", "environmentSettings: absent -> list", SIMULATED),
    ("Task_Get.200.failureInfo", "environmentSettings[]: absent -> object", SIMULATED),
    ("Task_Get.200.failureInfo", "environmentSettings[].name: absent -> string", SIMULATED),
    ("Task_Get.200.failureInfo", "environmentSettings[].value: absent -> string", SIMULATED),
    ("Pool_Exists.200", "length: chunked -> no length", HEAD),
    ("Pool_Exists.404", "length: chunked -> no length", HEAD),
    ("Pool_Get.200.osDisk", "certificateReferences: list -> absent", LATER),
    ("Pool_Get.200.zonal", "certificateReferences: list -> absent", LATER),
    ("Pool_List.200.nextLink", "value[].certificateReferences: list -> absent", LATER),
    ("Pool_ListUsageMetrics.200", "value[]: object -> absent", UNUSED),
    ("Pool_ListUsageMetrics.200", "value[].endTime: string -> absent", UNUSED),
    ("Pool_ListUsageMetrics.200", "value[].poolId: string -> absent", UNUSED),
    ("Pool_ListUsageMetrics.200", "value[].startTime: string -> absent", UNUSED),
    ("Pool_ListUsageMetrics.200", "value[].totalCoreHours: number -> absent", UNUSED),
    ("Pool_ListUsageMetrics.200", "value[].vmSize: string -> absent", UNUSED),
];

fn recordings() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("BATCH_REFERENCE").filter(|value| !value.is_empty()) else {
        println!("skipped: BATCH_REFERENCE is not set");
        return None;
    };
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    Some(workspace.join(folder).join("live"))
}

fn recorded(response: &Value) -> form::Form {
    let headers = response["headers"].as_object().unwrap();
    let header = |name: &str| headers.get(name)?.as_str().map(str::to_owned);
    let names: BTreeSet<String> = headers.keys().map(|name| name.to_lowercase()).collect();
    let status = response["status"].as_u64().unwrap();
    form::of(status, &names, header, Some(&response["body"]))
}

fn found(answer: &Answer) -> form::Form {
    let header = |name: &str| answer.header(name).map(str::to_owned);
    let names: BTreeSet<String> = answer.header_names().map(str::to_owned).collect();
    let body = serde_json::from_slice(&answer.content()).ok();
    form::of(answer.status.into(), &names, header, body.as_ref())
}

#[tokio::test]
async fn responses_have_the_form_of_the_live_services() {
    let Some(folder) = recordings() else { return };
    let mut names: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    let world = World::new().await;
    let mut unexpected = Vec::new();
    let mut unused: BTreeSet<usize> = (0..ACCEPTED.len()).collect();
    for row in REQUESTS {
        assert!(
            names.remove(row.recording),
            "{} twice or not recorded",
            row.recording
        );
        let bytes = std::fs::read(folder.join(format!("{}.json", row.recording))).unwrap();
        let exchange: Value = serde_json::from_slice(&bytes).unwrap();
        let echo = exchange["response"]["headers"]
            .get("client-request-id")
            .is_some();
        let answer = world.send(row, echo).await;
        for difference in form::differences(&recorded(&exchange["response"]), &found(&answer)) {
            let accepted = ACCEPTED.iter().position(|(name, what, _)| {
                ["*", row.recording].contains(name) && *what == difference
            });
            match accepted {
                Some(index) => drop(unused.remove(&index)),
                None => unexpected.push(format!("{}: {difference}", row.recording)),
            }
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    let stale: Vec<_> = unused.iter().map(|index| ACCEPTED[*index]).collect();
    assert!(
        stale.is_empty(),
        "accepted differences that do not occur: {stale:#?}"
    );
    assert!(
        names.is_empty(),
        "recordings that nothing is compared with: {names:?}"
    );
    println!(
        "{} recordings compared, {} differences accepted",
        REQUESTS.len(),
        ACCEPTED.len()
    );
}
