//! Files in memory: comparing the wanted ones with those on disk, and writing them atomically.
//! `regen` and `api` use it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use similar::TextDiff;

/// The number of lines at which a diff is cut.
const LONGEST_DIFF: usize = 200;

/// Files by their path in the workspace.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// Prints the start of a diff and the number of omitted lines.
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

/// Returns a unified diff of all differences, without regard to line endings.
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

/// Converts line endings: a checkout on Windows may have `\r\n`.
pub(crate) fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The extension of a file that is being written.
const UNFINISHED: &str = "new";

/// Returns true if a file is a leftover of a run that was killed while writing it.
pub(crate) fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == UNFINISHED)
}

/// Writes to a temporary name and renames, so that no file is ever incomplete.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    let unfinished = path.with_extension(UNFINISHED);
    fs::write(&unfinished, text).with_context(context)?;
    fs::rename(&unfinished, path).with_context(context)
}

/// Returns every file below some folders of a root; ignores missing folders.
pub(crate) fn below(root: &Path, folders: &[&str]) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(folder) = folders.pop() {
        let here = root.join(&folder);
        if !here.is_dir() {
            continue;
        }
        let entries = fs::read_dir(&here).with_context(|| here.display().to_string())?;
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

/// Reads all files of folders that contain only the output of a command, except leftovers of a
/// killed run.
pub(crate) fn present(root: &Path, folders: &[&str]) -> Result<Files> {
    let paths = below(root, folders)?.into_iter();
    let paths = paths.filter(|path| !is_unfinished(path));
    paths
        .map(|path| read(&root.join(&path)).map(|text| (path, text)))
        .collect()
}

/// Deletes the leftovers of a killed run below some folders.
pub(crate) fn sweep(root: &Path, folders: &[&str]) -> Result<()> {
    for path in below(root, folders)?
        .iter()
        .filter(|path| is_unfinished(path))
    {
        fs::remove_file(root.join(path)).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Makes the content of some folders equal to these files: writes the changed ones and deletes
/// those no longer wanted. Files elsewhere are only written. Returns the number of changes.
pub(crate) fn write(root: &Path, folders: &[&str], wanted: &Files) -> Result<usize> {
    sweep(root, folders)?;
    let present = present(root, folders)?;
    let mut changed = 0;
    for (path, text) in wanted {
        let there = match present.get(path) {
            Some(there) => Some(unix(there)),
            None => read(&root.join(path)).ok().map(|there| unix(&there)),
        };
        if there != Some(unix(text)) {
            write_whole(&root.join(path), text)?;
            changed += 1;
        }
    }
    for path in present.keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(root.join(path)).with_context(|| path.display().to_string())?;
        changed += 1;
    }
    Ok(changed)
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
    fn line_endings_are_not_a_difference() {
        let unix = files(&[("a.rs", "x\ny\n")]);
        let windows = files(&[("a.rs", "x\r\ny\r\n")]);
        assert_eq!(difference(&windows, &unix), "");
    }

    #[test]
    fn changed_missing_and_left_over_files_are_shown() {
        let present = files(&[("a.rs", "x\n"), ("old.rs", "removed\n")]);
        let wanted = files(&[("a.rs", "z\n"), ("new.rs", "added\n")]);
        let diff = difference(&present, &wanted);
        for line in [
            "-x",
            "+z",
            "-removed",
            "+added",
            "+++ b/new.rs",
            "--- a/old.rs",
        ] {
            assert!(diff.lines().any(|l| l == line), "{line} is not in\n{diff}");
        }
    }
}
