//! Random client requests, which may or may not fit the state.

use serde_json::{Value, json};

use super::super::{environment, merged, pool};

/// Formulas: a number, a random one, a metric, and one that cannot be evaluated.
const FORMULAS: [&str; 4] = [
    "$TargetDedicatedNodes=2",
    "$TargetDedicatedNodes=rand()*4",
    "$TargetDedicatedNodes=min(4,$ActiveTasks.GetSample(1))",
    "$TargetDedicatedNodes=$NoSuchThing",
];

pub(super) fn new_pool(a: u8, b: u8, c: u8) -> Value {
    let more = match c % 4 {
        0 => json!({"startTask": {"commandLine": "x", "environmentSettings": [
            {"name": "EMULATOR_EXIT_CODE", "value": (b % 2).to_string()}]}}),
        1 => json!({"enableAutoScale": true, "autoScaleFormula": FORMULAS[usize::from(b % 4)]}),
        2 => {
            json!({"targetLowPriorityNodes": 1, "userAccounts": [{"name": "u", "password": "hunter2"}]})
        }
        _ => {
            json!({"taskSchedulingPolicy": {"nodeFillType": "pack"}, "metadata": [{"name": "n", "value": "v"}]})
        }
    };
    let mut pool = pool(
        &format!("p{a}"),
        merged(json!({"taskSlotsPerNode": 2}), more),
    );
    if c % 4 != 1 {
        pool["targetDedicatedNodes"] = (b % 4).into();
    }
    pool
}

pub(super) fn new_job(a: u8, b: u8, c: u8) -> Value {
    let info = if c % 5 == 4 {
        let pool = json!({"vmSize": "s", "targetDedicatedNodes": 1, "virtualMachineConfiguration": {
            "imageReference": {"publisher": "p", "offer": "o", "sku": "s"}, "nodeAgentSKUId": "batch.node.ubuntu 22.04"}});
        json!({"autoPoolSpecification": {"poolLifetimeOption": "job", "pool": pool}})
    } else {
        json!({"poolId": format!("p{}", b % 3)})
    };
    let more = match c % 6 {
        0 => {
            json!({"jobPreparationTask": {"commandLine": "x"}, "jobReleaseTask": {"commandLine": "y"}})
        }
        1 => json!({"onAllTasksComplete": "terminatejob", "priority": b}),
        2 => json!({"usesTaskDependencies": true}),
        3 => json!({"constraints": {"maxWallClockTime": "PT2M", "maxTaskRetryCount": 2}}),
        // Rejected at its task, after some of the request has already had effects.
        4 => {
            json!({"jobManagerTask": {"id": "t0", "commandLine": "x", "requiredSlots": 1 + i32::from(b % 2) * 200}})
        }
        _ => json!({"maxParallelTasks": 1, "onTaskFailure": "performexitoptionsjobaction"}),
    };
    merged(json!({"id": format!("j{a}"), "poolInfo": info}), more)
}

pub(super) fn new_task(b: u8, c: u8) -> Value {
    let more = match c % 7 {
        0 => json!({"dependsOn": {"taskIds": ["t0", "t1"]}}),
        1 => environment(&[("EMULATOR_EXIT_CODE", "1,0"), ("EMULATOR_SECONDS", "3")]),
        2 => json!({"constraints": {"maxWallClockTime": "PT4S", "maxTaskRetryCount": 1}}),
        3 => {
            json!({"applicationPackageReferences": [{"applicationId": "calc", "version": (c % 3).to_string()}]})
        }
        4 => environment(&[("EMULATOR_EXIT_CODE", "3")]),
        _ => json!({}),
    };
    merged(json!({"id": format!("t{b}"), "commandLine": "run"}), more)
}

pub(super) fn new_certificate(a: u8) -> Value {
    json!({"thumbprint": format!("ab{a}"), "thumbprintAlgorithm": "sha1", "data": "eA==",
                "certificateFormat": "cer", "password": "hunter2"})
}

pub(super) fn on_pools_and_nodes(
    kind: u8,
    pool: &str,
    node: impl Fn() -> String,
    b: u8,
    c: u8,
) -> (&'static str, String, Value) {
    let fate = ["requeue", "terminate", "taskcompletion", "retaineddata"][usize::from(c % 4)];
    match kind {
        12 => (
            "POST",
            format!("{pool}/resize"),
            json!({"targetDedicatedNodes": b, "nodeDeallocationOption": fate}),
        ),
        13 => ("POST", format!("{pool}/stopresize"), Value::Null),
        14 => ("DELETE", pool.to_owned(), Value::Null),
        15 => (
            "PATCH",
            pool.to_owned(),
            json!({"metadata": [{"name": "n", "value": b.to_string()}]}),
        ),
        16 => {
            let used =
                json!([{"thumbprint": format!("ab{}", b % 3), "thumbprintAlgorithm": "sha1"}]);
            let body = json!({"certificateReferences": used, "applicationPackageReferences": [], "metadata": []});
            ("POST", format!("{pool}/updateproperties"), body)
        }
        17 => {
            let body = json!({"autoScaleFormula": FORMULAS[usize::from(b % 4)]});
            ("POST", format!("{pool}/enableautoscale"), body)
        }
        18 => ("POST", format!("{pool}/disableautoscale"), Value::Null),
        19 => {
            let body = json!({"autoScaleFormula": "$TargetDedicatedNodes=1"});
            ("POST", format!("{pool}/evaluateautoscale"), body)
        }
        20 => {
            let id = node().rsplit('/').next().unwrap_or_default().to_owned();
            let body = json!({"nodeList": [id], "nodeDeallocationOption": fate});
            ("POST", format!("{pool}/removenodes"), body)
        }
        21 => (
            "POST",
            format!("{}/users", node()),
            json!({"name": "u", "password": "hunter2"}),
        ),
        22 => (
            "PUT",
            format!("{}/users/u", node()),
            json!({"password": "hunter3"}),
        ),
        23 => ("DELETE", format!("{}/users/u", node()), Value::Null),
        24 if c.is_multiple_of(2) => (
            "POST",
            format!("{}/deallocate", node()),
            json!({"nodeDeallocateOption": fate}),
        ),
        24 => (
            "POST",
            format!("{}/reboot", node()),
            json!({"nodeRebootOption": fate}),
        ),
        25 if c.is_multiple_of(2) => ("POST", format!("{}/start", node()), Value::Null),
        25 => (
            "POST",
            format!("{}/reimage", node()),
            json!({"nodeReimageOption": fate}),
        ),
        26 => {
            let fate = ["requeue", "terminate", "taskcompletion"][usize::from(c % 3)];
            let body = json!({"nodeDisableSchedulingOption": fate});
            ("POST", format!("{}/disablescheduling", node()), body)
        }
        27 => ("POST", format!("{}/enablescheduling", node()), Value::Null),
        28 => (
            "DELETE",
            format!("{}/files/workitems?recursive=true", node()),
            Value::Null,
        ),
        _ => {
            let body =
                json!({"containerUrl": "https://x/?sig=1", "startTime": "2024-04-18T00:00:00Z"});
            ("POST", format!("{}/uploadbatchservicelogs", node()), body)
        }
    }
}

pub(super) fn on_jobs(kind: u8, job: &str, task: &str, b: u8) -> (&'static str, String, Value) {
    match kind {
        30 => {
            let how = ["requeue", "terminate", "wait"][usize::from(b % 3)];
            (
                "POST",
                format!("{job}/disable"),
                json!({"disableTasks": how}),
            )
        }
        31 => ("POST", format!("{job}/enable"), Value::Null),
        32 if b == 0 => ("DELETE", job.to_owned(), Value::Null),
        32 => (
            "POST",
            format!("{job}/terminate"),
            json!({"terminateReason": "enough"}),
        ),
        33 => (
            "PATCH",
            job.to_owned(),
            json!({"priority": b, "onAllTasksComplete": "terminatejob"}),
        ),
        34 => (
            "PUT",
            job.to_owned(),
            json!({"poolInfo": {"poolId": format!("p{}", b % 3)}}),
        ),
        35 => (
            "PUT",
            task.to_owned(),
            json!({"constraints": {"maxTaskRetryCount": b}}),
        ),
        36 => ("POST", format!("{task}/terminate"), Value::Null),
        37 => ("POST", format!("{task}/reactivate"), Value::Null),
        _ if b == 1 => ("DELETE", task.to_owned(), Value::Null),
        _ => ("DELETE", format!("{task}/files/stdout.txt"), Value::Null),
    }
}

pub(super) fn on_others(kind: u8, schedule: &str, a: u8, b: u8) -> (&'static str, String, Value) {
    let certificate = format!("/certificates(thumbprintAlgorithm=sha1,thumbprint=ab{a})");
    match (kind, b) {
        (39, 0..=2) => ("POST", "/certificates".into(), new_certificate(a)),
        (39, _) => ("DELETE", certificate, Value::Null),
        (40, 0..=2) => ("POST", format!("{certificate}/canceldelete"), Value::Null),
        (40..=41, _) => {
            let body = json!({"id": schedule.rsplit('/').next(), "schedule": {"recurrenceInterval": "PT5M"},
                "jobSpecification": {"poolInfo": {"poolId": "p0"}}});
            ("POST", "/jobschedules".into(), body)
        }
        (42, 0..=1) => ("POST", format!("{schedule}/disable"), Value::Null),
        (42, 2) => ("POST", format!("{schedule}/enable"), Value::Null),
        (42, _) => ("POST", format!("{schedule}/terminate"), Value::Null),
        (_, 0) => ("DELETE", schedule.to_owned(), Value::Null),
        (_, 1) => {
            let body = json!({"schedule": {"recurrenceInterval": "PT9M"}, "jobSpecification": {"poolInfo": {"poolId": "p1"}}});
            ("PUT", schedule.to_owned(), body)
        }
        _ => (
            "PATCH",
            schedule.to_owned(),
            json!({"metadata": [{"name": "b", "value": b.to_string()}]}),
        ),
    }
}
