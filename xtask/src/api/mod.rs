//! `api`: the public API of the libraries as text files under `api/`, which a reviewer reads and CI
//! holds to the code.
//!
//! The text is made from rustdoc's JSON. That output is unstable, so a stable rustdoc gives it only
//! with `RUSTC_BOOTSTRAP=1`. For that one call cargo is told that this program is rustdoc
//! ([`as_rustdoc`]): so the variable reaches rustdoc and nothing else, and what is built is what
//! every other command builds.
//!
//! The files are always made with the toolchain of [`toolchain`](crate::toolchain), as `public-api`
//! reads one format alone.

mod text;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::files::{self, Files, difference, print_cut, read};
use crate::run;
use crate::toolchain::Toolchain;

/// The version of rustdoc's JSON that the `public-api` in Cargo.toml reads, and the toolchain
/// writes.
const FORMAT: u64 = 57;
/// The libraries whose API is recorded.
const PACKAGES: [&str; 5] = [
    "batch-auth",
    "batch-client",
    "batch-codegen",
    "batch-emulator",
    "batch-wire",
];
/// Changes nothing of the API, and needs OpenSSL's headers on Linux.
const WITHOUT_FEATURE: &str = "native-tls";
/// Crates that no public item may name: they are ours to exchange.
const HIDDEN: [&str; 2] = ["progenitor_client::", "batch_client::generated::"];
const FOLDER: &str = "api";
/// Names the true rustdoc to the process that stands in for it.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// Writes the files, or compares them.
pub(crate) fn run(root: &Path, check: bool) -> Result<bool> {
    let wanted = wanted(root)?;
    let shown = hidden_names(&wanted);
    ensure!(
        shown.is_empty(),
        "public items name what is to stay behind them:\n{}",
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
        println!("api --check: the recorded API is the API");
        return true;
    }
    print_cut(&diff);
    println!("\nThe public API is not what {FOLDER}/ records. If it is meant so: cargo xtask api");
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
            .with_context(|| format!("cannot read what rustdoc says of {package}"))?;
        let items = text::text(api.items().map(ToString::to_string));
        let text = format!("# The public API of {package}, made by `cargo xtask api`.\n\n{items}");
        files.insert(path(package), text);
    }
    Ok(files)
}

/// Where the API of a package is recorded.
fn path(package: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{package}.txt"))
}

/// All files that the command writes.
#[cfg(test)]
pub(crate) fn paths() -> Vec<PathBuf> {
    PACKAGES.map(path).into()
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

/// Has rustdoc describe a library; gives the file.
fn json(root: &Path, toolchain: &Toolchain, package: &str) -> Result<PathBuf> {
    let sysroot = run::text(toolchain.run("rustc").args(["--print", "sysroot"]))?;
    let rustdoc = format!("rustdoc{}", std::env::consts::EXE_SUFFIX);
    let rustdoc = Path::new(sysroot.trim()).join("bin").join(rustdoc);
    let library = package.replace('-', "_");
    let path = run::target(root)
        .join("doc")
        .join(format!("{library}.json"));
    // Cargo takes a file of other features for current. One that is gone it makes anew.
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
    .with_context(|| format!("rustdoc cannot describe {package}"))?;
    let found = format(&read(&path)?).with_context(|| path.display().to_string())?;
    ensure!(
        found == FORMAT,
        "{} writes format {found} of its JSON, and FORMAT in {} says {FORMAT}: the toolchain, FORMAT and public-api \
         have to fit each other",
        rustdoc.display(),
        file!(),
    );
    Ok(path)
}

/// All features of a package but the one that is left out.
fn features(root: &Path, package: &str) -> Result<Vec<String>> {
    let metadata = run::metadata(root, &["--no-deps", "--offline"])?;
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
}
