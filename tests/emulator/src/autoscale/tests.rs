//! The language by a table of formulas: what each gives, or why it gives nothing.

use super::metric::NAMES;
use super::{Formula, Kind, MOST_CHARACTERS, Metric, Pool, SAMPLE_PERIOD};
use crate::state::time::{Span, Time};
use proptest::prelude::*;

/// A pool of one node at a Thursday; its metrics have 20 samples up to now: 1 to 20 pending tasks, and a half of
/// everything else.
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

/// The variables that are not as they were, or the error.
fn run(formula: &str) -> String {
    let formula = match Formula::parse(formula) {
        Ok(formula) => formula,
        Err(error) => return format!("{:?}: {error}", error.kind),
    };
    let (values, error) = formula.evaluate(&Sampled, &mut 0);
    match error {
        Some(error) => format!("{:?}: {error}", error.kind),
        None => {
            let shown = values.show();
            let rest = shown.strip_prefix(UNCHANGED).unwrap_or(&shown);
            rest.strip_prefix(';').unwrap_or(rest).to_owned()
        }
    }
}

/// Holds a table of formulas and what they give.
#[track_caller]
fn hold(table: &[(&str, &str)]) {
    for (formula, expected) in table {
        assert_eq!(run(formula), *expected, "{formula}");
    }
}

#[test]
fn statements_and_names() {
    hold(&[
        ("", ""),
        (";;\n ;", ""),
        ("a = 7", "a=7"),
        ("a = 7;", "a=7"),
        ("$a = 7; a = 8", "$a=7;a=8"),
        ("b=1;a=2;$c=3", "$c=3;a=2;b=1"),
        ("a = 1; a = a + 1", "a=2"),
        ("a = 1 // and no more\n; b = 2", "a=1;b=2"),
        ("/* one\n * more */ a = 1", "a=1"),
        ("a = .5; b = 1e3; c = 2.5E-1", "a=0.5;b=1000;c=0.25"),
        ("a = \"two words\"", "a=two words"),
        ("a =\n  1 +\n  2;", "a=3"),
        ("1 + 1", ""),
        ("größe_2 = 4", "größe_2=4"),
    ]);
}

#[test]
fn what_sizes_the_pool() {
    let sized = |dedicated: u32, low: u32, option: &str| {
        format!(
            "$TargetDedicatedNodes={dedicated};$TargetLowPriorityNodes={low};$NodeDeallocationOption={option}"
        )
    };
    let table = [
        ("$TargetDedicatedNodes = 5", sized(5, 0, "requeue")),
        ("$TargetLowPriorityNodes = 6", sized(1, 6, "requeue")),
        (
            "$TargetDedicated = 4; $TargetLowPriority = 2",
            sized(4, 2, "requeue"),
        ),
        (
            "$TargetDedicatedNodes = 3; $TargetDedicated = 4",
            sized(3, 0, "requeue"),
        ),
        ("$TargetDedicatedNodes = 2.99", sized(2, 0, "requeue")),
        (
            "$TargetDedicatedNodes = $TargetDedicatedNodes * 2 + 1",
            sized(3, 0, "requeue"),
        ),
        (
            "$TargetDedicatedNodes = 9; $TargetLowPriorityNodes = 10 - $TargetDedicatedNodes",
            sized(9, 1, "requeue"),
        ),
        (
            "$TargetDedicatedNodes = 8; stop(); $TargetDedicatedNodes = 9",
            sized(8, 0, "requeue"),
        ),
        (
            "$NodeDeallocationOption = terminate",
            sized(1, 0, "terminate"),
        ),
        (
            "$NodeDeallocationOption = taskcompletion",
            sized(1, 0, "taskcompletion"),
        ),
        (
            "$NodeDeallocationOption = 1 > 2 ? requeue : retaineddata",
            sized(1, 0, "retaineddata"),
        ),
        (
            "$NodeDeallocationOption = \"Terminate\"",
            sized(1, 0, "terminate"),
        ),
    ];
    for (formula, expected) in table {
        assert_eq!(
            run(formula),
            expected.strip_prefix(UNCHANGED).unwrap_or(&expected),
            "{formula}"
        );
    }
}

#[test]
fn operators_on_doubles() {
    hold(&[
        ("a = 1 + 2 * 3 - 4 / 2", "a=5"),
        ("a = (1 + 2) * 3", "a=9"),
        ("a = 10 - 4 - 3", "a=3"),
        ("a = 7 / 2", "a=3.5"),
        ("a = -3 - -4", "a=1"),
        ("a = !0; b = !7; c = !!7", "a=1;b=0;c=1"),
        (
            "a = 1 < 2; b = 2 <= 2; c = 3 > 4; d = 3 >= 4",
            "a=1;b=1;c=0;d=0",
        ),
        ("a = 2 == 2; b = 2 != 2", "a=1;b=0"),
        (
            "a = 1 && 2; b = 1 && 0; c = 0 || 3; d = 0 || 0",
            "a=1;b=0;c=1;d=0",
        ),
        ("a = 1 || 0 && 0", "a=1"),
        ("a = 1 + 1 == 2 && 3 > 2", "a=1"),
        ("a = 0 ? 1 : 2; b = 0.1 ? 1 : 2", "a=2;b=1"),
        ("a = 0 ? 1 : 0 ? 2 : 3", "a=3"),
        ("a = 1 ? 5 : nothing", "a=5"),
        ("a = 1 || nothing; b = 0 && nothing", "a=1;b=0"),
        ("a = 1 / 0", "a=inf"),
        ("a = \"b\" > \"a\"; b = \"a\" == \"a\"", "a=1;b=1"),
        ("a = requeue == \"requeue\"", "a=1"),
    ]);
}

#[test]
fn vectors() {
    hold(&[
        ("a = [1, 2, 3]; b = vec(1, a)", "a=[1,2,3];b=[1,1,2,3]"),
        ("a = [1, 2] + 1; b = [1, 2] * [3, 4]", "a=[2,3];b=[3,8]"),
        ("a = [6, 8] / 2 - 1", "a=[2,3]"),
        ("a = len(1, [2, 3], []); b = len()", "a=3;b=0"),
        (
            "a = avg(1, [2, 6]); b = sum(1, [2, 6]); c = sum()",
            "a=3;b=9;c=0",
        ),
        (
            "a = max(1, [9, 4]); b = min(5, [9, 4]); c = range(5, [9, 4])",
            "a=9;b=4;c=5",
        ),
        ("a = norm(3, 4)", "a=5"),
        (
            "a = std(2, 4, 4, 4, 5, 5, 7, 9) > 2.138; b = std(7)",
            "a=1;b=0",
        ),
        (
            "a = percentile([5, 1, 4, 2, 3], 50); b = percentile([5, 1], 100); c = percentile([5, 1], 0)",
            "a=3;b=5;c=1",
        ),
        ("a = val([5, 6, 7], 1)", "a=6"),
        ("a = lg(8); b = ln(1); c = log(1000) > 2.99", "a=3;b=0;c=1"),
        (
            "a = lg(8, 2); b = lg([4]); c = log(vec(10))",
            "a=[3,1];b=[2];c=[1]",
        ),
        (
            "a = ceil(1.2); b = floor(1.8); c = round(2.5); d = ceil([0.1, 2])",
            "a=2;b=1;c=3;d=[1,2]",
        ),
        ("a = rand(); b = rand()", "a=0.125;b=0.25"),
    ]);
}

#[test]
fn times() {
    hold(&[
        ("t = time()", "t=2024-04-18T19:28:52.760Z"),
        ("t = time(\"\")", "t=2024-04-18T19:28:52.760Z"),
        (
            "t = time(); a = t.year * 10000 + t.month * 100 + t.day",
            "a=20240418;t=2024-04-18T19:28:52.760Z",
        ),
        (
            "a = time().hour * 100 + time().minute + time().second / 100",
            "a=1928.52",
        ),
        (
            "a = time().weekday; b = time(\"2024-04-21\").weekday",
            "a=4;b=0",
        ),
        (
            "t = time(\"2024-02-29T10:30:15.5Z\")",
            "t=2024-02-29T10:30:15.500Z",
        ),
        (
            "t = time(\"2024-02-29T10:30+02:00\")",
            "t=2024-02-29T08:30:00.000Z",
        ),
        (
            "t = time(\"Thu, 18 Apr 2024 01:02:03 GMT\")",
            "t=2024-04-18T01:02:03.000Z",
        ),
        (
            "t = time(\"2024-05\"); u = time(\"2024\")",
            "t=2024-05-01T00:00:00.000Z;u=2024-01-01T00:00:00.000Z",
        ),
        (
            "t = time(\"2024-01-01\") + TimeInterval_Week",
            "t=2024-01-08T00:00:00.000Z",
        ),
        (
            "t = -6 * TimeInterval_Hour + time(\"2024-01-01\")",
            "t=2023-12-31T18:00:00.000Z",
        ),
        (
            "i = time(\"2024-01-03\") - time(\"2024-01-01T12:00:00Z\")",
            "i=1.12:00:00",
        ),
        ("i = 90 * TimeInterval_Second", "i=00:01:30"),
        (
            "i = TimeInterval_Minute * 3 / 2 - TimeInterval_Minute + TimeInterval_Zero",
            "i=00:00:30",
        ),
        (
            "i = -TimeInterval_Millisecond; j = TimeInterval_100ns",
            "i=-00:00:00.0010000;j=00:00:00.0000001",
        ),
        (
            "a = TimeInterval_Day == 24 * TimeInterval_Hour; b = TimeInterval_Year > 52 * TimeInterval_Week",
            "a=1;b=1",
        ),
        (
            "a = TimeInterval_Microsecond * 1000 == TimeInterval_Millisecond",
            "a=1",
        ),
        (
            "a = time() > time(\"2024-01-01\") && time() < time(\"2025-01-01\")",
            "a=1",
        ),
    ]);
}

#[test]
fn samples() {
    hold(&[
        ("v = $PendingTasks.GetSample(1)", "v=[20]"),
        ("v = $PendingTasks.GetSample(3)", "v=[18,19,20]"),
        ("a = len($PendingTasks.GetSample(1000))", "a=20"),
        (
            "v = $PendingTasks.GetSample(TimeInterval_Minute * 2)",
            "v=[17,18,19,20]",
        ),
        (
            "v = $PendingTasks.GetSample(TimeInterval_Minute, 2 * TimeInterval_Minute)",
            "v=[17,18]",
        ),
        (
            "v = $PendingTasks.GetSample(time() - time() + TimeInterval_Zero, TimeInterval_Minute, 100)",
            "v=[19,20]",
        ),
        (
            "v = $PendingTasks.GetSample(time() + -1 * TimeInterval_Minute)",
            "v=[19,20]",
        ),
        (
            "a = avg($CPUPercent.GetSample(10 * TimeInterval_Minute, 100))",
            "a=0.5",
        ),
        (
            "a = $PendingTasks.GetSamplePercent(TimeInterval_Minute * 5)",
            "a=100",
        ),
        (
            "a = $PendingTasks.GetSamplePercent(TimeInterval_Minute * 20)",
            "a=50",
        ),
        (
            "a = $PendingTasks.GetSamplePercent(TimeInterval_Day, TimeInterval_Hour)",
            "a=0",
        ),
        (
            "a = $PendingTasks.Count(); i = $PendingTasks.GetSamplePeriod()",
            "a=20;i=00:00:30",
        ),
        (
            "t = $PendingTasks.HistoryBeginTime()",
            "t=2024-04-18T19:19:22.760Z",
        ),
        (
            "a = $PendingTasks + $CurrentDedicatedNodes * 1.1 > 23 ; b = $TaskSlotsPerNode",
            "a=1;b=4",
        ),
        (
            "v = $FailedTasks.GetSample(TimeInterval_Year, 2 * TimeInterval_Year); a = max(0, v)",
            "a=0;v=[]",
        ),
        (
            "a = $PendingTasks.GetSamplePercent(TimeInterval_Hour) < 70 ? 1 : avg($PendingTasks.GetSample(TimeInterval_Hour, 70))",
            "a=1",
        ),
    ]);
    // All the rest can be asked for too.
    for (name, _) in NAMES {
        let formula = format!("a = len({name}.GetSample(2)); b = {name} * 0");
        assert_eq!(run(&formula), "a=2;b=0");
    }
}

/// The formulas that people write, in the forms that the documentation teaches.
#[test]
fn whole_formulas() {
    let by_tasks = "most = 12; // no more than these
        share = $PendingTasks.GetSamplePercent(3 * TimeInterval_Minute);
        tasks = share < 70 ? 1 : avg($PendingTasks.GetSample(3 * TimeInterval_Minute));
        $TargetDedicatedNodes = min(most, tasks);
        $NodeDeallocationOption = taskcompletion;";
    let by_day = "$now = time(); $busy = $now.hour >= 7 && $now.hour < 20;
        $week = $now.weekday >= 1 && $now.weekday <= 5;
        $TargetDedicatedNodes = $busy && $week ? 30 : 3;";
    let by_load = "$nodes = min($CPUPercent.GetSample(TimeInterval_Minute * 10)) > 0.4 ? $CurrentDedicatedNodes * 1.4 : $CurrentDedicatedNodes;
        $TargetDedicatedNodes = min(400, $nodes)";
    hold(&[
        (
            by_tasks,
            "$TargetDedicatedNodes=12;$TargetLowPriorityNodes=0;$NodeDeallocationOption=taskcompletion;most=12;share=100;tasks=17.5",
        ),
        (
            by_day,
            "$TargetDedicatedNodes=30;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue;$busy=1;$now=2024-04-18T19:28:52.760Z;$week=1",
        ),
        (
            by_load,
            "$TargetDedicatedNodes=4;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue;$nodes=4.199999999999999",
        ),
    ]);
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    hold(&[
        (
            "a = ",
            "Syntax: Line 1, Col 5: A value expected, found the end of the formula",
        ),
        ("a = 1\nb = 2", "Syntax: Line 2, Col 1: ; expected, found b"),
        (
            "a = (1",
            "Syntax: Line 1, Col 7: ) expected, found the end of the formula",
        ),
        (
            "a = 1 ? 2",
            "Syntax: Line 1, Col 10: : expected, found the end of the formula",
        ),
        (
            "a = max(1,)",
            "Syntax: Line 1, Col 11: A value expected, found )",
        ),
        ("a = #", "Syntax: Line 1, Col 5: Unexpected character: #"),
        ("a = \"b", "Syntax: Line 1, Col 5: A string has no end"),
        ("/* a", "Syntax: Line 1, Col 1: A comment has no end"),
        ("a = 1.2.3", "Syntax: Line 1, Col 5: Not a number: 1.2.3"),
        ("$ = 1", "Syntax: Line 1, Col 1: A name is missing after $"),
        ("a = b.1", "Syntax: Line 1, Col 6: ; expected, found 0.1"),
        (
            "a = b. + 1",
            "Syntax: Line 1, Col 8: The name of a member expected, found +",
        ),
        ("1 = a", "Syntax: Line 1, Col 3: ; expected, found ="),
    ]);
}

#[test]
fn what_cannot_be_computed_is_named_with_its_place() {
    hold(&[
        (
            "$something_useless",
            "Evaluation: Line 1, Col 1: Undefined symbol: $something_useless",
        ),
        (
            "a = 1;\n  b = a + c",
            "Evaluation: Line 2, Col 11: Undefined symbol: c",
        ),
        (
            "a = twice(2)",
            "Evaluation: Line 1, Col 5: Undefined function: twice",
        ),
        (
            "a = 1 + \"b\"",
            "Evaluation: Line 1, Col 7: Operator + cannot take double and string",
        ),
        (
            "a = 2 * [1]",
            "Evaluation: Line 1, Col 7: Operator * cannot take double and doubleVec",
        ),
        (
            "a = time() + 1",
            "Evaluation: Line 1, Col 12: Operator + cannot take timestamp and double",
        ),
        (
            "a = time() - TimeInterval_Day",
            "Evaluation: Line 1, Col 12: Operator - cannot take timestamp and timeinterval",
        ),
        (
            "a = [1] == [1]",
            "Evaluation: Line 1, Col 9: Operator == cannot take doubleVec and doubleVec",
        ),
        (
            "a = [1, 2] + [1]",
            "Evaluation: Line 1, Col 12: Vectors of 2 and 1 elements do not fit together",
        ),
        (
            "a = -[1]",
            "Evaluation: Line 1, Col 5: Operator - cannot take doubleVec",
        ),
        (
            "a = \"b\" ? 1 : 2",
            "Evaluation: Line 1, Col 5: A condition is a double, not string",
        ),
        (
            "a = 1 && time()",
            "Evaluation: Line 1, Col 10: A condition is a double, not timestamp",
        ),
        (
            "a = max()",
            "Evaluation: Line 1, Col 5: Function max takes at least one number",
        ),
        (
            "a = avg([])",
            "Evaluation: Line 1, Col 5: Function avg takes at least one number",
        ),
        (
            "a = sum(\"b\")",
            "Evaluation: Line 1, Col 5: Function sum takes doubles and vectors of these, not string",
        ),
        (
            "a = val([1], 1)",
            "Evaluation: Line 1, Col 5: Function val finds nothing at 1 in 1 elements",
        ),
        (
            "a = percentile([1], 101)",
            "Evaluation: Line 1, Col 5: Function percentile finds nothing at 101 in 1 elements",
        ),
        (
            "a = time(\"soon\")",
            "Evaluation: Line 1, Col 5: Not a time: soon",
        ),
        (
            "a = rand(1)",
            "Evaluation: Line 1, Col 5: Function rand does not take these arguments",
        ),
        (
            "a = time().century",
            "Evaluation: Line 1, Col 5: timestamp has no member century",
        ),
        (
            "a = 1; b = a.Count()",
            "Evaluation: Line 1, Col 12: double has no method Count",
        ),
        (
            "a = $CPUPercent.GetSample()",
            "Evaluation: Line 1, Col 5: $CPUPercent has no method GetSample()",
        ),
        (
            "a = $CPUPercent.GetSample(\"b\")",
            "Evaluation: Line 1, Col 5: Samples are bounded by a timestamp or a timeinterval",
        ),
        (
            "$CPUPercent = 1",
            "Evaluation: Line 1, Col 15: $CPUPercent cannot be set",
        ),
        (
            "TimeInterval_Day = 1",
            "Evaluation: Line 1, Col 20: TimeInterval_Day cannot be set",
        ),
        (
            "$NodeDeallocationOption = 1",
            "Evaluation: Line 1, Col 27: $NodeDeallocationOption is one of requeue, terminate, taskcompletion, retaineddata",
        ),
        (
            "$TargetDedicatedNodes = [1]",
            "Evaluation: Line 1, Col 25: $TargetDedicatedNodes is a double, not doubleVec",
        ),
        (
            "$TargetDedicatedNodes = -1",
            "Evaluation: Line 1, Col 25: $TargetDedicatedNodes cannot be -1",
        ),
        (
            "$TargetDedicated = 1 / 0",
            "Evaluation: Line 1, Col 20: $TargetDedicated cannot be inf",
        ),
        (
            "$TargetLowPriorityNodes = 0 / 0",
            "Evaluation: Line 1, Col 27: $TargetLowPriorityNodes cannot be NaN",
        ),
        (
            "a = $RunningTasks.GetSample(20 * TimeInterval_Minute, 70)",
            "Samples: Line 1, Col 5: Insufficient data from data set: $RunningTasks wanted 70%, received 50%",
        ),
    ]);
}

#[test]
fn an_error_leaves_what_was_set_before() {
    let formula =
        Formula::parse("$TargetDedicatedNodes = 7; a = 1; b = nothing; c = 3").expect("a formula");
    let (values, error) = formula.evaluate(&Sampled, &mut 0);
    assert_eq!(error.map(|error| error.kind), Some(Kind::Evaluation));
    assert_eq!(
        values.show(),
        "$TargetDedicatedNodes=7;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue;a=1"
    );
}

#[test]
fn formulas_are_bounded() {
    let kind = |formula: &str| run(formula).split(':').next().map(str::to_owned);
    assert_eq!(
        kind(&"a".repeat(MOST_CHARACTERS + 1)).as_deref(),
        Some("Length")
    );
    assert_eq!(run(&" ".repeat(MOST_CHARACTERS)), "");
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
    let growing = "a=[1,2,3,4,5,6,7,8];".to_owned() + &"a=vec(a,a,a,a,a,a,a,a);".repeat(90);
    assert!(run(&growing).ends_with("A vector has more than 10000 elements"));
    let long = "a=[1,2,3,4,5,6,7,8,9,10];a=vec(a,a,a,a,a,a,a,a,a,a);a=vec(a,a,a,a,a,a,a,a,a,a);a=vec(a,a,a,a,a,a,a,a,a,a);";
    assert_eq!(run(&format!("{long}b=len(a);a=1")), "a=1;b=10000");
    assert!(run(&format!("{long}b=sum({});", ["a"; 3000].join(","))).ends_with("too many steps"));
    // The longest that can be done still takes little time.
    let begun = std::time::Instant::now();
    run(&format!("{long}b=sum({});", ["a"; 45].join(",")));
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

/// Pieces from which a text is near enough to a formula to get far.
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
    fn no_text_panics(text in ".{0,200}") {
        run(&text);
    }

    #[test]
    fn no_near_formula_panics(text in pieces()) {
        run(&text);
    }

    /// Arithmetic is the one of doubles.
    #[test]
    fn sums_are_right(numbers in prop::collection::vec(0_u32..1000, 1..20)) {
        let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let sum: u32 = numbers.iter().sum();
        let formula = format!("a = sum({}); b = {}", list.join(","), list.join("+"));
        prop_assert_eq!(run(&formula), format!("a={sum};b={sum}"));
    }
}
