//! Tests of multi-instance tasks.

use serde_json::{Value, json};

use super::*;
use crate::bench::runs;
use crate::store::Store;

fn instances(count: u32, coordination: &str) -> Value {
    let line = format!("/bin/sh -c '{coordination}'");
    json!({"multiInstanceSettings": {"numberOfInstances": count, "coordinationCommandLine": line}})
}

async fn subtasks(bench: &Bench, id: &str) -> Vec<Value> {
    let result = bench
        .client
        .task()
        .list_subtasks("j", id)
        .await
        .unwrap()
        .into_inner();
    let result = serde_json::to_value(result).unwrap();
    result["value"].as_array().cloned().unwrap_or_default()
}

async fn three_nodes() -> Bench {
    let bench = Bench::new().await;
    let pool = json!({"targetDedicatedNodes": 3, "enableInterNodeCommunication": true});
    bench.add_pool("p", pool).await;
    bench.add_job("j", json!({})).await;
    bench
}

#[tokio::test]
async fn all_instances_coordinate_and_the_primary_runs() {
    let bench = three_nodes().await;
    let coordination =
        "echo $AZ_BATCH_IS_CURRENT_NODE_MASTER $AZ_BATCH_NODE_ID > $AZ_BATCH_NODE_SHARED_DIR/me";
    let script = "cat $AZ_BATCH_NODE_ROOT_DIR/../*/shared/me; echo $AZ_BATCH_NODE_LIST $AZ_BATCH_HOST_LIST $AZ_BATCH_MASTER_NODE $CCP_NODES";
    let output = bench.output("m", script, instances(3, coordination)).await;
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 4, "{output}");
    let masters = lines
        .iter()
        .filter(|line| line.starts_with("true "))
        .count();
    assert_eq!(masters, 1, "{output}");
    let nodes = bench.nodes().await;
    let addresses: Vec<&str> = nodes
        .iter()
        .map(|node| node["ipAddress"].as_str().unwrap())
        .collect();
    let [list, hosts, master, ccp] = *lines[3].splitn(4, ' ').collect::<Vec<_>>() else {
        panic!("{output}");
    };
    let mut named: Vec<&str> = list.split(';').collect();
    assert_eq!(hosts, named.join(","));
    assert_eq!(master, format!("{}:6000", named[0]));
    let counted: Vec<String> = named.iter().map(|address| format!("{address} 1")).collect();
    assert_eq!(ccp, format!("3 {}", counted.join(" ")));
    named.sort_unstable();
    let mut addresses = addresses;
    addresses.sort_unstable();
    assert_eq!(named, addresses);
    let subtasks = subtasks(&bench, "m").await;
    let primary = bench.task("m").await["nodeInfo"]["nodeId"].clone();
    let mut seen = vec![primary];
    for (id, subtask) in (1..).zip(&subtasks) {
        assert_eq!(
            (
                &subtask["id"],
                &subtask["state"],
                &subtask["exitCode"],
                &subtask["result"]
            ),
            (
                &json!(id),
                &json!("completed"),
                &json!(0),
                &json!("success")
            )
        );
        let node = subtask["nodeInfo"]["nodeId"].clone();
        assert!(!seen.contains(&node));
        seen.push(node);
    }
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn all_instances_get_common_files_and_the_primary_gets_resource_files() {
    let (bench, store) = (three_nodes().await, Store::start().await);
    store.put("/any/common", "common\n");
    store.put("/any/own", "own\n");
    let coordination = "cat $AZ_BATCH_TASK_DIR/data/common > $AZ_BATCH_NODE_SHARED_DIR/got; ls >> $AZ_BATCH_NODE_SHARED_DIR/got";
    let mut task = instances(3, coordination);
    task["multiInstanceSettings"]["commonResourceFiles"] =
        json!([{"httpUrl": store.url("/any/common"), "filePath": "data/common"}]);
    task["resourceFiles"] = json!([{"httpUrl": store.url("/any/own"), "filePath": "own"}]);
    let script = "cat own $AZ_BATCH_NODE_ROOT_DIR/../*/shared/got";
    let output = bench.output("m", script, task).await;
    assert_eq!(output, "own\ncommon\ncommon\ncommon\n");
}

#[tokio::test]
async fn background_processes_of_coordination_run_until_the_task_ends() {
    let bench = three_nodes().await;
    let coordination = "sleep 1000 & echo $! > $AZ_BATCH_NODE_SHARED_DIR/id";
    let script =
        "cat $AZ_BATCH_NODE_ROOT_DIR/../*/shared/id; while ! test -e go; do sleep 0.05; done";
    bench.shell("m", script, instances(3, coordination)).await;
    let ids = eventually("all ids", || async {
        let text = bench.read("m", "stdout.txt").await.ok()?;
        (text.lines().count() == 3).then_some(text)
    })
    .await;
    assert!(ids.lines().all(runs), "{ids}");
    let wd = bench
        .output_dir("m")
        .await
        .join("workitems/j/job-1/m/wd/go");
    std::fs::write(wd, "").unwrap();
    bench.done("m").await;
    eventually("the end of all", || async {
        (!ids.lines().any(runs)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_failing_instance_fails_the_task() {
    let bench = three_nodes().await;
    let coordination = "$AZ_BATCH_IS_CURRENT_NODE_MASTER || { echo no >&2; exit 9; }; sleep 1000";
    bench
        .shell("m", "echo ran", instances(2, coordination))
        .await;
    let info = bench.done("m").await["executionInfo"].clone();
    assert_eq!(
        (&info["exitCode"], &info["result"]),
        (&json!(9), &json!("failure"))
    );
    let subtask = subtasks(&bench, "m").await.remove(0);
    assert_eq!(
        (&subtask["exitCode"], &subtask["result"]),
        (&json!(9), &json!("failure"))
    );
    bench.nodes_in(3, "idle").await;
}

#[tokio::test]
async fn a_task_waits_until_there_are_nodes_for_all_instances() {
    let bench = three_nodes().await;
    let wait = "while ! test -e go; do sleep 0.05; done";
    bench.shell("one", wait, json!({})).await;
    bench.task_in("one", "running").await;
    bench.shell("m", "true", instances(3, "true")).await;
    bench.output("small", "true", json!({})).await;
    assert_eq!(bench.task("m").await["state"], "active");
    let go = bench
        .output_dir("one")
        .await
        .join("workitems/j/job-1/one/wd/go");
    std::fs::write(go, "").unwrap();
    bench.done("m").await;
}
