//! `api`: records the public API of the libraries in text files under `api/`, which reviewers read
//! and CI compares with the code.
//!
//! The text is made from rustdoc's JSON. That output is unstable, so a stable rustdoc needs
//! `RUSTC_BOOTSTRAP=1`. For that one call cargo runs this program as rustdoc ([`as_rustdoc`]), so
//! that the variable reaches rustdoc and nothing else, and the build artifacts are those of every
//! other command.
//!
//! The files are always made with the toolchain of [`toolchain`](crate::toolchain), because
//! `public-api` reads only one format.

mod text;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::files::{self, Files, difference, print_cut, read};
use crate::run;
use crate::toolchain::Toolchain;

/// The version of rustdoc's JSON that the toolchain writes and the `public-api` in Cargo.toml
/// reads.
const FORMAT: u64 = 57;
/// The libraries whose API is recorded.
const PACKAGES: [&str; 6] = [
    "batch-auth",
    "batch-client",
    "batch-codegen",
    "batch-emulator",
    "batch-jobs",
    "batch-wire",
];
/// Does not affect the API, and needs OpenSSL's headers on Linux.
const WITHOUT_FEATURE: &str = "native-tls";
/// Crates that no public item may expose, so that they can be replaced.
const HIDDEN: [&str; 3] = [
    "progenitor_client::",
    "batch_client::generated::",
    "object_store::",
];
const FOLDER: &str = "api";
/// The environment variable with the path of the real rustdoc.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// Writes the files, or compares them.
pub(crate) fn run(root: &Path, check: bool) -> Result<bool> {
    let wanted = wanted(root)?;
    let shown = hidden_names(&wanted);
    ensure!(
        shown.is_empty(),
        "public items expose hidden crates:\n{}",
        shown.join("\n")
    );
    if check {
        return Ok(compare(&files::present(root, &[FOLDER])?, &wanted));
    }
    files::write(root, &[FOLDER], &wanted)?;
    let lines: usize = wanted.values().map(|text| text.lines().count()).sum();
    println!("api: {} files, {lines} lines", wanted.len());
    Ok(true)
}

fn compare(present: &Files, wanted: &Files) -> bool {
    let diff = difference(present, wanted);
    if diff.is_empty() {
        println!("api --check: the recorded API is up to date");
        return true;
    }
    print_cut(&diff);
    println!("\nThe public API differs from {FOLDER}/. If that is intended, run: cargo xtask api");
    false
}

fn wanted(root: &Path) -> Result<Files> {
    let toolchain = Toolchain::find(root)?;
    let mut files = Files::new();
    for package in PACKAGES {
        let json = json(root, &toolchain, package)?;
        let api = public_api::Builder::from_rustdoc_json(json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .build()
            .with_context(|| format!("cannot read rustdoc's output for {package}"))?;
        let items = api.items().map(ToString::to_string);
        // In its own text, a private path of the client is a mistake.
        let items = items.map(|item| match package {
            "batch-client" => item,
            _ => text::exported(&item),
        });
        let items = text::text(items);
        let text = format!("# The public API of {package}, made by `cargo xtask api`.\n\n{items}");
        files.insert(path(package), text);
    }
    Ok(files)
}

/// Returns the path of the file for a package.
fn path(package: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{package}.txt"))
}

/// Returns all files that the command writes.
#[cfg(test)]
pub(crate) fn paths() -> Vec<PathBuf> {
    PACKAGES.map(path).into()
}

/// Returns the lines that expose a hidden crate.
fn hidden_names(files: &Files) -> Vec<String> {
    let lines = files.iter().flat_map(|(path, text)| {
        let path = path.display();
        text.lines().map(move |line| format!("{path}: {line}"))
    });
    lines
        .filter(|line| HIDDEN.iter().any(|name| line.contains(name)))
        .collect()
}

/// Runs rustdoc on a library and returns the path of its JSON.
fn json(root: &Path, toolchain: &Toolchain, package: &str) -> Result<PathBuf> {
    let sysroot = run::text(toolchain.run("rustc").args(["--print", "sysroot"]))?;
    let rustdoc = format!("rustdoc{}", std::env::consts::EXE_SUFFIX);
    let rustdoc = Path::new(sysroot.trim()).join("bin").join(rustdoc);
    let library = package.replace('-', "_");
    let path = run::target(root)
        .join("doc")
        .join(format!("{library}.json"));
    // Cargo considers a file with other features up to date, but it recreates a missing one.
    let _ = fs::remove_file(&path);
    run::quietly(
        toolchain
            .cargo()
            .args(["rustdoc", "--quiet", "--lib", "--package", package])
            .args(["--features", &features(root, package)?.join(",")])
            .args(["--", "-Zunstable-options", "--output-format=json"])
            .env("RUSTDOC", std::env::current_exe()?)
            .env(RUSTDOC, &rustdoc),
    )
    .with_context(|| format!("cannot document {package}"))?;
    let found = format(&read(&path)?).with_context(|| path.display().to_string())?;
    ensure!(
        found == FORMAT,
        "{} writes format {found} of its JSON, but FORMAT in {} is {FORMAT}: update the toolchain, FORMAT and public-api \
         together",
        rustdoc.display(),
        file!(),
    );
    Ok(path)
}

/// Returns all features of a package except the omitted one.
fn features(root: &Path, package: &str) -> Result<Vec<String>> {
    let metadata = run::metadata(root, &["--no-deps", "--offline"])?;
    let packages = metadata["packages"].as_array();
    let found = packages.and_then(|all| all.iter().find(|one| one["name"] == *package));
    let Some(features) = found.and_then(|one| one["features"].as_object()) else {
        bail!("cannot find the package {package} in the workspace");
    };
    let names = features.keys().filter(|name| *name != WITHOUT_FEATURE);
    Ok(names.cloned().collect())
}

/// Returns the version of the format of a file.
fn format(json: &str) -> Result<u64> {
    // The key comes last, after megabytes that need not be parsed twice.
    let (_, after) = json
        .rsplit_once("\"format_version\":")
        .context("cannot read rustdoc's JSON: format_version is missing")?;
    let digits = after
        .trim_start()
        .split(|c: char| !c.is_ascii_digit())
        .next();
    digits
        .unwrap_or_default()
        .parse()
        .context("format_version is not a number")
}

/// Runs rustdoc with unstable features enabled, if cargo called this program as rustdoc.
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
    fn an_exposed_crate_is_named_with_its_line() {
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
            "cannot read rustdoc's JSON: format_version is missing"
        );
    }
}
