//! A running service that executes tasks, with helpers for tests.

use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

use batch_client::{Client, SharedKey};
use batch_emulator::{Config, Emulator, start};
use serde_json::{Value, json};

/// Time limit for everything that a test waits for, generous for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// Polls until there is a result.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Returns an object with additional properties.
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

    /// Starts a service whose clock runs at ten times real time and whose nodes start at once.
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

    /// Starts a service with a pool `p` of `nodes` nodes and a job `j` on it.
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
                "imageReference": {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"},
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

    /// Adds a task that runs a shell script.
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

    /// Waits until the task is in a state, and returns it.
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

    /// Runs a script to its end, which must succeed, and returns its output.
    pub(crate) async fn output(&self, id: &str, script: &str, more: Value) -> String {
        self.shell(id, script, more).await;
        let task = self.done(id).await;
        assert_eq!(task["executionInfo"]["result"], "success", "{task:#}");
        self.read(id, "stdout.txt").await.unwrap()
    }

    /// Returns a file of a task, or the code of the error.
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

    /// Waits until all nodes of the pool are in a state, and returns them.
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

    /// Returns the status of preparation and release per node.
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

/// Returns true if a process with this id is running; a zombie does not count.
pub(crate) fn runs(id: &str) -> bool {
    let state = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", id.trim()])
        .output()
        .unwrap();
    let state = String::from_utf8_lossy(&state.stdout).into_owned();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

/// Waits until the file exists and ends with a newline, and returns its content.
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
