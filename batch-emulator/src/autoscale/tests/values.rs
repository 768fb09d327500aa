//! Tests of statements, names, operators and functions.

use super::{UNCHANGED, hold, run};

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
fn variables_that_size_the_pool() {
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
