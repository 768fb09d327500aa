//! `api`: the public API of the libraries as text files under `api/`, which a reviewer reads and CI holds to the code.
//!
//! The text is made from rustdoc's JSON. That output is unstable, so a stable rustdoc gives it only with
//! `RUSTC_BOOTSTRAP=1`. For that one call cargo is told that this program is rustdoc ([`as_rustdoc`]): so the variable
//! reaches rustdoc and nothing else, and what is built is what every other command builds.
//!
//! The format changes with the toolchain, and `public-api` reads one format. So the files are made with the toolchain
//! [`TOOLCHAIN`], whichever is the current one; where it is missing, rustup installs it.

mod text;

use crate::regen::{Files, difference, print_cut, read, write_whole};
use crate::run::{self, cargo};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The toolchain whose rustdoc writes [`FORMAT`]. Whoever changes it changes both, and the version of `public-api`.
const TOOLCHAIN: &str = "1.95.0";
/// The version of rustdoc's JSON that the `public-api` in Cargo.toml reads.
const FORMAT: u64 = 57;
/// The libraries whose API is recorded.
const PACKAGES: [&str; 4] = [
    "batch-auth",
    "batch-client",
    "batch-codegen",
    "batch-emulator",
];
/// Changes nothing of the API, and needs OpenSSL's headers on Linux.
const WITHOUT_FEATURE: &str = "native-tls";
/// Crates that no public item may name: they are ours to exchange.
const HIDDEN: [&str; 2] = ["progenitor_client::", "batch_client::generated::"];
const FOLDER: &str = "api";
/// Names the true rustdoc to the process that stands in for it.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// Writes the files, or compares them.
pub(crate) fn run(check: bool) -> Result<bool> {
    let root = crate::root()?;
    let wanted = wanted(&root)?;
    let shown = hidden_names(&wanted);
    ensure!(
        shown.is_empty(),
        "public items name what is to stay behind them:\n{}",
        shown.join("\n")
    );
    let present = present(&root)?;
    if check {
        return Ok(compare(&present, &wanted));
    }
    for (path, text) in &wanted {
        write_whole(&root.join(path), text)?;
    }
    for path in present.keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(root.join(path)).with_context(|| path.display().to_string())?;
    }
    let lines: usize = wanted.values().map(|text| text.lines().count()).sum();
    println!("api: {} files, {lines} lines", wanted.len());
    Ok(true)
}

fn compare(present: &Files, wanted: &Files) -> bool {
    let diff = difference(present, wanted);
    if diff.is_empty() {
        println!("api --check: the recorded API is the API");
        return true;
    }
    print_cut(&diff);
    println!("\nThe public API is not what {FOLDER}/ records. If it is meant so: cargo xtask api");
    false
}

fn wanted(root: &Path) -> Result<Files> {
    let toolchain = Toolchain::find()?;
    let mut files = Files::new();
    for package in PACKAGES {
        let json = toolchain.json(root, package)?;
        let api = public_api::Builder::from_rustdoc_json(json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .build()
            .with_context(|| format!("cannot read what rustdoc says of {package}"))?;
        let items = text::text(api.items().map(ToString::to_string));
        let text = format!("# The public API of {package}, made by `cargo xtask api`.\n\n{items}");
        files.insert(Path::new(FOLDER).join(format!("{package}.txt")), text);
    }
    Ok(files)
}

/// What lies in the folder.
fn present(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    let folder = root.join(FOLDER);
    if folder.is_dir() {
        for entry in fs::read_dir(&folder)? {
            let name = entry?.file_name();
            files.insert(Path::new(FOLDER).join(&name), read(&folder.join(&name))?);
        }
    }
    Ok(files)
}

/// The lines that name a crate which is to stay hidden.
fn hidden_names(files: &Files) -> Vec<String> {
    let lines = files.iter().flat_map(|(path, text)| {
        let path = path.display();
        text.lines().map(move |line| format!("{path}: {line}"))
    });
    lines
        .filter(|line| HIDDEN.iter().any(|name| line.contains(name)))
        .collect()
}

/// A toolchain whose JSON we can read.
struct Toolchain {
    /// Empty for the one that runs this, else what goes before `cargo` and `rustc`.
    through: Vec<&'static str>,
    rustdoc: PathBuf,
}

impl Toolchain {
    /// The current one if it fits, else the one that fits through rustup.
    fn find() -> Result<Self> {
        let current = run::text(Command::new("rustc").arg("--version"))?;
        let through = if fits(&current) {
            Vec::new()
        } else {
            let through = vec!["rustup", "run", TOOLCHAIN];
            install(current.trim(), &through)?;
            through
        };
        let mut rustc = through_or(&through, || Command::new("rustc"), "rustc");
        let sysroot = run::text(rustc.args(["--print", "sysroot"]))?;
        let name = format!("rustdoc{}", std::env::consts::EXE_SUFFIX);
        let rustdoc = Path::new(sysroot.trim()).join("bin").join(name);
        Ok(Toolchain { through, rustdoc })
    }

    /// Has rustdoc describe a library; gives the file.
    fn json(&self, root: &Path, package: &str) -> Result<PathBuf> {
        let library = package.replace('-', "_");
        let path = run::target(root)
            .join("doc")
            .join(format!("{library}.json"));
        // Cargo takes a file of other features for current. One that is gone it makes anew.
        let _ = fs::remove_file(&path);
        run::quietly(
            through_or(&self.through, cargo, "cargo")
                .args(["rustdoc", "--quiet", "--lib", "--package", package])
                .args(["--features", &features(root, package)?.join(",")])
                .args(["--", "-Zunstable-options", "--output-format=json"])
                .current_dir(root)
                .env("RUSTDOC", std::env::current_exe()?)
                .env(RUSTDOC, &self.rustdoc),
        )
        .with_context(|| format!("rustdoc cannot describe {package}"))?;
        let text = read(&path)?;
        let found = format(&text).with_context(|| path.display().to_string())?;
        ensure!(
            found == FORMAT,
            "{} writes format {found} of its JSON, and this program reads {FORMAT}, which is Rust {TOOLCHAIN}'s: \
             TOOLCHAIN, FORMAT and public-api in xtask do not fit each other",
            self.rustdoc.display()
        );
        Ok(path)
    }
}

/// Whether a line of `rustc --version` is of our toolchain.
fn fits(version: &str) -> bool {
    version.split(' ').nth(1) == Some(TOOLCHAIN)
}

/// Installs the toolchain, unless it is there.
fn install(current: &str, through: &[&str]) -> Result<()> {
    let there = through_or(through, || Command::new("rustc"), "rustc")
        .arg("--version")
        .output();
    if there.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    println!(
        "api: installing Rust {TOOLCHAIN}; rustdoc's JSON of {current} may have another format"
    );
    let arguments = ["toolchain", "install", TOOLCHAIN, "--profile", "minimal"];
    let installed = run::quietly(Command::new("rustup").args(arguments));
    installed.with_context(|| {
        format!(
            "the public API is recorded with Rust {TOOLCHAIN}; install it: rustup {}",
            arguments.join(" ")
        )
    })
}

/// A program of the toolchain.
fn through_or(through: &[&str], own: impl FnOnce() -> Command, name: &str) -> Command {
    match through {
        [] => own(),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(name);
            command
        }
    }
}

/// All features of a package but the one that is left out.
fn features(root: &Path, package: &str) -> Result<Vec<String>> {
    let metadata = run::text(
        cargo()
            .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
            .current_dir(root),
    )?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array();
    let found = packages.and_then(|all| all.iter().find(|one| one["name"] == *package));
    let Some(features) = found.and_then(|one| one["features"].as_object()) else {
        bail!("cargo knows no package {package} here");
    };
    let names = features.keys().filter(|name| *name != WITHOUT_FEATURE);
    Ok(names.cloned().collect())
}

/// The version of the format that a file says it has.
fn format(json: &str) -> Result<u64> {
    // The key stands last, after megabytes that need not be read twice.
    let (_, after) = json
        .rsplit_once("\"format_version\":")
        .context("this is not rustdoc's JSON: it has no format_version")?;
    let digits = after
        .trim_start()
        .split(|c: char| !c.is_ascii_digit())
        .next();
    digits
        .unwrap_or_default()
        .parse()
        .context("format_version is no number")
}

/// Where cargo runs this program as rustdoc: does what rustdoc does, with what is unstable allowed.
pub(crate) fn as_rustdoc() -> Option<ExitCode> {
    let rustdoc: OsString = std::env::var_os(RUSTDOC)?;
    let status = Command::new(rustdoc)
        .args(std::env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_stay_hidden_is_named_with_its_line() {
        let line =
            "pub fn batch_client::Client::raw(&self) -> &progenitor_client::ResponseValue<()>";
        let text = format!("pub mod batch_client\n{line}\n");
        let files = Files::from([(PathBuf::from("api/batch-client.txt"), text)]);
        assert_eq!(
            hidden_names(&files),
            [format!("api/batch-client.txt: {line}")]
        );
    }

    #[test]
    fn the_format_is_read_from_the_end() {
        assert_eq!(
            format(r#"{"docs":"\"format_version\":1","format_version":57}"#).unwrap(),
            57
        );
        let error = format("{}").unwrap_err().to_string();
        assert_eq!(
            error,
            "this is not rustdoc's JSON: it has no format_version"
        );
    }

    #[test]
    fn only_one_toolchain_fits() {
        assert!(fits(&format!("rustc {TOOLCHAIN} (59807616e 2026-04-14)")));
        assert!(!fits("rustc 1.9.0 (59807616e 2026-04-14)"));
        assert!(!fits("rustc 1.97.0-nightly (4d1f98451 2026-05-15)"));
    }
}
