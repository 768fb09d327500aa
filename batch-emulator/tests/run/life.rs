//! Tests of programs that run before and after tasks: start tasks, job preparation and release
//! tasks.

use serde_json::json;

use super::*;

async fn with_start_task(task: serde_json::Value) -> Bench {
    let bench = Bench::new().await;
    let pool = json!({"targetDedicatedNodes": 1, "startTask": task});
    bench.add_pool("p", pool).await;
    bench.add_job("j", json!({})).await;
    bench
}

#[tokio::test]
async fn a_start_task_runs_before_tasks() {
    let script =
        "while ! test -e go; do sleep 0.05; done; echo ready > $AZ_BATCH_NODE_SHARED_DIR/f; env";
    let line = format!("/bin/sh -c '{script}'");
    let task = json!({"commandLine": line, "environmentSettings": [{"name": "X", "value": "y"}]});
    let bench = with_start_task(task).await;
    bench
        .shell("t", "cat $AZ_BATCH_NODE_SHARED_DIR/f", json!({}))
        .await;
    let nodes = bench.nodes_in(1, "waitingforstarttask").await;
    assert_eq!(nodes[0]["startTaskInfo"]["state"], "running");
    assert_eq!(bench.task("t").await["state"], "active");
    let node = nodes[0]["id"].as_str().unwrap().to_owned();
    let root = bench.emulator.work_dir().unwrap().join(&node);
    eventually("its folder", || async {
        std::fs::write(root.join("startup/wd/go"), "").ok()
    })
    .await;
    bench.done("t").await;
    assert_eq!(
        bench.read("t", "stdout.txt").await.as_deref(),
        Ok("ready\n")
    );
    let info = bench.nodes().await[0]["startTaskInfo"].clone();
    assert_eq!(
        (&info["state"], &info["exitCode"], &info["result"]),
        (&json!("completed"), &json!(0), &json!("success"))
    );
    let file = bench
        .client
        .file()
        .get_from_compute_node("p", node, "startup/stdout.txt")
        .await;
    let text = file.unwrap().into_inner().bytes().await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(
        text.contains("\nX=y\n") || text.starts_with("X=y\n"),
        "{text}"
    );
    assert!(
        !text.contains("AZ_BATCH_JOB_ID") && !text.contains("AZ_BATCH_TASK_ID"),
        "{text}"
    );
}

#[tokio::test]
async fn a_failing_start_task_is_retried_and_makes_the_node_unusable() {
    let line = "/bin/sh -c 'echo x >> tries; wc -l < tries; exit 3'";
    let bench = with_start_task(json!({"commandLine": line, "maxTaskRetryCount": 2})).await;
    bench.shell("t", "true", json!({})).await;
    let nodes = bench.nodes_in(1, "starttaskfailed").await;
    let info = &nodes[0]["startTaskInfo"];
    assert_eq!(
        (
            &info["retryCount"],
            &info["exitCode"],
            &info["failureInfo"]["code"]
        ),
        (&json!(2), &json!(3), &json!("FailureExitCode"))
    );
    assert_eq!(bench.task("t").await["state"], "active");
    // A restart runs it again.
    let node = nodes[0]["id"].as_str().unwrap().to_owned();
    bench
        .client
        .compute_node()
        .reboot("p", node.clone())
        .await
        .unwrap();
    eventually("the fourth try", || async {
        let tries = bench
            .emulator
            .work_dir()
            .unwrap()
            .join(&node)
            .join("startup/wd/tries");
        (std::fs::read_to_string(tries).ok()?.lines().count() > 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_node_need_not_wait_for_its_start_task_to_succeed() {
    let bench = with_start_task(json!({"commandLine": "false", "waitForSuccess": false})).await;
    bench.output("t", "true", json!({})).await;
    assert_eq!(bench.nodes().await[0]["startTaskInfo"]["result"], "failure");
}

#[tokio::test]
async fn nodes_are_prepared_before_tasks_and_released_after_the_job() {
    let prepare = "/bin/sh -c 'echo $COMMON > prepared; echo $AZ_BATCH_TASK_ID'";
    let release = "/bin/sh -c 'cat $AZ_BATCH_JOB_PREP_WORKING_DIR/prepared > $AZ_BATCH_NODE_SHARED_DIR/released; sleep 0.3'";
    let job = json!({
        "jobPreparationTask": {"commandLine": prepare}, "jobReleaseTask": {"commandLine": release},
        "commonEnvironmentSettings": [{"name": "COMMON", "value": "for all"}],
    });
    let bench = Bench::ready(2, job).await;
    let output = bench
        .output(
            "t",
            "cat $AZ_BATCH_JOB_PREP_WORKING_DIR/prepared",
            json!({}),
        )
        .await;
    assert_eq!(output, "for all\n");
    let rows = bench.preparations("j").await;
    // Only nodes that ran a task are listed.
    assert_eq!(rows.len(), 1);
    let info = &rows[0]["jobPreparationTaskExecutionInfo"];
    assert_eq!(
        (&info["state"], &info["exitCode"]),
        (&json!("completed"), &json!(0))
    );
    assert_eq!(rows[0].get("jobReleaseTaskExecutionInfo"), None);
    bench.client.job().terminate("j").await.unwrap();
    eventually("the release", || async {
        let row = bench.preparations("j").await.remove(0);
        (row["jobReleaseTaskExecutionInfo"]["state"] == "running").then_some(())
    })
    .await;
    assert_eq!(bench.job("j").await["state"], "terminating");
    bench.job_in("j", "completed").await;
    let row = bench.preparations("j").await.remove(0);
    assert_eq!(row["jobReleaseTaskExecutionInfo"]["result"], "success");
    let root = bench.output_dir("t").await;
    assert_eq!(
        std::fs::read_to_string(root.join("shared/released")).unwrap(),
        "for all\n"
    );
}

#[tokio::test]
async fn a_node_that_cannot_be_prepared_gets_no_tasks_of_the_job() {
    let script = "mkdir $AZ_BATCH_NODE_ROOT_DIR/../taken || exit 0; exit 5";
    let job = json!({"jobPreparationTask": {
        "commandLine": format!("/bin/sh -c '{script}'"),
        "rerunOnNodeRebootAfterSuccess": false,
    }});
    // One of the two nodes fails, whichever comes first.
    let bench = Bench::ready(2, job).await;
    bench.nodes_in(2, "idle").await;
    for id in ["a", "b", "c"] {
        bench.output(id, "true", json!({})).await;
    }
    let rows = eventually("both preparations", || async {
        let rows = bench.preparations("j").await;
        let over = |row: &serde_json::Value| {
            row["jobPreparationTaskExecutionInfo"]["state"] == "completed"
        };
        (rows.len() == 2 && rows.iter().all(over)).then_some(rows)
    })
    .await;
    let code = |code: i32| {
        let found = rows
            .iter()
            .find(|row| row["jobPreparationTaskExecutionInfo"]["exitCode"] == code);
        found.unwrap()["nodeId"].clone()
    };
    let (bad, good) = (code(5), code(0));
    assert_ne!(bad, good);
    for id in ["a", "b", "c"] {
        let task = bench.task(id).await;
        assert_eq!(task["nodeInfo"]["nodeId"], good);
        assert_eq!(task["executionInfo"]["requeueCount"], 0);
    }
}

#[tokio::test]
async fn a_preparation_is_retried() {
    let job = json!({"jobPreparationTask": {
        "commandLine": "/bin/sh -c 'echo x >> tries; test $(wc -l < tries) -gt 2'",
        "constraints": {"maxTaskRetryCount": 2},
    }});
    let bench = Bench::ready(1, job).await;
    bench.output("t", "true", json!({})).await;
    let info = bench.preparations("j").await.remove(0)["jobPreparationTaskExecutionInfo"].clone();
    assert_eq!(
        (&info["retryCount"], &info["result"]),
        (&json!(2), &json!("success"))
    );
}

#[tokio::test]
async fn a_rebooted_node_is_prepared_again_unless_disabled() {
    for again in [true, false] {
        let job = json!({"jobPreparationTask": {
            "commandLine": "/bin/sh -c 'echo x >> $AZ_BATCH_NODE_SHARED_DIR/prepared'",
            "rerunOnNodeRebootAfterSuccess": again,
        }});
        let bench = Bench::ready(1, job).await;
        bench.output("a", "true", json!({})).await;
        let node = bench.nodes().await[0]["id"].as_str().unwrap().to_owned();
        bench.client.compute_node().reboot("p", node).await.unwrap();
        bench.output("b", "true", json!({})).await;
        let count = bench
            .output("c", "wc -l < $AZ_BATCH_NODE_SHARED_DIR/prepared", json!({}))
            .await;
        assert_eq!(count.trim(), if again { "2" } else { "1" });
    }
}
