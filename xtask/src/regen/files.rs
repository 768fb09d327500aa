//! The files of the workspace that are generated, in memory: what the description makes, and what is there.

use super::OPENAPI;
use crate::files::{Files, read, unix, write_whole};
use anyhow::{Context, Result};
use batch_codegen::Output;
use std::fs;
use std::path::{Path, PathBuf};

const ERROR_CODES: &str = "spec/error-codes.json";
const FILTERS: &str = "spec/filters.json";
/// The folders that hold generated files and nothing else.
const CLIENT: &str = "batch-client/src/generated";
const SERVER: &str = "tests/emulator/src/generated";

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
