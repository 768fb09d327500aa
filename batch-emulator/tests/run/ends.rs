//! Tests of how tasks end, and that no processes are left behind.

use std::path::PathBuf;

use batch_emulator::Config;
use serde_json::{Value, json};

use super::*;
use crate::bench::{content, runs};

/// Starts a long task of two processes and returns their ids.
async fn long_task(bench: &Bench, id: &str, more: Value) -> Vec<String> {
    let script = "sleep 1000 & echo $! > ids.new; echo $$ >> ids.new; mv ids.new ids; wait";
    bench.shell(id, script, more).await;
    bench.task_in(id, "running").await;
    let ids = bench
        .output_dir(id)
        .await
        .join(format!("workitems/j/job-1/{id}/wd/ids"));
    let ids: Vec<String> = content(&ids).await.lines().map(str::to_owned).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| runs(id)), "{ids:?}");
    ids
}

async fn ended(ids: &[String]) {
    eventually(&format!("the end of {ids:?}"), || async {
        (!ids.iter().any(|id| runs(id))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_task_ends_with_its_time() {
    let bench = Bench::ready(1, json!({})).await;
    let limit = json!({"constraints": {"maxWallClockTime": "PT30S"}});
    let ids = long_task(&bench, "t", limit).await;
    let info = bench.done("t").await["executionInfo"].clone();
    assert_eq!(
        (&info["result"], info.get("exitCode")),
        (&json!("failure"), None)
    );
    assert_eq!(info["failureInfo"]["code"], "TaskEnded");
    ended(&ids).await;
}

#[tokio::test]
async fn a_task_ends_when_it_is_terminated_or_deleted() {
    let bench = Bench::ready(1, json!({})).await;
    let ids = long_task(&bench, "t", json!({})).await;
    bench.client.task().terminate("j", "t").await.unwrap();
    assert_eq!(bench.task("t").await["state"], "completed");
    ended(&ids).await;
    let ids = long_task(&bench, "u", json!({})).await;
    let folder = bench.output_dir("u").await.join("workitems/j/job-1/u");
    bench.client.task().delete("j", "u").await.unwrap();
    ended(&ids).await;
    eventually("the removal of its folder", || async {
        (!folder.exists()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn tasks_end_with_their_job() {
    let bench = Bench::ready(1, json!({})).await;
    let ids = long_task(&bench, "t", json!({})).await;
    let folder = bench.output_dir("t").await.join("workitems/j");
    bench.client.job().terminate("j").await.unwrap();
    ended(&ids).await;
    bench.job_in("j", "completed").await;
    assert!(folder.exists());
    bench.client.job().delete("j").await.unwrap();
    eventually("the removal of its folder", || async {
        (!folder.exists()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_task_moves_to_another_node_if_its_node_is_removed() {
    let bench = Bench::ready(1, json!({})).await;
    let ids = long_task(&bench, "t", json!({})).await;
    let first = bench.output_dir("t").await;
    bench.resize(0).await;
    ended(&ids).await;
    bench.task_in("t", "active").await;
    eventually("the removal of the node's folder", || async {
        (!first.exists()).then_some(())
    })
    .await;
    bench.resize(1).await;
    let task = bench.task_in("t", "running").await;
    assert_eq!(task["executionInfo"]["requeueCount"], 1);
    assert_ne!(bench.output_dir("t").await, first);
}

#[tokio::test]
async fn a_node_that_reboots_requeues_its_tasks() {
    let bench = Bench::ready(1, json!({})).await;
    let ids = long_task(&bench, "t", json!({})).await;
    let node = bench.nodes().await[0]["id"].as_str().unwrap().to_owned();
    bench.client.compute_node().reboot("p", node).await.unwrap();
    ended(&ids).await;
    let task = bench.task_in("t", "running").await;
    assert_eq!(task["executionInfo"]["requeueCount"], 1);
}

#[tokio::test]
async fn the_folder_of_a_task_exists_for_its_retention_time() {
    let bench = Bench::ready(1, json!({})).await;
    let short = json!({"constraints": {"retentionTime": "PT5S"}});
    bench.shell("t", "echo x", short).await;
    bench.output("u", "echo y", json!({})).await;
    let folder = bench.output_dir("t").await.join("workitems/j/job-1/t");
    bench.done("t").await;
    eventually("the removal of its folder", || async {
        (!folder.exists()).then_some(())
    })
    .await;
    assert_eq!(
        bench.read("t", "stdout.txt").await,
        Err("FileNotFound".to_owned())
    );
    assert_eq!(bench.read("u", "stdout.txt").await.as_deref(), Ok("y\n"));
}

#[tokio::test]
async fn no_process_and_no_folder_outlives_the_emulator() {
    for by_stop in [true, false] {
        let bench = Bench::ready(1, json!({})).await;
        let ids = long_task(&bench, "t", json!({})).await;
        let root = bench.output_dir("t").await;
        assert!(root.exists());
        if by_stop {
            bench.emulator.stop().await;
        } else {
            drop(bench);
        }
        assert!(!root.exists(), "{}", root.display());
        ended(&ids).await;
    }
}

#[tokio::test]
async fn a_configured_work_folder_is_kept() {
    let work = tempfile::tempdir().unwrap();
    let bench = Bench::with(Config::default().work_dir(work.path().join("a/b"))).await;
    bench
        .add_pool("p", json!({"targetDedicatedNodes": 1}))
        .await;
    bench.add_job("j", json!({})).await;
    bench.output("t", "echo x", json!({})).await;
    let root = bench.output_dir("t").await;
    assert!(root.starts_with(work.path().canonicalize().unwrap()));
    bench.emulator.stop().await;
    assert!(root.join("workitems/j/job-1/t/stdout.txt").exists());
}

/// The program is killed by a signal that it cannot handle.
#[tokio::test]
async fn not_even_a_killed_emulator_leaves_processes() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_batch-emulator"))
        .args(["--execute", "--clock-speed", "20"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let endpoint = line.strip_prefix("listening on ").unwrap();
    let key = batch_client::SharedKey::new(
        batch_emulator::DEVELOPMENT_ACCOUNT,
        batch_emulator::DEVELOPMENT_KEY,
    );
    let client = batch_client::Client::new(endpoint, key.unwrap()).unwrap();
    // Only its client is used.
    let bench = Bench {
        emulator: batch_emulator::start(Config::default()).await.unwrap(),
        client,
    };
    bench
        .add_pool("p", json!({"targetDedicatedNodes": 1}))
        .await;
    bench.add_job("j", json!({})).await;
    let script = "echo $$ > id; mv id wd.id; pwd; exec sleep 1000";
    bench.shell("t", script, json!({})).await;
    bench.task_in("t", "running").await;
    let wd = eventually("its folder", || async {
        bench
            .read("t", "stdout.txt")
            .await
            .ok()
            .filter(|text| text.ends_with('\n'))
    })
    .await;
    let wd = PathBuf::from(wd.trim());
    let id = content(&wd.join("wd.id")).await;
    assert!(runs(&id));
    program.kill().await.unwrap();
    ended(&[id]).await;
    eventually("the removal of its folder", || async {
        (!wd.exists()).then_some(())
    })
    .await;
}

impl Bench {
    /// Returns the folder of the node on which a task runs or ran.
    pub(crate) async fn output_dir(&self, task: &str) -> PathBuf {
        let shown = self.task(task).await;
        let node = shown["nodeInfo"]["nodeId"].as_str().unwrap();
        self.emulator.work_dir().unwrap().join(node)
    }

    pub(crate) async fn resize(&self, nodes: i32) {
        eventually("the pool to be steady", || async {
            let pool = self.client.pool().get("p").await.unwrap().into_inner();
            let state = serde_json::to_value(&pool).unwrap()["allocationState"].clone();
            (state == "steady").then_some(())
        })
        .await;
        let size = serde_json::from_value(json!({"targetDedicatedNodes": nodes})).unwrap();
        self.client.pool().resize("p", size).await.unwrap();
    }
}
