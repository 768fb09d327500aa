//! Tests of how tasks run and end.

use super::*;

#[test]
fn a_task_runs() {
    let mut bench = Bench::with_job(1, 1, json!({"constraints": {"maxTaskRetryCount": 2}}));
    bench.add_task("j", "T", json!({}));
    let shown = bench.task("j", "t");
    assert_fits(&shown, "CloudTask");
    assert_eq!(
        (&shown["state"], &shown["previousState"]),
        (&json!("running"), &json!("active"))
    );
    assert_eq!(shown["constraints"]["maxTaskRetryCount"], 2);
    bench.at(40);
    let shown = bench.task("j", "t");
    assert_fits(&shown, "CloudTask");
    let expected = json!({
        "startTime": "2024-04-18T19:29:22.7606919Z", "endTime": "2024-04-18T19:29:32.7606919Z", "exitCode": 0,
        "result": "success", "retryCount": 0, "requeueCount": 0,
    });
    assert_eq!(shown["executionInfo"], expected);
    assert_eq!(
        shown["nodeInfo"]["taskRootDirectory"],
        "workitems/j/job-1/T"
    );
    // Running a task does not change its last modified time.
    assert_eq!(shown["lastModified"], shown["creationTime"]);
    let node = bench.node_ids("p").remove(0);
    let node = bench.get("ComputeNode_Get", &["p", &node]);
    assert_fits(&node, "ComputeNode");
    assert_eq!(
        (&node["totalTasksRun"], &node["recentTasks"][0]["taskId"]),
        (&json!(1), &json!("T"))
    );
    let again = json!({"id": "t", "commandLine": "c"});
    assert_eq!(
        bench.refused("Task_Add", &["j"], again),
        (409, "TaskExists")
    );
    let stats = bench.read(
        "Task_Get",
        &["j", "t"],
        &[("$expand", "stats")],
        Value::Null,
    );
    assert_fits(&stats, "CloudTask");
    assert_eq!(stats["stats"]["wallClockTime"], "PT10S");
    let stats = bench.read("Job_Get", &["j"], &[("$expand", "stats")], Value::Null);
    assert_fits(&stats, "CloudJob");
    assert_eq!(stats["stats"]["numSucceededTasks"], 1);
}

#[test]
fn failed_tasks_are_retried() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    let settings = environment(&[("EMULATOR_EXIT_CODE", "3, 4,0"), ("EMULATOR_SECONDS", "2")]);
    let twice = merged(
        settings.clone(),
        json!({"constraints": {"maxTaskRetryCount": 2}}),
    );
    bench.add_task("j", "good", twice);
    bench.at(33);
    let info = bench.task("j", "good")["executionInfo"].clone();
    assert_eq!(
        (&info["retryCount"], &info["startTime"]),
        (&json!(1), &info["lastRetryTime"])
    );
    bench.at(36);
    let shown = bench.task("j", "good");
    assert_fits(&shown, "CloudTask");
    assert_eq!(
        (
            &shown["executionInfo"]["exitCode"],
            &shown["executionInfo"]["retryCount"]
        ),
        (&json!(0), &json!(2))
    );
    bench.add_task(
        "j",
        "bad",
        merged(settings, json!({"constraints": {"maxTaskRetryCount": 1}})),
    );
    bench.at(50);
    let shown = bench.task("j", "bad");
    assert_fits(&shown, "CloudTask");
    assert_eq!(
        (
            &shown["executionInfo"]["exitCode"],
            &shown["executionInfo"]["result"]
        ),
        (&json!(4), &json!("failure"))
    );
    assert_eq!(
        shown["executionInfo"]["failureInfo"]["code"],
        "FailureExitCode"
    );
    let counts = bench.get("Job_GetTaskCounts", &["j"]);
    assert_eq!(
        (
            &counts["taskCounts"]["succeeded"],
            &counts["taskCounts"]["failed"]
        ),
        (&json!(1), &json!(1))
    );
    // Unlimited retries of zero seconds each: still bounded.
    let forever = environment(&[("EMULATOR_EXIT_CODE", "1"), ("EMULATOR_SECONDS", "0")]);
    bench.add_task(
        "j",
        "forever",
        merged(forever, json!({"constraints": {"maxTaskRetryCount": -1}})),
    );
    bench.at(1050);
    assert_eq!(
        bench.task("j", "forever")["executionInfo"]["retryCount"],
        1001
    );
}

#[test]
fn a_task_runs_out_of_time() {
    let mut bench = Bench::with_job(
        1,
        1,
        json!({"commonEnvironmentSettings": [{"name": "EMULATOR_SECONDS", "value": "7"}]}),
    );
    bench.add_task(
        "j",
        "t",
        json!({"constraints": {"maxWallClockTime": "PT3S", "maxTaskRetryCount": 3}}),
    );
    bench.add_task(
        "j",
        "u",
        json!({"constraints": {"maxWallClockTime": "PT7S"}}),
    );
    bench.at(33);
    let info = bench.task("j", "t")["executionInfo"].clone();
    assert_eq!(
        (&info["failureInfo"]["code"], info.get("exitCode")),
        (&json!("TaskEnded"), None)
    );
    bench.at(40);
    assert_eq!(bench.task("j", "u")["executionInfo"]["exitCode"], 0);
}

#[test]
fn tasks_are_terminated_reactivated_updated_and_deleted() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    for id in ["a", "b", "c"] {
        bench.add_task("j", id, json!({}));
    }
    let etag = bench.task("j", "b")["eTag"].clone();
    bench.done("Task_Terminate", &["j", "b"], Value::Null);
    let shown = bench.task("j", "b");
    assert_fits(&shown, "CloudTask");
    assert_ne!(shown["eTag"], etag);
    assert_eq!(
        (&shown["state"], shown["executionInfo"].get("startTime")),
        (&json!("completed"), None)
    );
    assert_eq!(
        bench.refused("Task_Terminate", &["j", "b"], Value::Null),
        (409, "TaskCompleted")
    );
    assert_eq!(
        bench.refused("Task_Update", &["j", "b"], json!({})),
        (409, "TaskCompleted")
    );
    bench.done("Task_Reactivate", &["j", "b"], Value::Null);
    let shown = bench.task("j", "b");
    assert_eq!(
        (&shown["state"], shown["executionInfo"].get("failureInfo")),
        (&json!("active"), None)
    );
    assert_eq!(
        bench.refused("Task_Reactivate", &["j", "b"], Value::Null),
        (409, "TaskNotCompleted")
    );
    bench.done(
        "Task_Update",
        &["j", "b"],
        json!({"constraints": {"retentionTime": "PT48H"}}),
    );
    let limits = json!({"maxWallClockTime": "P10675199DT2H48M5.4775807S", "retentionTime": "P2D", "maxTaskRetryCount": 0});
    assert_eq!(bench.task("j", "b")["constraints"], limits);
    bench.done("Task_Delete", &["j", "a"], Value::Null);
    assert_eq!(bench.states("j"), "b:running c:active");
    assert_eq!(
        bench.refused("Task_Delete", &["j", "a"], Value::Null),
        (404, "TaskNotFound")
    );
    bench.at(40);
    assert_eq!(
        bench.refused("Task_Reactivate", &["j", "b"], Value::Null),
        (409, "TaskSucceeded")
    );
    let counts = bench.get("Job_GetTaskCounts", &["j"])["taskCounts"].clone();
    assert_eq!(
        counts,
        json!({"active": 0, "running": 1, "completed": 1, "succeeded": 1, "failed": 0})
    );
}

#[test]
fn a_collection_has_one_result_for_each_task() {
    let mut bench = Bench::with_job(0, 1, json!({"jobPreparationTask": {"commandLine": "x"}}));
    let task = |id: &str| json!({"id": id, "commandLine": "c"});
    let body = json!({"value": [task("b"), task("a"), task("B"), task("jobPreparation"), merged(task("d"), json!({"dependsOn": {"taskIds": ["a"]}}))]});
    let result = bench.done("Task_AddCollection", &["J"], body);
    assert_fits(&result, "TaskAddCollectionResult");
    let results = result["value"].as_array().expect("results").iter();
    let found: Vec<_> = results
        .map(|r| {
            (
                text(&r["taskId"]),
                text(&r["status"]),
                text(&r["error"]["code"]),
            )
        })
        .collect();
    let expected = [
        ("b", "success", ""),
        ("a", "success", ""),
        ("B", "clienterror", "TaskExists"),
        (
            "jobPreparation",
            "clienterror",
            "TaskIdSameAsJobPreparationTask",
        ),
        ("d", "clienterror", "UnsupportedProperty"),
    ];
    assert_eq!(found, expected);
    assert_eq!(
        result["value"][0]["location"],
        "http://127.0.0.1:4321/jobs/j/tasks/b"
    );
    assert_eq!(result["value"][0]["eTag"], bench.task("j", "b")["eTag"]);
}

#[test]
fn a_task_of_several_instances_has_subtasks() {
    let mut bench = Bench::new();
    let pools = [
        ("p", json!({"enableInterNodeCommunication": true})),
        ("apart", json!({})),
        (
            "slots",
            json!({"enableInterNodeCommunication": true, "taskSlotsPerNode": 2}),
        ),
    ];
    for (id, more) in pools {
        let more = merged(json!({"targetDedicatedNodes": 3}), more);
        bench.done("Pool_Add", &[], pool(id, more));
    }
    bench.at(30);
    bench.add_job("j", json!({}));
    let settings = json!({"numberOfInstances": 3, "coordinationCommandLine": "x"});
    let several = json!({"multiInstanceSettings": settings});
    for id in ["apart", "slots"] {
        bench.add_job(id, json!({"poolInfo": {"poolId": id}}));
        bench.add_task(id, "m", several.clone());
        bench.add_task(id, "n", json!({}));
    }
    bench.add_task("j", "m", several);
    bench.at(40);
    for id in ["apart", "slots"] {
        assert_eq!(bench.states(id), "m:active n:completed", "{id}");
    }
    let result = bench.get("Task_ListSubtasks", &["j", "m"]);
    assert_fits(&result, "CloudTaskListSubtasksResult");
    assert_eq!(result["value"].as_array().map(Vec::len), Some(2));
    let selected = bench.read(
        "Task_ListSubtasks",
        &["j", "m"],
        &[("$select", "id,state")],
        Value::Null,
    );
    assert_eq!(selected["value"][1], json!({"id": 2, "state": "completed"}));
}

#[test]
fn a_pool_of_containers_runs_only_tasks_with_container_settings() {
    let mut bench = Bench::new();
    let mut body = pool("p", json!({"targetDedicatedNodes": 1}));
    let configuration = json!({"type": "dockerCompatible"});
    body["virtualMachineConfiguration"]["containerConfiguration"] = configuration;
    bench.done("Pool_Add", &[], body);
    bench.at(30);
    bench.add_job("j", json!({}));
    for number in 0..300 {
        bench.add_task("j", &format!("t{number:03}"), json!({}));
    }
    let contained = json!({"containerSettings": {"imageName": "busybox"}});
    bench.add_task("j", "u", contained);
    bench.at(41);
    let info = bench.task("j", "t299")["executionInfo"].clone();
    assert_eq!(info["failureInfo"]["code"], "ContainerTaskSettingsNotFound");
    assert_eq!(
        (info.get("exitCode"), &info["retryCount"]),
        (None, &json!(0))
    );
    assert_eq!(bench.task("j", "u")["executionInfo"]["exitCode"], 0);
}
