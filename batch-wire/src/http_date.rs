//! Dates in headers: `Tue, 05 Mar 2024 01:02:03 GMT` (RFC 1123), in English whatever the locale.
//!
//! ```
//! use batch_wire::http_date;
//!
//! let date = http_date::parse("Tue, 05 Mar 2024 01:02:03 GMT").ok_or("not a date")?;
//! assert_eq!(http_date::format(date).as_deref(), Some("Tue, 05 Mar 2024 01:02:03 GMT"));
//! # Ok::<(), &str>(())
//! ```

use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, Utc};

/// The first second whose year needs five digits: 10000-01-01.
const END: u64 = 253_402_300_800;

/// Formats a date, truncated to the second. Returns `None` for dates before 1970 or after 9999,
/// which the form cannot express.
pub fn format(value: DateTime<Utc>) -> Option<String> {
    // httpdate panics beyond these bounds.
    let seconds = u64::try_from(value.timestamp()).ok()?;
    (seconds < END).then(|| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// Parses an HTTP date. The two obsolete forms (RFC 850 and asctime) are accepted as well, as
/// RFC 9110 requires of recipients.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATE: &str = "Tue, 05 Mar 2024 01:02:03 GMT";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn writes_rfc_1123() {
        for (value, text) in [
            ("2024-03-05T01:02:03Z", DATE),
            ("2024-03-05T01:02:03.9999999Z", DATE),
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("9999-12-31T23:59:59.9Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(format(at(value)).as_deref(), Some(text));
        }
    }

    #[test]
    fn dates_without_a_text_do_not_panic() {
        for value in [
            at("1969-12-31T23:59:59.9Z"),
            at("0001-01-01T00:00:00Z"),
            at("+10000-01-01T00:00:00Z"),
            DateTime::<Utc>::MIN_UTC,
            DateTime::<Utc>::MAX_UTC,
        ] {
            assert_eq!(format(value), None, "{value}");
        }
    }

    #[test]
    fn reads_all_forms_of_http() {
        for text in [
            DATE,
            "Tuesday, 05-Mar-24 01:02:03 GMT",
            "Tue Mar  5 01:02:03 2024",
        ] {
            assert_eq!(parse(text), Some(at("2024-03-05T01:02:03Z")), "{text}");
        }
        for text in [
            "",
            "now",
            "Tue, 05 Mar 2024 25:02:03 GMT",
            "2024-03-05T01:02:03Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_round_trips(seconds in 0_i64..253_402_300_800) {
            let value = DateTime::from_timestamp(seconds, 0).unwrap();
            prop_assert_eq!(parse(&format(value).unwrap()), Some(value));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
