//! The workspace's own commands, run as `cargo xtask …`.
//!
//! They stand beside the way of data: `regen` drives it from `spec/` to `batch-client/src/generated/`, `diff` says what
//! another description would mean, the others check what was made.

#[macro_use]
mod say;

mod api;
mod audit;
mod diff;
mod examples;
mod files;
mod package;
mod peers;
mod regen;
mod review;
mod run;
mod toolchain;

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
  review           says what spec/ means against --base REF, and whether version and changelog say so; --summary FILE
  examples         builds and runs the examples of batch-client against the emulator
  api              writes the public API of the libraries to api/
  api --check      writes nothing; exits 1 with a diff where the API is not what api/ records
  package          makes each package's archive, builds it and checks what is in it; --allow-dirty as cargo has it
  peers            installs what the scripts under tests/peers/ need (python3 and node) and runs them
  audit [CHECK …]  semver, deny, coverage, mutants or all, with tools that it installs; --base REF, --offline
";

fn main() -> ExitCode {
    if let Some(code) = api::as_rustdoc() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["regen"] => regen::write(),
        ["regen", "--check"] => regen::check(),
        ["regen", "--spec", file] => regen::take_in(file),
        ["examples"] => examples::run(),
        ["diff", arguments @ ..] => return diff::run(arguments),
        ["peers"] => peers::run(),
        ["api"] => api::run(false),
        ["api", "--check"] => api::run(true),
        ["package"] => package::run(false),
        ["package", "--allow-dirty"] => package::run(true),
        ["audit", rest @ ..] => audit::run(rest),
        ["review", rest @ ..] => review::run(rest),
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
