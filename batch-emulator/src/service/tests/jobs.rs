//! Tests of the life of a job.

use super::*;

#[test]
fn a_job_has_the_defaults_of_the_service() {
    let mut bench = Bench::with_job(
        0,
        1,
        json!({"jobPreparationTask": {"commandLine": "prepare"}}),
    );
    let shown = bench.get("Job_Get", &["J"]);
    assert_fits(&shown, "CloudJob");
    let constraints =
        json!({"maxWallClockTime": "P10675199DT2H48M5.4775807S", "maxTaskRetryCount": 0});
    assert_eq!(shown["constraints"], constraints);
    let expected = json!({
        "id": "jobpreparation", "commandLine": "prepare", "waitForSuccess": true,
        "rerunOnNodeRebootAfterSuccess": true,
        "constraints": {
            "maxWallClockTime": "P10675199DT2H48M5.4775807S", "retentionTime": "P7D", "maxTaskRetryCount": 0,
        },
        "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "nonadmin"}},
    });
    assert_eq!(shown["jobPreparationTask"], expected);
    for (name, value) in [
        ("priority", json!(0)),
        ("maxParallelTasks", json!(-1)),
        ("usesTaskDependencies", json!(false)),
        ("allowTaskPreemption", json!(false)),
        ("onAllTasksComplete", json!("noaction")),
        ("onTaskFailure", json!("noaction")),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    assert_eq!(
        (
            shown.get("previousState"),
            &shown["executionInfo"]["poolId"]
        ),
        (None, &json!("p"))
    );
    let again = json!({"id": "J", "poolInfo": {"poolId": "p"}});
    assert_eq!(bench.refused("Job_Add", &[], again), (409, "JobExists"));
}

#[test]
fn a_job_is_disabled_and_enabled() {
    for (option, while_disabling, disabled_at) in [
        ("requeue", "t:active", 31),
        ("terminate", "t:completed", 31),
        ("wait", "t:running", 41),
    ] {
        let mut bench = Bench::with_job(1, 1, json!({}));
        bench.add_task("j", "t", json!({}));
        bench.done("Job_Disable", &["j"], json!({"disableTasks": option}));
        assert_eq!(
            (bench.property("Job_Get", "j", "state"), bench.states("j")),
            ("disabling".into(), while_disabling.into())
        );
        bench.at(disabled_at - 1);
        assert_eq!(bench.property("Job_Get", "j", "state"), "disabling");
        bench.at(disabled_at);
        let shown = bench.get("Job_Get", &["j"]);
        assert_fits(&shown, "CloudJob");
        assert_eq!(
            (&shown["state"], &shown["previousState"]),
            (&json!("disabled"), &json!("active"))
        );
        bench.add_task("j", "u", json!({}));
        assert!(bench.states("j").ends_with("u:active"));
        bench.done("Job_Enable", &["j"], Value::Null);
        assert_eq!(bench.property("Job_Get", "j", "state"), "active");
        assert!(bench.states("j").contains(":running"), "{option}");
        let early = (409, "OperationInvalidForCurrentState");
        assert_eq!(bench.refused("Job_Enable", &["j"], Value::Null), early);
    }
}

#[test]
fn a_job_is_terminated() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    bench.add_task("j", "t", json!({}));
    bench.add_task("j", "u", json!({}));
    bench.done(
        "Job_Terminate",
        &["j"],
        json!({"terminateReason": "enough"}),
    );
    assert_eq!(
        (bench.property("Job_Get", "j", "state"), bench.states("j")),
        ("terminating".into(), "t:completed u:active".into())
    );
    let task = json!({"id": "v", "commandLine": "c"});
    assert_eq!(
        bench.refused("Task_Add", &["j"], task.clone()),
        (409, "JobBeingTerminated")
    );
    bench.at(31);
    let shown = bench.get("Job_Get", &["j"]);
    assert_fits(&shown, "CloudJob");
    assert_eq!(
        (&shown["state"], &shown["executionInfo"]["terminateReason"]),
        (&json!("completed"), &json!("enough"))
    );
    assert!(shown["executionInfo"]["endTime"].is_string());
    assert_eq!(
        bench.refused("Task_Add", &["j"], task),
        (409, "JobCompleted")
    );
    for operation in ["Job_Terminate", "Job_Enable", "Job_Patch"] {
        assert_eq!(
            bench.refused(operation, &["j"], json!({})),
            (409, "JobCompleted"),
            "{operation}"
        );
    }
    assert_eq!(
        bench.refused("Task_Reactivate", &["j", "t"], Value::Null),
        (409, "JobCompleted")
    );
    assert_eq!(bench.node_states("p"), ["idle"]);
}

#[test]
fn a_job_is_deleted() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    bench.add_task("j", "t", json!({}));
    bench.done("Job_Delete", &["j"], Value::Null);
    assert_eq!(bench.property("Job_Get", "j", "state"), "deleting");
    let again = json!({"id": "J", "poolInfo": {"poolId": "p"}});
    assert_eq!(
        bench.refused("Job_Add", &[], again),
        (409, "JobBeingDeleted")
    );
    for operation in ["Job_Delete", "Job_Terminate", "Job_Disable", "Job_Update"] {
        assert_eq!(
            bench.refused(operation, &["j"], json!({})),
            (409, "JobBeingDeleted"),
            "{operation}"
        );
    }
    bench.at(31);
    assert_eq!(
        bench.refused("Job_Get", &["j"], Value::Null),
        (404, "JobNotFound")
    );
    bench.add_job("j", json!({}));
    assert_eq!(bench.states("j"), "");
}

#[test]
fn a_job_ends_with_its_tasks() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    bench.add_task("j", "t", json!({}));
    bench.done(
        "Job_Patch",
        &["j"],
        json!({"onAllTasksComplete": "terminatejob"}),
    );
    let back = (400, "InvalidPropertyValue");
    assert_eq!(
        bench.refused(
            "Job_Patch",
            &["j"],
            json!({"onAllTasksComplete": "noaction"})
        ),
        back
    );
    assert_eq!(
        bench.refused("Job_Update", &["j"], json!({"poolInfo": {"poolId": "p"}})),
        back
    );
    bench.at(40);
    assert_eq!(
        (bench.property("Job_Get", "j", "state"), bench.states("j")),
        ("active".into(), "t:completed".into())
    );
    bench.at(41);
    assert_eq!(bench.property("Job_Get", "j", "state"), "terminating");
    bench.at(42);
    let shown = bench.get("Job_Get", &["j"]);
    assert_eq!(
        (&shown["state"], &shown["executionInfo"]["terminateReason"]),
        (&json!("completed"), &json!("AllTasksComplete"))
    );
    bench.add_job("empty", json!({"onAllTasksComplete": "terminatejob"}));
    bench.at(44);
    assert_eq!(bench.property("Job_Get", "empty", "state"), "completed");
}

#[test]
fn a_job_runs_out_of_time() {
    let mut bench = Bench::with_job(1, 1, json!({"constraints": {"maxWallClockTime": "PT5S"}}));
    bench.add_task("j", "t", json!({}));
    bench.at(36);
    let shown = bench.get("Job_Get", &["j"]);
    assert_eq!(
        (&shown["state"], &shown["executionInfo"]["terminateReason"]),
        (&json!("completed"), &json!("MaxWallClockTimeExpiry"))
    );
    assert_eq!(
        bench.task("j", "t")["executionInfo"]["failureInfo"]["code"],
        "TaskEnded"
    );
    // Removing the limit in time prevents the termination.
    bench.add_job("k", json!({"constraints": {"maxWallClockTime": "PT5S"}}));
    bench.done(
        "Job_Patch",
        &["k"],
        json!({"constraints": {"maxTaskRetryCount": 1}}),
    );
    bench.at(60);
    assert_eq!(bench.property("Job_Get", "k", "state"), "active");
}

#[test]
fn a_job_manager_ends_its_job() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    bench.add_job(
        "m",
        json!({"jobManagerTask": {"id": "boss", "commandLine": "c"}}),
    );
    assert_eq!(bench.states("m"), "boss:running");
    assert_fits(&bench.get("Job_Get", &["m"]), "CloudJob");
    assert_fits(&bench.task("m", "boss"), "CloudTask");
    bench.at(42);
    let shown = bench.get("Job_Get", &["m"]);
    assert_eq!(
        (&shown["state"], &shown["executionInfo"]["terminateReason"]),
        (&json!("completed"), &json!("JMComplete"))
    );
}

#[test]
fn failures_act_on_the_job() {
    let fails = |more: Value| merged(environment(&[("EMULATOR_EXIT_CODE", "5")]), more);
    let on = |action: &str| json!({"exitConditions": {"exitCodes": [{"code": 5, "exitOptions": {"jobAction": action}}]}});
    let acts = json!({"onTaskFailure": "performexitoptionsjobaction"});
    for (options, state) in [
        (json!({}), "terminating"),
        (on("none"), "active"),
        (on("disable"), "disabling"),
        (on("terminate"), "terminating"),
    ] {
        let mut bench = Bench::with_job(1, 1, acts.clone());
        bench.add_task("j", "t", fails(options));
        bench.at(40);
        assert_eq!(bench.property("Job_Get", "j", "state"), state);
    }
    let mut bench = Bench::with_job(1, 1, json!({}));
    let task = merged(json!({"id": "t", "commandLine": "c"}), on("terminate"));
    assert_eq!(
        bench.refused("Task_Add", &["j"], task),
        (400, "InvalidPropertyValue")
    );
    bench.add_task("j", "t", fails(json!({})));
    bench.at(60);
    assert_eq!(bench.property("Job_Get", "j", "state"), "active");
}

#[test]
fn an_auto_pool_lives_with_its_job() {
    let mut bench = Bench::new();
    let mut specification = pool("x", json!({"targetDedicatedNodes": 1}));
    specification.as_object_mut().expect("a pool").remove("id");
    let auto =
        json!({"poolLifetimeOption": "job", "autoPoolIdPrefix": "auto", "pool": specification});
    let job = |id: &str, keep: bool| {
        let auto = merged(auto.clone(), json!({"keepAlive": keep}));
        json!({"id": id, "poolInfo": {"autoPoolSpecification": auto}})
    };
    bench.done("Job_Add", &[], job("a", false));
    bench.done("Job_Add", &[], job("k", true));
    let shown = bench.get("Job_Get", &["a"]);
    assert_fits(&shown, "CloudJob");
    let pool_id = text(&shown["executionInfo"]["poolId"]).to_owned();
    assert!(
        pool_id.starts_with("auto") && pool_id.len() == 40,
        "{pool_id}"
    );
    bench.add_task("a", "t", json!({}));
    bench.at(40);
    assert_eq!(bench.states("a"), "t:completed");
    // The live service accepts this update while the job is active.
    bench.done(
        "Job_Update",
        &["a"],
        merged(json!({"priority": 5}), job("a", false)),
    );
    bench.done("Job_Terminate", &["a"], Value::Null);
    bench.done("Job_Terminate", &["k"], Value::Null);
    bench.at(80);
    let pools = bench.get("Pool_List", &[]);
    assert_eq!(pools["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        bench.refused("Pool_Get", &[&pool_id], Value::Null),
        (404, "PoolNotFound")
    );
}

#[test]
fn the_pool_of_a_disabled_job_can_change() {
    let mut bench = Bench::with_job(0, 1, json!({}));
    bench.done(
        "Pool_Add",
        &[],
        pool("q", json!({"targetDedicatedNodes": 1})),
    );
    bench.add_task("j", "t", json!({}));
    let other = json!({"poolInfo": {"poolId": "q"}});
    assert_eq!(
        bench.refused("Job_Patch", &["j"], other.clone()),
        (409, "OperationInvalidForCurrentState")
    );
    bench.done("Job_Disable", &["j"], json!({"disableTasks": "wait"}));
    bench.at(60);
    bench.done("Job_Patch", &["j"], other);
    bench.done("Job_Enable", &["j"], Value::Null);
    bench.at(61);
    assert_eq!(bench.states("j"), "t:running");
}

#[test]
fn nodes_are_prepared_and_released() {
    let special =
        json!({"jobPreparationTask": {"commandLine": "a"}, "jobReleaseTask": {"commandLine": "b"}});
    let mut bench = Bench::with_job(1, 1, special);
    bench.add_task("j", "t", json!({}));
    bench.add_task("j", "u", json!({}));
    assert_eq!(bench.states("j"), "t:preparing u:active");
    let counts = bench.get("Job_GetTaskCounts", &["j"]);
    assert_eq!(
        counts["taskCounts"],
        json!({"active": 1, "running": 1, "completed": 0, "succeeded": 0, "failed": 0})
    );
    let rows = bench.get("Job_ListPreparationAndReleaseTaskStatus", &["j"]);
    assert_eq!(
        rows["value"][0]["jobPreparationTaskExecutionInfo"]["state"],
        "running"
    );
    bench.at(31);
    assert_eq!(bench.states("j"), "t:running u:active");
    bench.at(41);
    assert_eq!(bench.states("j"), "t:completed u:running");
    bench.done("Job_Terminate", &["j"], Value::Null);
    bench.at(43);
    let rows = bench.get("Job_ListPreparationAndReleaseTaskStatus", &["j"]);
    assert_fits(
        &rows["value"][0],
        "JobPreparationAndReleaseTaskExecutionInformation",
    );
    assert_eq!(
        rows["value"][0]["jobReleaseTaskExecutionInfo"]["exitCode"],
        0
    );
    bench.add_job("k", json!({}));
    let refused = bench.refused(
        "Job_ListPreparationAndReleaseTaskStatus",
        &["k"],
        Value::Null,
    );
    let code = "JobPreparationTaskOrReleaseTaskNotSpecified";
    assert_eq!(refused, (409, code));
    let lone =
        json!({"id": "l", "poolInfo": {"poolId": "p"}, "jobReleaseTask": {"commandLine": "b"}});
    assert_eq!(
        bench.refused("Job_Add", &[], lone),
        (400, "InvalidPropertyValue")
    );
}
