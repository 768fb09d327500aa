//! The workspace's own commands, run as `cargo xtask …`.
//!
//! They stand beside the way of data: `regen` drives it from `spec/` to `batch-client/src/generated/`, `diff` says what
//! another description would mean, the others check what was made.

mod diff;
mod examples;
mod peers;
mod regen;

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
usage: cargo xtask <command>

  regen            reads spec/BatchService.json, writes spec/openapi.json and batch-client/src/generated/
  regen --check    writes nothing; exits 1 with a diff where what is checked in would change
  examples         builds and runs the examples of batch-client against the embedded service
  diff OLD NEW     says what a new description means for callers and for users of the crates (diff --help)
  peers            installs what the scripts under tests/peers/ need (python3 and node) and runs them
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["regen"] => regen::write(),
        ["regen", "--check"] => regen::check(),
        ["examples"] => examples::run(),
        ["diff", arguments @ ..] => return diff::run(arguments),
        ["peers"] => peers::run(),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Cargo, called from this program as from a shell: `cargo xtask` sets variables that describe the package xtask, and
/// some build scripts (ring's) would build everything anew for them.
fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    for (name, _) in env::vars_os() {
        let set_by_cargo = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if set_by_cargo {
            command.env_remove(name);
        }
    }
    command
}

/// The folder of the workspace.
fn root() -> Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let parent = here.parent().context("xtask stands in no folder")?;
    Ok(parent.to_owned())
}
