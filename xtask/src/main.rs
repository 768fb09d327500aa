//! The workspace's own commands, run as `cargo xtask …`.
//!
//! They stand beside the way of data: `regen` drives it from `spec/` to
//! `batch-client/src/generated/`, `diff` says what another description would mean, the others check
//! what was made. Each reads its arguments, works on the workspace that the current folder is in,
//! and says whether it succeeded.

#[macro_use]
mod say;

mod api;
mod arguments;
#[cfg(test)]
mod attributes;
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
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use lexopt::{Arg, Parser, ValueExt};

use arguments::{Misuse, misuse};

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
  audit [CHECK …]  semver, deny, coverage, mutants, release or all, with tools that it installs; --base REF, --offline
  help             prints this, and works outside of a workspace too

All others work on the workspace that the current folder is in.
Exits 0, 1 where something is wrong, 2 for wrong usage.
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
        None => return Err(misuse("there is no command", USAGE)),
    };
    match name.as_str() {
        "regen" => regen::run(parser),
        "diff" => diff::run(parser),
        "review" => review::run(parser),
        "examples" => {
            arguments::none(parser, USAGE)?;
            examples::run(&workspace::root()?)
        }
        "api" => {
            let check = arguments::flag(parser, "check", USAGE)?;
            api::run(&workspace::root()?, check)
        }
        "package" => {
            let allow_dirty = arguments::flag(parser, "allow-dirty", USAGE)?;
            package::run(&workspace::root()?, allow_dirty)
        }
        "peers" => {
            arguments::none(parser, USAGE)?;
            peers::run(&workspace::root()?)
        }
        "audit" => audit::run(parser),
        "help" => {
            print!("{USAGE}");
            Ok(true)
        }
        other => Err(misuse(format!("unknown command {other:?}"), USAGE)),
    }
}
