use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Model {
    #[serde(with = "super")]
    required: DateTime<Utc>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "serialize_option",
        deserialize_with = "deserialize_option"
    )]
    optional: Option<DateTime<Utc>>,
}

fn rewritten(text: &str) -> Option<String> {
    parse(text).map(|value| to_text(&value))
}

#[test]
fn reads_and_writes_the_service_s_form() {
    for text in [
        "2024-03-05T01:02:03Z",
        "2024-03-05T01:02:03.1Z",
        "2024-03-05T01:02:03.123456Z",
        "2024-03-05T01:02:03.1234567Z",
        "2024-03-05T01:02:03.0000001Z",
        "2024-02-29T23:59:59.9999999Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
    ] {
        assert_eq!(rewritten(text).as_deref(), Some(text));
    }
}

#[test]
fn reads_other_forms() {
    for (text, written) in [
        ("2024-03-05T01:02:03.1000000Z", "2024-03-05T01:02:03.1Z"),
        ("2024-03-05T01:02:03.0000000Z", "2024-03-05T01:02:03Z"),
        (
            "2024-03-05T01:02:03.123456789Z",
            "2024-03-05T01:02:03.1234567Z",
        ),
        ("2024-03-05T01:02:03+02:00", "2024-03-04T23:02:03Z"),
        ("2024-03-05T01:02:03.5-08:30", "2024-03-05T09:32:03.5Z"),
        ("2024-03-05T01:02:03+00:00", "2024-03-05T01:02:03Z"),
        ("2024-03-05T01:02:03", "2024-03-05T01:02:03Z"),
        ("2024-03-05T01:02:03.25", "2024-03-05T01:02:03.25Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.9999999Z"),
    ] {
        assert_eq!(rewritten(text).as_deref(), Some(written));
    }
    for text in [
        "",
        "2024-03-05",
        "01:02:03",
        "2024-13-05T01:02:03Z",
        "2023-02-29T00:00:00Z",
        "2024-03-05T24:00:00Z",
        "2024-03-05T01:02:03Zjunk",
        "Tue, 05 Mar 2024 01:02:03 GMT",
        "1709600523",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn filters_and_formulas_may_be_less_exact() {
    for (text, written) in [
        ("2024-03-05T01:02:03.5Z", "2024-03-05T01:02:03.5Z"),
        ("2024-03-05T01:02:03", "2024-03-05T01:02:03Z"),
        ("2024-03-05T01:02+02:00", "2024-03-04T23:02:00Z"),
        ("2024-03-05T01:02Z", "2024-03-05T01:02:00Z"),
        ("2024-03-05T01:02", "2024-03-05T01:02:00Z"),
        ("2024-03-05", "2024-03-05T00:00:00Z"),
        ("2024-03", "2024-03-01T00:00:00Z"),
        ("2024", "2024-01-01T00:00:00Z"),
        ("Tue, 05 Mar 2024 01:02:03 GMT", "2024-03-05T01:02:03Z"),
        ("Tue, 5 Mar 2024 01:02:03 +0100", "2024-03-05T00:02:03Z"),
    ] {
        let read = parse_any(text).map(|value| to_text(&value));
        assert_eq!(read.as_deref(), Some(written), "{text}");
    }
    for text in ["", "now", "24-03", "2024-13", "2024-03-05T25:00", "01:02"] {
        assert_eq!(parse_any(text), None, "{text}");
    }
}

#[test]
fn fields_of_models() {
    let json = r#"{"required":"2024-03-05T01:02:03.5Z","optional":"2024-03-05T01:02:03Z"}"#;
    let model: Model = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&model).unwrap(), json);

    for json in [
        r#"{"required":"2024-03-05T01:02:03Z"}"#,
        r#"{"required":"2024-03-05T01:02:03Z","optional":null}"#,
    ] {
        let model: Model = serde_json::from_str(json).unwrap();
        assert_eq!(model.optional, None);
        // A tree of values, from which an `Option` is read in another way.
        let tree: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::from_value::<Model>(tree).unwrap(), model);
    }

    let mut null = Vec::new();
    serialize_option(&None, &mut serde_json::Serializer::new(&mut null)).unwrap();
    assert_eq!(null, b"null");

    let error = serde_json::from_str::<Model>(r#"{"required":"soon"}"#).unwrap_err();
    assert!(error.to_string().starts_with(
        "invalid value: string \"soon\", expected a date with time such as 2024-03-05T01:02:03Z"
    ));
    let error = serde_json::from_str::<Model>(r#"{"required":null}"#).unwrap_err();
    assert!(error.to_string().starts_with("invalid type: null"));
}

#[test]
fn years_that_have_no_text_are_not_sent() {
    for value in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
        let model = Model {
            required: value,
            optional: None,
        };
        let error = serde_json::to_string(&model).unwrap_err();
        assert!(
            error.to_string().contains("from the year 0 to 9999"),
            "{error}"
        );
        // For a message it still has a text.
        assert!(to_text(&value).ends_with('Z'));
    }
}

/// The text by chrono's own formatting.
fn formatted(value: DateTime<Utc>) -> String {
    // A leap second is the last tick before it.
    let value = match value.nanosecond() {
        1_000_000_000.. => value.with_nanosecond(999_999_999).unwrap(),
        _ => value,
    };
    let text = value.format("%Y-%m-%dT%H:%M:%S").to_string();
    let fraction = format!(".{:07}", value.nanosecond() / 100);
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{fraction}Z")
}

#[test]
fn years_of_any_length_are_written_as_chrono_does() {
    for year in [
        -262_000, -10_000, -9999, -1, 0, 1, 999, 9999, 10_000, 262_000,
    ] {
        let day = NaiveDate::from_ymd_opt(year, 12, 31).unwrap();
        let time = day.and_hms_nano_opt(23, 59, 59, 123_456_700).unwrap();
        assert_eq!(to_text(&time.and_utc()), formatted(time.and_utc()));
    }
    for value in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        assert_eq!(to_text(&value), formatted(value));
    }
}

proptest! {
    #[test]
    fn every_value_is_written_as_chrono_formats_it(
        seconds in prop_oneof![
            -8_334_600_000_000_i64..8_210_000_000_000,
            -62_135_596_800_i64..253_402_300_800,
            // The last second of a minute, which alone can be a leap second.
            (0_i64..100_000_000).prop_map(|minute| minute * 60 + 59),
        ],
        nanos in prop_oneof![
            Just(0),
            0_u32..1_000_000_000,
            (0_u32..1000).prop_map(|millis| millis * 1_000_000),
            1_000_000_000_u32..2_000_000_000,
        ],
    ) {
        let value = DateTime::from_timestamp(seconds, nanos)
            .or_else(|| DateTime::from_timestamp(seconds, nanos % 1_000_000_000))
            .unwrap();
        prop_assert_eq!(to_text(&value), formatted(value));
        if (0..=9999).contains(&value.year()) {
            let mut json = Vec::new();
            serialize(&value, &mut serde_json::Serializer::new(&mut json)).unwrap();
            prop_assert_eq!(json, format!("\"{}\"", formatted(value)).into_bytes());
        }
    }

    /// Near the service's own form, valid or not: as it is, with a character replaced, and
    /// with one inserted.
    #[test]
    fn the_canonical_form_is_read_as_the_general_parser_does(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,12})?(Z|z|\\+00:00)?",
        at in 0_usize..40,
        other in "[-0-9TtZ:.+ a]",
    ) {
        let mut replaced = text.clone();
        let mut inserted = text.clone();
        if at < text.len() {
            replaced.replace_range(at..=at, &other);
            inserted.insert_str(at, &other);
        }
        for text in [text, replaced, inserted] {
            prop_assert_eq!(parse(&text), parse_general(&text), "{}", text);
        }
    }

    /// So that the canonical form never takes the long way.
    #[test]
    fn what_is_written_is_the_canonical_form(
        seconds in -62_135_596_800_i64..253_402_300_800,
        ticks in 0_u32..10_000_000,
    ) {
        let value = DateTime::from_timestamp(seconds, ticks * 100).unwrap();
        prop_assert_eq!(parse_canonical(&to_text(&value)), Some(value));
    }

    /// The years 1 to 9999: what the service's own type holds.
    #[test]
    fn every_tick_round_trips(
        seconds in -62_135_596_800_i64..253_402_300_800,
        ticks in 0_u32..10_000_000,
    ) {
        let value = DateTime::from_timestamp(seconds, ticks * 100).unwrap();
        let text = to_text(&value);
        prop_assert!(text.len() <= "0001-01-01T00:00:00.1234567Z".len());
        prop_assert_eq!(parse(&text), Some(value));
    }

    #[test]
    fn no_text_panics(text in "\\PC*|[-0-9TZ:.+]{0,40}") {
        let _ = parse(&text);
    }
}
