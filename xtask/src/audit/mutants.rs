//! Mutations of cargo-mutants, module by module, each with the tests that have to notice them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::tools;
use crate::run::{self, passes};

/// A module with the tests that judge it.
pub(super) struct Module {
    name: &'static str,
    package: &'static str,
    /// Its files, as globs; all of the package if there are none.
    files: &'static [&'static str],
    /// Package of the tests.
    tested_by: &'static str,
    /// The tests, as arguments of `cargo test`; all of that package if there are none.
    tests: &'static [&'static str],
}

const UNITS: &[&str] = &["--lib"];

/// Pure logic is judged by its unit tests alone, what talks to a server by the tests of its
/// promise.
pub(super) const MODULES: [Module; 7] = [
    Module {
        name: "batch-auth",
        package: "batch-auth",
        files: &[],
        tested_by: "batch-auth",
        tests: &[],
    },
    Module {
        name: "retry",
        package: "batch-client",
        files: &["batch-client/src/retry/*.rs", "batch-client/src/polling.rs"],
        tested_by: "batch-client",
        tests: UNITS,
    },
    Module {
        name: "bulk-logic",
        package: "batch-client",
        files: &[
            "batch-client/src/bulk/positions.rs",
            "batch-client/src/bulk/pace.rs",
            "batch-client/src/bulk/chunk.rs",
        ],
        tested_by: "batch-client",
        tests: UNITS,
    },
    Module {
        name: "names",
        package: "batch-client",
        files: &["batch-client/src/transfer/names.rs"],
        tested_by: "batch-client",
        tests: UNITS,
    },
    Module {
        name: "bulk",
        package: "batch-client",
        files: &[
            "batch-client/src/bulk/lookup.rs",
            "batch-client/src/bulk/run.rs",
            "batch-client/src/bulk/send.rs",
            "batch-client/src/bulk/results.rs",
        ],
        tested_by: "batch-tests",
        tests: &["--test", "it", "--", "adds::"],
    },
    Module {
        name: "transfer",
        package: "batch-client",
        files: &[
            "batch-client/src/transfer/content.rs",
            "batch-client/src/transfer/partial.rs",
            "batch-client/src/transfer/save.rs",
            "batch-client/src/transfer/tail.rs",
            "batch-client/src/transfer/all.rs",
        ],
        tested_by: "batch-tests",
        tests: &["--test", "it", "--", "transfers::"],
    },
    Module {
        name: "wait",
        package: "batch-client",
        files: &["batch-client/src/wait/*.rs"],
        tested_by: "batch-tests",
        tests: &["--test", "it", "--", "hostile::", "waits::"],
    },
];

/// Applies every mutation to all modules, or to one; each has to fail a test.
pub(super) fn check(root: &Path, only: Option<&str>) -> Result<String> {
    let wanted = |module: &&Module| only.is_none_or(|name| name == module.name);
    let modules: Vec<&Module> = MODULES.iter().filter(wanted).collect();
    let known = MODULES.map(|module| module.name).join(", ");
    ensure!(
        !modules.is_empty(),
        "cannot mutate {}: it is not a known module; choose one of {known}",
        only.unwrap_or_default()
    );
    let mut summaries = Vec::new();
    let mut survived = Vec::new();
    for module in modules {
        println!("\n-- mutants of {}", module.name);
        match mutate(root, module) {
            Ok(summary) => summaries.push(summary),
            Err(error) => survived.push(format!("{}: {error:#}", module.name)),
        }
    }
    ensure!(survived.is_empty(), "{}", survived.join("; "));
    Ok(summaries.join("; "))
}

fn mutate(root: &Path, module: &Module) -> Result<String> {
    let folder = run::target(root).join("audit").join(module.name);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut command = tools::MUTANTS.command(root)?;
    command.args(["--package", module.package, "--no-times", "--output"]);
    command.arg(&folder);
    if module.files.is_empty() {
        command.arg("--all-features");
    }
    for file in module.files {
        command.args(["--file", file]);
    }
    command.args(["--test-package", module.tested_by]);
    if !module.tests.is_empty() {
        command.arg("--").args(module.tests);
    }
    passes(&mut command).context("some mutants survived; see above")?;
    let path = folder.join("mutants.out/outcomes.json");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let outcomes: serde_json::Value = serde_json::from_str(&text)?;
    let count = |name: &str| outcomes[name].as_u64().unwrap_or_default();
    // cargo-mutants succeeds even without mutants.
    ensure!(
        count("caught") > 0,
        "no mutants were tested: {}",
        path.display()
    );
    Ok(format!(
        "{} mutants of {}: {} caught, {} do not compile, none survived",
        count("total_mutants"),
        module.name,
        count("caught"),
        count("unviable")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn every_module_has_files() {
        let root = workspace::root().unwrap();
        for module in &MODULES {
            for file in module.files {
                let folder = file.trim_end_matches("*.rs");
                assert!(root.join(folder).exists(), "{}: {file}", module.name);
            }
        }
    }

    #[test]
    fn an_unknown_module_is_named() {
        let error = check(&workspace::root().unwrap(), Some("nothing")).unwrap_err();
        assert!(
            error.to_string().starts_with("cannot mutate nothing"),
            "{error}"
        );
    }
}
