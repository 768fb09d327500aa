//! A dry run of the next release, so that `release.toml` keeps working between releases.

use std::path::Path;

use anyhow::{Context, Result};

use super::tools;
use crate::run::passes;

/// Runs cargo-release without `--execute`: versions, changelog, commit and tag are only printed.
///
/// Releases a patch version, because that one is never published yet. Any branch is allowed, since
/// the audit does not run on the release branch alone, and nothing is fetched from the remote.
pub(super) fn check(root: &Path) -> Result<String> {
    let mut command = tools::RELEASE.command(root)?;
    command.args(["patch", "--workspace", "--no-push", "--allow-branch", "*"]);
    passes(&mut command).context(
        "cargo-release cannot release; see above, and release.toml (uncommitted changes count, too)",
    )?;
    Ok("a dry run of the next patch release".to_owned())
}
