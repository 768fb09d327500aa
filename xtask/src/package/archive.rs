//! What is in an archive: all that the crate is built of, its licence and front page, and nothing
//! that strayed in.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::manifest::Package;
use crate::files::{self, unix};
use crate::run;

/// Beyond this an archive has something in it that nobody meant to ship; the largest has a third of
/// it.
const LARGEST: u64 = 1 << 20;
/// What cargo itself puts in, and the two files of every package.
const FILES: [&str; 6] = [
    ".cargo_vcs_info.json",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE",
    "README.md",
];
/// Endings of what is compiled, or served by what is compiled.
const CODE: [&str; 5] = ["css", "html", "js", "rs", "svg"];
/// Generated pages, which the docs of the code take in.
const PAGES: (&str, &str) = ("src/generated/", ".md");
/// The one folder of other files: the cases that the signer's tests read.
const CASES: &str = "tests/vectors";

/// What is wrong with the archive of a package, which cargo has just unpacked to build it.
pub(super) fn wrong(root: &Path, package: &Package) -> Result<Vec<String>> {
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
    let mut wrong = Vec::new();
    if size > LARGEST {
        wrong.push(format!("has {size} bytes, more than {LARGEST}"));
    }
    wrong.extend(strays(&files));
    let sources = folder.join("src");
    if sources.is_dir() {
        let sources = self::files(&sources)?;
        wrong.extend(left_out(&files, &sources));
    }
    let licence = read(&root.join("LICENSE"))?;
    if read(&unpacked.join("LICENSE")).ok() != Some(licence) {
        wrong.push("LICENSE is missing or not the one of the workspace".to_owned());
    }
    match read(&unpacked.join("README.md")) {
        Ok(text) => wrong.extend(dead_links(&text)),
        Err(_) => wrong.push("README.md is missing".to_owned()),
    }
    Ok(wrong
        .iter()
        .map(|what| format!("{name}: the archive: {what}"))
        .collect())
}

/// The files below a folder, by their path in it with `/`.
fn files(folder: &Path) -> Result<BTreeSet<String>> {
    let paths = files::below(folder, &[""])?.into_iter();
    Ok(paths
        .map(|path| path.display().to_string().replace('\\', "/"))
        .collect())
}

/// Files that have no business in an archive.
fn strays(files: &BTreeSet<String>) -> Vec<String> {
    let strays = files.iter().filter(|path| {
        let code = Path::new(path)
            .extension()
            .and_then(|ending| ending.to_str())
            .is_some_and(|ending| CODE.contains(&ending));
        let page = path.starts_with(PAGES.0) && path.ends_with(PAGES.1);
        !code && !page && !FILES.contains(&path.as_str()) && !Path::new(path).starts_with(CASES)
    });
    strays
        .map(|path| format!("{path} does not belong there"))
        .collect()
}

/// Sources that the archive lacks.
fn left_out(archive: &BTreeSet<String>, sources: &BTreeSet<String>) -> Vec<String> {
    let paths = sources.iter().map(|path| format!("src/{path}"));
    paths
        .filter(|path| !archive.contains(path))
        .map(|path| format!("{path} is left out"))
        .collect()
}

/// Links that lead nowhere outside of the repository.
fn dead_links(markdown: &str) -> Vec<String> {
    let targets = markdown.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !["https://", "http://", "#"].iter().any(|start| target.starts_with(start)))
        .map(|target| format!("README.md: the link to {target} leads nowhere on crates.io; write the whole address"))
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
    fn what_is_not_code_is_a_stray() {
        let good = [
            "Cargo.toml",
            "LICENSE",
            "src/generated/python.md",
            "src/dashboard/page.html",
            "tests/a.rs",
            "tests/vectors/a/request.json",
        ];
        assert!(strays(&set(&good)).is_empty());
        let bad = [
            "src/a.rs.orig",
            "src/notes.md",
            "tests/fixtures/a.json",
            "docs/LICENSE",
        ];
        let expected = bad.map(|path| format!("{path} does not belong there"));
        let found: BTreeSet<String> = strays(&set(&bad)).into_iter().collect();
        assert_eq!(found, expected.into_iter().collect());
    }

    #[test]
    fn a_source_that_is_left_out_is_named() {
        let found = left_out(&set(&["src/lib.rs"]), &set(&["lib.rs", "generated/raw.rs"]));
        assert_eq!(found, ["src/generated/raw.rs is left out"]);
    }

    #[test]
    fn links_into_the_repository_are_dead_elsewhere() {
        let text = "[a](https://docs.rs) [b](#features) [c](CHANGELOG.md)";
        let expected = "README.md: the link to CHANGELOG.md leads nowhere on crates.io; write the whole address";
        assert_eq!(dead_links(text), [expected]);
    }
}
