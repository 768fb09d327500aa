//! `audit`: the slow checks, with tools that are installed where they are missing.
//!
//! | check | tool | fails |
//! | --- | --- | --- |
//! | `semver` | cargo-semver-checks | where the API since `--base` breaks without the version that says so |
//! | `deny` | cargo-deny, `deny.toml` | for a licence, source or wildcard that is not allowed, and for advisories |
//! | `coverage` | cargo-tarpaulin | below [`coverage::LEAST`] |
//! | `mutants` | cargo-mutants | where a change of batch-auth is noticed by no test |
//! | `release` | cargo-release, `release.toml` | if a dry run of the next release fails |

mod coverage;
mod release;
mod tools;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lexopt::{Arg, Parser, ValueExt};

use crate::arguments::misuse;
use crate::package::PUBLISHED;
use crate::run::{self, passes};
use crate::toolchain::Toolchain;
use crate::workspace;

const USAGE: &str =
    "usage: cargo xtask audit [semver|deny|coverage|mutants|release|all] [--base REF] [--offline]";
/// What the API is compared with where nothing else is named.
const BASE: &str = "origin/main";
/// What cargo-deny says where its database cannot be had.
const NOT_REACHED: &str = "failed to fetch advisory database";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Check {
    Semver,
    Deny,
    Coverage,
    Mutants,
    Release,
}

const ALL: [(&str, Check); 5] = [
    ("deny", Check::Deny),
    ("semver", Check::Semver),
    ("coverage", Check::Coverage),
    ("mutants", Check::Mutants),
    ("release", Check::Release),
];

#[derive(Debug, PartialEq)]
struct Wanted {
    checks: Vec<(&'static str, Check)>,
    base: String,
    offline: bool,
}

/// Runs the checks that are named, all of them whatever comes of the first.
pub(crate) fn run(parser: Parser) -> Result<bool> {
    let wanted = wanted(parser)?;
    let root = workspace::root()?;
    let mut results = Vec::new();
    for (name, check) in &wanted.checks {
        println!("\n== audit {name}");
        let result = match check {
            Check::Semver => semver(&root, &wanted.base),
            Check::Deny => deny(&root, wanted.offline),
            Check::Coverage => coverage::check(&root),
            Check::Mutants => mutants(&root),
            Check::Release => release::check(&root),
        };
        results.push((name, result));
    }
    println!();
    let mut passed = true;
    for (name, result) in results {
        match result {
            Ok(what) => println!("passed  {name}: {what}"),
            Err(error) => {
                passed = false;
                println!("FAILED  {name}: {error:#}");
            }
        }
    }
    Ok(passed)
}

fn wanted(mut parser: Parser) -> Result<Wanted> {
    let mut wanted = Wanted {
        checks: Vec::new(),
        base: BASE.to_owned(),
        offline: false,
    };
    read(&mut parser, &mut wanted).map_err(|why| misuse(why, USAGE))?;
    if wanted.checks.is_empty() {
        wanted.checks.extend(ALL);
    }
    Ok(wanted)
}

fn read(parser: &mut Parser, wanted: &mut Wanted) -> Result<(), lexopt::Error> {
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("base") => wanted.base = parser.value()?.string()?,
            Arg::Long("offline") => wanted.offline = true,
            Arg::Value(name) if name == "all" => wanted.checks.extend(ALL),
            Arg::Value(name) => {
                let found = ALL.into_iter().find(|(known, _)| name == **known);
                wanted.checks.push(
                    found.ok_or_else(|| format!("there is no check {}", name.to_string_lossy()))?,
                );
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(())
}

/// Compares the API with the one at `base`, by what the versions there and here promise of each
/// other.
fn semver(root: &Path, base: &str) -> Result<String> {
    run::quietly(run::git(root).args([
        "rev-parse",
        "--quiet",
        "--verify",
        &format!("{base}^{{commit}}"),
    ]))
    .with_context(|| format!("git knows no {base}; name what to compare with: --base REF"))?;
    let tool = tools::SEMVER_CHECKS.command(root)?;
    let mut command = Toolchain::find(root)?.run(tool.get_program());
    command.args(tool.get_args());
    command.args(["check-release", "--baseline-rev", base]);
    for package in PUBLISHED {
        command.args(["--package", package]);
    }
    passes(&mut command).context("the API breaks, and the version does not say so; see above")?;
    Ok(format!("the versions say what has changed since {base}"))
}

/// Licences, sources and wildcards from what is locked; advisories from a database that has to be
/// fetched.
fn deny(root: &Path, offline: bool) -> Result<String> {
    let check = |which: &[&str]| -> Result<Command> {
        let mut command = tools::DENY.command(root)?;
        command.args(["--workspace", "--log-level", "warn", "check"]);
        command.arg("--hide-inclusion-graph").args(which);
        Ok(command)
    };
    passes(&mut check(&["licenses", "bans", "sources"])?)
        .context("see above, and deny.toml for what is allowed")?;
    let offline_text = "licences, bans and sources; ADVISORIES WERE NOT CHECKED (--offline)";
    if offline {
        return Ok(offline_text.to_owned());
    }
    let output = check(&["advisories"])?
        .output()
        .context("cannot run cargo-deny")?;
    let said = String::from_utf8_lossy(&output.stderr);
    eprint!("{said}");
    ensure!(
        !said.contains(NOT_REACHED),
        "licences, bans and sources passed; ADVISORIES WERE NOT REACHED: cargo-deny cannot fetch its database here. \
         With --offline the others are checked alone"
    );
    ensure!(
        output.status.success(),
        "an advisory holds for a dependency; see above"
    );
    Ok("licences, bans, sources and advisories".to_owned())
}

/// Changes batch-auth in all ways that cargo-mutants knows; each change has to fail a test.
fn mutants(root: &Path) -> Result<String> {
    let folder = run::target(root).join("audit");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut command = tools::MUTANTS.command(root)?;
    command
        .args(["--package", "batch-auth", "--all-features"])
        .args(["--no-times", "--output"])
        .arg(&folder);
    passes(&mut command).context("changes of batch-auth that no test notices; see above")?;
    let path = folder.join("mutants.out/outcomes.json");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let outcomes: serde_json::Value = serde_json::from_str(&text)?;
    let count = |name: &str| outcomes[name].as_u64().unwrap_or_default();
    // Without a mutant, cargo-mutants is content, too.
    ensure!(
        count("caught") > 0,
        "no change was tried: {}",
        path.display()
    );
    Ok(format!(
        "{} changes of batch-auth: {} caught, {} do not compile, none alive",
        count("total_mutants"),
        count("caught"),
        count("unviable")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_name_all_checks_are_wanted() {
        let wanted = |words: &[&str]| wanted(Parser::from_args(words)).unwrap();
        let all = wanted(&[]);
        assert_eq!(all, wanted(&["all"]));
        assert_eq!(all.checks, ALL);
        assert_eq!(all.base, "origin/main");
        let one = wanted(&["semver", "--base", "v1", "--offline"]);
        assert_eq!(one.checks, [("semver", Check::Semver)]);
        assert_eq!((&*one.base, one.offline), ("v1", true));
    }

    #[test]
    fn a_check_that_there_is_not_is_named() {
        for (word, why) in [
            ("licences", "there is no check licences"),
            ("--bse", "invalid option '--bse'"),
        ] {
            let error = wanted(Parser::from_args([word])).unwrap_err().to_string();
            assert_eq!(error, format!("{why}\n\n{USAGE}"));
        }
    }

    #[test]
    fn a_base_that_git_does_not_know_is_one_clear_error() {
        let error = semver(&workspace::root().unwrap(), "no-such-branch").unwrap_err();
        let text = error.to_string();
        assert_eq!(
            text,
            "git knows no no-such-branch; name what to compare with: --base REF"
        );
    }
}
