//! `examples`: runs the examples of batch-client against the emulator and checks their behavior.
//!
//! The examples are listed by cargo's metadata, so that a new one without a row in [`ROWS`] is an
//! error. Each example is
//!
//! - run to its end (`program`), against an emulator of its own (`service`) unless it starts one:
//!   it exits with 0, prints what its row expects, and leaves neither pools nor files behind;
//! - run without a reader of its output: it ends quietly, with 0, and cleans up, too;
//! - copied into an empty package with the dependencies of its header (`copies`), which compiles.
//!
//! With names as arguments, those examples are run once and their output is shown.

mod copies;
mod program;
mod service;
mod store;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lexopt::Parser;
use serde_json::Value;

use crate::{arguments, run, workspace};
use program::Example;
use service::Service;
use store::Store;

const PACKAGE: &str = "batch-client";

/// The time limit of an example; each should need a third of it on an idle machine.
const LIMIT: Duration = Duration::from_secs(90);

/// Needs and output of an example.
struct Row {
    name: &'static str,
    /// Options of the emulator that it runs against; without any, it starts its own.
    service: Option<&'static [&'static str]>,
    /// The last part of the URL that is its argument, in a store on this machine.
    argument: Option<&'static str>,
    /// Parts of its output, in their order.
    expected: &'static [&'static str],
    /// Files that are in the store afterwards.
    stored: &'static [&'static str],
}

/// The name of the example that calls any operation. It is not run here, because its own tests and
/// `cargo xtask peers` do; it is not copied, because it uses a generated file.
const CALL: &str = "call";

const ROWS: [Row; 10] = [
    Row {
        name: "autoscale",
        service: Some(&["--clock-speed", "100", "--task-seconds", "300"]),
        argument: None,
        expected: &[
            "8 added",
            "the formula has an error\n",
            "the formula sets\n  $TargetDedicatedNodes=",
            "the formula is enabled\n",
            "the pool has reached its size: 4\n",
            "all tasks succeeded (8)\n",
            "the pool has reached its size: 0\n",
        ],
        stored: &[],
    },
    Row {
        name: "conditional_update",
        service: Some(&[]),
        argument: None,
        expected: &[
            "bert's change is rejected: ",
            "412",
            ": anna was here, bert was here\n",
            "4 writers have counted to 20; ",
        ],
        stored: &[],
    },
    Row {
        name: "dependencies",
        service: Some(&["--clock-speed", "10", "--execute"]),
        argument: None,
        expected: &[
            "8 added",
            "task checks failed with exit code 2",
            "task publish failed with exit code 1",
            "the job ended (",
            "and printed: part 1, part 2, part 3, part 4\n",
            "announce is active\n",
            "exit code of the preparation 0, of the release 0\n",
        ],
        stored: &[],
    },
    Row {
        name: "multi_instance",
        service: Some(&["--clock-speed", "10", "--execute"]),
        argument: Some("wing.mesh"),
        expected: &[
            "all tasks succeeded (1)\n",
            "the primary printed: primary of ",
            "subtask 1: completed, exit code 0, printed:\n  a wing of 12 cells\n",
            "is ready, primary: false\n",
            "subtask 2: completed, exit code 0, printed:\n  a wing of 12 cells\n",
        ],
        stored: &[],
    },
    Row {
        name: "nodes",
        service: Some(&["--clock-speed", "4", "--execute"]),
        argument: Some(""),
        expected: &[
            "idle nodes: 3\n",
            "to log in: ssh -p ",
            " gets no new tasks\n",
            " gets tasks again\n",
            " was restarted at ",
            "log files on their way to the container: ",
            " was removed; remaining nodes: 2\n",
        ],
        stored: &[],
    },
    Row {
        name: "outputs",
        service: Some(&["--clock-speed", "4", "--execute"]),
        argument: Some(""),
        expected: &[
            " s: frame 1",
            "frame 5",
            "all tasks succeeded (1)\n",
            "stderr.txt, 10 bytes: a warning\n",
            "  wd/image-1.txt\n",
            "  wd/logs/summary.txt\n",
            "downloaded 6 files, 52 bytes\n",
        ],
        stored: &["render/image-1.txt", "render/image-5.txt"],
    },
    Row {
        name: "quickstart",
        service: None,
        argument: None,
        expected: &[
            "Azure Batch at http://127.0.0.1:",
            "3/3 nodes ready",
            "250/250 tasks added",
            "250/250 tasks done",
            "all tasks succeeded (250)\n",
            "frame-001 wrote: ",
            "cleaned up\n",
        ],
        stored: &[],
    },
    Row {
        name: "schedule",
        service: Some(&["--clock-speed", "60"]),
        argument: None,
        expected: &[
            "added schedule ",
            " ended at ",
            " ended at ",
            "the schedule is disabled",
            "the schedule is active",
            " ended at ",
            "the schedule ended at ",
        ],
        stored: &[],
    },
    Row {
        name: "sweep",
        service: Some(&["--clock-speed", "100"]),
        argument: None,
        expected: &[
            "10000 added",
            "9 of 10000 tasks failed after ",
            "task a60-b60 failed with exit code 1",
            "counts: 9991 succeeded, 9 failed\n",
            "failed with a = 60: a60-b60\n",
        ],
        stored: &[],
    },
    Row {
        name: "testing",
        service: None,
        argument: None,
        expected: &["failed frames: 0\n", "1 × Task_AddCollection\n"],
        stored: &[],
    },
];

/// The command; returns true if all examples passed.
pub(crate) fn command(parser: Parser, usage: &'static str) -> Result<bool> {
    let chosen = arguments::names(parser, usage)?;
    let root = workspace::root()?;
    let names = names(&run::metadata(&root, &["--no-deps"])?)?;
    let examples = Examples::build(&root, &names)?;
    if chosen.is_empty() {
        return examples.check(&root);
    }
    for name in &chosen {
        let row = ROWS.iter().find(|row| row.name == name);
        let row = row.with_context(|| format!("there is no example {name} to run"))?;
        examples.show(row)?;
    }
    Ok(true)
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
    let known: Vec<&str> = ROWS.iter().map(|row| row.name).chain([CALL]).collect();
    for name in &names {
        ensure!(
            known.contains(&name.as_str()),
            "the example {name} has no row in xtask/src/examples/mod.rs"
        );
    }
    for name in known {
        ensure!(
            names.iter().any(|found| found == name),
            "xtask/src/examples/mod.rs has a row for the example {name}, which does not exist"
        );
    }
    Ok(names)
}

fn is_example(target: &Value) -> bool {
    let mut kinds = target["kind"].as_array().into_iter().flatten();
    kinds.any(|kind| kind == "example")
}

/// The programs: all examples, and the emulator.
struct Examples {
    examples: BTreeMap<String, PathBuf>,
    emulator: PathBuf,
}

impl Examples {
    /// Builds all programs. Each example is passed to cargo by name, because cargo would skip one
    /// that features disable otherwise.
    fn build(root: &Path, names: &[String]) -> Result<Self> {
        let which: Vec<&str> = names.iter().flat_map(|name| ["--example", name]).collect();
        let examples = run::programs(root, PACKAGE, &which)?;
        for name in names {
            ensure!(
                examples.contains_key(name),
                "cannot find the example {name} in cargo's output"
            );
        }
        let mut emulator = run::programs(root, "batch-emulator", &["--bins"])?;
        let emulator = emulator
            .remove("batch-emulator")
            .context("cannot find the emulator in cargo's output")?;
        Ok(Self { examples, emulator })
    }

    /// Checks all examples, and reports each.
    fn check(&self, root: &Path) -> Result<bool> {
        let (mut passed, mut failed) = (0, 0);
        for row in &ROWS {
            let begun = Instant::now();
            let result = match not_run(row) {
                Some(reason) => {
                    println!("not run  {}: {reason}", row.name);
                    continue;
                }
                None => self.check_one(row),
            };
            let seconds = begun.elapsed().as_secs_f32();
            match result {
                Ok(()) => {
                    passed += 1;
                    println!("passed   {}  {seconds:.1} s", row.name);
                }
                Err(error) => {
                    failed += 1;
                    println!("FAILED   {}  {seconds:.1} s  {error:#}", row.name);
                }
            }
        }
        println!("{passed} passed, {failed} failed");
        let begun = Instant::now();
        copies::check(root, &ROWS.map(|row| row.name))?;
        let seconds = begun.elapsed().as_secs_f32();
        println!("all compile in an empty package  {seconds:.1} s");
        Ok(failed == 0)
    }

    fn check_one(&self, row: &Row) -> Result<()> {
        self.with_service(row, row.service, |example, service, store| {
            let printed = example.run()?;
            find_in_order(&printed, row.expected)
                .map_err(|missing| missing.context(format!("it printed\n{printed}")))?;
            for name in row.stored {
                ensure!(
                    store.is_some_and(|store| store.has(name)),
                    "it has not stored {name}"
                );
            }
            self.ensure_nothing_remains(service)
        })?;
        // With another emulator, because a run in the same second has the same ids.
        self.with_service(row, row.service, |example, service, _| {
            example.run_without_reader()?;
            self.ensure_nothing_remains(service)
        })?;
        if cfg!(unix) && row.name == "quickstart" {
            // In its own emulator, and on an account.
            for service in [None, Some(&["--clock-speed", "4"][..])] {
                self.with_service(row, service, |example, service, _| {
                    example.interrupt_after("nodes ready")?;
                    self.ensure_nothing_remains(service)
                })
                .context("with Ctrl-C")?;
            }
        }
        Ok(())
    }

    /// Runs an example and prints its output.
    fn show(&self, row: &Row) -> Result<()> {
        self.with_service(row, row.service, |example, _, _| {
            print!("{}", example.run()?);
            Ok(())
        })
    }

    /// Prepares an example, with an emulator if options for one are given.
    fn with_service(
        &self,
        row: &Row,
        options: Option<&[&str]>,
        work: impl FnOnce(&Example, Option<&Service>, Option<&Store>) -> Result<()>,
    ) -> Result<()> {
        let service = options.map(|options| Service::start(&self.emulator, options));
        let service = service.transpose()?;
        let store = row.argument.map(|_| Store::start()).transpose()?;
        let argument = store
            .as_ref()
            .zip(row.argument)
            .map(|(store, name)| store.url(name));
        let example = Example {
            program: self.program(row.name)?,
            argument,
            environment: service.as_ref().map(Service::environment),
            limit: LIMIT,
        };
        work(&example, service.as_ref(), store.as_ref())
    }

    fn program(&self, name: &str) -> Result<&Path> {
        let program = self.examples.get(name);
        program
            .map(PathBuf::as_path)
            .with_context(|| format!("cannot find the example {name}"))
    }

    /// Fails if an account has pools, jobs or schedules that are not being deleted.
    fn ensure_nothing_remains(&self, service: Option<&Service>) -> Result<()> {
        let Some(service) = service else {
            return Ok(());
        };
        for (operation, select) in [
            ("Pool_List", "id,state"),
            ("Job_List", "id,state"),
            ("JobSchedule_List", "id,state"),
        ] {
            let mut call = std::process::Command::new(self.program(CALL)?);
            call.args(["--all", operation]);
            call.arg(format!("$select={select}"));
            let listed = run::text(call.envs(service.environment()))?;
            let listed: Value = serde_json::from_str(&listed)?;
            let items = listed.as_array().into_iter().flatten();
            let mut left = items.filter(|item| item["state"] != "deleting");
            if let Some(item) = left.next() {
                bail!("{operation} still has {item}");
            }
        }
        Ok(())
    }
}

/// Why an example is not run on this system: its tasks are processes, which the emulator runs only
/// on Unix.
fn not_run(row: &Row) -> Option<&'static str> {
    let executes = row.service.unwrap_or_default().contains(&"--execute");
    (executes && !cfg!(unix)).then_some("runs its tasks as processes, which needs Unix")
}

/// Fails with the first part that is not in the text after the ones before it.
fn find_in_order(text: &str, parts: &[&str]) -> Result<()> {
    let mut rest = text;
    for part in parts {
        let found = rest.find(part);
        let at = found.with_context(|| format!("its output lacks {part:?}, or in this order"))?;
        rest = &rest[at + part.len()..];
    }
    Ok(())
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
    fn each_example_has_a_row_and_each_row_an_example() {
        let mut all: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        let error = names(&with_examples(&all)).unwrap_err();
        assert!(error.to_string().contains("call, which does not exist"));
        all.push(CALL);
        assert_eq!(names(&with_examples(&all)).unwrap(), all);
        all.push("new");
        let error = names(&with_examples(&all)).unwrap_err();
        assert!(error.to_string().contains("new has no row"));
    }

    #[test]
    fn parts_are_found_in_order_only() {
        find_in_order("a b c", &["a", "c"]).unwrap();
        let error = find_in_order("a b c", &["c", "a"]).unwrap_err();
        assert!(error.to_string().contains("\"a\""));
        find_in_order("a b", &["a", "a"]).unwrap_err();
    }
}
