//! The resources that the recorded requests work on, and a request for each recording.

use std::time::{Duration, Instant};

use batch_emulator::{Application, Config, Emulator, start};
use serde_json::{Value, json};

use crate::raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";
/// Time limit for a state, generous for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request like a recorded one.
pub(crate) struct Row {
    pub(crate) recording: &'static str,
    method: &'static str,
    /// `{n}`, `{w}` and `{c}` stand for the first node of these pools.
    target: &'static str,
    body: &'static str,
}

const fn row(
    recording: &'static str,
    method: &'static str,
    target: &'static str,
    body: &'static str,
) -> Row {
    Row {
        recording,
        method,
        target,
        body,
    }
}

const CERTIFICATE: &str = "/certificates(thumbprintAlgorithm=sha1,thumbprint=ab)";
const WORKITEMS: &str = "workitems%5Cj%5Cjob-1%5Ct";

#[rustfmt::skip]
pub(crate) const REQUESTS: &[Row] = &[
    row("Account_ListPoolNodeCounts.200", "GET", "/nodecounts?$filter=poolId%20eq%20'n'", ""),
    row("Application_Get.200", "GET", "/applications/test", ""),
    row("Application_List.200", "GET", "/applications", ""),
    row("Certificate_List.200", "GET", "/certificates", ""),
    row("Certificate_CancelDeletion.409.CertificateStateActive", "POST", "{certificate}/canceldelete", ""),
    row("Certificate_Delete.202", "DELETE", "{certificate}", ""),
    row("ComputeNode_Get.200", "GET", "/pools/n/nodes/{n}", ""),
    row("ComputeNode_List.200", "GET", "/pools/n/nodes", ""),
    row("ComputeNode_List.200.certificateReferences", "GET", "/pools/c/nodes", ""),
    row("ComputeNode_AddUser.201", "POST", "/pools/n/nodes/{n}/users", r#"{"name":"u","password":"p","isAdmin":false}"#),
    row("ComputeNode_DeleteUser.200", "DELETE", "/pools/n/nodes/{n}/users/u", ""),
    row("ComputeNode_EnableScheduling.200", "POST", "/pools/n/nodes/{n2}/enablescheduling", ""),
    row("ComputeNode_GetRemoteDesktop.200", "GET", "/pools/c/nodes/{c}/rdp", ""),
    row("ComputeNode_GetRemoteLoginSettings.200", "GET", "/pools/n/nodes/{n}/remoteloginsettings", ""),
    row("ComputeNode_UploadBatchServiceLogs.200", "POST", "/pools/n/nodes/{n}/uploadbatchservicelogs",
        r#"{"containerUrl":"https://a.blob.core.windows.net/c?sig=x","startTime":"2025-03-19T18:39:21.029046Z"}"#),
    row("ComputeNode_Reboot.202", "POST", "/pools/n/nodes/{n}/reboot", r#"{"nodeRebootOption":"terminate"}"#),
    row("ComputeNode_Reimage.202", "POST", "/pools/c/nodes/{c}/reimage", ""),
    row("ComputeNodeExtension_Get.200", "GET", "/pools/n/nodes/{n2}/extensions/batchNodeExtension", ""),
    row("Task_Get.200.failureInfo", "GET", "/jobs/j/tasks/fails", ""),
    row("File_GetFromComputeNode.200", "GET", "/pools/w/nodes/{w}/files/{workitems}%5Cstderr.txt", ""),
    row("File_GetFromTask.200", "GET", "/jobs/j/tasks/t/files/stdout.txt", ""),
    row("File_GetFromTask.404.FileNotFound", "GET", "/jobs/j/tasks/t/files/none.txt", ""),
    row("File_GetPropertiesFromComputeNode.200", "HEAD", "/pools/w/nodes/{w}/files/{workitems}%5Cstderr.txt", ""),
    row("File_GetPropertiesFromTask.200", "HEAD", "/jobs/j/tasks/t/files/stdout.txt", ""),
    row("File_DeleteFromComputeNode.200", "DELETE", "/pools/w/nodes/{w}/files/{workitems}%5Cstderr.txt", ""),
    row("File_ListFromTask.200", "GET", "/jobs/j/tasks/t/files", ""),
    row("JobSchedule_Add.201", "POST", "/jobschedules",
        r#"{"id":"s","schedule":{"startWindow":"PT01H00M00S","recurrenceInterval":"P1D"},
            "jobSpecification":{"poolInfo":{"poolId":"none"},"constraints":{"maxTaskRetryCount":2},
            "onAllTasksComplete":"terminatejob"}}"#),
    row("JobSchedule_Get.200", "GET", "/jobschedules/s", ""),
    row("JobSchedule_List.200", "GET", "/jobschedules", ""),
    row("Job_ListFromJobSchedule.200", "GET", "/jobschedules/s/jobs", ""),
    row("JobSchedule_Disable.204", "POST", "/jobschedules/s/disable", ""),
    row("JobSchedule_Enable.204", "POST", "/jobschedules/s/enable", ""),
    row("JobSchedule_Update.200", "PUT", "/jobschedules/s",
        r#"{"schedule":{"recurrenceInterval":"PT10H00M00S"},"jobSpecification":{"poolInfo":{"poolId":"none"}}}"#),
    row("JobSchedule_Terminate.202", "POST", "/jobschedules/s/terminate", ""),
    row("Job_Add.409.JobExists", "POST", "/jobs", r#"{"id":"auto","poolInfo":{"poolId":"none"}}"#),
    row("Job_Get.200", "GET", "/jobs/auto", ""),
    row("Job_Get.404.JobNotFound", "GET", "/jobs/none", ""),
    row("Job_Update.200", "PUT", "/jobs/plain", r#"{"priority":500,"poolInfo":{"poolId":"w"}}"#),
    row("Job_Update.412.ConditionNotMet", "PUT", "/jobs/plain", r#"{"poolInfo":{"poolId":"w"}}"#),
    row("Job_Enable.202", "POST", "/jobs/disabled/enable", ""),
    row("Job_GetTaskCounts.200", "GET", "/jobs/j/taskcounts", ""),
    row("Job_ListPreparationAndReleaseTaskStatus.200", "GET", "/jobs/prepared/jobpreparationandreleasetaskstatus", ""),
    row("Job_Terminate.202", "POST", "/jobs/prepared/terminate", r#"{"terminateReason":"enough"}"#),
    row("Job_Get.200.schedulingError", "GET", "/jobs/prepared", ""),
    row("Job_Delete.202", "DELETE", "/jobs/prepared", ""),
    row("Task_Add.201", "POST", "/jobs/plain/tasks", r#"{"id":"a","commandLine":"true"}"#),
    row("Task_AddCollection.200", "POST", "/jobs/plain/addtaskcollection",
        r#"{"value":[{"id":"b","commandLine":"true"}]}"#),
    row("Task_AddCollection.200.reordered", "POST", "/jobs/plain/addtaskcollection",
        r#"{"value":[{"id":"c","commandLine":"true"},{"id":"d","commandLine":"true"}]}"#),
    row("Task_AddCollection.403.AuthenticationFailed", "POST", "/jobs/plain/addtaskcollection",
        r#"{"value":[{"id":"c","commandLine":"true"}]}"#),
    row("Task_AddCollection.413.RequestBodyTooLarge", "POST", "/jobs/plain/addtaskcollection", "{large}"),
    row("Task_ListSubtasks.200", "GET", "/jobs/j/tasks/t/subtasksinfo", ""),
    row("Task_Reactivate.204", "POST", "/jobs/j/tasks/again/reactivate", ""),
    row("Task_Update.200", "PUT", "/jobs/plain/tasks/a", r#"{"constraints":{"maxTaskRetryCount":3}}"#),
    row("Task_Delete.200", "DELETE", "/jobs/plain/tasks/a", ""),
    row("Pool_Add.201", "POST", "/pools", r#"{"id":"added","vmSize":"standard_d2_v2","virtualMachineConfiguration":
        {"imageReference":{"publisher":"MicrosoftWindowsServer","offer":"WindowsServer","sku":"2016-Datacenter-smalldisk"},
        "nodeAgentSKUId":"batch.node.windows amd64","windowsConfiguration":{"enableAutomaticUpdates":true}},
        "taskSchedulingPolicy":{"nodeFillType":"pack"},"userAccounts":[{"name":"test-user-1","password":"p"}],
        "targetNodeCommunicationMode":"classic"}"#),
    row("Pool_Add.400.InvalidPropertyValue", "POST", "/pools", r#"{"id":"subnet","vmSize":"standard_d2_v2",
        "networkConfiguration":{"subnetId":"/subscriptions/a/resourceGroups/b/providers/Microsoft.Network/virtualNetworks/c/subnets/d"},
        "virtualMachineConfiguration":{"imageReference":{"publisher":"Canonical","offer":"0001-com-ubuntu-server-jammy",
        "sku":"22_04-lts"},"nodeAgentSKUId":"batch.node.ubuntu 22.04"}}"#),
    row("Pool_Add.409.PoolExists", "POST", "/pools", r#"{"id":"n","vmSize":"standard_d2_v2","cloudServiceConfiguration":{"osFamily":"5"}}"#),
    row("Pool_EvaluateAutoScale.200.error", "POST", "/pools/scaled/evaluateautoscale",
        r#"{"autoScaleFormula":"$something_useless"}"#),
    row("Pool_DisableAutoScale.200", "POST", "/pools/scaled/disableautoscale", ""),
    row("Pool_Exists.200", "HEAD", "/pools/n", ""),
    row("Pool_Exists.404", "HEAD", "/pools/none", ""),
    row("Pool_Get.200", "GET", "/pools/secure", ""),
    row("Pool_Get.200.osDisk", "GET", "/pools/disk", ""),
    row("Pool_Get.200.select", "GET", "/pools/n?$select=id%2Cstate", ""),
    row("Pool_Get.200.zonal", "GET", "/pools/zonal", ""),
    row("Pool_Get.404.PoolNotFound", "GET", "/pools/none", ""),
    row("Pool_List.200.nextLink", "GET", "/pools?maxresults=1&$filter=startswith(id,'encrypted')", ""),
    row("Pool_List.400.InvalidQueryParameterValue", "GET", "/pools?maxresults=-5", ""),
    row("Pool_ListUsageMetrics.200", "GET", "/poolusagemetrics", ""),
    row("Pool_Resize.202", "POST", "/pools/resized/resize", r#"{"targetDedicatedNodes":0,"targetLowPriorityNodes":2}"#),
    row("Pool_RemoveNodes.202", "POST", "/pools/w/removenodes", r#"{"nodeList":["{w}"]}"#),
    row("Pool_UpdateProperties.204", "POST", "/pools/c/updateproperties",
        r#"{"applicationPackageReferences":[],"metadata":[{"name":"foo","value":"bar"}],
            "targetNodeCommunicationMode":"classic","certificateReferences":[]}"#),
    row("Pool_Delete.202", "DELETE", "/pools/resized", ""),
];

/// A service with these resources.
pub(crate) struct World {
    emulator: Emulator,
    nodes: Vec<(&'static str, String)>,
}

fn virtual_machines(id: &str, windows: bool, nodes: u32) -> Value {
    let (image, agent) = if windows {
        (
            json!({"publisher": "microsoftwindowsserver", "offer": "windowsserver", "sku": "2022-datacenter"}),
            "batch.node.windows amd64",
        )
    } else {
        (
            json!({"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"}),
            "batch.node.ubuntu 22.04",
        )
    };
    json!({
        "id": id, "vmSize": "standard_d2s_v3", "targetDedicatedNodes": nodes,
        "virtualMachineConfiguration": {"imageReference": image, "nodeAgentSKUId": agent},
    })
}

fn with(mut pool: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut pool);
    pool
}

impl World {
    pub(crate) async fn new() -> Self {
        let application = Application {
            id: "test".to_owned(),
            display_name: None,
            versions: vec!["1".to_owned()],
        };
        let config = Config::default()
            .quirks(true)
            .node_start(Duration::from_millis(300))
            .application(application);
        let emulator = start(config).await.unwrap();
        let mut world = Self {
            emulator,
            nodes: Vec::new(),
        };
        world.add_pools().await;
        world.add_jobs().await;
        world
    }

    async fn add_pools(&mut self) {
        let thumbprint = json!({"thumbprint": "ab", "thumbprintAlgorithm": "sha1"});
        let certificate = with(thumbprint.clone(), |certificate| {
            certificate["data"] = json!("TUlJ");
            certificate["certificateFormat"] = json!("cer");
        });
        self.done("POST", "/certificates", certificate).await;
        let used = with(thumbprint, |reference| {
            reference["storeLocation"] = json!("currentuser");
            reference["storeName"] = json!("My");
            reference["visibility"] = json!(["starttask", "task", "remoteuser"]);
        });
        let cloud = json!({
            "id": "c", "vmSize": "small", "targetDedicatedNodes": 1, "cloudServiceConfiguration": {"osFamily": "5"},
            "certificateReferences": [used], "startTask": {"commandLine": "true", "waitForSuccess": true},
        });
        let security = json!({"securityType": "trustedlaunch", "encryptionAtHost": true,
            "uefiSettings": {"secureBootEnabled": true, "vTpmEnabled": true}});
        let secure = with(virtual_machines("secure", false, 0), |pool| {
            pool["virtualMachineConfiguration"]["securityProfile"] = security.clone();
        });
        let disk = with(virtual_machines("disk", false, 0), |pool| {
            pool["virtualMachineConfiguration"]["securityProfile"] = security;
            pool["virtualMachineConfiguration"]["osDisk"] = json!({"caching": "readwrite", "diskSizeGB": 50,
                "writeAcceleratorEnabled": true, "managedDisk": {"storageAccountType": "standard_lrs"}});
        });
        let zonal = with(virtual_machines("zonal", false, 0), |pool| {
            pool["virtualMachineConfiguration"]["nodePlacementConfiguration"] =
                json!({"policy": "zonal"});
            pool["upgradePolicy"] = json!({"mode": "automatic",
                "automaticOSUpgradePolicy": {"disableAutomaticRollback": true, "enableAutomaticOSUpgrade": true,
                    "useRollingUpgradePolicy": true, "osRollingUpgradeDeferral": true},
                "rollingUpgradePolicy": {"enableCrossZoneUpgrade": true, "maxBatchInstancePercent": 20,
                    "maxUnhealthyInstancePercent": 20, "maxUnhealthyUpgradedInstancePercent": 20,
                    "pauseTimeBetweenBatches": "PT0S", "prioritizeUnhealthyInstances": false,
                    "rollbackFailedInstancesOnPolicyBreach": false}});
        });
        let encrypted = |id: &str| {
            with(virtual_machines(id, false, 0), |pool| {
                pool["virtualMachineConfiguration"]["diskEncryptionConfiguration"] =
                    json!({"targets": ["temporarydisk"]});
            })
        };
        let scaled = with(virtual_machines("scaled", false, 0), |pool| {
            pool.as_object_mut().unwrap().remove("targetDedicatedNodes");
            pool["enableAutoScale"] = json!(true);
            pool["autoScaleFormula"] = json!("$TargetDedicatedNodes=0;");
        });
        let resized = virtual_machines("resized", false, 0);
        let (n, w) = (
            virtual_machines("n", false, 2),
            virtual_machines("w", true, 1),
        );
        for pool in [
            cloud,
            n,
            w,
            scaled,
            resized,
            secure,
            disk,
            zonal,
            encrypted("encrypted1"),
            encrypted("encrypted2"),
        ] {
            self.done("POST", "/pools", pool).await;
        }
        for (pool, count) in [("n", 2), ("w", 1), ("c", 1)] {
            self.until(&format!("/pools/{pool}/nodes"), |found| {
                let nodes = found["value"].as_array().unwrap();
                nodes.len() == count && nodes.iter().all(|node| node["state"] == "idle")
            })
            .await;
        }
        for (place, pool, index) in [
            ("{n}", "n", 0),
            ("{n2}", "n", 1),
            ("{w}", "w", 0),
            ("{c}", "c", 0),
        ] {
            let nodes = self.get(&format!("/pools/{pool}/nodes")).await;
            let id = nodes["value"][index]["id"].as_str().unwrap().to_owned();
            self.nodes.push((place, id));
        }
        let path = self.filled("/pools/n/nodes/{n2}/disablescheduling");
        self.done("POST", &path, Value::Null).await;
    }

    async fn add_jobs(&self) {
        let job = |id: &str, pool: &str| json!({"id": id, "poolInfo": {"poolId": pool}});
        let special = json!({"commandLine": "true"});
        let auto = json!({"id": "auto", "priority": 900, "constraints": {"maxTaskRetryCount": 3},
            "jobPreparationTask": special, "jobReleaseTask": special,
            "poolInfo": {"autoPoolSpecification": {"poolLifetimeOption": "job",
                "pool": {"vmSize": "standard_d2_v2", "cloudServiceConfiguration": {"osFamily": "5"}}}}});
        let prepared = with(job("prepared", "w"), |job| {
            job["jobPreparationTask"] = special.clone();
            job["jobReleaseTask"] = special;
        });
        for job in [
            job("j", "w"),
            job("plain", "w"),
            job("disabled", "none"),
            auto,
            prepared,
        ] {
            self.done("POST", "/jobs", job).await;
        }
        let disable = json!({"disableTasks": "requeue"});
        self.done("POST", "/jobs/disabled/disable", disable).await;
        let failing = |id: &str| {
            json!({"id": id, "commandLine": "false", "userIdentity": {"username": "user"},
                "environmentSettings": [{"name": "EMULATOR_EXIT_CODE", "value": "2"}]})
        };
        let plain = json!({"id": "t", "commandLine": "true"});
        for task in [plain.clone(), failing("fails"), failing("again")] {
            self.done("POST", "/jobs/j/tasks", task).await;
        }
        self.done("POST", "/jobs/prepared/tasks", plain).await;
        for job in ["j", "prepared"] {
            self.until(&format!("/jobs/{job}/tasks"), |found| {
                let mut tasks = found["value"].as_array().unwrap().iter();
                tasks.all(|task| task["state"] == "completed")
            })
            .await;
        }
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text
            .replace("{certificate}", CERTIFICATE)
            .replace("{workitems}", WORKITEMS);
        for (place, id) in &self.nodes {
            text = text.replace(place, id);
        }
        text
    }

    pub(crate) async fn send(&self, row: &Row, echo: bool) -> Answer {
        let body = match row.body {
            "{large}" => format!("{{\"value\":[{{\"id\":\"{}\"}}]}}", "a".repeat(1 << 20)),
            body => self.filled(body),
        };
        let mut call = call(row.method, &self.filled(row.target), &body);
        if echo {
            call = call
                .signed_header("client-request-id", "a")
                .signed_header("return-client-request-id", "true");
        }
        if row.recording.contains(".412.") {
            call = call.signed_header("if-match", "0x1");
        }
        if row.recording.contains(".403.") {
            call = call.signed_as("noexistaccount", "a2V5");
        }
        call.send(&self.emulator).await
    }

    async fn done(&self, method: &str, path: &str, body: Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = call(method, path, &body).send(&self.emulator).await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.text());
    }

    async fn get(&self, path: &str) -> Value {
        let answer = call("GET", path, "").send(&self.emulator).await;
        serde_json::from_slice(&answer.content()).unwrap()
    }

    async fn until(&self, path: &str, reached: impl Fn(&Value) -> bool) {
        let begin = Instant::now();
        loop {
            let found = self.get(path).await;
            if reached(&found) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{path}: {found}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn call(method: &str, target: &str, body: &str) -> Call {
    let mark = if target.contains('?') { '&' } else { '?' };
    let call = Call::new(method, &format!("{target}{mark}{V}"));
    if !body.is_empty() {
        return call.body("application/json", body.as_bytes());
    }
    if method == "GET" || method == "HEAD" {
        call
    } else {
        call.signed_header("content-length", "0")
    }
}
