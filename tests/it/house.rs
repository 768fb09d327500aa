//! Source layout rules for the workspace that rustfmt and clippy cannot check on a stable
//! toolchain.

use std::fs;
use std::path::{Path, PathBuf};

/// Maximum width of a comment, in columns.
const WIDTH: usize = 100;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Every hand-written Rust file, with its path relative to the root.
fn sources() -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "generated" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let path = path
                    .strip_prefix(root())
                    .expect("below the root")
                    .to_owned();
                out.push((path, text));
            }
        }
    }
    assert!(out.len() > 300, "{} files", out.len());
    out
}

/// True if the folder contains a Rust file.
fn has_rust(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths.any(|path| path.extension().is_some_and(|extension| extension == "rs"))
}

#[test]
fn a_module_with_children_is_a_folder_with_mod_rs() {
    let wrong: Vec<PathBuf> = sources()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            let is_root = ["lib.rs", "main.rs"]
                .iter()
                .any(|name| path.ends_with(name));
            // Integration tests are crate roots, each with its own folder.
            !is_root && has_rust(&root().join(path.with_extension("")))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "move each file to name/mod.rs: {wrong:#?}"
    );
}

#[test]
fn comments_are_at_most_100_columns_wide() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (index, line) in text.lines().enumerate() {
            let comment = line.trim_start();
            let body = comment.trim_start_matches(['/', '!']).trim_start();
            // A table row or a link cannot be wrapped.
            let unbreakable = body.starts_with('|') || !body.contains(' ') || body.starts_with('[');
            if comment.starts_with("//") && line.chars().count() > WIDTH && !unbreakable {
                wrong.push(format!("{}:{}", path.display(), index + 1));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "wrap these comments at {WIDTH} columns: {wrong:#?}"
    );
}

#[test]
fn imports_are_in_three_groups() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let modules: Vec<&str> = text.lines().filter_map(module).collect();
        let mut last: Option<(usize, usize)> = None;
        let mut blank = false;
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() {
                blank = true;
                continue;
            }
            if let Some(name) = line.strip_prefix("use ") {
                let group = group(name, &modules);
                if let Some((before, _)) = last
                    && (group < before || (group != before) != blank)
                {
                    wrong.push(format!("{}:{}", path.display(), index + 1));
                }
                last = Some((group, index));
                blank = false;
            } else if !line.starts_with([' ', '}', '#', '/']) {
                last = None;
            } else if line.starts_with(['#', '/']) && last.is_none() {
                blank = false;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "group imports as std, other crates, this crate, with a blank line between groups: {wrong:#?}"
    );
}

/// Name of the module that a line declares.
fn module(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
    let line = line.strip_prefix("pub ").unwrap_or(line);
    line.strip_prefix("mod ")?.split([';', ' ']).next()
}

/// Group of an import: 0 for std, 1 for another crate, 2 for this crate.
fn group(import: &str, modules: &[&str]) -> usize {
    let first = import
        .split([':', ';', ' ', '{'])
        .next()
        .unwrap_or_default();
    match first {
        "std" | "core" | "alloc" => 0,
        "crate" | "self" | "super" => 2,
        name if modules.contains(&name) => 2,
        _ => 1,
    }
}

/// Folders that shortened paths in CONTRIBUTING.md are relative to.
const BASES: [&str; 4] = [
    "",
    "batch-codegen/src",
    "batch-client/src",
    "batch-emulator/src",
];

/// Expands the first group of braces: `a/{b,c}.rs` to `a/b.rs` and `a/c.rs`.
fn expand(path: &str) -> Vec<String> {
    let group = path.split_once('{').and_then(|(before, rest)| {
        let (names, after) = rest.split_once('}')?;
        Some((before, names, after))
    });
    match group {
        Some((before, names, after)) => names
            .split(',')
            .map(|name| format!("{before}{name}{after}"))
            .collect(),
        None => vec![path.to_owned()],
    }
}

/// Every file and folder of the workspace, without hidden ones and build output.
fn entries() -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name == "target" || name == "node_modules" {
                continue;
            }
            if path.is_dir() {
                folders.push(path.clone());
            }
            out.push(path);
        }
    }
    out
}

#[test]
fn paths_in_contributing_exist() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let entries = entries();
    let mut checked = 0;
    let mut missing = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|text| {
            let is_path = [".rs", ".json", ".toml", "/"]
                .iter()
                .any(|end| text.ends_with(end));
            // `name/mod.rs` stands for any module.
            is_path && !text.contains(' ') && *text != "name/mod.rs"
        });
        for path in paths.flat_map(expand) {
            checked += 1;
            // A bare name follows the path of its folder in the text.
            let is_bare = !path.trim_end_matches('/').contains('/');
            let exists = BASES
                .iter()
                .any(|base| root().join(base).join(&path).exists())
                || is_bare && entries.iter().any(|entry| entry.ends_with(&path));
            if !exists {
                missing.push(format!("line {}: {path}", index + 1));
            }
        }
    }
    assert!(checked > 100, "{checked} paths");
    assert!(
        missing.is_empty(),
        "correct these paths in CONTRIBUTING.md: {missing:#?}"
    );
}
