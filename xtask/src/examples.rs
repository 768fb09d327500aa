//! `examples`: runs all examples of batch-client against the emulator.
//!
//! The examples are listed by cargo's metadata, so that a new one runs without being named here.
//! All are built together. An example fails if it exits with a code other than 0 or exceeds the
//! time limit; then its output is shown.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::run;

const PACKAGE: &str = "batch-client";

/// Examples that are not run, with the reason. A name that does not exist is an error.
const NOT_RUN: [(&str, &str); 1] = [(
    "call",
    "needs arguments; its own tests and `cargo xtask peers` run it",
)];

/// Examples whose tasks are processes on this machine, which the emulator runs only on Unix.
const ON_UNIX: [&str; 4] = ["dependencies", "multi_instance", "nodes", "outputs"];

/// The time limit of an example; each should need a third of it on an idle machine.
const LIMIT: Duration = Duration::from_secs(90);

/// Variables that would direct an example to a real account.
const ACCOUNT: [&str; 3] = [
    "AZURE_BATCH_ENDPOINT",
    "AZURE_BATCH_ACCOUNT",
    "AZURE_BATCH_ACCESS_KEY",
];

/// Builds and runs the examples; returns true if all passed.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let names = names(&run::metadata(root, &["--no-deps"])?)?;
    let programs = build(root, &names)?;
    let (mut passed, mut failed) = (0, 0);
    for (name, program) in &programs {
        if let Some(reason) = not_run(name) {
            println!("not run  {name}: {reason}");
            continue;
        }
        if report(name, program, LIMIT)? {
            passed += 1;
        } else {
            failed += 1;
        }
    }
    println!("{passed} passed, {failed} failed");
    ensure!(passed + failed > 0, "no example was run");
    Ok(failed == 0)
}

fn not_run(name: &str) -> Option<&'static str> {
    if !cfg!(unix) && ON_UNIX.contains(&name) {
        return Some("runs its tasks as processes, which needs Unix");
    }
    let mut exceptions = NOT_RUN.iter();
    let (_, reason) = exceptions.find(|(known, _)| *known == name)?;
    Some(reason)
}

/// Returns the names of the package's examples, including those that features disable.
fn names(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut packages = packages.filter(|package| package["name"] == PACKAGE);
    let package = packages
        .next()
        .with_context(|| format!("cannot find the package {PACKAGE} in the workspace"))?;
    let targets = package["targets"].as_array().into_iter().flatten();
    let examples = targets.filter(|target| is_example(target));
    let names: Vec<String> = examples
        .filter_map(|example| example["name"].as_str().map(str::to_owned))
        .collect();
    let excepted = NOT_RUN.iter().map(|(name, _)| name).chain(&ON_UNIX);
    for name in excepted {
        ensure!(
            names.iter().any(|known| known == name),
            "xtask/src/examples.rs excludes the example {name}, which does not exist"
        );
    }
    Ok(names)
}

fn is_example(target: &Value) -> bool {
    let mut kinds = target["kind"].as_array().into_iter().flatten();
    kinds.any(|kind| kind == "example")
}

/// Builds all examples; returns their programs by name. Each is passed to cargo by name, because
/// cargo would skip one that features disable otherwise.
fn build(root: &Path, names: &[String]) -> Result<BTreeMap<String, PathBuf>> {
    let which: Vec<&str> = names.iter().flat_map(|name| ["--example", name]).collect();
    let programs = run::programs(root, PACKAGE, &which)?;
    for name in names {
        ensure!(
            programs.contains_key(name),
            "cannot find the example {name} in cargo's output"
        );
    }
    Ok(programs)
}

/// Runs an example and prints its line, or all of its output if it failed.
fn report(name: &str, program: &Path, limit: Duration) -> Result<bool> {
    let mut command = Command::new(program);
    for variable in ACCOUNT {
        command.env_remove(variable);
    }
    let begun = Instant::now();
    // The log is beside the program, for later inspection.
    let (status, printed) = output(&mut command, &program.with_extension("log"), limit)
        .with_context(|| format!("cannot run {}", program.display()))?;
    let seconds = begun.elapsed().as_secs_f32();
    match status {
        Some(status) if status.success() => {
            println!("passed   {name}  {seconds:.1} s");
            return Ok(true);
        }
        Some(status) => println!("{printed}FAILED   {name}  {seconds:.1} s  {status}"),
        None => {
            println!("{printed}FAILED   {name}  was killed after {seconds:.1} s, the time limit");
        }
    }
    Ok(false)
}

/// Runs a program; returns its status and the combined output of both streams. The status is `None`
/// if the program was killed at the time limit.
fn output(
    command: &mut Command,
    log: &Path,
    limit: Duration,
) -> Result<(Option<ExitStatus>, String)> {
    // A file takes any amount of output and does not wait for processes that the program left
    // running.
    let printed = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(printed.try_clone()?)
        .stderr(printed)
        .spawn()?;
    let status = wait_with_limit(&mut child, limit)?;
    let printed = fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    Ok((status, String::from_utf8_lossy(&printed).into_owned()))
}

fn wait_with_limit(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with_examples(names: &[&str]) -> Value {
        let examples = names
            .iter()
            .map(|name| json!({"name": name, "kind": ["example"], "required-features": ["x"]}));
        let mut targets: Vec<Value> = examples.collect();
        targets.push(json!({"name": "batch_client", "kind": ["lib"]}));
        json!({"packages": [{"name": "other", "targets": []}, {"name": PACKAGE, "targets": targets}]})
    }

    #[test]
    fn all_examples_are_found_and_nothing_else() {
        let mut all: Vec<&str> = ON_UNIX.to_vec();
        all.extend(["call", "new"]);
        assert_eq!(names(&with_examples(&all)).unwrap(), all);
    }

    #[test]
    fn an_exclusion_of_an_unknown_example_is_an_error() {
        let error = names(&with_examples(&ON_UNIX)).unwrap_err();
        assert!(error.to_string().contains("excludes the example call"));
    }

    #[cfg(unix)]
    fn run_shell(script: &str, limit: Duration) -> (Option<i32>, String) {
        let log =
            std::env::temp_dir().join(format!("xtask-{}-{}", std::process::id(), script.len()));
        let mut command = Command::new("/bin/sh");
        let (status, printed) = output(command.args(["-c", script]), &log, limit).unwrap();
        fs::remove_file(log).unwrap();
        (status.and_then(|status| status.code()), printed)
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_shows_both_streams() {
        let run = run_shell("echo out; echo err >&2; exit 3", LIMIT);
        assert_eq!(run, (Some(3), "out\nerr\n".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_killed_at_the_time_limit() {
        let begun = Instant::now();
        let run = run_shell("echo begun; exec sleep 1000", Duration::from_millis(300));
        assert_eq!(run, (None, "begun\n".to_owned()));
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}
