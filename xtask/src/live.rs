//! `live`: a check against a real account. Nothing else calls it, because it needs one.

use std::path::Path;

use anyhow::{Context, Result};

use crate::run;

/// Runs the program `live` of the package of tests; without confirmation, it says what it would do.
pub(crate) fn run(root: &Path, confirmed: bool) -> Result<bool> {
    let mut cargo = run::cargo(root);
    cargo.args([
        "run",
        "--quiet",
        "--package",
        "batch-tests",
        "--bin",
        "live",
        "--",
    ]);
    if confirmed {
        cargo.arg("--yes");
    }
    let status = cargo.status().context("cannot run cargo")?;
    Ok(status.success())
}
