//! The generated files of the workspace, in memory: those generated from the description, and those
//! on disk.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use batch_codegen::dialect::Names;
use batch_codegen::{NAMES_FILE, Output, TABLE_FILES, TableContents, VERSIONS_FOLDER};

use crate::files::{self, Files, read};

/// The source of all generated files.
pub(super) const DESCRIPTION: &str = "spec/BatchService.json";
const OPENAPI: &str = "spec/openapi.json";
/// The folders that contain only generated files.
const CLIENT: &str = "batch-client/src/generated";
const SERVER: &str = "batch-emulator/src/generated";
const TESTS: &str = "tests/it/generated";
const FOLDERS: [&str; 3] = [CLIENT, SERVER, TESTS];
/// The folder of the hand-written tables and of `OPENAPI`.
const SPEC: &str = "spec";

/// The files generated from a description, and the work left to people.
pub(super) struct Wanted {
    pub(super) files: Files,
    /// Mismatches between the hand-written tables and the description.
    pub(super) notes: Vec<String>,
    /// The undecided rows of the tables of facts.
    pub(super) todo: Vec<String>,
}

/// Reads what later versions change.
pub(super) fn changes(root: &Path) -> Result<TableContents> {
    let mut found = TableContents::new();
    let folder = root.join(SPEC).join(VERSIONS_FOLDER);
    for path in files::below(root, &[&format!("{SPEC}/{VERSIONS_FOLDER}")])? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".json") {
            let text = read(&folder.join(&*name))?;
            found.insert(format!("{VERSIONS_FOLDER}{name}"), text);
        }
    }
    Ok(found)
}

/// Returns the path of the table of names.
pub(super) fn names_path(root: &Path) -> PathBuf {
    root.join(SPEC).join(NAMES_FILE)
}

/// Reads the names that TypeSpec gives to what we know under another name; none without their
/// table, which commits before it do not have.
pub(crate) fn names(root: &Path) -> Result<Names> {
    let path = names_path(root);
    if !path.exists() {
        return Ok(Names::default());
    }
    Names::read(&read(&path)?).with_context(|| format!("cannot read {}", path.display()))
}

/// Generates everything from a description and the tables beside it.
pub(super) fn wanted(root: &Path, description: &str, name: &str) -> Result<Wanted> {
    let mut contents = TableContents::new();
    for file in TABLE_FILES.into_iter().chain([NAMES_FILE]) {
        contents.insert(file.to_owned(), read(&root.join(SPEC).join(file))?);
    }
    contents.extend(changes(root)?);
    let output = batch_codegen::generate(description, &contents)
        .with_context(|| format!("cannot generate a client from {name}; nothing was written"))?;
    let Output {
        openapi,
        client,
        server,
        tests,
        notes,
        tables,
        todo,
    } = output;
    let mut files = Files::new();
    for (folder, generated) in [(CLIENT, client), (SERVER, server), (TESTS, tests)] {
        for (name, text) in generated {
            files.insert(Path::new(folder).join(name), text);
        }
    }
    // Nothing here writes these.
    contents.retain(|name, _| TABLE_FILES.contains(&name.as_str()));
    // The tables without `todo` rows stay as they were read.
    contents.extend(tables);
    for (name, text) in contents {
        files.insert(Path::new(SPEC).join(name), text);
    }
    files.insert(PathBuf::from(OPENAPI), openapi);
    Ok(Wanted { files, notes, todo })
}

/// Writes the changed files, deletes those no longer generated, and returns the number of both.
pub(super) fn write(root: &Path, wanted: &Files) -> Result<usize> {
    files::sweep(root, &[SPEC])?;
    files::write(root, &FOLDERS, wanted)
}

/// Reads the files at the places that regen writes to.
pub(super) fn present(root: &Path) -> Result<Files> {
    let mut present = files::present(root, &FOLDERS)?;
    let tables = TABLE_FILES.iter().map(|file| Path::new(SPEC).join(file));
    for path in tables.chain([PathBuf::from(OPENAPI)]) {
        if root.join(&path).is_file() {
            let text = read(&root.join(&path))?;
            present.insert(path, text);
        }
    }
    Ok(present)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn leftovers_of_a_killed_run_are_ignored() {
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
            // Cut in the middle of a character.
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
