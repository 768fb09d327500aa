//! Copies of the workspace, or of the part that `regen` reads and writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The folder of the real workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the descriptions in the folder that `BATCH_REFERENCE` names, relative to the workspace.
/// Without the variable, prints that the test is skipped.
pub(crate) fn reference() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("BATCH_REFERENCE") else {
        println!("skipped: BATCH_REFERENCE is not set");
        return None;
    };
    Some(root().join(folder).join("reference"))
}

pub(crate) struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// Copies the files that `regen` reads and writes.
    pub(crate) fn spec() -> Self {
        let workspace = Self::with(&[
            "spec",
            "batch-client/src/generated",
            "batch-emulator/src/generated",
            "tests/it/generated",
        ]);
        // The command recognizes the workspace by these and by the description.
        workspace.write("Cargo.toml", "[workspace]\n");
        fs::create_dir_all(workspace.path().join("batch-codegen/src")).expect("a folder");
        workspace
    }

    /// Copies these files and folders of the real workspace.
    pub(crate) fn with(paths: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for path in paths {
            copy(&root().join(path), &folder.path().join(path));
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        read(&self.path().join(path))
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::write(&path, text).expect("a file is written");
        path
    }

    pub(crate) fn description(&self) -> String {
        self.read("spec/BatchService.json")
    }

    /// Runs `cargo xtask` with these arguments here.
    pub(crate) fn xtask(&self, arguments: &[&str]) -> Outcome {
        xtask_in(self.path(), arguments)
    }

    /// Returns every file with its content.
    pub(crate) fn files(&self) -> Vec<(PathBuf, String)> {
        let mut out = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = read(&path);
                    out.push((path, text));
                }
            }
        }
        out.sort();
        out
    }
}

/// Runs the xtask under test with these arguments in a folder.
pub(crate) fn xtask_in(folder: &Path, arguments: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("xtask runs");
    Outcome::from(output)
}

/// The result of a program.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
    /// Its exit status.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            success: output.status.success(),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Outcome {
    /// Returns standard output if the program succeeded.
    pub(crate) fn expect_success(self) -> String {
        assert!(self.success, "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Copies a file or a folder without build artifacts; the copies have new modification times for
/// cargo.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            if name != "target" && name != ".git" && name != "node_modules" {
                copy(&from.join(&name), &to.join(&name));
            }
        }
    } else {
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        let bytes = fs::read(from).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
        fs::write(to, bytes).expect("a file is copied");
    }
}
