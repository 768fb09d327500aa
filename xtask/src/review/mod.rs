//! `review`: compares the description with the one at a base, and checks that version and changelog
//! reflect the changes.
//!
//! The base is the merge base with a branch, so that later commits of that branch do not count. Its
//! files are read from git and the new ones from the working tree, so that the result is the same
//! before and after a commit.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use batch_codegen::review::diff::{self, Class, Report};
use lexopt::{Arg, Parser, ValueExt};
use semver::Version;
use similar::{ChangeTag, TextDiff};

use crate::arguments::misuse;
use crate::files::{read, unix};
use crate::regen;
use crate::run;
use crate::workspace;

const USAGE: &str = "usage: cargo xtask review --base REF [--summary FILE]";
const DESCRIPTION: &str = "spec/BatchService.json";
const MANIFEST: &str = "Cargo.toml";
const CHANGELOG: &str = "CHANGELOG.md";

/// Prints the page, or writes it to a file; returns false if version or changelog do not reflect
/// the changes.
pub(crate) fn run(parser: Parser) -> Result<bool> {
    let (base, summary) = parse(parser)?;
    let review = Review::of(&workspace::root()?, &base)?;
    let page = review.page();
    match summary {
        Some(path) => {
            fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
            println!("review: wrote the page to {}", path.display());
        }
        None => print!("{page}"),
    }
    for line in &review.missing {
        eprintln!("error: {}", line.replace('`', ""));
    }
    Ok(review.missing.is_empty())
}

fn parse(mut parser: Parser) -> Result<(String, Option<PathBuf>)> {
    let options = options(&mut parser).map_err(|why| misuse(why, USAGE))?;
    let (Some(base), summary) = options else {
        return Err(misuse(
            "review needs a base to compare with: --base REF",
            USAGE,
        ));
    };
    Ok((base, summary))
}

fn options(parser: &mut Parser) -> Result<(Option<String>, Option<PathBuf>), lexopt::Error> {
    let (mut base, mut summary) = (None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("base") => base = Some(parser.value()?.string()?),
            Arg::Long("summary") => summary = Some(parser.value()?.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok((base, summary))
}

/// The changes, and the work left before they can be merged.
struct Review {
    report: Report,
    missing: Vec<String>,
}

impl Review {
    fn of(root: &Path, base: &str) -> Result<Self> {
        let git = |arguments: &[&str]| run::text(run::git(root).args(arguments));
        let merge_base = git(&["merge-base", base, "HEAD"]).with_context(|| {
            format!(
                "cannot find the merge base of {base} and HEAD; fetch the branch or name another"
            )
        })?;
        let at_base = |path: &str| git(&["show", &format!("{}:{path}", merge_base.trim())]);
        // Git stores `\n`, and the files may have other line endings, which must not make every
        // line new.
        let here = |path: &str| read(&root.join(path)).map(|text| unix(&text));
        let report = diff::compare(
            &at_base(DESCRIPTION)?,
            &here(DESCRIPTION)?,
            &regen::names(root)?,
        )?;
        let old = version(&at_base(MANIFEST)?).with_context(|| format!("{MANIFEST} at {base}"))?;
        let new = version(&here(MANIFEST)?).with_context(|| MANIFEST.to_owned())?;
        let mut missing = Vec::new();
        missing.extend(version_too_low(&report, &old, &new)?);
        if report.facts_differ() && !has_new_line(&at_base(CHANGELOG)?, &here(CHANGELOG)?) {
            missing.push(format!(
                "facts of the API change, but `{CHANGELOG}` has no new line: describe there what users will notice"
            ));
        }
        Ok(Review { report, missing })
    }

    /// Returns the report, followed by the work that is left.
    fn page(&self) -> String {
        let mut page = self.report.markdown().trim_end().to_owned();
        page.push_str("\n\n## Version and changelog\n\n");
        if self.missing.is_empty() {
            page.push_str("Both are up to date.\n");
        }
        for line in &self.missing {
            page.push_str("- ");
            page.push_str(line);
            page.push('\n');
        }
        page
    }
}

/// Returns the version to set if users break and the version does not reflect it.
fn version_too_low(report: &Report, old: &str, new: &str) -> Result<Option<String>> {
    let why = match (report.worst_rust(), report.worst_wire()) {
        (Some(Class::Breaking), _) => "the Rust API has a breaking change",
        (_, Some(Class::Breaking)) => "calls have a breaking change at run time",
        _ => return Ok(None),
    };
    let needed = report.next_version(old);
    let parsed =
        |text: &str| Version::parse(text).with_context(|| format!("{text} is not a version"));
    if parsed(new)? >= parsed(&needed)? {
        return Ok(None);
    }
    Ok(Some(format!(
        "{why}, but the version went from {old} to {new}: set it to `{needed}` in `{MANIFEST}`, under \
         `[workspace.package]` and for each of our crates under `[workspace.dependencies]`"
    )))
}

/// Returns the version that the crates share.
fn version(manifest: &str) -> Result<String> {
    let lines = manifest.lines().map(str::trim);
    let section = lines
        .skip_while(|line| *line != "[workspace.package]")
        .skip(1);
    for line in section.take_while(|line| !line.starts_with('[')) {
        if let Some((key, value)) = line.split_once('=')
            && key.trim() == "version"
        {
            let value = value.trim();
            let inner = value
                .strip_prefix('"')
                .and_then(|rest| rest.split_once('"'));
            let (version, _) =
                inner.with_context(|| format!("version = {value} is not a string"))?;
            return Ok(version.to_owned());
        }
    }
    bail!("cannot find the version under [workspace.package]")
}

/// Returns true if a text has a new line that is not blank.
fn has_new_line(old: &str, new: &str) -> bool {
    let diff = TextDiff::from_lines(old, new);
    let mut changes = diff.iter_all_changes();
    changes.any(|change| change.tag() == ChangeTag::Insert && !change.value().trim().is_empty())
}

#[cfg(test)]
mod tests;
