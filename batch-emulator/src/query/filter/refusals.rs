//! Tests of invalid filters and their error messages.

use super::Filter;
use crate::refusal::Refusal;
use crate::version::Version;

fn refusal(text: &str) -> Refusal {
    let model = crate::table::model("CloudTask").expect("a definition");
    Filter::parse(text, model, Version::default()).expect_err(text)
}

/// Filter, position, and part of the message.
const REFUSED: &[(&str, usize, &str)] = &[
    ("", 1, "a property"),
    ("   ", 4, "a property"),
    ("id", 3, "comparisons"),
    ("id eq", 6, "value is missing"),
    ("id eq 'a", 7, "no closing quote"),
    ("id eq 'a''", 7, "no closing quote"),
    ("id = 'a'", 4, "unexpected `=`; did you mean `eq`?"),
    ("id == 'a'", 4, "unexpected `==`; did you mean `eq`?"),
    ("id eq 'a' && id ne 'b'", 11, "did you mean `and`?"),
    ("id EQ 'a'", 4, "comparisons"),
    ("id like 'a'", 4, "comparisons"),
    ("id startswith 'a'", 4, "comparisons"),
    (
        "id eq a",
        7,
        "expected a value, found `a`; put strings in single quotes: 'a'",
    ),
    ("id eq \"a\"", 7, "put strings in single quotes"),
    ("id eq 5", 7, "found a number"),
    ("id eq true", 7, "found a boolean"),
    ("id eq datetime'2024-01-01'", 7, "found a date"),
    (
        "id eq guid'00000000-0000-0000-0000-000000000000'",
        7,
        "`guid`",
    ),
    ("id eq True", 7, "found `True`; did you mean `true`?"),
    ("'a' eq id", 1, "a property"),
    ("5 eq executionInfo/exitCode", 1, "a property"),
    (
        "ID eq 'a'",
        1,
        "CloudTask has no property `ID`; did you mean `id`?",
    ),
    ("nope eq 'a'", 1, "no property `nope`"),
    ("/id eq 'a'", 1, "is not allowed"),
    ("id/ eq 'a'", 4, "not an object"),
    (
        "executionInfo/ eq 'a'",
        15,
        "TaskExecutionInformation has no property ``",
    ),
    (
        "executionInfo/nope eq 1",
        15,
        "TaskExecutionInformation has no property `nope`",
    ),
    ("id/length eq 1", 4, "no `length`"),
    ("executionInfo eq null", 1, "cannot filter by"),
    ("commandLine eq 'a'", 1, "cannot filter by"),
    ("stats/wallClockTime gt time'PT1H'", 1, "cannot filter by"),
    ("resourceFiles/filePath eq 'a'", 15, "not an object"),
    ("state gt 'active'", 1, "does not support `gt`, only eq, ne"),
    (
        "startswith(state,'act')",
        12,
        "does not support `startswith`",
    ),
    ("executionInfo/exitCode eq '0'", 27, "found a string"),
    ("executionInfo/exitCode eq 1x", 27, "`1x` is not a number"),
    ("executionInfo/exitCode eq 1e999", 27, "is not a number"),
    ("executionInfo/exitCode eq -inf", 27, "is not a number"),
    ("executionInfo/exitCode eq - 1", 27, "is not a number"),
    ("creationTime gt 5", 17, "found a number"),
    ("creationTime gt DateTime'yesterday'", 17, "is not a date"),
    (
        "creationTime gt DateTime'2024-13-01T00:00:00Z'",
        17,
        "is not a date",
    ),
    // A plus sign that was not percent-encoded in the URL.
    (
        "creationTime gt DateTime'2024-05-01T00:00:00 00:00'",
        17,
        "is not a date",
    ),
    ("creationTime gt ''", 17, "is not a date"),
    ("creationTime gt 2024-01-01", 17, "is not a number"),
    ("id eq 'a' id eq 'b'", 11, "`and`, `or` or the end"),
    ("id eq 'a' eq 'b'", 11, "`and`, `or` or the end"),
    ("id eq 'a' and", 14, "a property"),
    ("and id eq 'a'", 1, "no property `and`"),
    ("id eq 'a' or or id eq 'b'", 14, "no property `or`"),
    ("id eq 'a' xor id eq 'b'", 11, "`and`, `or` or the end"),
    ("(id eq 'a'", 11, "expected `)`"),
    ("id eq 'a')", 10, "`and`, `or` or the end"),
    ("()", 2, "a property"),
    ("(id) eq 'a'", 4, "comparisons"),
    ("not", 4, "a property"),
    ("not id eq 'a'", 5, "needs parentheses"),
    ("not not id eq 'a'", 9, "needs parentheses"),
    ("contains(id,'a')", 1, "no function `contains`"),
    ("endswith(id,'a')", 1, "no function `endswith`"),
    ("substringof('a',id)", 1, "no function `substringof`"),
    ("StartsWith(id,'a')", 1, "no function `StartsWith`"),
    ("startswith(id)", 14, "expected `,`"),
    ("startswith('a',id)", 12, "a property"),
    ("startswith(id,5)", 15, "a string"),
    ("startswith(id,'a'", 18, "expected `)`"),
    ("startswith(id,'a') eq true", 20, "`and`, `or` or the end"),
    ("id eq 'é' and §", 15, "`§`"),
    ("id eq 'a'; drop", 10, "`;`"),
];

#[test]
fn errors_name_the_position_in_a_filter() {
    for (text, position, part) in REFUSED {
        let refusal = refusal(text);
        assert_eq!(
            (refusal.status, refusal.code),
            (400, "InvalidQueryParameterValue"),
            "{text}"
        );
        let keys: Vec<_> = refusal.values.iter().map(|(key, _)| *key).collect();
        assert_eq!(
            keys,
            ["QueryParameterName", "QueryParameterValue", "Reason"]
        );
        assert_eq!(
            (refusal.values[0].1.as_str(), refusal.values[1].1.as_str()),
            ("$filter", *text)
        );
        let reason = &refusal.values[2].1;
        assert!(
            reason.starts_with(&format!("At position {position}: ")),
            "{text}: {reason}"
        );
        assert!(reason.contains(part), "{text}: {reason}");
    }
}

#[test]
fn refuses_deep_filters() {
    let nested = |depth| format!("{}id eq 'a'{}", "(".repeat(depth), ")".repeat(depth));
    let deep = [
        nested(101),
        nested(100_000),
        "(".repeat(100_000),
        "not ".repeat(100_000),
        "not(".repeat(100_000),
    ];
    for text in deep {
        let reason = &refusal(&text).values[2].1;
        assert!(reason.contains("100 deep"), "{reason}");
    }
}
