//! What is said of formulas that give nothing.

use super::super::{Formula, Kind};
use super::{Sampled, hold};

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
    ]);
}

#[test]
fn what_functions_and_methods_cannot_take_is_named() {
    hold(&[
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
