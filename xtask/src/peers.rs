//! `peers`: runs the scripts under `tests/peers/`, which compare our work with other
//! implementations of the same API.
//!
//! The packages that the scripts import are installed under `peers/` in the target folder, from the
//! pins beside the scripts, and only if the pins changed. Each script prints on its last line what
//! it compared, and exits with 1 for a difference.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::run::{self, quietly, target};

const SCRIPTS: &str = "tests/peers";

/// Installs the packages and runs all scripts; returns true if all passed.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let target = target(root);
    let folder = root.join(SCRIPTS);
    let scripts = scripts(&folder)?;
    ensure!(!scripts.is_empty(), "no scripts in {}", folder.display());

    let python = python(&folder, &target.join("peers/python"))?;
    let modules = node_modules(&folder, &target.join("peers/node"))?;
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

    let mut failed = 0;
    for script in &scripts {
        let mut command = match script.extension().and_then(OsStr::to_str) {
            Some("py") => Command::new(&python),
            _ => Command::new("node"),
        };
        command
            .arg(script)
            .current_dir(root)
            .env("BATCH_ROOT", root)
            .env("BATCH_CALL", &call)
            .env("BATCH_SIGNED_REQUEST", &signed_request)
            .env("BATCH_EMULATOR", &emulator)
            .env("BATCH_JOBS", &jobs)
            .env("NODE_PATH", &modules)
            // Nothing is left behind in the workspace.
            .env(
                "HYPOTHESIS_STORAGE_DIRECTORY",
                target.join("peers/hypothesis"),
            )
            // No bytecode beside the scripts; UTF-8 on Windows, too.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUTF8", "1");
        failed += usize::from(!report(script, &mut command)?);
    }
    println!("{} passed, {failed} failed", scripts.len() - failed);
    Ok(failed == 0)
}

/// Runs a script and prints its last line, or all of its output if it failed.
fn report(script: &Path, command: &mut Command) -> Result<bool> {
    let name = script.file_name().unwrap_or_default().to_string_lossy();
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

/// Creates a Python environment with the packages of `requirements.txt`; returns its interpreter.
fn python(pins: &Path, folder: &Path) -> Result<PathBuf> {
    let version = version("python3", "3.9 or newer, with its modules venv and pip")?;
    let requirements = pins.join("requirements.txt");
    let interpreter = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    install(folder, &[version.as_bytes(), &read(&requirements)?], || {
        println!("peers: installing {SCRIPTS}/requirements.txt");
        quietly(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(folder),
        )?;
        quietly(
            Command::new(&interpreter)
                .args(["-m", "pip", "install", "--quiet"])
                .args(["--disable-pip-version-check", "--requirement"])
                .arg(&requirements),
        )
    })?;
    Ok(interpreter)
}

/// Installs the packages of `package-lock.json`; returns their folder.
fn node_modules(pins: &Path, folder: &Path) -> Result<PathBuf> {
    let version = version("node", "version 20 or newer, with npm")?;
    let files = ["package.json", "package-lock.json"];
    let contents = files.map(|file| read(&pins.join(file)));
    let [package, lock] = contents;
    let (package, lock) = (package?, lock?);
    install(folder, &[version.as_bytes(), &package, &lock], || {
        println!("peers: installing {SCRIPTS}/package-lock.json");
        fs::create_dir_all(folder)?;
        for (file, text) in files.iter().zip([&package, &lock]) {
            fs::write(folder.join(file), text)?;
        }
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        quietly(
            Command::new(npm)
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(folder),
        )
    })?;
    Ok(folder.join("node_modules"))
}

/// Sets up a folder, unless it was set up with the same inputs.
fn install(folder: &Path, inputs: &[&[u8]], set_up: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = folder.join("stamp");
    let mut wanted = folder.display().to_string().into_bytes();
    for input in inputs {
        wanted.push(b'\n');
        wanted.extend_from_slice(input);
    }
    if fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    // An incomplete folder must not pass for a complete one.
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    set_up().with_context(|| format!("cannot set up {}", folder.display()))?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}

/// Returns the output of `tool --version`.
fn version(tool: &str, wanted: &str) -> Result<String> {
    let output = Command::new(tool).arg("--version").output();
    let output = output.with_context(|| {
        format!("cannot run {tool}; `cargo xtask peers` needs {wanted}, the other commands do not")
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
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

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    /// An empty folder under the target folder.
    fn folder(name: &str) -> PathBuf {
        let root = crate::workspace::root().unwrap();
        let folder = target(&root).join("xtask-tests").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_folder_is_set_up_again_only_for_other_inputs() {
        let folder = folder("install").join("python");
        let mut count = 0;
        let mut times = |inputs: &[&[u8]]| {
            install(&folder, inputs, || {
                count += 1;
                Ok(fs::create_dir_all(&folder)?)
            })
            .unwrap();
            count
        };
        assert_eq!(times(&[b"3.11", b"a==1"]), 1);
        assert_eq!(times(&[b"3.11", b"a==1"]), 1);
        assert_eq!(times(&[b"3.11", b"a==2"]), 2);
        assert_eq!(times(&[b"3.12", b"a==2"]), 3);
    }

    #[test]
    fn a_failed_setup_is_retried() {
        let folder = folder("install-fails").join("python");
        let failing = || {
            fs::create_dir_all(&folder)?;
            bail!("no network")
        };
        let error = install(&folder, &[b"a==1"], failing).unwrap_err();
        assert!(format!("{error:#}").ends_with(": no network"));
        let mut tried = false;
        install(&folder, &[b"a==1"], || {
            assert!(!folder.exists());
            tried = true;
            Ok(fs::create_dir_all(&folder)?)
        })
        .unwrap();
        assert!(tried);
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
    fn a_missing_tool_is_named() {
        let error = version("no-such-tool", "version 7").unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("cannot run no-such-tool; `cargo xtask peers` needs version 7"));
    }
}
