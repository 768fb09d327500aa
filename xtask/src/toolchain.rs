//! The toolchain for everything that reads rustdoc's JSON, whose format depends on the toolchain.
//!
//! A newer stable Rust must not break checks of code that did not change. If the current toolchain
//! has another version, rustup runs the pinned one, and installs it first if necessary.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use semver::Version;

use crate::run::{cargo, quietly, text};

/// The toolchain whose rustdoc `public-api` and cargo-semver-checks can read, in the versions given
/// in Cargo.toml and `audit/tools.rs`. Update all of them together, and `FORMAT` in `api/mod.rs`.
pub(crate) const NAME: &str = "1.95.0";

pub(crate) struct Toolchain {
    /// The folder of the workspace, in which programs run.
    root: PathBuf,
    /// True if rustup has to select the toolchain.
    through_rustup: bool,
}

impl Toolchain {
    /// Returns the current toolchain if it fits, otherwise the pinned one.
    pub(crate) fn find(root: &Path) -> Result<Self> {
        let current = text(Command::new("rustc").arg("--version").current_dir(root))?;
        let toolchain = Self {
            root: root.to_owned(),
            through_rustup: !fits(&current),
        };
        if toolchain.through_rustup && text(toolchain.run("rustc").arg("--version")).is_err() {
            install(current.trim())?;
        }
        Ok(toolchain)
    }

    pub(crate) fn cargo(&self) -> Command {
        if self.through_rustup {
            self.run("cargo")
        } else {
            cargo(&self.root)
        }
    }

    /// Creates a command that uses this toolchain when it calls cargo or rustc.
    pub(crate) fn run(&self, program: impl AsRef<OsStr>) -> Command {
        if !self.through_rustup {
            let mut command = Command::new(program);
            command.current_dir(&self.root);
            return command;
        }
        let mut command = Command::new("rustup");
        command.args(["run", NAME]).arg(program);
        // Not the cargo that runs this program.
        command.env_remove("CARGO").current_dir(&self.root);
        command
    }
}

/// Returns true if a line of `rustc --version` is of our toolchain, in any patch version.
fn fits(version: &str) -> bool {
    let found = version.split(' ').nth(1).map(Version::parse);
    let (Some(Ok(found)), Ok(ours)) = (found, Version::parse(NAME)) else {
        return false;
    };
    found.pre.is_empty() && (found.major, found.minor) == (ours.major, ours.minor)
}

fn install(current: &str) -> Result<()> {
    println!("installing Rust {NAME}: the format of rustdoc's JSON may differ in {current}");
    let arguments = ["toolchain", "install", NAME, "--profile", "minimal"];
    let installed = quietly(Command::new("rustup").args(arguments));
    installed.with_context(|| {
        let command = arguments.join(" ");
        format!("cannot read the public API: Rust {NAME} is not installed; run rustup {command}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_minor_version_fits() {
        assert!(fits(&format!("rustc {NAME} (59807616e 2026-04-14)")));
        assert!(fits("rustc 1.95.1 (59807616e 2026-04-14)"));
        assert!(!fits("rustc 1.9.0 (59807616e 2026-04-14)"));
        assert!(!fits("rustc 1.95.0-nightly (59807616e 2026-04-14)"));
        assert!(!fits("rustc 1.97.0-nightly (4d1f98451 2026-05-15)"));
        assert!(!fits("no version"));
    }
}
