//! Tests of container tasks, with a script in the place of docker and podman: it records how it was
//! called and runs the command line as a plain process. No real engine is needed.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use batch_client::{Client, SharedKey};
use batch_emulator::{DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY};
use serde_json::{Value, json};

/// Time limit for everything that a test waits for, generous for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);
/// Runs what follows the image `tool` or `h.example/tool`. `absent` cannot be pulled.
const ENGINE: &str = r#"#!/bin/sh
{ printf '%s\n' "$@"; echo --; } >> "$STAND_IN/calls"
case $1 in
  image) [ -e "$STAND_IN/pulled" ] ;;
  login) cat > "$STAND_IN/password"; [ -d "$DOCKER_CONFIG" ] ;;
  pull) if [ "$2" = absent ]; then echo no such image >&2; exit 1; fi; : > "$STAND_IN/pulled" ;;
  run) while [ "$1" != tool ] && [ "$1" != h.example/tool ]; do shift; done; shift; exec "$@" ;;
esac
"#;

/// The program with the stand-in on its search path; it is killed when this is dropped.
struct Emulator {
    process: Child,
    client: Client,
    folder: tempfile::TempDir,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Emulator {
    /// Starts it with a pool `p` of one node and a job `j`.
    async fn new(engine: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(engine);
        fs::write(&program, ENGINE).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!(
            "{}:{}",
            folder.path().display(),
            std::env::var("PATH").unwrap()
        );
        let mut process = Command::new(env!("CARGO_BIN_EXE_batch-emulator"))
            .args(["--execute", "--clock-speed", "20", "--containers", engine])
            .env("PATH", path)
            .env("STAND_IN", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("listening on ").unwrap();
        let key = SharedKey::new(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY).unwrap();
        let client = Client::new(endpoint, key).unwrap();
        let emulator = Self {
            process,
            client,
            folder,
        };
        let pool = json!({
            "id": "p", "vmSize": "standard_d2s_v3", "targetDedicatedNodes": 1,
            "virtualMachineConfiguration": {
                "imageReference": {"publisher": "microsoft-dsvm", "offer": "ubuntu-hpc", "sku": "2204"},
                "nodeAgentSKUId": "batch.node.ubuntu 22.04",
                "containerConfiguration": {"type": "dockerCompatible", "containerRegistries": [
                    {"registryServer": "h.example", "username": "reader", "password": "pass-word"},
                ]},
            },
        });
        let client = &emulator.client;
        let pool = serde_json::from_value(pool).unwrap();
        client.pool().add(pool).await.unwrap();
        let job = json!({"id": "j", "poolInfo": {"poolId": "p"}});
        let job = serde_json::from_value(job).unwrap();
        client.job().add(job).await.unwrap();
        emulator
    }

    async fn add(&self, id: &str, line: &str, settings: Value) {
        let task = json!({
            "id": id, "commandLine": line, "containerSettings": settings,
            "environmentSettings": [{"name": "SECRET", "value": "se-cret"}, {"name": "PATH", "value": "/bin"}],
        });
        let task = serde_json::from_value(task).unwrap();
        self.client.task().add("j", task).await.unwrap();
    }

    /// Waits until a task is in a state, and returns its `executionInfo`.
    async fn until(&self, id: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let task = self.client.task().get("j", id).await.unwrap();
            let task = serde_json::to_value(task.into_inner()).unwrap();
            if task["state"] == state {
                return task["executionInfo"].clone();
            }
            assert!(begun.elapsed() < PATIENCE, "{task:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn read(&self, id: &str, path: &str) -> String {
        let file = self.client.file().get_from_task("j", id, path).await;
        let bytes = file.unwrap().into_inner().bytes().await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// Returns the calls of the engine, each with its arguments.
    fn calls(&self) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        let calls = text.split("--\n").filter(|call| !call.is_empty());
        let words = |call: &str| call.lines().map(str::to_owned).collect();
        calls.map(words).collect()
    }

    /// Waits until the engine was called with this as its first argument.
    async fn call(&self, first: &str) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let mut calls = self.calls().into_iter();
            if let Some(call) = calls.find(|call| call[0] == first) {
                return call;
            }
            assert!(begun.elapsed() < PATIENCE, "{:?}", self.calls());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Returns the values of an option.
fn values<'a>(call: &'a [String], option: &'a str) -> Vec<&'a str> {
    let pairs = call.windows(2).filter(move |pair| pair[0] == option);
    pairs.map(|pair| pair[1].as_str()).collect()
}

#[tokio::test]
async fn a_task_runs_in_its_container() {
    for engine in ["docker", "podman"] {
        let emulator = Emulator::new(engine).await;
        let settings =
            json!({"imageName": "tool", "containerRunOptions": "--gpus all --label 'a b'"});
        let line = "/bin/sh -c 'echo $SECRET; pwd; exit 7'";
        emulator.add("t", line, settings).await;
        let info = emulator.until("t", "completed").await;
        assert_eq!(info["exitCode"], 7, "{info:#}");
        let output = emulator.read("t", "stdout.txt").await;
        assert_eq!(output.lines().next(), Some("se-cret"));

        let calls = emulator.calls();
        assert_eq!(calls[0], ["image", "inspect", "tool"]);
        assert_eq!(calls[1], ["pull", "tool"]);
        let run = &calls[2];
        assert_eq!(run[..2], ["run", "--rm"]);
        let end: Vec<&str> = run.iter().rev().take(8).rev().map(String::as_str).collect();
        let script = "echo $SECRET; pwd; exit 7";
        assert_eq!(
            end,
            [
                "--gpus", "all", "--label", "a b", "tool", "/bin/sh", "-c", script
            ]
        );
        let wd = output.lines().nth(1).unwrap();
        assert_eq!(values(run, "--workdir"), [wd]);
        let [mount] = values(run, "--mount")[..] else {
            panic!("{run:?}");
        };
        let (source, target) = mount.split_once(",target=").unwrap();
        assert_eq!(source.strip_prefix("type=bind,source="), Some(target));
        assert!(Path::new(wd).starts_with(target));
        let variables = values(run, "--env");
        assert!(variables.contains(&"SECRET") && variables.contains(&"AZ_BATCH_TASK_ID"));
        assert!(variables.contains(&"PATH=/bin") && !variables.contains(&"HOME"));
        assert!(!run.join(" ").contains("se-cret"));
        // It has ended by itself.
        assert_eq!(calls.len(), 3, "{calls:?}");
    }
}

#[tokio::test]
async fn a_password_reaches_the_engine_by_its_standard_input() {
    let emulator = Emulator::new("docker").await;
    emulator
        .add(
            "t",
            "true",
            json!({"imageName": "h.example/tool", "workingDirectory": "containerImageDefault"}),
        )
        .await;
    let info = emulator.until("t", "completed").await;
    assert_eq!(info["exitCode"], 0, "{info:#}");
    let login = emulator.call("login").await;
    assert_eq!(
        login,
        [
            "login",
            "--username",
            "reader",
            "--password-stdin",
            "h.example"
        ]
    );
    let password = fs::read_to_string(emulator.folder.path().join("password"));
    assert_eq!(password.unwrap(), "pass-word");
    let calls = emulator.calls();
    assert!(!format!("{calls:?}").contains("pass-word"));
    assert_eq!(values(calls.last().unwrap(), "--workdir"), [""; 0]);
}

#[tokio::test]
async fn a_terminated_task_ends_its_container() {
    let emulator = Emulator::new("podman").await;
    emulator
        .add("t", "sleep 1000", json!({"imageName": "tool"}))
        .await;
    let run = emulator.call("run").await;
    emulator.client.task().terminate("j", "t").await.unwrap();
    let kill = emulator.call("kill").await;
    assert_eq!(kill[1..], values(&run, "--name"));
    emulator.until("t", "completed").await;
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_fails_its_task() {
    let emulator = Emulator::new("docker").await;
    for (id, image) in [("a", "absent"), ("b", "--privileged")] {
        emulator.add(id, "true", json!({"imageName": image})).await;
        let info = emulator.until(id, "completed").await;
        assert_eq!(info["failureInfo"]["code"], "ContainerInvalidImage");
    }
    let calls = emulator.calls();
    assert_eq!(
        calls,
        [vec!["image", "inspect", "absent"], vec!["pull", "absent"]]
    );
}
