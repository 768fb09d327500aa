//! The packages that scripts import: installed from pins, in a separate folder for each group.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::SCRIPTS;
use crate::run::{quietly, target};

/// Packages that the scripts of a group import.
pub(super) struct Packages {
    /// The interpreter, if the group has Python scripts.
    python: Option<PathBuf>,
    /// The modules for Node.js; none where only Python scripts of `tests/peers/` itself are run.
    modules: Option<PathBuf>,
}

impl Packages {
    pub(super) fn install(root: &Path, folder: &Path, scripts: &[PathBuf]) -> Result<Self> {
        let shared = root.join(SCRIPTS);
        let installed = target(root).join("peers");
        let place = |file: &str, name: &str| {
            let pins = if folder.join(file).is_file() {
                folder
            } else {
                &shared
            };
            let group = pins.strip_prefix(&shared).unwrap_or(pins);
            (pins.to_owned(), installed.join(group).join(name))
        };
        let has = |wanted: &str| {
            scripts
                .iter()
                .any(|script| script.extension() == Some(OsStr::new(wanted)))
        };
        let mut packages = Self {
            python: None,
            modules: None,
        };
        if has("py") {
            let (pins, place) = place("requirements.txt", "python");
            packages.python = Some(python(&pins, &place)?);
        }
        // Python scripts of a group may start a program for Node.js, as those in `identity/` do.
        if has("mjs") || folder != shared {
            let (pins, place) = place("package.json", "node");
            packages.modules = Some(node_modules(&pins, &place)?);
        }
        Ok(packages)
    }

    pub(super) fn command(&self, root: &Path, script: &Path) -> Command {
        let mut command = match (&self.python, script.extension().and_then(OsStr::to_str)) {
            (Some(python), Some("py")) => Command::new(python),
            _ => Command::new("node"),
        };
        command
            .arg(script)
            .current_dir(root)
            .env("BATCH_ROOT", root)
            // The modules of `tests/peers/`, for the groups below it.
            .env("PYTHONPATH", root.join(SCRIPTS))
            // Nothing is left behind in the workspace.
            .env(
                "HYPOTHESIS_STORAGE_DIRECTORY",
                target(root).join("peers/hypothesis"),
            )
            // No bytecode beside the scripts; UTF-8 on Windows, too.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUTF8", "1");
        if let Some(modules) = &self.modules {
            command.env("NODE_PATH", modules);
        }
        command
    }
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
        println!("peers: installing {}", requirements.display());
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
        println!("peers: installing {}", pins.join(files[1]).display());
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

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::super::tests::folder;
    use super::*;

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
    fn a_missing_tool_is_named() {
        let error = version("no-such-tool", "version 7").unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("cannot run no-such-tool; `cargo xtask peers` needs version 7"));
    }
}
