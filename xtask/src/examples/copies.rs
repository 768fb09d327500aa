//! Copies of the examples: each becomes the only file of an empty package with the dependencies of
//! its header, as a user would make it, and has to compile.
//!
//! The crates of the workspace are taken from here instead of from git, and everything else from
//! the workspace's lock file, so that nothing is downloaded. All copies share one workspace and the
//! target folder; each is checked alone, so that none gets features from another's dependencies.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::run;

const GIT: &str = "{ git = \"https://github.com/azure-batch-rs/azure-batch-rs\" }";

/// Copies and compiles these examples.
pub(super) fn check(root: &Path, names: &[&str]) -> Result<()> {
    let target = run::target(root);
    let folder = target.join("copies");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::write(
        folder.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n",
    )?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    for name in names {
        let file = root.join(format!("batch-client/examples/{name}.rs"));
        let source = fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}: it has to be one file", file.display()))?;
        let manifest = manifest(root, name, &source)
            .with_context(|| format!("cannot copy {}", file.display()))?;
        let package = folder.join(name);
        fs::create_dir_all(package.join("src"))?;
        fs::write(package.join("Cargo.toml"), manifest)?;
        fs::write(package.join("src/main.rs"), source)?;
    }
    for name in names {
        let mut cargo = run::cargo(&folder);
        cargo.env("CARGO_TARGET_DIR", &target);
        cargo.args(["check", "--quiet", "--offline", "--all-targets"]);
        run::quietly(cargo.args(["--package", &package_name(name)]))
            .with_context(|| format!("a copy of the example {name} does not compile"))?;
    }
    Ok(())
}

fn package_name(name: &str) -> String {
    format!("copy-of-{name}")
}

/// Returns the manifest for a copy.
fn manifest(root: &Path, name: &str, source: &str) -> Result<String> {
    let mut manifest = format!(
        "[package]\nname = \"{}\"\nedition = \"2024\"\n\n[dependencies]\n",
        package_name(name)
    );
    for line in dependencies(source)? {
        match line.split_once(" = ") {
            Some((ours, GIT)) => {
                // Debug escapes a string as TOML does.
                let path = root.join(ours).display().to_string();
                writeln!(manifest, "{ours} = {{ path = {path:?} }}")?;
            }
            _ => writeln!(manifest, "{line}")?,
        }
    }
    Ok(manifest)
}

/// Returns the lines below `[dependencies]` in the header.
fn dependencies(source: &str) -> Result<Vec<&str>> {
    let mut lines = source.lines();
    let begun = lines.any(|line| line == "//! [dependencies]");
    ensure!(begun, "its header has no lines for [dependencies]");
    let lines = lines.take_while(|line| *line != "//! ```");
    Ok(lines.map(|line| line.trim_start_matches("//! ")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_makes_the_manifest() {
        let source = format!(
            "//! An example.\n//!\n//! ```toml\n//! [dependencies]\n//! anyhow = \"1\"\n\
             //! batch-client = {GIT}\n//! ```\n//! More.\n\nfn main() {{}}\n"
        );
        assert_eq!(
            manifest(Path::new("/here"), "x", &source).unwrap(),
            "[package]\nname = \"copy-of-x\"\nedition = \"2024\"\n\n[dependencies]\n\
             anyhow = \"1\"\nbatch-client = { path = \"/here/batch-client\" }\n"
        );
        let error = manifest(Path::new("/here"), "x", "fn main() {}").unwrap_err();
        assert!(error.to_string().contains("[dependencies]"));
    }
}
