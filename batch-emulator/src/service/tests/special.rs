//! Tests of start tasks, preparations, releases, job managers and instances in the simulation.

use super::*;

fn failing(codes: &str, more: Value) -> Value {
    let task = merged(
        json!({"commandLine": "c"}),
        environment(&[("EMULATOR_EXIT_CODE", codes)]),
    );
    merged(task, more)
}

#[test]
fn a_start_task_is_retried() {
    let mut bench = Bench::new();
    let start = failing("1,1,0", json!({"maxTaskRetryCount": 2}));
    let body = pool("p", json!({"targetDedicatedNodes": 1, "startTask": start}));
    bench.done("Pool_Add", &[], body);
    let mut seen = Vec::new();
    for second in [31, 32, 33] {
        bench.at(second);
        let node = bench.node_ids("p").remove(0);
        let node = bench.get("ComputeNode_Get", &["p", &node]);
        assert_fits(&node, "ComputeNode");
        seen.push((
            text(&node["state"]).to_owned(),
            node["startTaskInfo"]["retryCount"].clone(),
        ));
    }
    let waiting = |retries: i32| ("waitingforstarttask".to_owned(), json!(retries));
    assert_eq!(
        seen,
        [waiting(1), waiting(2), ("idle".to_owned(), json!(2))]
    );
}

#[test]
fn a_node_that_cannot_be_prepared_is_avoided_until_it_is_reimaged() {
    let preparation = failing("3", json!({"constraints": {"maxTaskRetryCount": 1}}));
    let mut bench = Bench::with_job(1, 1, json!({"jobPreparationTask": preparation}));
    bench.add_task("j", "t", json!({}));
    assert_eq!(bench.states("j"), "t:preparing");
    bench.at(40);
    assert_eq!(bench.states("j"), "t:active");
    assert_eq!(bench.task("j", "t")["executionInfo"]["requeueCount"], 0);
    let row = bench.get("Job_ListPreparationAndReleaseTaskStatus", &["j"])["value"][0].clone();
    assert_fits(&row, "JobPreparationAndReleaseTaskExecutionInformation");
    let info = &row["jobPreparationTaskExecutionInfo"];
    assert_eq!(
        (&info["retryCount"], &info["exitCode"]),
        (&json!(1), &json!(3))
    );
    // The node is available to other jobs.
    bench.add_job("k", json!({}));
    bench.add_task("k", "u", json!({}));
    bench.at(50);
    assert_eq!(
        (bench.states("j"), bench.states("k")),
        ("t:active".into(), "u:completed".into())
    );
    let node = bench.node_ids("p").remove(0);
    bench.reimage("p", &node, Value::Null);
    bench.at(70);
    assert_eq!(bench.states("j"), "t:preparing");
}

#[test]
fn tasks_need_not_wait_for_a_preparation() {
    let preparation = failing("3", json!({"waitForSuccess": false}));
    let mut bench = Bench::with_job(1, 1, json!({"jobPreparationTask": preparation}));
    bench.add_task("j", "t", json!({}));
    assert_eq!(bench.states("j"), "t:running");
    bench.at(40);
    bench.add_task("j", "u", json!({}));
    assert_eq!(bench.states("j"), "t:completed u:running");
}

#[test]
fn a_job_ends_when_its_nodes_are_released() {
    let release = merged(
        json!({"commandLine": "c"}),
        environment(&[("EMULATOR_SECONDS", "60")]),
    );
    for operation in ["Job_Terminate", "Job_Delete"] {
        let job = json!({"jobPreparationTask": {"commandLine": "a"}, "jobReleaseTask": release});
        let mut bench = Bench::with_job(1, 1, job);
        bench.add_task("j", "t", json!({}));
        bench.at(45);
        bench.done(operation, &["j"], Value::Null);
        bench.at(100);
        let state = bench.get("Job_Get", &["j"])["state"].clone();
        assert!(state == "terminating" || state == "deleting", "{state}");
        bench.at(105);
        match bench.call("Job_Get", &["j"], &[], Value::Null) {
            Ok(reply) => assert_eq!(content(reply)["state"], "completed"),
            Err(refusal) => assert_eq!((refusal.code, operation), ("JobNotFound", "Job_Delete")),
        }
    }
}

/// Requests: the time of each, its operation, and true if it forces the end.
type Sent = &'static [(i64, &'static str, bool)];

#[test]
fn a_forced_end_does_not_wait_for_the_nodes() {
    let release = merged(
        json!({"commandLine": "c"}),
        environment(&[("EMULATOR_SECONDS", "60")]),
    );
    let special = json!({"jobPreparationTask": {"commandLine": "a"}, "jobReleaseTask": release});
    let force = [("force", "true")];
    let state = |bench: &mut Bench| match bench.call("Job_Get", &["j"], &[], Value::Null) {
        Ok(reply) => text(&content(reply)["state"]).to_owned(),
        Err(refusal) => refusal.code.to_owned(),
    };
    // The requests with their times, and the states of the job at 50, 61 and 110.
    let cases: [(Sent, [&str; 3]); 4] = [
        (
            &[(45, "Job_Terminate", true)],
            ["completed", "completed", "completed"],
        ),
        (
            &[(45, "Job_Terminate", false), (60, "Job_Delete", true)],
            ["terminating", "JobNotFound", "JobNotFound"],
        ),
        (
            &[(45, "Job_Delete", true)],
            ["JobNotFound", "JobNotFound", "JobNotFound"],
        ),
        (
            &[(45, "Job_Delete", false)],
            ["deleting", "deleting", "JobNotFound"],
        ),
    ];
    for (requests, states) in cases {
        let mut bench = Bench::with_job(1, 1, special.clone());
        bench.add_task("j", "t", json!({}));
        let mut before = 0;
        for (time, wanted) in [50, 61, 110].into_iter().zip(states) {
            let due = requests
                .iter()
                .filter(|(at, ..)| (before..time).contains(at));
            for (at, operation, forced) in due {
                bench.at(*at);
                let query = if *forced { &force[..] } else { &[] };
                bench.read(operation, &["j"], query, Value::Null);
            }
            bench.at(time);
            assert_eq!(state(&mut bench), wanted, "{requests:?} at {time}");
            before = time;
        }
        if states[2] == "completed" {
            // The nodes were released all the same.
            let rows = bench.get("Job_ListPreparationAndReleaseTaskStatus", &["j"]);
            let release = &rows["value"][0]["jobReleaseTaskExecutionInfo"];
            assert_eq!(release["state"], "completed");
        }
    }
}

#[test]
fn a_forced_end_of_a_schedule_does_not_wait_for_the_nodes_of_its_jobs() {
    let release = merged(
        json!({"commandLine": "c"}),
        environment(&[("EMULATOR_SECONDS", "60")]),
    );
    for (operation, forced, wanted) in [
        ("JobSchedule_Terminate", true, "completed"),
        ("JobSchedule_Terminate", false, "terminating"),
        ("JobSchedule_Delete", true, "JobScheduleNotFound"),
        ("JobSchedule_Delete", false, "deleting"),
    ] {
        let mut bench = Bench::with_job(1, 1, json!({}));
        let specification = json!({
            "poolInfo": {"poolId": "p"},
            "jobPreparationTask": {"commandLine": "a"}, "jobReleaseTask": release,
        });
        let schedule = json!({
            "id": "s", "schedule": {"recurrenceInterval": "P1D"}, "jobSpecification": specification,
        });
        bench.done("JobSchedule_Add", &[], schedule);
        bench.at(1);
        bench.add_task("s:job-1", "t", json!({}));
        bench.at(45);
        let query = if forced {
            &[("force", "true")][..]
        } else {
            &[]
        };
        bench.read(operation, &["s"], query, Value::Null);
        bench.at(50);
        let found = match bench.call("JobSchedule_Get", &["s"], &[], Value::Null) {
            Ok(reply) => text(&content(reply)["state"]).to_owned(),
            Err(refusal) => refusal.code.to_owned(),
        };
        assert_eq!(found, wanted, "{operation} {forced}");
    }
}

#[test]
fn a_release_ends_at_its_limit_and_with_its_node() {
    let release = merged(
        json!({"commandLine": "c", "maxWallClockTime": "PT30S"}),
        environment(&[("EMULATOR_SECONDS", "600")]),
    );
    let job = json!({"jobPreparationTask": {"commandLine": "a"}, "jobReleaseTask": release});
    for leaves in [false, true] {
        let mut bench = Bench::with_job(1, 1, job.clone());
        bench.add_task("j", "t", json!({}));
        bench.at(45);
        bench.done("Job_Terminate", &["j"], Value::Null);
        bench.at(50);
        if leaves {
            bench.done("Pool_Resize", &["p"], json!({"targetDedicatedNodes": 0}));
        }
        bench.at(60);
        let state = bench.get("Job_Get", &["j"])["state"].clone();
        assert_eq!(state, if leaves { "completed" } else { "terminating" });
        bench.at(80);
        assert_eq!(bench.get("Job_Get", &["j"])["state"], "completed");
        let row = bench.get("Job_ListPreparationAndReleaseTaskStatus", &["j"])["value"][0].clone();
        let info = &row["jobReleaseTaskExecutionInfo"];
        assert_eq!(info["failureInfo"]["code"], "TaskEnded", "{info}");
    }
}

#[test]
fn a_job_manager_can_run_exclusively() {
    for exclusive in [true, false] {
        let mut bench = Bench::new();
        let slots = json!({"targetDedicatedNodes": 1, "taskSlotsPerNode": 4});
        bench.done("Pool_Add", &[], pool("p", slots));
        let manager = json!({"id": "m", "commandLine": "c", "runExclusive": exclusive});
        bench.add_job("j", json!({"jobManagerTask": manager}));
        bench.add_task("j", "a", json!({}));
        bench.at(35);
        let expected = if exclusive {
            "a:active m:running"
        } else {
            "a:running m:running"
        };
        assert_eq!(bench.states("j"), expected);
    }
}

#[test]
fn files_of_a_task_exist_for_their_retention_time() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    bench.add_task("j", "t", json!({"constraints": {"retentionTime": "PT1M"}}));
    bench.at(99);
    bench.get("File_GetFromTask", &["j", "t", "stdout.txt"]);
    bench.at(101);
    let refused = bench.refused("File_GetFromTask", &["j", "t", "stdout.txt"], Value::Null);
    assert_eq!(refused, (404, "FileNotFound"));
}
