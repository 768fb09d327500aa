//! The workspace's own commands, run as `cargo xtask …`.
//!
//! They stand beside the way of data: `regen` drives it from `spec/` to `batch-client/src/generated/`, `diff` says what
//! another description would mean, the others check what was made.

mod diff;
mod peers;
mod regen;

use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  regen            reads spec/BatchService.json, writes spec/openapi.json and batch-client/src/generated/
  regen --check    writes nothing; exits 1 with a diff where what is checked in would change, or a text is yet to be written
  regen --spec FILE
                   takes in another Swagger 2.0 description: its facts, our texts; then as regen
  diff OLD NEW     says what a new description means for callers and for users of the crates (diff --help)
  peers            installs what the scripts under tests/peers/ need (python3 and node) and runs them
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["regen"] => regen::write(),
        ["regen", "--check"] => regen::check(),
        ["regen", "--spec", file] => regen::take_in(file),
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

/// The folder of the workspace.
fn root() -> Result<PathBuf> {
    // Cargo says where it runs; a program that is called directly knows where it was built.
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let parent = here.parent().context("xtask stands in no folder")?;
    Ok(parent.to_owned())
}
