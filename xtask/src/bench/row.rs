//! A row of the table: its figures, its targets, and whether they are met.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::statistics::{median, ratio, time};

/// Cell of a value that was not measured.
const NOTHING: &str = "-";

/// The figures of one side.
struct Figures {
    ratio: f64,
    ours: f64,
    allocations: Option<(f64, f64)>,
    peak: Option<(f64, f64)>,
}

/// The cells of a row, in the order of the table's heads.
pub(super) fn cells(measured: &Value, counted: Option<&Value>) -> Result<Vec<String>> {
    let text = |name: &str| measured[name].as_str().unwrap_or_default();
    let context = || format!("no figures of the row {}", text("row"));
    let (hand, ours) = (runs(&measured["hand"]), runs(&measured["ours"]));
    let pair = |name: &str| {
        let side = |side: &str| counted?[side][name].as_f64();
        Some((side("hand")?, side("ours")?))
    };
    let figures = Figures {
        ratio: ratio(&ours, &hand).with_context(context)?,
        ours: median(&ours).with_context(context)?,
        allocations: pair("allocations"),
        peak: pair("peak"),
    };
    let unit = text("unit");
    let by_hand = median(&hand).with_context(context)?;
    let allocations = figures.allocations.map(|(hand, ours)| {
        let part = counted.and_then(|counted| counted["part"].as_str());
        format!("{} -> {} a {}", few(hand), few(ours), part.unwrap_or("run"))
    });
    let peak = figures
        .peak
        .map(|(hand, ours)| format!("{:.2} -> {:.2} MB", hand / 1e6, ours / 1e6));
    let (target, met) = figures.judge(&measured["targets"]);
    Ok(vec![
        text("row").to_owned(),
        value(by_hand, unit),
        value(figures.ours, unit),
        format!("{:.2}", figures.ratio),
        allocations.unwrap_or_else(|| NOTHING.to_owned()),
        peak.unwrap_or_else(|| NOTHING.to_owned()),
        target,
        met.to_owned(),
        text("what").to_owned(),
    ])
}

impl Figures {
    /// The targets as text, and whether all are met.
    fn judge(&self, targets: &Value) -> (String, &'static str) {
        let (mut texts, mut met) = (Vec::new(), true);
        let mut at_most = |name: &str, show: &dyn Fn(f64) -> String, found: Option<f64>| {
            if let Some(limit) = targets[name].as_f64() {
                texts.push(format!("{} <= {}", name.replace('_', " "), show(limit)));
                met &= found.is_some_and(|found| found <= limit);
            }
        };
        let two = |limit: f64| format!("{limit:.2}");
        at_most("ratio", &two, Some(self.ratio));
        at_most("allocations", &few, self.allocations.map(|(_, ours)| ours));
        at_most(
            "peak",
            &|limit| format!("{:.1} MB", limit / 1e6),
            self.peak.map(|(_, ours)| ours),
        );
        at_most(
            "peak_ratio",
            &two,
            self.peak.map(|(hand, ours)| ours / hand),
        );
        at_most("size", &|limit| format!("{limit:.0} B"), Some(self.ours));
        if let Some(limit) = targets["share"].as_f64() {
            texts.push(format!("share >= {:.0} %", limit * 100.0));
            met &= self.ours >= limit;
        }
        match (texts.is_empty(), met) {
            (true, _) => (NOTHING.to_owned(), NOTHING),
            (false, true) => (texts.join(", "), "yes"),
            (false, false) => (texts.join(", "), "NO"),
        }
    }
}

fn runs(values: &Value) -> Vec<f64> {
    let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(Value::as_f64).collect()
}

fn value(value: f64, unit: &str) -> String {
    match unit {
        "bytes" => format!("{value:.0} B"),
        "share" => format!("{:.1} %", value * 100.0),
        _ => time(value),
    }
}

/// Allocations: parts of one where there is less than one for each part.
fn few(count: f64) -> String {
    if count < 1.0 && count > 0.0 {
        format!("{count:.3}")
    } else {
        format!("{count:.1}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(targets: &Value) -> (String, &'static str) {
        let figures = Figures {
            ratio: 1.0,
            ours: 0.96,
            allocations: Some((0.0, 1.0)),
            peak: Some((1e6, 1.2e6)),
        };
        figures.judge(targets)
    }

    #[test]
    fn a_target_is_met_at_its_limit_and_not_beyond() {
        for (targets, text, met) in [
            (json!({}), "-", "-"),
            (json!({"ratio": 1.0}), "ratio <= 1.00", "yes"),
            (json!({"ratio": 0.99}), "ratio <= 0.99", "NO"),
            (json!({"allocations": 0.5}), "allocations <= 0.500", "NO"),
            (json!({"peak": 1.2e6}), "peak <= 1.2 MB", "yes"),
            (json!({"peak_ratio": 1.1}), "peak ratio <= 1.10", "NO"),
            (json!({"share": 0.95}), "share >= 95 %", "yes"),
            (json!({"share": 0.97}), "share >= 97 %", "NO"),
        ] {
            assert_eq!(judged(&targets), (text.to_owned(), met));
        }
    }

    #[test]
    fn what_was_not_counted_meets_no_target() {
        let figures = Figures {
            ratio: 1.0,
            ours: 1.0,
            allocations: None,
            peak: None,
        };
        let (_, met) = figures.judge(&json!({"ratio": 2.0, "peak": 1e9}));
        assert_eq!(met, "NO");
    }

    #[test]
    fn a_row_without_runs_is_an_error() {
        let error = cells(&json!({"row": "a", "hand": [], "ours": []}), None).unwrap_err();
        assert_eq!(error.to_string(), "no figures of the row a");
    }
}
