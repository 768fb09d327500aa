//! What `cargo build --timings` says of each crate. Its report is HTML with the figures as JSON
//! inside, in one statement of a script.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

/// How the statement begins that has the figures.
const UNITS: &str = "const UNIT_DATA = ";

/// A crate, with its build script where it has one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    pub(super) name: String,
    pub(super) seconds: f64,
}

/// The crates of a report.
pub(super) fn units(html: &str) -> Result<Vec<Unit>> {
    let (_, json) = html.split_once(UNITS).with_context(|| {
        format!("cannot read the report of `cargo build --timings`: it has no `{UNITS}`; this cargo writes it in another way")
    })?;
    // The rest of the script follows the array.
    let first = serde_json::Deserializer::from_str(json)
        .into_iter::<Value>()
        .next();
    let units = first.and_then(Result::ok);
    let units = units.as_ref().and_then(Value::as_array);
    let units =
        units.context("cannot read the report of `cargo build --timings`: no list of units")?;
    let mut seconds: BTreeMap<&str, f64> = BTreeMap::new();
    for unit in units {
        if let (Some(name), Some(duration)) = (unit["name"].as_str(), unit["duration"].as_f64()) {
            *seconds.entry(name).or_default() += duration;
        }
    }
    let units = seconds.into_iter().map(|(name, seconds)| Unit {
        name: name.to_owned(),
        seconds,
    });
    Ok(units.collect())
}

/// The crates that took longest, slowest first.
pub(super) fn slowest(units: &[Unit], count: usize) -> Vec<Unit> {
    let mut units = units.to_vec();
    units.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    units.truncate(count);
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_and_its_build_script_are_one() {
        let html = r#"<script>const UNIT_DATA = [
            {"name": "ring", "mode": "run-custom-build", "duration": 2.0},
            {"name": "syn", "mode": "todo", "duration": 2.5},
            {"name": "ring", "mode": "todo", "duration": 1.0}];
            const CONCURRENCY_DATA = [];</script>"#;
        let units = units(html).unwrap();
        let slowest = slowest(&units, 1);
        assert_eq!((&*slowest[0].name, slowest[0].seconds), ("ring", 3.0));
        assert_eq!(units.len(), 2);
    }

    #[test]
    fn a_report_of_another_form_is_an_error() {
        let error = units("<html></html>").unwrap_err().to_string();
        assert!(error.contains("it has no `const UNIT_DATA = `"), "{error}");
        assert!(units("const UNIT_DATA = 7;").is_err());
    }
}
