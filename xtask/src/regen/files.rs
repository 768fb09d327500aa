//! The files of the workspace that are generated, in memory: what the description makes, and what is there.

use crate::files::{self, Files, read};
use anyhow::{Context, Result};
use batch_codegen::Output;
use std::path::{Path, PathBuf};

/// The description that everything is made of.
pub(super) const DESCRIPTION: &str = "spec/BatchService.json";
const OPENAPI: &str = "spec/openapi.json";
const ERROR_CODES: &str = "spec/error-codes.json";
const FILTERS: &str = "spec/filters.json";
/// The folders that hold generated files and nothing else.
const CLIENT: &str = "batch-client/src/generated";
const SERVER: &str = "batch-emulator/src/generated";
/// The folder of what is written by hand, and of `OPENAPI`.
const SPEC: &str = "spec";

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
    files::sweep(root, &[SPEC])?;
    files::write(root, &[CLIENT, SERVER], wanted)
}

/// What lies at the places that regen writes to.
pub(super) fn present(root: &Path) -> Result<Files> {
    let mut present = files::present(root, &[CLIENT, SERVER])?;
    if root.join(OPENAPI).is_file() {
        present.insert(PathBuf::from(OPENAPI), read(&root.join(OPENAPI))?);
    }
    Ok(present)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_a_killed_run_has_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let model = Path::new(CLIENT).join("models/account.rs");
        let [half, other, description] = [
            Path::new(CLIENT).join("models/account.new"),
            Path::new(SERVER).join("mod.new"),
            Path::new(SPEC).join("BatchService.new"),
        ];
        for path in [&half, &other, &description] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            // Cut in the middle of a letter.
            fs::write(path, b"caf\xc3").expect("a file");
        }
        let wanted = Files::from([(model.clone(), "struct Account;".to_owned())]);
        assert_eq!(write(root, &wanted).expect("written"), 1);
        assert_eq!(
            files::below(root, &[CLIENT, SERVER, SPEC]).expect("paths"),
            [model]
        );
    }
}
