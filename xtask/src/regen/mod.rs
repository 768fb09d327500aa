//! `regen`: drives the pipeline over the files of the workspace.
//!
//! All files are generated in memory (`files`) before the first one is written, so that a bad
//! description changes nothing. `regen` writes them; `regen --check` compares them, without regard
//! to line endings. `regen --spec FILE` (`import`) first updates the description itself, from the
//! facts of another file and our descriptions; `regen --add FILE` adds a further version beside it.

mod files;
mod import;
mod show;

use std::path::{Path, PathBuf};

use anyhow::Result;
#[cfg(test)]
use batch_codegen::TABLE_FILES;
use batch_codegen::review::import::unwritten;
use lexopt::{Arg, Parser};

use crate::arguments::misuse;
use crate::files::{difference, read};
use crate::workspace;
pub(crate) use files::names;
use files::{DESCRIPTION, present, wanted};

const USAGE: &str = "usage: cargo xtask regen [--check | --spec FILE | --add FILE]";

/// Runs the command in one of its three forms.
pub(crate) fn run(mut parser: Parser) -> Result<bool> {
    let (check, spec, add) = options(&mut parser).map_err(|why| misuse(why, USAGE))?;
    let root = workspace::root()?;
    match (check, spec, add) {
        (false, None, None) => write(&root),
        (true, None, None) => compare(&root),
        (false, Some(file), None) => import::import(&root, &file),
        (false, None, Some(file)) => import::add(&root, &file),
        (_, Some(_), Some(_)) => Err(misuse(
            "--spec and --add exclude each other: --spec replaces the base, --add adds a version",
            USAGE,
        )),
        (true, ..) => Err(misuse(
            "--check excludes --spec and --add: it writes nothing, and they write files",
            USAGE,
        )),
    }
}

/// The options `--check`, `--spec` and `--add`.
type Options = (bool, Option<PathBuf>, Option<PathBuf>);

fn options(parser: &mut Parser) -> Result<Options, lexopt::Error> {
    let (mut check, mut spec, mut add) = (false, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("check") => check = true,
            Arg::Long("spec") => spec = Some(parser.value()?.into()),
            Arg::Long("add") => add = Some(parser.value()?.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok((check, spec, add))
}

/// Returns the paths of all files that the command generates, except the tables of facts: those are
/// written by hand and only get rows.
#[cfg(test)]
pub(crate) fn paths(root: &Path) -> Result<Vec<PathBuf>> {
    let wanted = wanted(root, &read(&root.join(DESCRIPTION))?, DESCRIPTION)?;
    let tables = TABLE_FILES.map(|file| Path::new("spec").join(file));
    let made = wanted
        .files
        .into_keys()
        .filter(|path| !tables.contains(path));
    Ok(made.collect())
}

/// Writes the changed files and deletes those no longer generated.
fn write(root: &Path) -> Result<bool> {
    let description = read(&root.join(DESCRIPTION))?;
    let wanted = wanted(root, &description, DESCRIPTION)?;
    let changed = files::write(root, &wanted.files)?;
    println!("regen: {} files, {changed} changed", wanted.files.len());
    show::notes(&wanted.notes);
    show::unwritten(&all_unwritten(root, &description)?);
    show::todo(&wanted.todo);
    Ok(true)
}

/// Returns the places without a description, in the base and in the files of later versions.
fn all_unwritten(root: &Path, description: &str) -> Result<Vec<String>> {
    let mut all = unwritten(description)?;
    for (name, text) in files::changes(root)? {
        let places = unwritten(&text)?;
        all.extend(places.iter().map(|place| format!("spec/{name}: {place}")));
    }
    Ok(all)
}

/// Compares the files and says how to fix a difference.
fn compare(root: &Path) -> Result<bool> {
    let description = read(&root.join(DESCRIPTION))?;
    let wanted = wanted(root, &description, DESCRIPTION)?;
    show::notes(&wanted.notes);
    let unwritten = all_unwritten(root, &description)?;
    let diff = difference(&present(root)?, &wanted.files);
    if !diff.is_empty() {
        show::difference(&diff);
    }
    show::unwritten(&unwritten);
    show::todo(&wanted.todo);
    if diff.is_empty() && unwritten.is_empty() && wanted.todo.is_empty() {
        println!("regen --check: the checked-in files match the description");
        return Ok(true);
    }
    Ok(false)
}
