//! Runs the programs that the commands stand on: cargo, git, rustup, interpreters.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// The cargo that runs this, called in the workspace and as from a shell: `cargo xtask` sets
/// variables that describe the package xtask, and some build scripts (ring's) would build
/// everything anew for them.
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

/// What cargo knows of the workspace, and of all that it depends on where the arguments do not say
/// otherwise.
pub(crate) fn metadata(root: &Path, arguments: &[&str]) -> Result<Value> {
    let output = text(
        cargo(root)
            .args(["metadata", "--format-version=1"])
            .args(arguments),
    )?;
    serde_json::from_str(&output).context("cargo metadata gave no JSON")
}

/// Builds programs of a package and gives where they are, by name; `which` names them to cargo.
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
    ensure!(output.status.success(), "{package} does not build");
    // Cargo says where it puts programs, whatever target and profile are configured.
    let messages = String::from_utf8(output.stdout).context("cargo build gave no text")?;
    let mut programs = BTreeMap::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line).context("cargo build gave no JSON")?;
        let (name, program) = (&message["target"]["name"], &message["executable"]);
        if let (Some(name), Some(program)) = (name.as_str(), program.as_str()) {
            programs.insert(name.to_owned(), PathBuf::from(program));
        }
    }
    Ok(programs)
}

/// The folder that cargo builds in.
pub(crate) fn target(root: &Path) -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR");
    root.join(folder.unwrap_or_else(|| "target".into()))
}

/// Git, working in a folder and in no other: a hook that runs this may have named one.
pub(crate) fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder);
    for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        git.env_remove(variable);
    }
    git
}

/// Runs a command whose output is only of interest where it fails.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    done(command).map(|_| ())
}

/// Runs a command and gives its output; one that fails is an error with what it said.
pub(crate) fn done(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        let said = if output.stderr.is_empty() {
            output.stdout
        } else {
            output.stderr
        };
        let said = String::from_utf8_lossy(&said);
        bail!("{name} failed ({}):\n{}", output.status, said.trim_end());
    }
    Ok(output)
}

/// What a command prints, as text.
pub(crate) fn text(command: &mut Command) -> Result<String> {
    let output = done(command)?;
    String::from_utf8(output.stdout).context("the output is no UTF-8")
}

/// Runs a tool that says itself what it finds.
pub(crate) fn passes(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot run {name}"))?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(())
}
