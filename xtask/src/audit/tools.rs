//! The tools of the audit and their versions, all in one place.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;

/// A cargo subcommand that has to be installed.
#[derive(Debug)]
pub(super) struct Tool {
    /// The name of its crate and program.
    name: &'static str,
    version: &'static str,
    /// The subcommand's name, which the program expects as its first argument.
    command: Option<&'static str>,
}

/// Reads the JSON of rustdoc in [`toolchain`](crate::toolchain).
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
/// Evaluates LLVM's instrumentation itself, so that no component of the toolchain is needed.
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
    /// Returns a command for the tool, which is installed first if it is missing; runs in the
    /// folder of the workspace.
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
                    // Neither in our target folder nor with our flags.
                    .env_remove("CARGO_TARGET_DIR")
                    .env_remove("RUSTFLAGS"),
            )
            .with_context(|| format!("cannot install {wanted}"))?;
        }
        let mut command = Command::new(path);
        command.args(self.command).current_dir(root);
        Ok(command)
    }

    fn is_at(&self, path: &PathBuf) -> bool {
        let version = Command::new(path)
            .args(self.command)
            .arg("--version")
            .output();
        version.is_ok_and(|output| {
            let version = String::from_utf8_lossy(&output.stdout);
            version.split_whitespace().next_back() == Some(self.version)
        })
    }
}
