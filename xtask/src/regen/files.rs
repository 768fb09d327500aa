//! The files of the workspace that are generated, in memory: what the description makes, what is there, and how both differ.

use super::OPENAPI;
use anyhow::{Context, Result};
use batch_codegen::Output;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ERROR_CODES: &str = "spec/error-codes.json";
const FILTERS: &str = "spec/filters.json";
/// The folders that hold generated files and nothing else.
const CLIENT: &str = "batch-client/src/generated";
const SERVER: &str = "tests/emulator/src/generated";

/// Files by their path in the workspace.
pub(super) type Files = BTreeMap<PathBuf, String>;

/// What a description makes, with the notes on what does not fit the hand-written tables.
pub(super) fn wanted(root: &Path, description: &str, name: &str) -> Result<(Files, Vec<String>)> {
    let error_codes = read(&root.join(ERROR_CODES))?;
    let filters = read(&root.join(FILTERS))?;
    let output = batch_codegen::generate(description, &error_codes, &filters)
        .with_context(|| format!("{name} makes no client, nothing was written"))?;
    let Output {
        openapi,
        client,
        server,
        notes,
    } = output;
    let mut files = Files::new();
    for (folder, generated) in [(CLIENT, client), (SERVER, server)] {
        for (name, text) in generated {
            files.insert(Path::new(folder).join(name), text);
        }
    }
    files.insert(PathBuf::from(OPENAPI), openapi);
    Ok((files, notes))
}

/// Writes what has changed and takes away what is no longer made; says how many files that were.
pub(super) fn write(root: &Path, wanted: &Files) -> Result<usize> {
    let present = present(root)?;
    let mut changed = 0;
    for (path, text) in wanted {
        if present.get(path).map(|p| unix(p)) != Some(unix(text)) {
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

/// What lies at the places that regen writes to.
pub(super) fn present(root: &Path) -> Result<Files> {
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

pub(super) fn difference(present: &Files, wanted: &Files) -> String {
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

pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A checkout on Windows may have other line ends.
pub(super) fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Writes beside and renames, so that no file is ever half there.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<()> {
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
