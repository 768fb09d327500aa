//! `peers`: runs the scripts under `tests/peers/`, which compare our work with other
//! implementations of the same API.
//!
//! The packages that the scripts import are installed under `peers/` in the target folder, from
//! the pins beside the scripts, and only if the pins changed. A folder in `tests/peers/` is a
//! separate group of scripts: what it pins (`requirements.txt`, `package.json`) is installed
//! apart from all other packages, so that two versions of one client can be compared with. A group
//! without pins uses those of `tests/peers/`. Each script prints on its last line what it
//! compared, and exits with 1 for a difference.

mod packages;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::run;
use packages::Packages;

const SCRIPTS: &str = "tests/peers";
/// A folder in `tests/peers/` whose groups are too slow to run by default.
const AUDIT: &str = "audit";

/// Installs the packages and runs all scripts, or those that `names` selects: scripts without their
/// extension, or groups. Returns true if all passed.
pub(crate) fn run(root: &Path, names: &[String]) -> Result<bool> {
    let shared = root.join(SCRIPTS);
    let mut folders = groups(&shared)?;
    folders.insert(0, shared);
    run_groups(root, &folders, names)
}

/// Runs the groups that are too slow for [`run()`].
pub(crate) fn audit(root: &Path) -> Result<bool> {
    run_groups(root, &groups(&root.join(SCRIPTS).join(AUDIT))?, &[])
}

/// Runs the scripts of these folders, each of them `tests/peers/` or below it.
fn run_groups(root: &Path, folders: &[PathBuf], names: &[String]) -> Result<bool> {
    let groups = select(folders, names)?;
    let programs = programs(root)?;
    let (mut passed, mut failed) = (0, 0);
    for (folder, scripts) in &groups {
        let packages = Packages::install(root, folder, scripts)?;
        for script in scripts {
            let mut command = packages.command(root, script);
            command.envs(programs.iter().map(|(name, path)| (name, path)));
            if report(root, script, &mut command)? {
                passed += 1;
            } else {
                failed += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

/// Builds the programs that the scripts run; returns their variables and paths.
fn programs(root: &Path) -> Result<[(&'static str, PathBuf); 4]> {
    let call = program(root, "batch-client", "--example", "call", &[])?;
    let signed_request = program(
        root,
        "batch-auth",
        "--example",
        "signed_request",
        &["--features", "middleware"],
    )?;
    let emulator = program(root, "batch-emulator", "--bin", "batch-emulator", &[])?;
    let jobs = program(
        root,
        "batch-jobs",
        "--bin",
        "batch-jobs",
        &["--features", "cli"],
    )?;
    Ok([
        ("BATCH_CALL", call),
        ("BATCH_SIGNED_REQUEST", signed_request),
        ("BATCH_EMULATOR", emulator),
        ("BATCH_JOBS", jobs),
    ])
}

/// Runs a script and prints its last line, or all of its output if it failed.
fn report(root: &Path, script: &Path, command: &mut Command) -> Result<bool> {
    let name = script.strip_prefix(root.join(SCRIPTS)).unwrap_or(script);
    let name = name.display();
    let start = Instant::now();
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", script.display()))?;
    let seconds = start.elapsed().as_secs_f32();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let passed = output.status.success();
    if passed {
        let summary = stdout.lines().last().unwrap_or_default();
        println!("passed  {name}  {seconds:.1} s  {summary}");
    } else {
        print!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        println!("FAILED  {name}  {seconds:.1} s  {}", output.status);
    }
    Ok(passed)
}

/// Returns the folders in a folder by name, except those of modules and of the audit.
fn groups(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut groups = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != AUDIT && !name.to_string_lossy().starts_with('_') {
            groups.push(path);
        }
    }
    groups.sort();
    Ok(groups)
}

/// Returns the folders with the scripts that the names select, or with all of their scripts.
fn select(folders: &[PathBuf], names: &[String]) -> Result<Vec<(PathBuf, Vec<PathBuf>)>> {
    let mut unknown = names.to_vec();
    let mut groups = Vec::new();
    for folder in folders {
        let mut scripts = scripts(folder)?;
        scripts.retain(|script| {
            let known = [script.file_stem(), folder.file_name()];
            let is_known = |name: &String| known.contains(&Some(OsStr::new(name)));
            unknown.retain(|name| !is_known(name));
            names.is_empty() || names.iter().any(is_known)
        });
        if !scripts.is_empty() {
            groups.push((folder.clone(), scripts));
        }
    }
    if let Some(name) = unknown.first() {
        bail!("cannot find a script or a folder of scripts called {name} in {SCRIPTS}");
    }
    ensure!(!groups.is_empty(), "no scripts in {SCRIPTS}");
    Ok(groups)
}

/// Returns the scripts by name. A file whose name starts with `_` is a module that they import.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut scripts = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_module = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('_'));
        let extension = path.extension().and_then(OsStr::to_str);
        if matches!(extension, Some("py" | "mjs")) && !is_module {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}

/// Builds a program of a package and returns its path. `kind` is cargo's option for it, such as
/// `--example`.
fn program(
    root: &Path,
    package: &str,
    kind: &str,
    name: &str,
    features: &[&str],
) -> Result<PathBuf> {
    let arguments = [&[kind, name], features].concat();
    let mut programs = run::programs(root, package, &arguments)?;
    let program = programs.remove(name);
    program
        .with_context(|| format!("cannot find the program {name} of {package} in cargo's output"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty folder under the target folder.
    pub(super) fn folder(name: &str) -> PathBuf {
        let root = crate::workspace::root().unwrap();
        let folder = run::target(&root).join("xtask-tests").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn scripts_are_found_by_their_names() {
        let folder = folder("scripts");
        for name in ["b.py", "a.mjs", "_shared.py", "package.json", "README.md"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let found = scripts(&folder).unwrap();
        assert_eq!(found, [folder.join("a.mjs"), folder.join("b.py")]);
    }

    #[test]
    fn groups_are_folders_and_run_by_name() {
        let shared = folder("groups");
        for name in ["v15", "audit", "_shared", "empty"] {
            fs::create_dir_all(shared.join(name)).unwrap();
            fs::write(shared.join(format!("{name}/life.py")), "").unwrap();
        }
        fs::remove_file(shared.join("empty/life.py")).unwrap();
        fs::write(shared.join("life.py"), "").unwrap();
        fs::write(shared.join("signatures.py"), "").unwrap();

        let mut folders = groups(&shared).unwrap();
        assert_eq!(folders, [shared.join("empty"), shared.join("v15")]);
        folders.insert(0, shared.clone());
        let paths = |names: &[&str]| -> Result<Vec<PathBuf>> {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            let groups = select(&folders, &names)?.into_iter();
            Ok(groups.flat_map(|(_, scripts)| scripts).collect())
        };
        let [plain, other, grouped] =
            ["life.py", "signatures.py", "v15/life.py"].map(|name| shared.join(name));
        assert_eq!(
            paths(&[]).unwrap(),
            [&plain, &other, &grouped].map(Clone::clone)
        );
        assert_eq!(paths(&["v15"]).unwrap(), std::slice::from_ref(&grouped));
        assert_eq!(paths(&["life"]).unwrap(), [plain, grouped]);
        let error = paths(&["life", "v16"]).unwrap_err().to_string();
        assert!(error.contains("called v16"), "{error}");
    }
}
