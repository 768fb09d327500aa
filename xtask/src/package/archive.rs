//! Checks the files of an archive: all sources of the crate, its licence and README, and no stray
//! files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::manifest::Package;
use crate::files::{self, unix};
use crate::run;

/// The size above which an archive contains something unintended; the largest has a third of it.
const LARGEST: u64 = 1 << 20;
/// The files that cargo adds, and the two files of every package.
const FILES: [&str; 6] = [
    ".cargo_vcs_info.json",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE",
    "README.md",
];
/// Extensions of files that are compiled, or served by compiled code.
const CODE: [&str; 5] = ["css", "html", "js", "rs", "svg"];
/// Files that code includes, by the beginning and the end of their paths: generated pages of the
/// docs, the sample of the configuration, and the key of a test.
const INCLUDED: [(&str, &str); 3] = [
    ("src/generated/", ".md"),
    ("src/", ".toml"),
    ("support/", ".pem"),
];
/// The only folder of other files: the cases that the signer's tests read.
const CASES: &str = "tests/vectors";

/// Returns the problems of a package's archive, which cargo has just unpacked to build it.
pub(super) fn problems(root: &Path, package: &Package) -> Result<Vec<String>> {
    let Package {
        name,
        version,
        folder,
    } = package;
    let packages = run::target(root).join("package");
    let unpacked = packages.join(format!("{name}-{version}"));
    let archive = packages.join(format!("{name}-{version}.crate"));
    let size = fs::metadata(&archive)
        .with_context(|| archive.display().to_string())?
        .len();

    let files = files(&unpacked)?;
    let mut problems = Vec::new();
    if size > LARGEST {
        problems.push(format!("it has {size} bytes, more than {LARGEST}"));
    }
    problems.extend(strays(&files));
    let sources = folder.join("src");
    if sources.is_dir() {
        let sources = self::files(&sources)?;
        problems.extend(left_out(&files, &sources));
    }
    let licence = read(&root.join("LICENSE"))?;
    if read(&unpacked.join("LICENSE")).ok() != Some(licence) {
        problems.push("LICENSE is missing or differs from that of the workspace".to_owned());
    }
    match read(&unpacked.join("README.md")) {
        Ok(text) => problems.extend(dead_links(&text)),
        Err(_) => problems.push("README.md is missing".to_owned()),
    }
    Ok(problems
        .iter()
        .map(|what| format!("{name}: the archive: {what}"))
        .collect())
}

/// Returns the files below a folder, by their relative path with `/`.
fn files(folder: &Path) -> Result<BTreeSet<String>> {
    let paths = files::below(folder, &[""])?.into_iter();
    Ok(paths
        .map(|path| path.display().to_string().replace('\\', "/"))
        .collect())
}

/// Returns files that must not be in an archive.
fn strays(files: &BTreeSet<String>) -> Vec<String> {
    let strays = files.iter().filter(|path| {
        let code = Path::new(path)
            .extension()
            .and_then(|ending| ending.to_str())
            .is_some_and(|ending| CODE.contains(&ending));
        let included = INCLUDED
            .iter()
            .any(|(start, end)| path.starts_with(start) && path.ends_with(end));
        !code && !included && !FILES.contains(&path.as_str()) && !Path::new(path).starts_with(CASES)
    });
    strays
        .map(|path| format!("{path} is unexpected; exclude it in Cargo.toml"))
        .collect()
}

/// Returns sources that the archive lacks.
fn left_out(archive: &BTreeSet<String>, sources: &BTreeSet<String>) -> Vec<String> {
    let paths = sources.iter().map(|path| format!("src/{path}"));
    paths
        .filter(|path| !archive.contains(path))
        .map(|path| format!("{path} is missing; include it in Cargo.toml"))
        .collect()
}

/// Returns links that do not work outside of the repository.
fn dead_links(markdown: &str) -> Vec<String> {
    let targets = markdown.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| {
            !["https://", "http://", "#"]
                .iter()
                .any(|start| target.starts_with(start))
        })
        .map(|target| {
            format!("README.md: the link to {target} is broken on crates.io; write the full URL")
        })
        .collect()
}

fn read(path: &Path) -> Result<String> {
    Ok(unix(&files::read(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(paths: &[&str]) -> BTreeSet<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn files_other_than_code_are_unexpected() {
        let good = [
            "Cargo.toml",
            "LICENSE",
            "src/generated/python.md",
            "src/config/sample.toml",
            "src/dashboard/page.html",
            "support/rsa.pem",
            "tests/a.rs",
            "tests/vectors/a/request.json",
        ];
        assert!(strays(&set(&good)).is_empty());
        let bad = [
            "src/a.rs.orig",
            "src/notes.md",
            "rustfmt.toml",
            "tests/fixtures/a.json",
            "docs/LICENSE",
        ];
        let expected = bad.map(|path| format!("{path} is unexpected; exclude it in Cargo.toml"));
        let found: BTreeSet<String> = strays(&set(&bad)).into_iter().collect();
        assert_eq!(found, expected.into_iter().collect());
    }

    #[test]
    fn a_missing_source_is_named() {
        let found = left_out(&set(&["src/lib.rs"]), &set(&["lib.rs", "generated/raw.rs"]));
        assert_eq!(
            found,
            ["src/generated/raw.rs is missing; include it in Cargo.toml"]
        );
    }

    #[test]
    fn links_into_the_repository_are_broken_elsewhere() {
        let text = "[a](https://docs.rs) [b](#features) [c](CHANGELOG.md)";
        let expected =
            "README.md: the link to CHANGELOG.md is broken on crates.io; write the full URL";
        assert_eq!(dead_links(text), [expected]);
    }
}
