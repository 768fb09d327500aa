//! Checks the manifests: the fields that crates.io shows, the dependencies between the crates, and
//! an explanation of each feature.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// The published crates, each after its dependencies.
pub(crate) const PUBLISHED: [&str; 5] = [
    "batch-auth",
    "batch-wire",
    "batch-client",
    "batch-emulator",
    "batch-jobs",
];

/// Crates that users must never build: the generator and its own dependencies.
const GENERATOR: [&str; 4] = ["batch-codegen", "progenitor", "prettyplease", "openapiv3"];

/// A package of the workspace.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) folder: PathBuf,
}

/// Returns the packages of the workspace, by name.
pub(super) fn members(metadata: &Value) -> Result<Vec<Package>> {
    let mut members = Vec::new();
    for package in manifests(metadata)? {
        let text = |name: &str| -> Result<&str> {
            package[name]
                .as_str()
                .with_context(|| format!("a package has no {name}"))
        };
        let manifest = Path::new(text("manifest_path")?);
        members.push(Package {
            name: text("name")?.to_owned(),
            version: text("version")?.to_owned(),
            folder: manifest
                .parent()
                .context("a manifest has no folder")?
                .to_owned(),
        });
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

/// Returns the problems of the manifests.
pub(super) fn problems(metadata: &Value, packages: &[Package]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for manifest in manifests(metadata)? {
        let name = manifest["name"].as_str().unwrap_or_default();
        problems.extend(missing(manifest, PUBLISHED.contains(&name)));
    }
    for name in PUBLISHED {
        problems.extend(generator_below(metadata, name)?);
        let package = packages.iter().find(|package| package.name == name);
        let package =
            package.with_context(|| format!("cannot find the package {name} in the workspace"))?;
        let manifest = manifests(metadata)?.find(|one| one["name"] == *name);
        let library = package.folder.join("src/lib.rs");
        let docs = fs::read_to_string(&library).with_context(|| library.display().to_string())?;
        problems.extend(unexplained(manifest.unwrap_or(&Value::Null), &docs));
    }
    Ok(problems)
}

/// Returns the manifests of the workspace's own packages.
fn manifests(metadata: &Value) -> Result<impl Iterator<Item = &Value>> {
    let ids: HashSet<&str> = metadata["workspace_members"]
        .as_array()
        .context("cargo metadata lists no members")?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let packages = metadata["packages"].as_array();
    let packages = packages.context("cargo metadata lists no packages")?.iter();
    Ok(packages.filter(move |one| one["id"].as_str().is_some_and(|id| ids.contains(id))))
}

/// Returns missing fields that crates.io and docs.rs show.
fn missing(manifest: &Value, published: bool) -> Vec<String> {
    let mut wanted = vec![
        "/description",
        "/license",
        "/repository",
        "/readme",
        "/rust_version",
    ];
    if published {
        wanted.extend([
            "/keywords/0",
            "/categories/0",
            "/metadata/docs/rs/all-features",
        ]);
    }
    wanted.retain(|pointer| manifest.pointer(pointer).is_none_or(Value::is_null));
    let name = manifest["name"].as_str().unwrap_or("?");
    let lines = wanted.iter().map(|pointer| {
        let key = pointer.trim_start_matches('/').trim_end_matches("/0");
        format!("{name}: Cargo.toml lacks {}", key.replace('/', "."))
    });
    lines.collect()
}

/// Returns the path from a package to the generator, if any, ignoring dev-dependencies.
fn generator_below(metadata: &Value, name: &str) -> Result<Option<String>> {
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    let names: HashMap<&str, &str> = packages
        .iter()
        .filter_map(|one| Some((one["id"].as_str()?, one["name"].as_str()?)))
        .collect();
    let nodes = metadata["resolve"]["nodes"]
        .as_array()
        .context("cargo metadata has no dependency graph")?;
    let nodes: HashMap<&str, &Value> = nodes
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let start = manifests(metadata)?
        .find(|one| one["name"] == *name)
        .and_then(|one| one["id"].as_str())
        .with_context(|| format!("cannot find the package {name} in the workspace"))?;

    let mut ways = vec![vec![start]];
    let mut seen = HashSet::from([start]);
    while let Some(way) = ways.pop() {
        let Some(node) = way.last().and_then(|id| nodes.get(id)) else {
            continue;
        };
        for id in built_with(node) {
            let way = [&way[..], &[id]].concat();
            if names.get(id).is_some_and(|name| GENERATOR.contains(name)) {
                let way: Vec<&str> = way.iter().filter_map(|id| names.get(id).copied()).collect();
                return Ok(Some(format!(
                    "{name} depends on the generator: {}",
                    way.join(" → ")
                )));
            }
            if seen.insert(id) {
                ways.push(way);
            }
        }
    }
    Ok(None)
}

/// Returns the ids of a package's dependencies and build-dependencies.
fn built_with(node: &Value) -> Vec<&str> {
    let dependencies = node["deps"].as_array().into_iter().flatten();
    let built = dependencies.filter(|one| {
        let kinds = one["dep_kinds"].as_array().into_iter().flatten();
        kinds.into_iter().any(|kind| kind["kind"] != "dev")
    });
    built.filter_map(|one| one["pkg"].as_str()).collect()
}

/// Returns features that the documentation of the crate does not mention.
fn unexplained(manifest: &Value, library: &str) -> Vec<String> {
    let docs: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .collect();
    let features = manifest["features"].as_object();
    let names = features.into_iter().flat_map(|all| all.keys());
    names
        .filter(|name| *name != "default")
        .filter(|name| !docs.iter().any(|line| line.contains(&format!("`{name}`"))))
        .map(|name| {
            let package = manifest["name"].as_str().unwrap_or("?");
            format!("{package}: the docs in src/lib.rs do not explain the feature {name}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A workspace of one package, whose dependencies are `a → b → (kind) progenitor`.
    fn with_generator(kind: &Value) -> Value {
        let dependency =
            |id: &str, kind: &Value| json!([{"pkg": id, "dep_kinds": [{"kind": kind}]}]);
        let package = |id: &str| json!({"id": id, "name": id});
        json!({
            "workspace_members": ["a"],
            "packages": [package("a"), package("b"), package("progenitor")],
            "resolve": {"nodes": [
                {"id": "a", "deps": dependency("b", &Value::Null)},
                {"id": "b", "deps": dependency("progenitor", kind)},
                {"id": "progenitor", "deps": []},
            ]},
        })
    }

    #[test]
    fn the_generator_is_found_below_a_package_except_for_tests() {
        let expected = "a depends on the generator: a → b → progenitor";
        for kind in [Value::Null, json!("build")] {
            let found = generator_below(&with_generator(&kind), "a").unwrap();
            assert_eq!(found.as_deref(), Some(expected), "{kind}");
        }
        assert_eq!(
            generator_below(&with_generator(&json!("dev")), "a").unwrap(),
            None
        );
    }

    #[test]
    fn missing_fields_are_named() {
        let mut manifest = json!({
            "name": "a", "description": "d", "license": "MIT", "repository": "r", "readme": "README.md",
            "rust_version": "1.88", "keywords": ["k"], "categories": [], "metadata": null,
        });
        let expected = [
            "a: Cargo.toml lacks categories",
            "a: Cargo.toml lacks metadata.docs.rs.all-features",
        ];
        assert_eq!(missing(&manifest, true), expected);
        assert!(missing(&manifest, false).is_empty());
        manifest["license"] = Value::Null;
        assert_eq!(missing(&manifest, false), ["a: Cargo.toml lacks license"]);
    }

    #[test]
    fn each_feature_is_explained_in_the_docs_of_the_crate() {
        let manifest = json!({"name": "a", "features": {"default": [], "fs": [], "http2": []}});
        let library = "//! - `fs`: files.\n// `http2` in a comment does not count\n";
        let expected = ["a: the docs in src/lib.rs do not explain the feature http2"];
        assert_eq!(unexplained(&manifest, library), expected);
    }
}
