//! The workspace that a command works on: that of the current folder, not the one in which this
//! program was built.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The manifest of a workspace has this table.
const TABLE: &str = "[workspace]";
/// Files of this workspace that others are unlikely to have.
const MARKERS: [&str; 2] = ["spec/BatchService.json", "batch-codegen"];

/// Returns the folder of the workspace.
pub(crate) fn root() -> Result<PathBuf> {
    let here = env::current_dir().context(
        "cannot find the workspace: the current folder was deleted or cannot be read; change to a \
         checkout of azure-batch-rs",
    )?;
    root_above(&here)
}

fn root_above(here: &Path) -> Result<PathBuf> {
    let found = here.ancestors().find(|folder| is_root(folder));
    let found = found.with_context(|| {
        format!(
            "cannot find the workspace: neither {} nor a parent folder has a Cargo.toml with \
             {TABLE} and beside it {}; change to a checkout of azure-batch-rs and run the command there",
            here.display(),
            MARKERS.join(" and ")
        )
    })?;
    Ok(found.to_owned())
}

fn is_root(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml"));
    let is_workspace = manifest.is_ok_and(|text| text.lines().any(|line| line.trim_end() == TABLE));
    is_workspace && MARKERS.iter().all(|mark| folder.join(mark).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns a folder into a minimal workspace.
    fn make(folder: &Path, manifest: &str) {
        fs::create_dir_all(folder.join("batch-codegen/src")).unwrap();
        fs::create_dir_all(folder.join("spec")).unwrap();
        fs::write(folder.join("spec/BatchService.json"), "{}").unwrap();
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    }

    #[test]
    fn the_nearest_workspace_of_ours_is_found() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("checkouts/second");
        make(outer.path(), "[workspace]\n");
        assert_eq!(root_above(outer.path()).unwrap(), outer.path());
        fs::create_dir_all(&inner).unwrap();
        assert_eq!(root_above(&inner).unwrap(), outer.path());
        make(&inner, "[workspace]\nmembers = []\n");
        assert_eq!(root_above(&inner.join("batch-codegen/src")).unwrap(), inner);
        // Neither a member of a workspace nor somebody else's workspace is ours.
        make(&inner, "[package]\nname = \"x\"\n");
        assert_eq!(root_above(&inner).unwrap(), outer.path());
        fs::write(inner.join("Cargo.toml"), "[workspace]\n").unwrap();
        fs::remove_file(inner.join("spec/BatchService.json")).unwrap();
        assert_eq!(root_above(&inner).unwrap(), outer.path());
    }

    #[test]
    fn the_error_says_what_it_searched_for_and_where() {
        let folder = tempfile::tempdir().unwrap();
        let error = root_above(folder.path()).unwrap_err().to_string();
        let here = folder.path().display().to_string();
        for piece in [
            &here,
            "[workspace]",
            "spec/BatchService.json",
            "batch-codegen",
            "change to",
        ] {
            assert!(error.contains(piece), "{piece} is not in {error}");
        }
    }
}
