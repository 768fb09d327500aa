//! Which task runs where and when, and what becomes of it.

use super::*;

#[test]
fn a_task_runs() {
    let mut bench = Bench::with_job(1, 1, json!({"constraints": {"maxTaskRetryCount": 2}}));
    bench.add_task("j", "T", json!({}));
    let shown = bench.task("j", "t");
    assert_fits(&shown, "CloudTask");
    assert_eq!((&shown["state"], &shown["previousState"]), (&json!("running"), &json!("active")));
    assert_eq!(shown["constraints"]["maxTaskRetryCount"], 2);
    bench.at(40);
    let shown = bench.task("j", "t");
    assert_fits(&shown, "CloudTask");
    let expected = json!({
        "startTime": "2024-04-18T19:29:22.7606919Z", "endTime": "2024-04-18T19:29:32.7606919Z", "exitCode": 0,
        "result": "success", "retryCount": 0, "requeueCount": 0,
    });
    assert_eq!(shown["executionInfo"], expected);
    assert_eq!(shown["nodeInfo"]["taskRootDirectory"], "workitems/j/job-1/T");
    // What happens to a task does not change it.
    assert_eq!(shown["lastModified"], shown["creationTime"]);
    let node = bench.node_ids("p").remove(0);
    let node = bench.get("ComputeNode_Get", &["p", &node]);
    assert_fits(&node, "ComputeNode");
    assert_eq!((&node["totalTasksRun"], &node["recentTasks"][0]["taskId"]), (&json!(1), &json!("T")));
    let again = json!({"id": "t", "commandLine": "c"});
    assert_eq!(bench.refused("Task_Add", &["j"], again), (409, "TaskExists"));
    let stats = bench.read("Task_Get", &["j", "t"], &[("$expand", "stats")], Value::Null);
    assert_fits(&stats, "CloudTask");
    assert_eq!(stats["stats"]["wallClockTime"], "PT10S");
    let stats = bench.read("Job_Get", &["j"], &[("$expand", "stats")], Value::Null);
    assert_fits(&stats, "CloudJob");
    assert_eq!(stats["stats"]["numSucceededTasks"], 1);
}

#[test]
fn slots_bound_what_runs_together() {
    let mut bench = Bench::with_job(1, 4, json!({}));
    for (id, slots) in [("a", 2), ("b", 3), ("c", 1), ("d", 1), ("e", 5)] {
        bench.add_task("j", id, json!({"requiredSlots": slots}));
    }
    // What does not fit holds up nothing that does.
    assert_eq!(bench.states("j"), "a:running b:active c:running d:running e:active");
    let counts = bench.get("Job_GetTaskCounts", &["j"]);
    assert_fits(&counts, "TaskCountsResult");
    let slots = json!({"active": 8, "running": 4, "completed": 0, "succeeded": 0, "failed": 0});
    assert_eq!(counts["taskSlotCounts"], slots);
    bench.at(40);
    assert_eq!(bench.states("j"), "a:completed b:running c:completed d:completed e:active");
    bench.at(100);
    assert!(bench.states("j").ends_with("e:active"));
    let bad = json!({"id": "m", "commandLine": "c", "requiredSlots": 2, "multiInstanceSettings": {"coordinationCommandLine": "x"}});
    assert_eq!(bench.refused("Task_Add", &["j"], bad), (400, "InvalidPropertyValue"));
}

#[test]
fn tasks_pack_or_spread() {
    for (fill, nodes) in [("Pack", [0, 0, 2]), ("spread", [0, 1, 1])] {
        let mut bench = Bench::new();
        let policy = json!({"targetDedicatedNodes": 3, "taskSlotsPerNode": 2, "taskSchedulingPolicy": {"nodeFillType": fill}});
        bench.done("Pool_Add", &[], pool("p", policy));
        bench.at(30);
        bench.add_job("j", json!({}));
        bench.add_task("j", "a", json!({}));
        bench.add_task("j", "b", json!({}));
        let listed = bench.get("ComputeNode_List", &["p"]);
        let mut counts: Vec<_> = listed["value"].as_array().expect("nodes").iter().map(|n| n["runningTasksCount"].as_i64()).collect();
        counts.sort_unstable();
        assert_eq!(counts, nodes.map(Some), "{fill}");
    }
}

#[test]
fn a_wish_for_a_node_is_met() {
    let mut bench = Bench::with_job(3, 1, json!({}));
    let nodes = bench.node_ids("p");
    for (node, id) in nodes.iter().zip(["a", "b", "c"]) {
        bench.add_task("j", id, json!({"affinityInfo": {"affinityId": format!("TVM:{node}")}}));
        assert_eq!(bench.task("j", id)["nodeInfo"]["nodeId"], node.as_str());
    }
}

#[test]
fn jobs_of_higher_priority_go_first() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    bench.add_task("j", "first", json!({}));
    for (job, priority) in [("low", -5), ("old", 7), ("new", 7)] {
        bench.add_job(job, json!({"priority": priority}));
        bench.add_task(job, "t", json!({}));
    }
    bench.add_task("j", "last", json!({}));
    let mut order = Vec::new();
    for seconds in [40, 50, 60, 70] {
        bench.at(seconds);
        let running = ["low", "old", "new", "j"].into_iter().find(|job| bench.states(job).contains("running"));
        order.extend(running);
    }
    assert_eq!(order, ["old", "new", "j", "low"]);
    bench.add_job("late", json!({}));
    bench.add_task("late", "t", json!({}));
    bench.add_task("j", "later", json!({}));
    bench.done("Job_Patch", &["late"], json!({"priority": 1000}));
    bench.at(80);
    assert_eq!(bench.states("late"), "t:running");
}

#[test]
fn a_job_bounds_its_tasks() {
    let mut bench = Bench::with_job(4, 1, json!({"maxParallelTasks": 2}));
    for id in ["a", "b", "c"] {
        bench.add_task("j", id, json!({}));
    }
    assert_eq!(bench.states("j"), "a:running b:running c:active");
    bench.done("Job_Patch", &["j"], json!({"maxParallelTasks": -1}));
    assert_eq!(bench.states("j"), "a:running b:running c:running");
}

#[test]
fn tasks_wait_for_a_pool_to_come() {
    let mut bench = Bench::new();
    bench.add_job("j", json!({}));
    bench.add_task("j", "t", json!({}));
    bench.at(100);
    assert_eq!(bench.states("j"), "t:active");
    bench.done("Pool_Add", &[], pool("P", json!({"targetDedicatedNodes": 1})));
    bench.at(130);
    assert_eq!(bench.states("j"), "t:running");
    bench.done("Pool_Delete", &["p"], Value::Null);
    assert_eq!(bench.states("j"), "t:active");
    assert_eq!(bench.task("j", "t").get("nodeInfo"), None);
}

#[test]
fn failed_tasks_are_tried_again() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    let settings = environment(&[("EMULATOR_EXIT_CODE", "3, 4,0"), ("EMULATOR_SECONDS", "2")]);
    let twice = merged(settings.clone(), json!({"constraints": {"maxTaskRetryCount": 2}}));
    bench.add_task("j", "good", twice);
    bench.at(33);
    let info = bench.task("j", "good")["executionInfo"].clone();
    assert_eq!((&info["retryCount"], &info["startTime"]), (&json!(1), &info["lastRetryTime"]));
    bench.at(36);
    let shown = bench.task("j", "good");
    assert_fits(&shown, "CloudTask");
    assert_eq!((&shown["executionInfo"]["exitCode"], &shown["executionInfo"]["retryCount"]), (&json!(0), &json!(2)));
    bench.add_task("j", "bad", merged(settings, json!({"constraints": {"maxTaskRetryCount": 1}})));
    bench.at(50);
    let shown = bench.task("j", "bad");
    assert_fits(&shown, "CloudTask");
    assert_eq!((&shown["executionInfo"]["exitCode"], &shown["executionInfo"]["result"]), (&json!(4), &json!("failure")));
    assert_eq!(shown["executionInfo"]["failureInfo"]["code"], "FailureExitCode");
    let counts = bench.get("Job_GetTaskCounts", &["j"]);
    assert_eq!((&counts["taskCounts"]["succeeded"], &counts["taskCounts"]["failed"]), (&json!(1), &json!(1)));
    // Without end, and without time: still bounded.
    let forever = environment(&[("EMULATOR_EXIT_CODE", "1"), ("EMULATOR_SECONDS", "0")]);
    bench.add_task("j", "forever", merged(forever, json!({"constraints": {"maxTaskRetryCount": -1}})));
    bench.at(1050);
    assert_eq!(bench.task("j", "forever")["executionInfo"]["retryCount"], 1000);
}

#[test]
fn a_task_runs_out_of_time() {
    let mut bench = Bench::with_job(1, 1, json!({"commonEnvironmentSettings": [{"name": "EMULATOR_SECONDS", "value": "7"}]}));
    bench.add_task("j", "t", json!({"constraints": {"maxWallClockTime": "PT3S", "maxTaskRetryCount": 3}}));
    bench.add_task("j", "u", json!({"constraints": {"maxWallClockTime": "PT7S"}}));
    bench.at(33);
    let info = bench.task("j", "t")["executionInfo"].clone();
    assert_eq!((&info["failureInfo"]["code"], info.get("exitCode")), (&json!("TaskEnded"), None));
    bench.at(40);
    assert_eq!(bench.task("j", "u")["executionInfo"]["exitCode"], 0);
}

#[test]
fn tasks_wait_for_others() {
    let mut bench = Bench::with_job(9, 1, json!({"usesTaskDependencies": true}));
    let on = |ids: &[&str]| json!({"dependsOn": {"taskIds": ids}});
    bench.add_task("j", "c", on(&["A", "b"]));
    bench.add_task("j", "b", on(&["a"]));
    bench.add_task("j", "a", json!({}));
    bench.add_task("j", "x", on(&["nobody"]));
    assert_eq!(bench.states("j"), "a:running b:active c:active x:active");
    bench.at(40);
    assert_eq!(bench.states("j"), "a:completed b:running c:active x:active");
    bench.at(50);
    assert_eq!(bench.states("j"), "a:completed b:completed c:running x:active");
    bench.add_task("j", "d", on(&["a", "b"]));
    assert!(bench.states("j").contains("d:running"));
    assert_fits(&bench.task("j", "c"), "CloudTask");
    bench.add_job("k", json!({}));
    let task = merged(json!({"id": "t", "commandLine": "c"}), on(&["a"]));
    assert_eq!(bench.refused("Task_Add", &["k"], task), (400, "TaskDependenciesNotSpecifiedOnJob"));
    let long: Vec<String> = (0..1100).map(|n| format!("{n:060}")).collect();
    let task = json!({"id": "t", "commandLine": "c", "dependsOn": {"taskIds": long}});
    assert_eq!(bench.refused("Task_Add", &["j"], task), (400, "TaskDependencyListTooLong"));
}

#[test]
fn tasks_wait_for_ranges() {
    let mut bench = Bench::with_job(9, 1, json!({"usesTaskDependencies": true}));
    let ranges = json!([{"start": 1, "end": 3}, {"start": 5, "end": 5}, {"start": 9, "end": 8}]);
    bench.add_task("j", "all", json!({"dependsOn": {"taskIdRanges": ranges, "taskIds": []}}));
    let huge = json!([{"start": i32::MIN, "end": i32::MAX}]);
    bench.add_task("j", "never", json!({"dependsOn": {"taskIdRanges": huge}}));
    for id in ["5", "2", "1"] {
        bench.add_task("j", id, json!({}));
    }
    bench.at(60);
    assert!(bench.states("j").contains("all:active"));
    bench.add_task("j", "3", json!({}));
    bench.at(70);
    assert!(bench.states("j").ends_with("all:running never:active"), "{}", bench.states("j"));
}

#[test]
fn failures_block_what_depends_on_them_unless_they_satisfy() {
    let mut bench = Bench::with_job(9, 1, json!({"usesTaskDependencies": true}));
    let with = |code: &str, conditions: Value| {
        merged(environment(&[("EMULATOR_EXIT_CODE", code)]), json!({"exitConditions": conditions}))
    };
    let action = |action: &str| json!({"dependencyAction": action});
    let cases = [
        ("a", with("1", json!({})), "active"),
        ("b", with("1", json!({"default": action("satisfy")})), "running"),
        ("c", with("7", json!({"exitCodes": [{"code": 7, "exitOptions": action("Satisfy")}]})), "running"),
        ("d", with("8", json!({"exitCodeRanges": [{"start": 5, "end": 9, "exitOptions": action("satisfy")}]})), "running"),
        ("e", with("4", json!({"exitCodeRanges": [{"start": 5, "end": 9, "exitOptions": action("satisfy")}]})), "active"),
        ("f", with("0", json!({"exitCodes": [{"code": 0, "exitOptions": action("block")}]})), "active"),
        ("g", with("0", json!({"default": action("block")})), "running"),
    ];
    for (id, task, _) in &cases {
        bench.add_task("j", id, task.clone());
        bench.add_task("j", &format!("{id}-next"), json!({"dependsOn": {"taskIds": [id]}}));
    }
    bench.at(40);
    for (id, _, state) in &cases {
        assert_eq!(bench.task("j", &format!("{id}-next"))["state"], *state, "{id}");
    }
    // A failed task that is run again and succeeds lets the others go on.
    bench.at(50);
    bench.done("Task_Reactivate", &["j", "a"], Value::Null);
    assert_eq!(bench.task("j", "a")["state"], "running");
}

#[test]
fn tasks_are_ended_revived_changed_and_deleted() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    for id in ["a", "b", "c"] {
        bench.add_task("j", id, json!({}));
    }
    let etag = bench.task("j", "b")["eTag"].clone();
    bench.done("Task_Terminate", &["j", "b"], Value::Null);
    let shown = bench.task("j", "b");
    assert_fits(&shown, "CloudTask");
    assert_ne!(shown["eTag"], etag);
    assert_eq!((&shown["state"], shown["executionInfo"].get("startTime")), (&json!("completed"), None));
    assert_eq!(bench.refused("Task_Terminate", &["j", "b"], Value::Null), (409, "TaskCompleted"));
    assert_eq!(bench.refused("Task_Update", &["j", "b"], json!({})), (409, "TaskCompleted"));
    bench.done("Task_Reactivate", &["j", "b"], Value::Null);
    let shown = bench.task("j", "b");
    assert_eq!((&shown["state"], shown["executionInfo"].get("failureInfo")), (&json!("active"), None));
    assert_eq!(bench.refused("Task_Reactivate", &["j", "b"], Value::Null), (409, "TaskNotCompleted"));
    bench.done("Task_Update", &["j", "b"], json!({"constraints": {"retentionTime": "PT48H"}}));
    let limits = json!({"maxWallClockTime": "P10675199DT2H48M5.4775807S", "retentionTime": "P2D", "maxTaskRetryCount": 0});
    assert_eq!(bench.task("j", "b")["constraints"], limits);
    bench.done("Task_Delete", &["j", "a"], Value::Null);
    assert_eq!(bench.states("j"), "b:running c:active");
    assert_eq!(bench.refused("Task_Delete", &["j", "a"], Value::Null), (404, "TaskNotFound"));
    bench.at(40);
    assert_eq!(bench.refused("Task_Reactivate", &["j", "b"], Value::Null), (409, "TaskSucceeded"));
    let counts = bench.get("Job_GetTaskCounts", &["j"])["taskCounts"].clone();
    assert_eq!(counts, json!({"active": 0, "running": 1, "completed": 1, "succeeded": 1, "failed": 0}));
}

#[test]
fn a_collection_has_one_result_for_each_task() {
    let mut bench = Bench::with_job(0, 1, json!({"jobPreparationTask": {"commandLine": "x"}}));
    let task = |id: &str| json!({"id": id, "commandLine": "c"});
    let body = json!({"value": [task("b"), task("a"), task("B"), task("jobPreparation"), merged(task("d"), json!({"dependsOn": {}}))]});
    let result = bench.done("Task_AddCollection", &["J"], body);
    assert_fits(&result, "TaskAddCollectionResult");
    let results = result["value"].as_array().expect("results").iter();
    let found: Vec<_> = results.map(|r| (text(&r["taskId"]), text(&r["status"]), text(&r["error"]["code"]))).collect();
    let expected = [
        ("b", "success", ""),
        ("a", "success", ""),
        ("B", "clienterror", "TaskExists"),
        ("jobPreparation", "clienterror", "TaskIdSameAsJobPreparationTask"),
        ("d", "clienterror", "TaskDependenciesNotSpecifiedOnJob"),
    ];
    assert_eq!(found, expected);
    assert_eq!(result["value"][0]["location"], "http://127.0.0.1:4321/jobs/j/tasks/b");
    assert_eq!(result["value"][0]["eTag"], bench.task("j", "b")["eTag"]);
}

#[test]
fn a_task_of_several_instances_has_subtasks() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    let settings = json!({"numberOfInstances": 3, "coordinationCommandLine": "x"});
    bench.add_task("j", "m", json!({"multiInstanceSettings": settings}));
    bench.at(40);
    let result = bench.get("Task_ListSubtasks", &["j", "m"]);
    assert_fits(&result, "CloudTaskListSubtasksResult");
    assert_eq!(result["value"].as_array().map(Vec::len), Some(2));
    let selected = bench.read("Task_ListSubtasks", &["j", "m"], &[("$select", "id,state")], Value::Null);
    assert_eq!(selected["value"][1], json!({"id": 2, "state": "completed"}));
}
