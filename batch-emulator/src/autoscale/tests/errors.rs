//! Tests of the error messages for invalid formulas.

use super::super::{Formula, Kind};
use super::{Sampled, hold};

#[test]
fn syntax_errors_name_the_position() {
    hold(&[
        (
            "a = ",
            "Syntax: Line 1, Col 5: Value expected, found the end of the formula",
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
            "Syntax: Line 1, Col 11: Value expected, found )",
        ),
        ("a = #", "Syntax: Line 1, Col 5: Unexpected character: #"),
        ("a = \"b", "Syntax: Line 1, Col 5: A string is not closed"),
        ("/* a", "Syntax: Line 1, Col 1: A comment is not closed"),
        ("a = 1.2.3", "Syntax: Line 1, Col 5: Not a number: 1.2.3"),
        ("$ = 1", "Syntax: Line 1, Col 1: A name is missing after $"),
        ("a = b.1", "Syntax: Line 1, Col 6: ; expected, found 0.1"),
        (
            "a = b. + 1",
            "Syntax: Line 1, Col 8: Member name expected, found +",
        ),
        ("1 = a", "Syntax: Line 1, Col 3: ; expected, found ="),
    ]);
}

#[test]
fn evaluation_errors_name_the_position() {
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
            "Evaluation: Line 1, Col 7: Operator + cannot be applied to double and string",
        ),
        (
            "a = 2 * [1]",
            "Evaluation: Line 1, Col 7: Operator * cannot be applied to double and doubleVec",
        ),
        (
            "a = time() + 1",
            "Evaluation: Line 1, Col 12: Operator + cannot be applied to timestamp and double",
        ),
        (
            "a = time() - TimeInterval_Day",
            "Evaluation: Line 1, Col 12: Operator - cannot be applied to timestamp and timeinterval",
        ),
        (
            "a = [1] == [1]",
            "Evaluation: Line 1, Col 9: Operator == cannot be applied to doubleVec and doubleVec",
        ),
        (
            "a = [1, 2] + [1]",
            "Evaluation: Line 1, Col 12: Vectors of 2 and 1 elements differ in length",
        ),
        (
            "a = -[1]",
            "Evaluation: Line 1, Col 5: Operator - cannot be applied to doubleVec",
        ),
        (
            "a = \"b\" ? 1 : 2",
            "Evaluation: Line 1, Col 5: A condition must be a double, not string",
        ),
        (
            "a = 1 && time()",
            "Evaluation: Line 1, Col 10: A condition must be a double, not timestamp",
        ),
    ]);
}

#[test]
fn errors_name_the_arguments_that_functions_and_methods_reject() {
    hold(&[
        (
            "a = max()",
            "Evaluation: Line 1, Col 5: Function max requires at least one number",
        ),
        (
            "a = avg([])",
            "Evaluation: Line 1, Col 5: Function avg requires at least one number",
        ),
        (
            "a = sum(\"b\")",
            "Evaluation: Line 1, Col 5: Function sum accepts doubles and doubleVecs, not string",
        ),
        (
            "a = val([1], 1)",
            "Evaluation: Line 1, Col 5: Function val has no element 1 in a vector of 1 elements",
        ),
        (
            "a = percentile([1], 101)",
            "Evaluation: Line 1, Col 5: Function percentile has no element 101 in a vector of 1 elements",
        ),
        (
            "a = time(\"soon\")",
            "Evaluation: Line 1, Col 5: Not a time: soon",
        ),
        (
            "a = rand(1)",
            "Evaluation: Line 1, Col 5: Function rand does not accept these arguments",
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
            "Evaluation: Line 1, Col 5: The bounds of samples must be timestamps or timeintervals",
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
            "Evaluation: Line 1, Col 27: $NodeDeallocationOption must be one of requeue, terminate, taskcompletion, retaineddata",
        ),
        (
            "$TargetDedicatedNodes = [1]",
            "Evaluation: Line 1, Col 25: $TargetDedicatedNodes must be a double, not doubleVec",
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
            "a = $RunningTasks.GetSample(20 * TimeInterval_Minute)",
            "Samples: Line 1, Col 28: Insufficient data from data set: $RunningTasks wanted 70%, received 50%",
        ),
        (
            "a = time(\"2024-02-01T00:00:00.123456789Z\")",
            "Evaluation: Line 1, Col 5: Not a time: 2024-02-01T00:00:00.123456789Z",
        ),
        (
            "a = $RunningTasks.GetSample(20 * TimeInterval_Minute, 70)",
            "Samples: Line 1, Col 28: Insufficient data from data set: $RunningTasks wanted 70%, received 50%",
        ),
    ]);
}

#[test]
fn an_error_keeps_the_variables_set_before() {
    let formula =
        Formula::parse("$TargetDedicatedNodes = 7; a = 1; b = nothing; c = 3").expect("a formula");
    let (values, error) = formula.evaluate(&Sampled, &mut 0);
    assert_eq!(error.map(|error| error.kind), Some(Kind::Evaluation));
    assert_eq!(
        values.show(),
        "$TargetDedicatedNodes=7;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue;a=1"
    );
}
