//! The files of the workspace that are generated, in memory: what the description makes, and what
//! is there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use batch_codegen::{Output, TABLE_FILES, TableTexts};

use crate::files::{self, Files, read};

/// The description that everything is made of.
pub(super) const DESCRIPTION: &str = "spec/BatchService.json";
const OPENAPI: &str = "spec/openapi.json";
/// The folders that hold generated files and nothing else.
const CLIENT: &str = "batch-client/src/generated";
const SERVER: &str = "batch-emulator/src/generated";
/// The folder of what is written by hand, and of `OPENAPI`.
const SPEC: &str = "spec";

/// What a description makes, and what it leaves to people.
pub(super) struct Wanted {
    pub(super) files: Files,
    /// What does not fit the hand-written tables.
    pub(super) notes: Vec<String>,
    /// The rows of the tables of facts that somebody has to decide.
    pub(super) todo: Vec<String>,
}

/// Makes everything of a description and of the tables beside it.
pub(super) fn wanted(root: &Path, description: &str, name: &str) -> Result<Wanted> {
    let mut texts = TableTexts::new();
    for file in TABLE_FILES {
        texts.insert(file.to_owned(), read(&root.join(SPEC).join(file))?);
    }
    let output = batch_codegen::generate(description, &texts)
        .with_context(|| format!("{name} makes no client, nothing was written"))?;
    let Output {
        openapi,
        client,
        server,
        notes,
        tables,
        todo,
    } = output;
    let mut files = Files::new();
    for (folder, generated) in [(CLIENT, client), (SERVER, server)] {
        for (name, text) in generated {
            files.insert(Path::new(folder).join(name), text);
        }
    }
    // Those that take no `todo` rows are as they were read.
    texts.extend(tables);
    for (name, text) in texts {
        files.insert(Path::new(SPEC).join(name), text);
    }
    files.insert(PathBuf::from(OPENAPI), openapi);
    Ok(Wanted { files, notes, todo })
}

/// Writes what has changed and takes away what is no longer made; says how many files that were.
pub(super) fn write(root: &Path, wanted: &Files) -> Result<usize> {
    files::sweep(root, &[SPEC])?;
    files::write(root, &[CLIENT, SERVER], wanted)
}

/// What lies at the places that regen writes to.
pub(super) fn present(root: &Path) -> Result<Files> {
    let mut present = files::present(root, &[CLIENT, SERVER])?;
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
