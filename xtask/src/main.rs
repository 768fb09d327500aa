//! The workspace's own commands, run as `cargo xtask …`.
//!
//! `regen` runs the generator from `spec/` to `batch-client/src/generated/`, `diff` reports what
//! another description would mean, and the others check the results. Each command parses its
//! arguments, works on the workspace of the current folder, and returns whether it succeeded.

#[macro_use]
mod say;

mod api;
mod arguments;
#[cfg(test)]
mod attributes;
mod audit;
mod bench;
mod build_times;
mod diff;
mod examples;
mod files;
mod live;
mod package;
mod peers;
mod regen;
mod review;
mod run;
mod statistics;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use lexopt::{Arg, Parser, ValueExt};

use arguments::{Misuse, misuse};

const USAGE: &str = "\
usage: cargo xtask <command>

  regen            reads spec/BatchService.json, writes spec/openapi.json and batch-client/src/generated/
  regen --check    writes nothing; exits 1 with a diff if a checked-in file would change or a description is missing
  regen --spec FILE
                   imports another Swagger 2.0 description: its facts, our descriptions; then runs regen
  diff OLD NEW     reports what a new description means for callers and for users of the crates (diff --help)
  review           compares spec/ with --base REF and checks that version and changelog reflect it; --summary FILE
  examples         checks the examples of batch-client: runs them against the emulator, copies them
  examples NAME …  runs these examples against the emulator and prints their output
  api              writes the public API of the libraries to api/
  api --check      writes nothing; exits 1 with a diff if the API differs from api/
  package          packages and builds each crate and checks the archive's files; --allow-dirty as in cargo
  peers [NAME …]   installs what the scripts under tests/peers/ need (python3 and node) and runs them, or only
                   the scripts or folders of these names
  live --yes       checks a real account, which `Client::from_env` finds, and compares it with the emulator
  audit [CHECK …]  semver, deny, coverage, mutants, release or all; installs missing tools; --base REF, --offline
  bench            compares the client with code written by hand, as ratios; --rows PATTERN, --runs N, --scale
  build-times      compares the clean build of an application with azure_svc_batch and with reqwest alone;
                   --runs N, --profile debug|release
  help             prints this help, also outside of a workspace

All other commands work on the workspace of the current folder.
Exits 0 on success, 1 on failure, 2 for wrong usage.
";

fn main() -> ExitCode {
    if let Some(code) = api::as_rustdoc() {
        return code;
    }
    match command(Parser::from_env()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            if error.is::<Misuse>() {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn command(mut parser: Parser) -> Result<bool> {
    let name = match parser.next().map_err(|why| misuse(why, USAGE))? {
        Some(Arg::Value(name)) => name.string().map_err(|why| misuse(why, USAGE))?,
        Some(Arg::Long("help") | Arg::Short('h')) => "help".to_owned(),
        Some(other) => return Err(misuse(other.unexpected(), USAGE)),
        None => return Err(misuse("expected a command", USAGE)),
    };
    match name.as_str() {
        "regen" => regen::run(parser),
        "diff" => diff::run(parser),
        "review" => review::run(parser),
        "examples" => examples::command(parser, USAGE),
        "api" => {
            let check = arguments::flag(parser, "check", USAGE)?;
            api::run(&workspace::root()?, check)
        }
        "package" => {
            let allow_dirty = arguments::flag(parser, "allow-dirty", USAGE)?;
            package::run(&workspace::root()?, allow_dirty)
        }
        "peers" => {
            let names = arguments::names(parser, USAGE)?;
            peers::run(&workspace::root()?, &names)
        }
        "live" => {
            let confirmed = arguments::flag(parser, "yes", USAGE)?;
            live::run(&workspace::root()?, confirmed)
        }
        "audit" => audit::run(parser),
        "bench" => bench::run(parser),
        "build-times" => build_times::run(parser),
        "help" => {
            print!("{USAGE}");
            Ok(true)
        }
        other => Err(misuse(format!("unknown command {other:?}"), USAGE)),
    }
}
