//! `audit`: the slow checks, with tools that are installed if they are missing.
//!
//! | check | tool | fails |
//! | --- | --- | --- |
//! | `semver` | cargo-semver-checks | if the API breaks since `--base` and the version does not reflect it |
//! | `deny` | cargo-deny, `deny.toml` | for a licence, source or wildcard that is not allowed, and for advisories |
//! | `coverage` | cargo-tarpaulin | below [`coverage::MINIMUM`] |
//! | `mutants` | cargo-mutants | if no test notices a change of batch-auth or of a module of [`mutants::MODULES`] |
//! | `peers` | those that the folders in `tests/peers/audit/` pin | if a program behaves in another way than expected |
//! | `release` | cargo-release, `release.toml` | if a dry run of the next release fails |

mod coverage;
mod mutants;
mod release;
mod tools;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lexopt::{Arg, Parser, ValueExt};

use crate::arguments::misuse;
use crate::package::PUBLISHED;
use crate::peers;
use crate::run::{self, passes};
use crate::toolchain::Toolchain;
use crate::workspace;

const USAGE: &str = "usage: cargo xtask audit [semver|deny|coverage|mutants|peers|release|all] [--base REF] [--offline] [--module NAME]";
/// The default base that the API is compared with.
const BASE: &str = "origin/main";
/// The message of cargo-deny when it cannot fetch its database.
const NOT_REACHED: &str = "failed to fetch advisory database";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Check {
    Semver,
    Deny,
    Coverage,
    Mutants,
    Peers,
    Release,
}

const ALL: [(&str, Check); 6] = [
    ("deny", Check::Deny),
    ("semver", Check::Semver),
    ("coverage", Check::Coverage),
    ("mutants", Check::Mutants),
    ("peers", Check::Peers),
    ("release", Check::Release),
];

#[derive(Debug, PartialEq)]
struct Wanted {
    checks: Vec<(&'static str, Check)>,
    base: String,
    offline: bool,
    /// The only module for `mutants`.
    module: Option<String>,
}

/// Runs the named checks, all of them even if one fails.
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
            Check::Mutants => mutants::check(&root, wanted.module.as_deref()),
            Check::Peers => peers(&root),
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
        module: None,
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
            Arg::Long("module") => wanted.module = Some(parser.value()?.string()?),
            Arg::Long("offline") => wanted.offline = true,
            Arg::Value(name) if name == "all" => wanted.checks.extend(ALL),
            Arg::Value(name) => {
                let found = ALL.into_iter().find(|(known, _)| name == **known);
                wanted.checks.push(
                    found.ok_or_else(|| format!("unknown check {}", name.to_string_lossy()))?,
                );
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(())
}

/// Compares the API with the one at `base`, by the compatibility that the versions promise.
fn semver(root: &Path, base: &str) -> Result<String> {
    run::quietly(run::git(root).args([
        "rev-parse",
        "--quiet",
        "--verify",
        &format!("{base}^{{commit}}"),
    ]))
    .with_context(|| {
        format!("cannot find {base} in git; name a base to compare with: --base REF")
    })?;
    let tool = tools::SEMVER_CHECKS.command(root)?;
    let mut command = Toolchain::find(root)?.run(tool.get_program());
    command.args(tool.get_args());
    command.args(["check-release", "--baseline-rev", base]);
    for package in PUBLISHED {
        command.args(["--package", package]);
    }
    passes(&mut command)
        .context("the API has a breaking change that the version does not reflect; see above")?;
    Ok(format!("the versions reflect the changes since {base}"))
}

/// Checks licences, sources and wildcards of the lock file, and advisories from a database that has
/// to be fetched.
fn deny(root: &Path, offline: bool) -> Result<String> {
    let check = |which: &[&str]| -> Result<Command> {
        let mut command = tools::DENY.command(root)?;
        command.args(["--workspace", "--log-level", "warn", "check"]);
        command.arg("--hide-inclusion-graph").args(which);
        Ok(command)
    };
    passes(&mut check(&["licenses", "bans", "sources"])?)
        .context("see above, and deny.toml for the allowed ones")?;
    let offline_text = "licences, bans and sources; ADVISORIES WERE NOT CHECKED (--offline)";
    if offline {
        return Ok(offline_text.to_owned());
    }
    let output = check(&["advisories"])?
        .output()
        .context("cannot run cargo-deny")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    eprint!("{stderr}");
    ensure!(
        !stderr.contains(NOT_REACHED),
        "licences, bans and sources passed; ADVISORIES WERE NOT CHECKED: cargo-deny cannot fetch its database. \
         Pass --offline to run only the other checks"
    );
    ensure!(
        output.status.success(),
        "an advisory applies to a dependency; see above"
    );
    Ok("licences, bans, sources and advisories".to_owned())
}

/// Runs the programs of others that are too large for `cargo xtask peers`.
fn peers(root: &Path) -> Result<String> {
    ensure!(peers::audit(root)?, "a peer differs; see above");
    Ok("see above".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_checks_run_by_default() {
        let wanted = |words: &[&str]| wanted(Parser::from_args(words)).unwrap();
        let all = wanted(&[]);
        assert_eq!(all, wanted(&["all"]));
        assert_eq!(all.checks, ALL);
        assert_eq!(all.base, "origin/main");
        let module = wanted(&["mutants", "--module", "retry"]).module;
        assert_eq!((all.module, module.as_deref()), (None, Some("retry")));
        let one = wanted(&["semver", "--base", "v1", "--offline"]);
        assert_eq!(one.checks, [("semver", Check::Semver)]);
        assert_eq!((&*one.base, one.offline), ("v1", true));
    }

    #[test]
    fn an_unknown_check_is_named() {
        for (word, why) in [
            ("licences", "unknown check licences"),
            ("--bse", "invalid option '--bse'"),
        ] {
            let error = wanted(Parser::from_args([word])).unwrap_err().to_string();
            assert_eq!(error, format!("{why}\n\n{USAGE}"));
        }
    }

    #[test]
    fn an_unknown_base_is_one_clear_error() {
        let error = semver(&workspace::root().unwrap(), "no-such-branch").unwrap_err();
        let text = error.to_string();
        assert_eq!(
            text,
            "cannot find no-such-branch in git; name a base to compare with: --base REF"
        );
    }
}
