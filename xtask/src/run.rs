//! Runs external programs: cargo, git, rustup, interpreters.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Returns the cargo that runs this program, with the environment of a shell: `cargo xtask` sets
/// variables that describe the package xtask, and some build scripts (ring's) would rebuild
/// everything because of them.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    for (name, _) in env::vars_os() {
        let set_by_cargo = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if set_by_cargo {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Returns cargo's metadata of the workspace, including dependencies unless the arguments exclude
/// them.
pub(crate) fn metadata(root: &Path, arguments: &[&str]) -> Result<Value> {
    let output = text(
        cargo(root)
            .args(["metadata", "--format-version=1"])
            .args(arguments),
    )?;
    serde_json::from_str(&output).context("cannot parse the output of cargo metadata")
}

/// Builds programs of a package and returns their paths by name; `which` selects them for cargo.
pub(crate) fn programs(
    root: &Path,
    package: &str,
    which: &[&str],
) -> Result<BTreeMap<String, PathBuf>> {
    let output = cargo(root)
        .args(["build", "--package", package])
        .args(which)
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cannot build {package}");
    // Cargo reports the paths, whatever target and profile are configured.
    let messages =
        String::from_utf8(output.stdout).context("the output of cargo build is not UTF-8")?;
    let mut programs = BTreeMap::new();
    for line in messages.lines() {
        let message: Value =
            serde_json::from_str(line).context("cannot parse the output of cargo build")?;
        let (name, program) = (&message["target"]["name"], &message["executable"]);
        if let (Some(name), Some(program)) = (name.as_str(), program.as_str()) {
            programs.insert(name.to_owned(), PathBuf::from(program));
        }
    }
    Ok(programs)
}

/// Returns cargo's target folder.
pub(crate) fn target(root: &Path) -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR");
    root.join(folder.unwrap_or_else(|| "target".into()))
}

/// Returns git for one folder; a hook that runs this program may have set another.
pub(crate) fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder);
    for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        git.env_remove(variable);
    }
    git
}

/// Runs a command whose output matters only if it fails.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    output_of(command).map(|_| ())
}

/// Runs a command and returns its output; a failure is an error with that output.
pub(crate) fn output_of(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        let message = if output.stderr.is_empty() {
            output.stdout
        } else {
            output.stderr
        };
        let message = String::from_utf8_lossy(&message);
        bail!("{name} failed ({}):\n{}", output.status, message.trim_end());
    }
    Ok(output)
}

/// Returns the standard output of a command, as text.
pub(crate) fn text(command: &mut Command) -> Result<String> {
    let output = output_of(command)?;
    String::from_utf8(output.stdout).context("the output is not UTF-8")
}

/// Runs a tool that prints its findings itself.
pub(crate) fn passes(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot run {name}"))?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(())
}
