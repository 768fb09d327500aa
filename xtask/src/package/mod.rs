//! `package`: makes each package's archive, builds it from there, and looks at what is in it.
//!
//! What a publisher would upload is judged before anyone publishes: the manifests ([`manifest`]),
//! whatever cargo warns of, and the files of each archive ([`archive`]).

mod archive;
mod manifest;
mod stale;

pub(crate) use manifest::PUBLISHED;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::run;

/// Runs all checks; prints what is wrong and tells whether nothing is.
pub(crate) fn run(root: &Path, allow_dirty: bool) -> Result<bool> {
    let metadata = run::metadata(root, &["--locked"])?;
    let packages = manifest::members(&metadata)?;
    // At once what can be told at once.
    let wrong = manifest::wrong(&metadata, &packages)?;
    if !wrong.is_empty() {
        return Ok(report(&wrong));
    }
    stale::forget(&run::target(root), &packages)?;
    // What cargo says is printed as it comes.
    let mut wrong = package(root, allow_dirty)?;
    for package in &packages {
        wrong.extend(archive::wrong(root, package)?);
    }
    if wrong.is_empty() {
        println!("package: {} archives, nothing wrong", packages.len());
    }
    Ok(report(&wrong))
}

/// Prints what is wrong; tells whether nothing is.
fn report(wrong: &[String]) -> bool {
    for line in wrong {
        println!("{line}");
    }
    if !wrong.is_empty() {
        println!("package: {} things wrong", wrong.len());
    }
    wrong.is_empty()
}

/// Has cargo make and build the archives; gives what it warns of.
fn package(root: &Path, allow_dirty: bool) -> Result<Vec<String>> {
    let mut command = run::cargo(root);
    command
        .args(["package", "--workspace"])
        .args(allow_dirty.then_some("--allow-dirty"))
        // Dependencies that are built already are not built again for each archive.
        .env("CARGO_TARGET_DIR", run::target(root))
        .env("CARGO_TERM_COLOR", "never")
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot run cargo")?;
    let mut warnings = Vec::new();
    let said = child.stderr.take().context("cargo has no stderr")?;
    for line in BufReader::new(said).lines() {
        let line = line?;
        eprintln!("{line}");
        if line.starts_with("warning:") {
            warnings.push(format!("cargo warns: {line}"));
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("cargo package failed ({status}); what it said is above");
    }
    Ok(warnings)
}
