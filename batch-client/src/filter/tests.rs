use chrono::{TimeZone, Utc};

use crate::Filter;
use crate::filter;
use crate::models::{CloudPool, CloudTask, JobState, TaskExecutionResult};

#[inline]
fn texts<T, const N: usize>(filters: [Filter<T>; N]) -> [String; N] {
    filters.map(|filter| filter.to_string())
}

#[test]
#[inline]
fn every_operator_and_every_type_of_value() {
    use filter::task::{self, execution_info};
    let date = Utc.with_ymd_and_hms(2024, 1, 31, 8, 49, 37).unwrap();
    let found = texts([
        task::id().eq("a"),
        task::id().ne(String::from("a")),
        task::id().lt("a"),
        task::id().le("a"),
        task::id().gt("a"),
        task::id().ge("a"),
        task::id().starts_with("a"),
        execution_info::result().eq(TaskExecutionResult::Failure),
        execution_info::exit_code().eq(-9),
        task::creation_time().ge(date),
        task::creation_time().lt(date + chrono::TimeDelta::nanoseconds(1_234_567_899)),
    ]);
    let expected = [
        "id eq 'a'",
        "id ne 'a'",
        "id lt 'a'",
        "id le 'a'",
        "id gt 'a'",
        "id ge 'a'",
        "startswith(id,'a')",
        "executionInfo/result eq 'failure'",
        "executionInfo/exitCode eq -9",
        "creationTime ge DateTime'2024-01-31T08:49:37Z'",
        "creationTime lt DateTime'2024-01-31T08:49:38.2345678Z'",
    ];
    assert_eq!(found, expected);
    let scales = filter::pool::enable_auto_scale().eq(true);
    assert_eq!(scales.as_str(), "enableAutoScale eq true");
    // A value that this version does not name goes out as it is, and quoted.
    let unknown = filter::job::state().ne(JobState::from("it's new"));
    assert_eq!(unknown.as_str(), "state ne 'it''s new'");
}

#[test]
#[inline]
fn quotes_are_doubled_and_nothing_ends_a_text() {
    for (text, literal) in [
        ("", "''"),
        ("'", "''''"),
        ("it's", "'it''s'"),
        ("' or id ne '", "''' or id ne '''"),
        ("\\' %27 \u{1f980}\n", "'\\'' %27 \u{1f980}\n'"),
    ] {
        let filter = filter::pool::id().eq(text);
        assert_eq!(filter.as_str(), format!("id eq {literal}"));
        let filter = filter::pool::id().starts_with(text);
        assert_eq!(filter.as_str(), format!("startswith(id,{literal})"));
    }
}

#[test]
#[inline]
fn parentheses_stand_where_they_are_needed_and_nowhere_else() {
    let [a, b, c] = ["a", "b", "c"].map(|id| move || filter::pool::id().eq(id));
    let s = || filter::pool::id().starts_with("s");
    let cases = [
        (a().and(b()).and(c()), "A and B and C"),
        (a().and(b().and(c())), "A and B and C"),
        (a().or(b()).or(c()), "A or B or C"),
        (a().or(b().or(c())), "A or B or C"),
        (a().and(b()).or(c()), "A and B or C"),
        (a().or(b().and(c())), "A or B and C"),
        (a().or(b()).and(c()), "(A or B) and C"),
        (a().and(b().or(c())), "A and (B or C)"),
        (a().not(), "not (A)"),
        (s().not(), "not S"),
        (s().not().not(), "not (not S)"),
        (a().and(b()).not(), "not (A and B)"),
        (a().or(b()).not().and(c()), "not (A or B) and C"),
        (a().not().or(s().not()), "not (A) or not S"),
        (a() & b() | !c(), "A and B or not (C)"),
        (Filter::raw("x or y").and(a()), "(x or y) and A"),
        (Filter::raw("x and y").not(), "not (x and y)"),
    ];
    for (filter, expected) in cases {
        let expected = expected
            .replace('A', "id eq 'a'")
            .replace('B', "id eq 'b'")
            .replace('C', "id eq 'c'")
            .replace('S', "startswith(id,'s')");
        assert_eq!(filter.to_string(), expected);
    }
}

#[test]
#[inline]
fn a_filter_shows_its_text() {
    let filter: Filter<CloudTask> = filter::task::id().eq("a");
    assert_eq!(format!("{:?}", filter.clone()), r#"Filter("id eq 'a'")"#);
    let property = filter::pool::vm_size();
    assert_eq!(property.path(), "vmSize");
    // A property can be used again.
    let _: [Filter<CloudPool>; 2] = [property.eq("a"), property.ne("b")];
    assert_eq!(format!("{property:?}"), r#"Property("vmSize")"#);
}
