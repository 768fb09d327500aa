//! Table-driven tests of the language: each formula with its result or its error.

mod errors;
mod samples;
mod values;

use proptest::prelude::*;

use super::{Formula, MAX_CHARACTERS, Metric, Pool, SAMPLE_PERIOD};
use crate::time::{Span, Time};

/// A pool of one node on a Thursday. Its metrics have 20 samples up to now: 1 to 20 pending tasks,
/// and 0.5 for everything else.
struct Sampled;

const SAMPLES: usize = 20;

impl Sampled {
    fn sample(metric: Metric, index: usize) -> (Time, f64) {
        let back = i64::try_from(SAMPLES - 1 - index).expect("a small number");
        let time = Self.now().plus(Span(-SAMPLE_PERIOD.0 * back));
        let pending = f64::from(u32::try_from(index + 1).expect("a small number"));
        (
            time,
            if metric == Metric::PendingTasks {
                pending
            } else {
                0.5
            },
        )
    }
}

impl Pool for Sampled {
    fn now(&self) -> Time {
        Time::parse("2024-04-18T19:28:52.7606919Z").expect("a time")
    }

    fn targets(&self) -> [u32; 2] {
        [1, 0]
    }

    fn present(&self, metric: Metric) -> f64 {
        match metric {
            Metric::CurrentDedicatedNodes => 3.0,
            Metric::TaskSlotsPerNode => 4.0,
            _ => Self::sample(metric, SAMPLES - 1).1,
        }
    }

    fn newest(&self, metric: Metric, count: usize) -> Vec<f64> {
        let first = SAMPLES.saturating_sub(count);
        (first..SAMPLES)
            .map(|index| Self::sample(metric, index).1)
            .collect()
    }

    fn between(&self, metric: Metric, from: Time, to: Time) -> Vec<f64> {
        let samples = (0..SAMPLES).map(|index| Self::sample(metric, index));
        samples
            .filter(|(time, _)| from < *time && *time <= to)
            .map(|(_, value)| value)
            .collect()
    }

    fn sample_count(&self) -> usize {
        SAMPLES
    }

    fn history_begin(&self) -> Option<Time> {
        Some(Self::sample(Metric::CpuPercent, 0).0)
    }

    fn random(&self, seed: &mut u64) -> f64 {
        *seed += 1;
        f64::from(u32::try_from(*seed % 8).expect("a small number")) / 8.0
    }
}

const UNCHANGED: &str =
    "$TargetDedicatedNodes=1;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue";

/// Returns the variables that changed, or the error.
fn run(formula: &str) -> String {
    let formula = match Formula::parse(formula) {
        Ok(formula) => formula,
        Err(error) => return format!("{:?}: {error}", error.kind),
    };
    let (values, error) = formula.evaluate(&Sampled, &mut 0);
    if let Some(error) = error {
        return format!("{:?}: {error}", error.kind);
    }
    let shown = values.show();
    let rest = shown.strip_prefix(UNCHANGED).unwrap_or(&shown);
    rest.strip_prefix(';').unwrap_or(rest).to_owned()
}

/// Checks a table of formulas and their results.
#[track_caller]
fn hold(table: &[(&str, &str)]) {
    for (formula, expected) in table {
        assert_eq!(run(formula), *expected, "{formula}");
    }
}

#[test]
fn formulas_are_bounded() {
    let kind = |formula: &str| run(formula).split(':').next().map(str::to_owned);
    assert_eq!(
        kind(&"a".repeat(MAX_CHARACTERS + 1)).as_deref(),
        Some("Length")
    );
    assert_eq!(run(&" ".repeat(MAX_CHARACTERS)), "");
    assert_eq!(run(&"a=1;".repeat(100)), "a=1");
    assert_eq!(kind(&"a=1;".repeat(101)).as_deref(), Some("Syntax"));
    for deep in ["(", "-", "!", "[", "max(", "1?", "1?1:", "a.b("] {
        assert_eq!(
            kind(&deep.repeat(1500)).as_deref(),
            Some("Syntax"),
            "{deep}"
        );
    }
    assert_eq!(
        kind(&format!("a{}", ".b".repeat(4000))).as_deref(),
        Some("Syntax")
    );
    assert_eq!(run(&format!("a=0{}", "+1".repeat(4000))), "a=4000");
    for (open, close, depth, value) in [
        ("max(", ")", 47, "1"),
        ("-(", ")", 23, "-1"),
        ("1?", ":2", 47, "1"),
    ] {
        let nested = format!("a={}1{}", open.repeat(depth), close.repeat(depth));
        assert_eq!(run(&nested), format!("a={value}"), "{open}");
    }
    let growing = "a=[1,2,3,4,5,6,7,8];".to_owned() + &"a=vec(a,a,a,a,a,a,a,a);".repeat(90);
    assert!(run(&growing).ends_with("A vector has more than 10000 elements"));
    let long = "a=[1,2,3,4,5,6,7,8,9,10];a=vec(a,a,a,a,a,a,a,a,a,a);a=vec(a,a,a,a,a,a,a,a,a,a);a=vec(a,a,a,a,a,a,a,a,a,a);";
    assert_eq!(run(&format!("{long}b=len(a);a=1")), "a=1;b=10000");
    assert!(
        run(&format!("{long}b=sum({});", vec!["a"; 3000].join(","))).ends_with("too many steps")
    );
    // Even the longest formula takes little time.
    let begun = std::time::Instant::now();
    run(&format!("{long}b=sum({});", vec!["a"; 45].join(",")));
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

/// Fragments that combine to strings close enough to a formula to get far.
fn pieces() -> impl Strategy<Value = String> {
    let known = [
        "$TargetDedicatedNodes",
        "$PendingTasks",
        "$CPUPercent",
        ".GetSample(",
        ".GetSamplePercent(",
        ".Count()",
        "TimeInterval_Minute",
        "TimeInterval_Year",
        "time()",
        "time(\"2024-01-01\")",
        "a",
        "b",
        "=",
        "==",
        ";",
        "+",
        "-",
        "*",
        "/",
        "!",
        "&&",
        "||",
        "?",
        ":",
        "(",
        ")",
        "[",
        "]",
        ",",
        "1",
        "0",
        "1e300",
        "\"s\"",
        "max(",
        "avg(",
        "val(",
        "percentile(",
        "rand()",
        "stop()",
        "\n",
        " ",
        "//",
        "/*",
        "*/",
        ".hour",
        "requeue",
    ];
    let piece = prop_oneof![9 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,3}"];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_string_panics(text in ".{0,200}") {
        run(&text);
    }

    #[test]
    fn no_almost_valid_formula_panics(text in pieces()) {
        run(&text);
    }

    /// Arithmetic matches that of doubles.
    #[test]
    fn sums_are_right(numbers in prop::collection::vec(0_u32..1000, 1..20)) {
        let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let sum: u32 = numbers.iter().sum();
        let formula = format!("a = sum({}); b = {}", list.join(","), list.join("+"));
        prop_assert_eq!(run(&formula), format!("a={sum};b={sum}"));
    }
}
