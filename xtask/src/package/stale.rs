//! Deletes cargo's caches of the archives of an earlier run.
//!
//! To build an archive, cargo serves the others from a registry in the target folder. Cargo assumes
//! that packages of a registry never change: it unpacks `batch-auth 0.1.0` once, into its home, and
//! builds it once. Ours do change under the same version, and would be built against their old
//! state.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::manifest::Package;

/// Prefix of the folder of a registry without a host, such as one in the target folder.
const HOSTLESS: &str = "-";

/// Deletes the remains of an earlier run in cargo's home and in the target folder.
pub(super) fn clear(target: &Path, packages: &[Package]) -> Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home
        .context("cannot find cargo's home")?
        .join("registry/src");
    clear_in(&sources, &target.join("debug"), packages)
}

fn clear_in(sources: &Path, built: &Path, packages: &[Package]) -> Result<()> {
    for registry in names(sources).filter(|name| name.starts_with(HOSTLESS)) {
        for Package { name, version, .. } in packages {
            let unpacked = sources.join(&registry).join(format!("{name}-{version}"));
            if unpacked.is_dir() {
                fs::remove_dir_all(&unpacked).with_context(|| unpacked.display().to_string())?;
            }
        }
    }
    for Package { name, version, .. } in packages {
        let library = format!("{}-", name.replace('-', "_"));
        for file in names(&built.join("deps")) {
            let hash = file
                .strip_prefix(&library)
                .and_then(|rest| rest.strip_suffix(".d"));
            let Some(hash) = hash else { continue };
            // The file lists the sources, which distinguish these builds from those of the
            // workspace.
            let listed = fs::read_to_string(built.join("deps").join(&file)).unwrap_or_default();
            if is_from_registry(&listed, &format!("{name}-{version}")) {
                let _ =
                    fs::remove_dir_all(built.join(".fingerprint").join(format!("{name}-{hash}")));
            }
        }
    }
    Ok(())
}

/// Returns true if a list of sources contains a package of a registry without a host.
fn is_from_registry(listed: &str, package: &str) -> bool {
    let listed = listed.replace('\\', "/");
    let mut sources = listed.split("registry/src/").skip(1);
    sources.any(|source| {
        source.starts_with(HOSTLESS)
            && source
                .split_once('/')
                .is_some_and(|(_, rest)| rest.starts_with(&format!("{package}/")))
    })
}

/// Returns the names in a folder; none if it does not exist.
fn names(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run;

    #[test]
    fn only_builds_from_archives_are_deleted() {
        let folder = run::target(&crate::workspace::root().unwrap()).join("xtask-tests/stale");
        let _ = fs::remove_dir_all(&folder);
        let (sources, built) = (folder.join("registry/src"), folder.join("debug"));
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for registry in ["-f074", "index.crates.io-1949"] {
            write(
                sources.join(registry).join("batch-auth-0.1.0/src/lib.rs"),
                "",
            );
        }
        for (hash, source) in [
            ("aa", "/home/registry/src/-f074/batch-auth-0.1.0/src/lib.rs"),
            ("bb", "batch-auth/src/lib.rs"),
            (
                "cc",
                "/home/registry/src/index.crates.io-1949/batch-auth-0.1.0/src/lib.rs",
            ),
        ] {
            write(
                built.join(format!("deps/batch_auth-{hash}.d")),
                &format!("a: {source}\n"),
            );
            write(
                built.join(format!(".fingerprint/batch-auth-{hash}/invoked")),
                "",
            );
        }
        let package = Package {
            name: "batch-auth".to_owned(),
            version: "0.1.0".to_owned(),
            folder: PathBuf::new(),
        };
        clear_in(&sources, &built, &[package]).unwrap();

        assert!(!sources.join("-f074/batch-auth-0.1.0").exists());
        assert!(
            sources
                .join("index.crates.io-1949/batch-auth-0.1.0")
                .exists()
        );
        let mut remaining: Vec<String> = names(&built.join(".fingerprint")).collect();
        remaining.sort();
        assert_eq!(remaining, ["batch-auth-bb", "batch-auth-cc"]);
    }
}
