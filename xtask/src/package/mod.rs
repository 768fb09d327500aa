//! `package`: creates each package's archive, builds it from there, and checks its content.
//!
//! Everything that would be uploaded is checked before anyone publishes: the manifests
//! ([`manifest`]), cargo's warnings, and the files of each archive ([`archive`]).

mod archive;
mod manifest;
mod stale;

pub(crate) use manifest::PUBLISHED;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::run;

/// Not published, and it depends on the tests, which are not published, either.
const UNPACKAGED: &str = "batch-bench";

/// Runs all checks and prints the problems; returns true if there are none.
pub(crate) fn run(root: &Path, allow_dirty: bool) -> Result<bool> {
    let metadata = run::metadata(root, &["--locked"])?;
    let packages = manifest::members(&metadata)?;
    // Cheap checks first.
    let problems = manifest::problems(&metadata, &packages)?;
    if !problems.is_empty() {
        return Ok(report(&problems));
    }
    stale::clear(&run::target(root), &packages)?;
    // Cargo's output is printed while it runs.
    let mut problems = package(root, allow_dirty)?;
    for package in packages.iter().filter(|one| one.name != UNPACKAGED) {
        problems.extend(archive::problems(root, package)?);
    }
    if problems.is_empty() {
        println!("package: {} archives, no problems", packages.len());
    }
    Ok(report(&problems))
}

/// Prints the problems; returns true if there are none.
fn report(problems: &[String]) -> bool {
    for line in problems {
        println!("{line}");
    }
    if !problems.is_empty() {
        println!("package: {} problems", problems.len());
    }
    problems.is_empty()
}

/// Runs cargo to create and build the archives; returns its warnings.
fn package(root: &Path, allow_dirty: bool) -> Result<Vec<String>> {
    let mut command = run::cargo(root);
    command
        .args(["package", "--workspace"])
        .args(["--exclude", UNPACKAGED])
        .args(allow_dirty.then_some("--allow-dirty"))
        // Dependencies that are already built are not built again for each archive.
        .env("CARGO_TARGET_DIR", run::target(root))
        .env("CARGO_TERM_COLOR", "never")
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot run cargo")?;
    let mut warnings = Vec::new();
    let stderr = child.stderr.take().context("cannot read cargo's stderr")?;
    for line in BufReader::new(stderr).lines() {
        let line = line?;
        eprintln!("{line}");
        if line.starts_with("warning:") {
            warnings.push(format!("cargo warns: {line}"));
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("cargo package failed ({status}); see its output above");
    }
    Ok(warnings)
}
