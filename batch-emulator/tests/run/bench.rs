//! A running service that executes, and the ways of a test to it.

use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

use batch_client::{Client, SharedKey};
use batch_emulator::{Config, Emulator, start};
use serde_json::{Value, json};

/// Nothing that a test waits for may take longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until there is an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An object with more properties.
pub(crate) fn merged(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}

pub(crate) struct Bench {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    /// Ten times as fast as life, with nodes that start at once.
    pub(crate) async fn with(config: Config) -> Self {
        let config = config
            .execute(true)
            .clock_speed(10.0)
            .node_start(Duration::ZERO);
        let emulator = start(config).await.unwrap();
        let key = SharedKey::new(emulator.account(), emulator.key()).unwrap();
        let client = Client::new(emulator.endpoint(), key).unwrap();
        Self { emulator, client }
    }

    /// With a pool `p` of so many nodes and a job `j` on it.
    pub(crate) async fn ready(nodes: u32, job: Value) -> Self {
        let bench = Self::new().await;
        bench
            .add_pool("p", json!({"targetDedicatedNodes": nodes}))
            .await;
        bench.add_job("j", job).await;
        bench
    }

    pub(crate) async fn add_pool(&self, id: &str, more: Value) {
        let pool = json!({
            "id": id, "vmSize": "standard_d2s_v3",
            "virtualMachineConfiguration": {
                "imageReference": {"publisher": "canonical", "offer": "ubuntu", "sku": "22_04-lts"},
                "nodeAgentSKUId": "batch.node.ubuntu 22.04",
            },
        });
        let pool = serde_json::from_value(merged(pool, more)).unwrap();
        self.client.pool().add(pool).await.unwrap();
    }

    pub(crate) async fn add_job(&self, id: &str, more: Value) {
        let job = merged(json!({"id": id, "poolInfo": {"poolId": "p"}}), more);
        let job = serde_json::from_value(job).unwrap();
        self.client.job().add(job).await.unwrap();
    }

    /// Adds a task whose script a shell runs.
    pub(crate) async fn shell(&self, id: &str, script: &str, more: Value) {
        assert!(!script.contains('\''));
        self.command(id, &format!("/bin/sh -c '{script}'"), more)
            .await;
    }

    pub(crate) async fn command(&self, id: &str, line: &str, more: Value) {
        let task = merged(json!({"id": id, "commandLine": line}), more);
        let task = serde_json::from_value(task).unwrap();
        self.client.task().add("j", task).await.unwrap();
    }

    pub(crate) async fn task(&self, id: &str) -> Value {
        let task = self.client.task().get("j", id).await.unwrap();
        serde_json::to_value(task.into_inner()).unwrap()
    }

    /// The task once it is in a state.
    pub(crate) async fn task_in(&self, id: &str, state: &str) -> Value {
        eventually(&format!("{id} {state}"), || async {
            let task = self.task(id).await;
            (task["state"] == state).then_some(task)
        })
        .await
    }

    pub(crate) async fn done(&self, id: &str) -> Value {
        self.task_in(id, "completed").await
    }

    /// Runs a script to its end and gives what it wrote; it must succeed.
    pub(crate) async fn output(&self, id: &str, script: &str, more: Value) -> String {
        self.shell(id, script, more).await;
        let task = self.done(id).await;
        assert_eq!(task["executionInfo"]["result"], "success", "{task:#}");
        self.read(id, "stdout.txt").await.unwrap()
    }

    /// A file of a task, or the code of the error.
    pub(crate) async fn read(&self, task: &str, path: &str) -> Result<String, String> {
        let file = self.client.file().get_from_task("j", task, path).await;
        let file = file.map_err(|error| error.code().unwrap_or("?").to_owned())?;
        let bytes = file.into_inner().bytes().await.unwrap();
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub(crate) async fn nodes(&self) -> Vec<Value> {
        let nodes = self.client.compute_node().list("p").stream();
        let nodes = nodes.try_collect().await.unwrap();
        nodes
            .into_iter()
            .map(|node| serde_json::to_value(node).unwrap())
            .collect()
    }

    /// The nodes of the pool once all of them are in a state.
    pub(crate) async fn nodes_in(&self, count: usize, state: &str) -> Vec<Value> {
        eventually(&format!("{count} nodes {state}"), || async {
            let nodes = self.nodes().await;
            let all = nodes.len() == count && nodes.iter().all(|node| node["state"] == state);
            all.then_some(nodes)
        })
        .await
    }

    pub(crate) async fn job(&self, id: &str) -> Value {
        let job = self.client.job().get(id).await.unwrap();
        serde_json::to_value(job.into_inner()).unwrap()
    }

    pub(crate) async fn job_in(&self, id: &str, state: &str) -> Value {
        eventually(&format!("job {state}"), || async {
            let job = self.job(id).await;
            (job["state"] == state).then_some(job)
        })
        .await
    }

    /// How preparation and release fare, by node.
    pub(crate) async fn preparations(&self, job: &str) -> Vec<Value> {
        let rows = self
            .client
            .job()
            .list_preparation_and_release_task_status(job)
            .stream();
        let rows = rows.try_collect().await.unwrap();
        rows.into_iter()
            .map(|row| serde_json::to_value(row).unwrap())
            .collect()
    }
}

/// Whether a process of this id runs; one that has ended and waits to be reaped does not.
pub(crate) fn runs(id: &str) -> bool {
    let state = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", id.trim()])
        .output()
        .unwrap();
    let state = String::from_utf8_lossy(&state.stdout).into_owned();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

/// The content of a file once it is there and ends a line.
pub(crate) async fn content(path: &Path) -> String {
    eventually(&format!("{}", path.display()), || async {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.ends_with('\n').then_some(text)
    })
    .await
}

pub(crate) fn environment(settings: &[(&str, &str)]) -> Value {
    let settings = settings
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}));
    json!({"environmentSettings": settings.collect::<Vec<_>>()})
}
