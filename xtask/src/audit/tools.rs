//! The tools of the audit and their versions, all in one place.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;

/// A cargo command that has to be installed.
#[derive(Debug)]
pub(super) struct Tool {
    /// Its crate and program.
    name: &'static str,
    version: &'static str,
    /// What cargo would call it by; the program wants it as its first argument.
    command: Option<&'static str>,
}

/// Reads what the rustdoc of [`toolchain`](crate::toolchain) writes.
pub(super) const SEMVER_CHECKS: Tool = Tool {
    name: "cargo-semver-checks",
    version: "0.51.0",
    command: Some("semver-checks"),
};
pub(super) const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    command: None,
};
/// Counts what LLVM's instrumentation says and reads it itself, so that no component of the
/// toolchain is needed.
pub(super) const TARPAULIN: Tool = Tool {
    name: "cargo-tarpaulin",
    version: "0.37.5",
    command: Some("tarpaulin"),
};
pub(super) const MUTANTS: Tool = Tool {
    name: "cargo-mutants",
    version: "27.1.0",
    command: Some("mutants"),
};
/// The newest version for Rust 1.95, on which the audit's other tools depend.
pub(super) const RELEASE: Tool = Tool {
    name: "cargo-release",
    version: "1.1.6",
    command: Some("release"),
};

impl Tool {
    /// The tool in its version, installed if it is not there; runs in the folder of the workspace.
    pub(super) fn command(&self, root: &Path) -> Result<Command> {
        let folder = run::target(root).join("tools");
        let file = format!("{}{}", self.name, std::env::consts::EXE_SUFFIX);
        let path = folder.join("bin").join(file);
        if !self.is_at(&path) {
            let wanted = format!("{}@{}", self.name, self.version);
            println!("audit: installing {wanted}");
            run::quietly(
                run::cargo(root)
                    .args(["install", "--locked", "--force", "--root"])
                    .arg(&folder)
                    .arg(&wanted)
                    // Not for our target folder, nor by our flags.
                    .env_remove("CARGO_TARGET_DIR")
                    .env_remove("RUSTFLAGS"),
            )
            .with_context(|| format!("{wanted} cannot be installed"))?;
        }
        let mut command = Command::new(path);
        command.args(self.command).current_dir(root);
        Ok(command)
    }

    fn is_at(&self, path: &PathBuf) -> bool {
        let said = Command::new(path)
            .args(self.command)
            .arg("--version")
            .output();
        said.is_ok_and(|output| {
            let said = String::from_utf8_lossy(&output.stdout);
            said.split_whitespace().next_back() == Some(self.version)
        })
    }
}
