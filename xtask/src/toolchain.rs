//! The toolchain for whatever reads rustdoc's JSON, whose format changes with the toolchain.
//!
//! A newer stable Rust must not break what it did not change: where the current toolchain is
//! another one, rustup runs the named one, and installs it first if need be.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use semver::Version;

use crate::run::{cargo, quietly, text};

/// The toolchain whose rustdoc `public-api` and cargo-semver-checks read, in the versions that are
/// named in Cargo.toml and `audit/tools.rs`. What moves one moves all, and `FORMAT` in
/// `api/mod.rs`.
pub(crate) const NAME: &str = "1.95.0";

pub(crate) struct Toolchain {
    /// The folder of the workspace, in which its programs run.
    root: PathBuf,
    /// Whether rustup has to put it in the place of the current one.
    through_rustup: bool,
}

impl Toolchain {
    /// The current one if it fits, else the one that fits.
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

    /// A program that sees this toolchain where it calls cargo or rustc.
    pub(crate) fn run(&self, program: impl AsRef<OsStr>) -> Command {
        if !self.through_rustup {
            let mut command = Command::new(program);
            command.current_dir(&self.root);
            return command;
        }
        let mut command = Command::new("rustup");
        command.args(["run", NAME]).arg(program);
        // The cargo that runs this is not the one to call.
        command.env_remove("CARGO").current_dir(&self.root);
        command
    }
}

/// Whether a line of `rustc --version` is of our toolchain, in whatever patch version.
fn fits(version: &str) -> bool {
    let found = version.split(' ').nth(1).map(Version::parse);
    let (Some(Ok(found)), Ok(ours)) = (found, Version::parse(NAME)) else {
        return false;
    };
    found.pre.is_empty() && (found.major, found.minor) == (ours.major, ours.minor)
}

fn install(current: &str) -> Result<()> {
    println!("installing Rust {NAME}: the format of rustdoc's JSON may be another in {current}");
    let arguments = ["toolchain", "install", NAME, "--profile", "minimal"];
    let installed = quietly(Command::new("rustup").args(arguments));
    installed.with_context(|| {
        let command = arguments.join(" ");
        format!("the public API is read with Rust {NAME}; install it: rustup {command}")
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
