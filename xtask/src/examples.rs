//! `examples`: runs all examples of batch-client against the emulator, as a user's first day would.
//!
//! Which there are says cargo's own metadata, so that a new one is run without being named here.
//! All are built in one go. One fails that exits with another code than 0 or does not end in time;
//! what it said is shown then.

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

/// Examples that are not run, and why. One that is not there any more is an error.
const NOT_RUN: [(&str, &str); 1] = [(
    "call",
    "needs arguments; its own tests and `cargo xtask peers` run it",
)];

/// Examples whose tasks are processes of this machine, which the emulator runs on Unix alone.
const ON_UNIX: [&str; 4] = ["dependencies", "multi_instance", "nodes", "outputs"];

/// How long an example may take; each is to end in a third of it on a machine that does nothing
/// else.
const LIMIT: Duration = Duration::from_secs(90);

/// What would lead an example to a real account.
const ACCOUNT: [&str; 3] = [
    "AZURE_BATCH_ENDPOINT",
    "AZURE_BATCH_ACCOUNT",
    "AZURE_BATCH_ACCESS_KEY",
];

/// Builds and runs them; tells whether all passed.
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

/// The names of the package's examples, those that features switch off included.
fn names(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut packages = packages.filter(|package| package["name"] == PACKAGE);
    let package = packages
        .next()
        .with_context(|| format!("the workspace has no package {PACKAGE}"))?;
    let targets = package["targets"].as_array().into_iter().flatten();
    let examples = targets.filter(|target| is_example(target));
    let names: Vec<String> = examples
        .filter_map(|example| example["name"].as_str().map(str::to_owned))
        .collect();
    let excepted = NOT_RUN.iter().map(|(name, _)| name).chain(&ON_UNIX);
    for name in excepted {
        ensure!(
            names.iter().any(|known| known == name),
            "xtask/src/examples.rs excepts the example {name}, which is not there"
        );
    }
    Ok(names)
}

fn is_example(target: &Value) -> bool {
    let mut kinds = target["kind"].as_array().into_iter().flatten();
    kinds.any(|kind| kind == "example")
}

/// Builds all of them; gives their programs by name. Each is named to cargo, which would pass over
/// one that features switch off otherwise.
fn build(root: &Path, names: &[String]) -> Result<BTreeMap<String, PathBuf>> {
    let which: Vec<&str> = names.iter().flat_map(|name| ["--example", name]).collect();
    let programs = run::programs(root, PACKAGE, &which)?;
    for name in names {
        ensure!(programs.contains_key(name), "cargo has not built {name}");
    }
    Ok(programs)
}

/// Runs one and prints its line; of one that failed, all that it said.
fn report(name: &str, program: &Path, limit: Duration) -> Result<bool> {
    let mut command = Command::new(program);
    for variable in ACCOUNT {
        command.env_remove(variable);
    }
    let begun = Instant::now();
    // It stands beside the program, to be read again.
    let (status, said) = output(&mut command, &program.with_extension("log"), limit)
        .with_context(|| format!("cannot run {}", program.display()))?;
    let seconds = begun.elapsed().as_secs_f32();
    match status {
        Some(status) if status.success() => {
            println!("passed   {name}  {seconds:.1} s");
            return Ok(true);
        }
        Some(status) => println!("{said}FAILED   {name}  {seconds:.1} s  {status}"),
        None => println!("{said}FAILED   {name}  was ended after {seconds:.1} s, its limit"),
    }
    Ok(false)
}

/// How a program ended, and what it said on both streams as it came; no status where it was ended
/// at its limit.
fn output(
    command: &mut Command,
    log: &Path,
    limit: Duration,
) -> Result<(Option<ExitStatus>, String)> {
    // A file takes any amount, and is done when the program is, whatever that has left running.
    let said = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said)
        .spawn()?;
    let status = ended(&mut child, limit)?;
    let said = fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    Ok((status, String::from_utf8_lossy(&said).into_owned()))
}

fn ended(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
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
    fn an_exception_for_no_example_is_an_error() {
        let error = names(&with_examples(&ON_UNIX)).unwrap_err();
        assert!(error.to_string().contains("excepts the example call"));
    }

    #[cfg(unix)]
    fn run_shell(script: &str, limit: Duration) -> (Option<i32>, String) {
        let log =
            std::env::temp_dir().join(format!("xtask-{}-{}", std::process::id(), script.len()));
        let mut command = Command::new("/bin/sh");
        let (status, said) = output(command.args(["-c", script]), &log, limit).unwrap();
        fs::remove_file(log).unwrap();
        (status.and_then(|status| status.code()), said)
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_is_told_with_both_streams() {
        let run = run_shell("echo out; echo err >&2; exit 3", LIMIT);
        assert_eq!(run, (Some(3), "out\nerr\n".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn what_does_not_end_is_ended() {
        let begun = Instant::now();
        let run = run_shell("echo begun; exec sleep 1000", Duration::from_millis(300));
        assert_eq!(run, (None, "begun\n".to_owned()));
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}
