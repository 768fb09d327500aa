//! Coverage of the hand-written code by the tests.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::tools;
use crate::run::{self, passes};

/// The folders of code, and the minimum percentage of their lines that tests have to cover.
pub(super) const MINIMUM: [(&str, f64); 2] = [("batch-auth/src", 95.0), ("batch-client/src", 85.0)];
/// Not hand-written: its tests are those of the description.
const GENERATED: &str = "batch-client/src/generated";

/// Measures line coverage.
pub(super) fn check(root: &Path) -> Result<String> {
    let folder = run::target(root).join("audit");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut command = tools::TARPAULIN.command(root)?;
    command
        .args(["--packages", "batch-auth", "batch-client", "batch-tests"])
        // All that run our code in their own process; examples are not built for this.
        .args(["--lib", "--test", "properties", "vectors", "it", "seen"])
        .args(["--engine", "llvm", "--skip-clean", "--timeout", "600"])
        .arg("--include-files")
        .args(MINIMUM.map(|(folder, _)| format!("{folder}/*")))
        .args(["--exclude-files", &format!("{GENERATED}/*")])
        .args(["--out", "Json", "--output-dir"])
        .arg(&folder)
        .arg("--target-dir")
        .arg(folder.join("coverage"));
    passes(&mut command).context("cannot measure coverage; see above")?;
    let path = folder.join("tarpaulin-report.json");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    check_report(&serde_json::from_str(&text)?)
}

/// Compares the counts of a report with the minimum.
fn check_report(report: &Value) -> Result<String> {
    let mut summary = Vec::new();
    let mut enough = true;
    for (folder, minimum) in MINIMUM {
        let (mut covered, mut coverable) = (0, 0);
        for file in report["files"]
            .as_array()
            .context("no files in the report")?
        {
            if path(file).contains(&format!("{folder}/")) && !path(file).contains(GENERATED) {
                covered += file["covered"].as_u64().unwrap_or_default();
                coverable += file["coverable"].as_u64().unwrap_or_default();
            }
        }
        ensure!(coverable > 0, "the report has no lines of {folder}");
        #[expect(clippy::cast_precision_loss, reason = "lines of code")]
        let percent = covered as f64 * 100.0 / coverable as f64;
        enough &= percent >= minimum;
        summary.push(format!(
            "{folder} {percent:.1} % of {coverable} lines (at least {minimum} %)"
        ));
    }
    ensure!(enough, "the coverage is too low: {}", summary.join(", "));
    Ok(summary.join(", "))
}

/// Returns the path of a file, which the report has as segments.
fn path(file: &Value) -> String {
    let parts = file["path"].as_array().into_iter().flatten();
    let parts: Vec<&str> = parts.filter_map(Value::as_str).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(auth: u64, client: u64) -> Value {
        let file =
            |path: &[&str], covered| json!({"path": path, "covered": covered, "coverable": 100});
        json!({"files": [
            file(&["/", "w", "batch-auth", "src", "sign.rs"], auth),
            file(&["/", "w", "batch-client", "src", "client.rs"], client),
            file(&["/", "w", "batch-client", "src", "generated", "raw.rs"], 0),
        ]})
    }

    #[test]
    fn each_folder_has_its_own_minimum() {
        let summary = check_report(&report(95, 85)).unwrap();
        assert!(
            summary.starts_with("batch-auth/src 95.0 % of 100 lines (at least 95 %), "),
            "{summary}"
        );
        for (auth, client) in [(94, 100), (100, 84)] {
            let error = check_report(&report(auth, client)).unwrap_err().to_string();
            assert!(error.starts_with("the coverage is too low: "), "{error}");
        }
    }

    #[test]
    fn a_report_without_our_code_is_an_error() {
        let error = check_report(&json!({"files": []})).unwrap_err().to_string();
        assert_eq!(error, "the report has no lines of batch-auth/src");
    }
}
