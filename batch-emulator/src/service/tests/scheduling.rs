//! Tests of which task runs where and when.

use super::*;

#[test]
fn slots_limit_concurrent_tasks() {
    let mut bench = Bench::with_job(1, 4, json!({}));
    for (id, slots) in [("a", 2), ("b", 3), ("c", 1), ("d", 1), ("e", 5)] {
        bench.add_task("j", id, json!({"requiredSlots": slots}));
    }
    // A task that does not fit does not block those that do.
    assert_eq!(
        bench.states("j"),
        "a:running b:active c:running d:running e:active"
    );
    let counts = bench.get("Job_GetTaskCounts", &["j"]);
    assert_fits(&counts, "TaskCountsResult");
    let slots = json!({"active": 8, "running": 4, "completed": 0, "succeeded": 0, "failed": 0});
    assert_eq!(counts["taskSlotCounts"], slots);
    bench.at(40);
    assert_eq!(
        bench.states("j"),
        "a:completed b:running c:completed d:completed e:active"
    );
    bench.at(100);
    assert!(bench.states("j").ends_with("e:active"));
    let bad = json!({"id": "m", "commandLine": "c", "requiredSlots": 2, "multiInstanceSettings": {"coordinationCommandLine": "x"}});
    assert_eq!(
        bench.refused("Task_Add", &["j"], bad),
        (400, "InvalidPropertyValue")
    );
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
        let mut counts: Vec<_> = listed["value"]
            .as_array()
            .expect("nodes")
            .iter()
            .map(|n| n["runningTasksCount"].as_i64())
            .collect();
        counts.sort_unstable();
        assert_eq!(counts, nodes.map(Some), "{fill}");
    }
}

#[test]
fn an_affinity_to_a_node_is_honoured() {
    let mut bench = Bench::with_job(3, 1, json!({}));
    let nodes = bench.node_ids("p");
    for (node, id) in nodes.iter().zip(["a", "b", "c"]) {
        bench.add_task(
            "j",
            id,
            json!({"affinityInfo": {"affinityId": format!("TVM:{node}")}}),
        );
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
        let running = ["low", "old", "new", "j"]
            .into_iter()
            .find(|job| bench.states(job).contains("running"));
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
fn a_job_limits_its_parallel_tasks() {
    let mut bench = Bench::with_job(4, 1, json!({"maxParallelTasks": 2}));
    for id in ["a", "b", "c"] {
        bench.add_task("j", id, json!({}));
    }
    assert_eq!(bench.states("j"), "a:running b:running c:active");
    bench.done("Job_Patch", &["j"], json!({"maxParallelTasks": -1}));
    assert_eq!(bench.states("j"), "a:running b:running c:running");
}

#[test]
fn tasks_wait_for_their_pool() {
    let mut bench = Bench::new();
    bench.add_job("j", json!({}));
    bench.add_task("j", "t", json!({}));
    bench.at(100);
    assert_eq!(bench.states("j"), "t:active");
    bench.done(
        "Pool_Add",
        &[],
        pool("P", json!({"targetDedicatedNodes": 1})),
    );
    bench.at(130);
    assert_eq!(bench.states("j"), "t:running");
    bench.done("Pool_Delete", &["p"], Value::Null);
    assert_eq!(bench.states("j"), "t:active");
    assert_eq!(bench.task("j", "t").get("nodeInfo"), None);
}

#[test]
fn tasks_wait_for_their_dependencies() {
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
    assert_eq!(
        bench.states("j"),
        "a:completed b:completed c:running x:active"
    );
    bench.add_task("j", "d", on(&["a", "b"]));
    assert!(bench.states("j").contains("d:running"));
    assert_fits(&bench.task("j", "c"), "CloudTask");
    bench.add_job("k", json!({}));
    let task = merged(json!({"id": "t", "commandLine": "c"}), on(&["a"]));
    assert_eq!(
        bench.refused("Task_Add", &["k"], task),
        (400, "UnsupportedProperty")
    );
    bench.add_task(
        "k",
        "none",
        json!({"dependsOn": {"taskIds": [], "taskIdRanges": []}}),
    );
    let long: Vec<String> = (0..1100).map(|n| format!("{n:060}")).collect();
    let task = json!({"id": "t", "commandLine": "c", "dependsOn": {"taskIds": long}});
    assert_eq!(
        bench.refused("Task_Add", &["j"], task),
        (400, "TaskDependencyListTooLong")
    );
}

#[test]
fn tasks_wait_for_ranges() {
    let mut bench = Bench::with_job(9, 1, json!({"usesTaskDependencies": true}));
    let ranges = json!([{"start": 1, "end": 3}, {"start": 5, "end": 5}, {"start": 9, "end": 8}]);
    bench.add_task(
        "j",
        "all",
        json!({"dependsOn": {"taskIdRanges": ranges, "taskIds": []}}),
    );
    let huge = json!([{"start": i32::MIN, "end": i32::MAX}]);
    bench.add_task("j", "never", json!({"dependsOn": {"taskIdRanges": huge}}));
    for id in ["5", "2", "1"] {
        bench.add_task("j", id, json!({}));
    }
    bench.at(60);
    assert!(bench.states("j").contains("all:active"));
    bench.add_task("j", "3", json!({}));
    bench.at(70);
    assert!(
        bench.states("j").ends_with("all:running never:active"),
        "{}",
        bench.states("j")
    );
}

#[test]
fn failures_block_dependent_tasks_unless_they_satisfy_the_dependency() {
    let mut bench = Bench::with_job(9, 1, json!({"usesTaskDependencies": true}));
    let with = |code: &str, conditions: Value| {
        merged(
            environment(&[("EMULATOR_EXIT_CODE", code)]),
            json!({"exitConditions": conditions}),
        )
    };
    let action = |action: &str| json!({"dependencyAction": action});
    let cases = [
        ("a", with("1", json!({})), "active"),
        (
            "b",
            with("1", json!({"default": action("satisfy")})),
            "running",
        ),
        (
            "c",
            with(
                "7",
                json!({"exitCodes": [{"code": 7, "exitOptions": action("Satisfy")}]}),
            ),
            "running",
        ),
        (
            "d",
            with(
                "8",
                json!({"exitCodeRanges": [{"start": 5, "end": 9, "exitOptions": action("satisfy")}]}),
            ),
            "running",
        ),
        (
            "e",
            with(
                "4",
                json!({"exitCodeRanges": [{"start": 5, "end": 9, "exitOptions": action("satisfy")}]}),
            ),
            "active",
        ),
        (
            "f",
            with(
                "0",
                json!({"exitCodes": [{"code": 0, "exitOptions": action("block")}]}),
            ),
            "active",
        ),
        (
            "g",
            with("0", json!({"default": action("block")})),
            "running",
        ),
    ];
    for (id, task, _) in &cases {
        bench.add_task("j", id, task.clone());
        bench.add_task(
            "j",
            &format!("{id}-next"),
            json!({"dependsOn": {"taskIds": [id]}}),
        );
    }
    bench.at(40);
    for (id, _, state) in &cases {
        assert_eq!(
            bench.task("j", &format!("{id}-next"))["state"],
            *state,
            "{id}"
        );
    }
    // A failed task that is reactivated and succeeds unblocks the others.
    bench.at(50);
    bench.done("Task_Reactivate", &["j", "a"], Value::Null);
    assert_eq!(bench.task("j", "a")["state"], "running");
}
