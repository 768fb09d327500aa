//! Promise: the program, killed at any moment and started again, comes to the same results.

#![cfg(all(unix, feature = "cli"))]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use axum::http::Method;
use batch_jobs::{FileSet, Result};

use crate::bench::{Bench, POOL, read};

const FILES: u32 = 60;
const FAILING: &str = "scene 7.txt";

fn program(bench: &Bench, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batch-jobs"));
    command
        .args(arguments)
        .env_clear()
        .env("AZURE_BATCH_ENDPOINT", bench.batch.endpoint())
        .env("AZURE_BATCH_ACCOUNT", bench.batch.account())
        .env("AZURE_BATCH_ACCESS_KEY", bench.batch.key())
        .env(
            "AZURE_STORAGE_CONNECTION_STRING",
            bench.storage.connection_string(),
        )
        .current_dir(bench.dir.path());
    command
}

async fn output(mut command: Command) -> Output {
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await.expect("no panic").expect("a program")
}

fn run(bench: &Bench) -> Command {
    let command = "mkdir out; tr a-z A-Z < {filePath} > out/{fileName}; grep -q bad {filePath} && \
                   { echo broken: {fileName} >&2; exit 3; }; true";
    let command = command
        .replace("{ echo", "{{ echo")
        .replace("; }; true", "; }}; true");
    let outputs = ["--pool", POOL, "--outputs", "out/*", "--to", "results"];
    let mut program = program(bench, &["run", "scenes", &command]);
    program.args(outputs);
    program
}

/// Contents of a folder by name, incomplete files included.
fn contents(dir: &Path) -> BTreeMap<String, String> {
    let set = FileSet::from_dir(dir)
        .recursive(true)
        .hidden(true)
        .read()
        .expect("a set");
    set.iter()
        .map(|file| (file.name().to_owned(), read(file.path())))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again_it_comes_to_the_same_results() -> Result<()> {
    let bench = Bench::new(true).await;
    for n in 0..FILES {
        bench.write(&format!("scene {n}.txt"), &format!("scene {n}\n"));
    }
    bench.write(FAILING, "bad\n");
    let mut kills = 0;
    for pause in [20, 60, 35, 110, 160, 220, 400] {
        let child = run(&bench)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.expect("a program");
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if child.try_wait().expect("a status").is_none() {
            child.kill().expect("killed");
            kills += 1;
        }
        child.wait().expect("ended");
    }
    assert!(kills >= 3, "only {kills} were killed in time");

    let done = output(run(&bench)).await;
    let (out, log) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert_eq!(done.status.code(), Some(1), "{out}{log}");
    assert!(
        out.contains(&format!("1 of {FILES} tasks failed\n")),
        "{out}"
    );
    assert!(out.contains(" failed with exit code 3"), "{out}");
    assert!(out.contains(&format!("  broken: {FAILING}\n")), "{out}");

    let requests = bench.storage.requests();
    let inputs = requests.iter().filter(|one| {
        one.method == Method::PUT && one.container == "fgrp-scenes" && !one.blob.is_empty()
    });
    let mut sent = BTreeMap::new();
    for one in inputs {
        assert_eq!(one.status, 201);
        *sent.entry(one.blob.clone()).or_insert(0) += 1;
    }
    assert_eq!(sent.len(), 60);
    // A request can arrive after its sender was killed and the next one has listed the container.
    let twice = sent.values().filter(|times| **times > 1).count();
    assert!(twice <= kills, "{twice} of {sent:?}");

    let results = contents(&bench.dir.path().join("results"));
    assert_eq!(results.len(), 59, "{results:#?}");
    for (name, content) in &results {
        let (_, file) = name.split_once('/').expect("a folder for each task");
        let expected = file.trim_end_matches(".txt").to_uppercase() + "\n";
        assert_eq!(*content, expected, "{name}");
    }

    // Everything is there: no task is added, no file is sent or fetched.
    let added = bench.calls("Task_AddCollection");
    let again = output(run(&bench)).await;
    let out = String::from_utf8_lossy(&again.stdout);
    assert!(
        out.ends_with("59 files: 0 fetched, 59 unchanged\n"),
        "{out}"
    );
    assert_eq!(bench.calls("Task_AddCollection"), added);
    let requests = bench.storage.requests();
    assert!(
        requests
            .iter()
            .all(|one| one.method != Method::PUT || one.blob.is_empty())
    );

    let failed = output(program(&bench, &["failures", "scenes"])).await;
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stdout).contains(FAILING));
    let tasks = bench
        .manager
        .client()
        .task()
        .list("scenes")
        .select("id")
        .await?;
    let id = tasks.items[0].id.clone().expect("an id");
    let tail = output(program(&bench, &["tail", "scenes", &id, "stderr.txt"])).await;
    assert!(
        tail.status.success(),
        "{}",
        String::from_utf8_lossy(&tail.stderr)
    );
    let listed = output(program(&bench, &["jobs"])).await;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.starts_with("scenes\tactive\t"), "{listed}");
    for command in [&["cancel", "scenes"][..], &["clean", "scenes", "--outputs"]] {
        let done = output(program(&bench, command)).await;
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
    assert!(bench.storage.contents("job-scenes").await.is_empty());
    Ok(())
}

#[tokio::test]
async fn wrong_usage_and_missing_settings_are_reported() {
    let bench = Bench::new(false).await;
    let wrong = output(program(&bench, &["fly"])).await;
    assert_eq!(wrong.status.code(), Some(2));
    let mut lost = program(&bench, &["watch", "j"]);
    lost.env_remove("AZURE_STORAGE_CONNECTION_STRING");
    let lost = output(lost).await;
    assert_eq!(lost.status.code(), Some(3));
    let text = String::from_utf8_lossy(&lost.stderr).into_owned();
    assert!(text.contains("AZURE_STORAGE_CONNECTION_STRING"), "{text}");
    assert!(output(program(&bench, &["--help"])).await.status.success());
}

/// Runs a command that fails for each file, and returns the lines of stdout as JSON.
async fn run_json(dir: &Path) -> Vec<serde_json::Value> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_batch-jobs"));
    program.args([
        "run",
        "texts",
        "echo bad >&2; exit 5",
        "--to",
        "failed",
        "--local",
        "--json",
    ]);
    program
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir(dir);
    let done = output(program).await;
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
    let lines = String::from_utf8(done.stdout).expect("UTF-8");
    let read = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    lines.lines().map(read).collect()
}

/// The command of the READMEs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_runs_on_this_machine_without_an_account() {
    let dir = tempfile::tempdir().expect("a folder");
    let texts = dir.path().join("texts");
    std::fs::create_dir(&texts).expect("a folder");
    for (name, content) in [("one.txt", "1\n"), ("two.txt", "1\n2\n"), ("empty.txt", "")] {
        std::fs::write(texts.join(name), content).expect("a file");
    }
    let run = |command: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_batch-jobs"));
        let results = ["--outputs", "out.txt", "--to", "results", "--local"];
        program.args(["run", "texts", command]).args(results);
        program
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .current_dir(dir.path());
        output(program)
    };
    let done = run("wc -l {filePath} > out.txt").await;
    let (out, log) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert_eq!(done.status.code(), Some(0), "{out}{log}");
    assert!(out.ends_with("3 files: 3 fetched, 0 unchanged\n"), "{out}");
    let results = contents(&dir.path().join("results"));
    let lines = results.values().map(|text| text.trim());
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    assert_eq!(lines, ["0 empty.txt", "1 one.txt", "2 two.txt"]);

    let events = run_json(dir.path()).await;
    let of = |kind: &str| {
        events
            .iter()
            .filter(|event| event["event"] == *kind)
            .count()
    };
    assert_eq!(
        (of("failure"), of("done"), of("fetched"), of("error")),
        (3, 1, 1, 0)
    );
    assert!(
        of("uploading") > 0 && of("adding") > 0 && of("watching") > 0,
        "{events:?}"
    );
    let mut failures = events.iter().filter(|event| event["event"] == "failure");
    let failure = failures
        .find(|event| event["file"] == "two.txt")
        .expect("one");
    assert_eq!(
        (&failure["exitCode"], &failure["stderr"]),
        (&5.into(), &"bad\n".into())
    );

    let failed = run("echo no {fileName} >&2; exit 4").await;
    let out = String::from_utf8_lossy(&failed.stdout);
    assert_eq!(failed.status.code(), Some(1), "{out}");
    assert!(
        out.contains("3 of 3 tasks failed") && out.contains("  no two.txt"),
        "{out}"
    );
}
