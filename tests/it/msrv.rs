//! Promise: the `rust-version` of the workspace is the lowest that its dependencies and its own
//! code allow.

use std::collections::HashSet;
use std::process::Command;

use batch_tests::description::workspace;
use serde_json::Value;

/// Our own code needs `std::fs::File::try_lock`, for incomplete downloads.
const OURS: [u32; 3] = [1, 89, 0];

#[test]
fn the_rust_version_is_the_highest_that_a_dependency_declares() {
    let host = output(&["-vV"]);
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("a host");
    // Without --no-deps, cargo resolves the packages; the locked ones were downloaded to build this
    // test.
    let metadata = output(&[
        "metadata",
        "--format-version=1",
        "--locked",
        "--filter-platform",
        host,
    ]);
    let metadata: Value = serde_json::from_str(&metadata).expect("metadata as JSON");
    let ids = |list: &Value, name: &str| -> HashSet<String> {
        let list = list.as_array().expect("a list").iter();
        let ids = list.map(|entry| entry.get(name).unwrap_or(entry).as_str().expect("an id"));
        ids.map(str::to_owned).collect()
    };
    let members = ids(&metadata["workspace_members"], "id");
    let resolved = ids(&metadata["resolve"]["nodes"], "id");

    let mut ours = HashSet::new();
    let mut theirs = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let text = |name: &str| package[name].as_str().unwrap_or_default();
        let required = version(text("rust_version"));
        if members.contains(text("id")) {
            ours.insert(required);
        } else if resolved.contains(text("id")) {
            theirs.push((required, format!("{} {}", text("name"), text("version"))));
        }
    }
    let highest = theirs
        .iter()
        .map(|(required, _)| *required)
        .max()
        .expect("dependencies");
    let highest = highest.max(OURS);
    let requiring = theirs.iter().filter(|(required, _)| *required == highest);
    let requiring: Vec<&str> = requiring.map(|(_, name)| &**name).collect();
    assert_eq!(
        ours,
        HashSet::from([highest]),
        "{}: the rust-version of the workspace (left) must be {highest:?}, as required by {}",
        workspace().join("Cargo.toml").display(),
        requiring.join(", "),
    );
}

/// `1.88` and `1.88.0` are equal; a missing version is the lowest.
fn version(text: &str) -> [u32; 3] {
    let mut version = [0; 3];
    for (slot, part) in version.iter_mut().zip(text.split('.')) {
        *slot = part.parse().unwrap_or_default();
    }
    version
}

/// Output of the cargo that runs this test.
fn output(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(workspace())
        .output();
    let output = output.expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}
