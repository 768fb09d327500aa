//! `regen`: drives the pipeline over the files of the workspace.
//!
//! All files are made in memory before one is written, so that a bad description changes nothing. One function
//! says what would be there; `regen` writes it and `regen --check` compares, without regard to line ends.

use anyhow::{Context, Result};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const DESCRIPTION: &str = "spec/BatchService.json";
const ERROR_CODES: &str = "spec/error-codes.json";
const FILTERS: &str = "spec/filters.json";
/// The folders that hold generated files and nothing else.
const CLIENT: &str = "batch-client/src/generated";
const SERVER: &str = "tests/emulator/src/generated";
const OPENAPI: &str = "spec/openapi.json";
/// Where a diff is cut.
const LONGEST_DIFF: usize = 200;

/// Files by their path in the workspace.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// Writes what has changed and takes away what is no longer made.
pub(crate) fn write() -> Result<bool> {
    let root = crate::root()?;
    let (wanted, present) = (wanted(&root)?, present(&root)?);
    let mut changed = 0;
    for (path, text) in &wanted {
        if present.get(path).map(|p| unix(p)) != Some(unix(text)) {
            write_whole(&root.join(path), text)?;
            changed += 1;
        }
    }
    for path in present.keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(root.join(path)).with_context(|| path.display().to_string())?;
        changed += 1;
    }
    println!("regen: {} files, {changed} changed", wanted.len());
    Ok(true)
}

/// Compares and says how to repair.
pub(crate) fn check() -> Result<bool> {
    let root = crate::root()?;
    let diff = difference(&present(&root)?, &wanted(&root)?);
    if diff.is_empty() {
        println!("regen --check: what is checked in is what the description makes");
        return Ok(true);
    }
    print_cut(&diff);
    println!("\nThe generated files are not what {DESCRIPTION} makes. Repair: cargo xtask regen");
    Ok(false)
}

fn wanted(root: &Path) -> Result<Files> {
    let description = read(&root.join(DESCRIPTION))?;
    let error_codes = read(&root.join(ERROR_CODES))?;
    let filters = read(&root.join(FILTERS))?;
    let output = batch_codegen::generate(&description, &error_codes, &filters)
        .with_context(|| format!("{DESCRIPTION} makes no client, nothing was written"))?;
    let mut files = Files::new();
    for (folder, generated) in [(CLIENT, output.client), (SERVER, output.server)] {
        for (name, text) in generated {
            files.insert(Path::new(folder).join(name), text);
        }
    }
    files.insert(PathBuf::from(OPENAPI), output.openapi);
    Ok(files)
}

/// What lies at the places that regen writes to.
fn present(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![PathBuf::from(CLIENT), PathBuf::from(SERVER)];
    while let Some(folder) = folders.pop() {
        if !root.join(&folder).is_dir() {
            continue;
        }
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                let text = read(&root.join(&path))?;
                files.insert(path, text);
            }
        }
    }
    if root.join(OPENAPI).is_file() {
        files.insert(PathBuf::from(OPENAPI), read(&root.join(OPENAPI))?);
    }
    Ok(files)
}

/// The start of a diff, and how much more there is.
pub(crate) fn print_cut(diff: &str) {
    let mut lines = diff.lines();
    for line in lines.by_ref().take(LONGEST_DIFF) {
        println!("{line}");
    }
    match lines.count() {
        0 => {}
        more => println!("… {more} more lines"),
    }
}

pub(crate) fn difference(present: &Files, wanted: &Files) -> String {
    let mut paths: Vec<&PathBuf> = present.keys().chain(wanted.keys()).collect();
    paths.sort();
    paths.dedup();
    let mut out = String::new();
    for path in paths {
        let text = |files: &Files| files.get(path).map(|t| unix(t)).unwrap_or_default();
        let (old, new) = (text(present), text(wanted));
        if old != new {
            let name = path.display().to_string().replace('\\', "/");
            let diff = TextDiff::from_lines(&old, &new);
            let mut diff = diff.unified_diff();
            let diff = diff.header(&format!("a/{name}"), &format!("b/{name}"));
            out.push_str(&diff.to_string());
        }
    }
    out
}

pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A checkout on Windows may have other line ends.
pub(crate) fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Writes beside and renames, so that no file is ever half there.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    let beside = path.with_extension("new");
    fs::write(&beside, text).with_context(context)?;
    fs::rename(&beside, path).with_context(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Files {
        let entries = entries.iter();
        entries
            .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn equal_files_have_no_difference_whatever_their_line_ends() {
        let unix = files(&[("a.rs", "x\ny\n")]);
        let windows = files(&[("a.rs", "x\r\ny\r\n")]);
        assert_eq!(difference(&windows, &unix), "");
    }

    #[test]
    fn changed_missing_and_left_over_files_are_shown() {
        let present = files(&[("a.rs", "x\n"), ("old.rs", "gone\n")]);
        let wanted = files(&[("a.rs", "z\n"), ("new.rs", "come\n")]);
        let diff = difference(&present, &wanted);
        for line in ["-x", "+z", "-gone", "+come", "+++ b/new.rs", "--- a/old.rs"] {
            assert!(diff.lines().any(|l| l == line), "{line} is not in\n{diff}");
        }
    }
}
