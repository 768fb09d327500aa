//! The diagram in `src/lib.rs` is correct: a stage depends only on the stages drawn before it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::support::{read, root};

/// Each folder of `src/` with the folders that it may use. Files outside of these folders are
/// shared.
const READS: [(&str, &[&str]); 8] = [
    ("versions", &[]),
    ("dialect", &[]),
    ("swagger", &[]),
    ("openapi", &["swagger"]),
    ("api", &["openapi"]),
    ("raw", &["openapi"]),
    ("emit", &["api", "raw"]),
    (
        "review",
        &["dialect", "versions", "swagger", "openapi", "api", "emit"],
    ),
];

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// Returns the first segments of all paths `crate::…` in code; docs may refer to anything.
fn named(text: &str) -> BTreeSet<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: String = code.collect::<Vec<_>>().join("\n");
    let mut names = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        // Generated code, in `quote!`, refers to batch-client.
        let group = after
            .strip_prefix('{')
            .and_then(|list| list.split('}').next());
        for path in group.unwrap_or(after).split(',') {
            let name = path
                .trim()
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.extend(name.take(1).map(str::to_owned));
            if group.is_none() {
                break;
            }
        }
    }
    names
}

#[test]
fn a_stage_depends_only_on_earlier_ones() {
    let src = root().join("batch-codegen/src");
    let mut seen = 0;
    for (folder, may) in READS {
        let mut files = Vec::new();
        sources(&src.join(folder), &mut files);
        assert!(!files.is_empty(), "{folder} is empty");
        for file in files {
            let names = named(&read(&file));
            for (other, _) in READS {
                let allowed = other == folder || may.contains(&other);
                assert!(
                    allowed || !names.contains(other),
                    "{} names crate::{other}, which `{folder}` may not",
                    file.display()
                );
                seen += usize::from(allowed && names.contains(other));
            }
        }
    }
    assert!(
        seen > 20,
        "only {seen} paths were found, so the test is wrong"
    );
}
