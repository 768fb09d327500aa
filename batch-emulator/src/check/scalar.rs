//! The forms of single values: times, durations, booleans.

use chrono::{DateTime, NaiveDateTime, Utc};

/// Ticks of 100 ns in a second; the service counts time in them.
const SECOND: i128 = 10_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;

/// `true` or `false`, in any case.
pub(crate) fn is_bool(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// A time as RFC 3339 has it. Without an offset it is in UTC, as with the service.
pub(crate) fn date_time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some(naive.and_utc())
}

/// A duration of ISO 8601, in ticks of 100 ns: `P1DT2H3M4.5S`, with a sign where it is negative.
///
/// Years and months count 365 and 30 days, as in .NET, in which the service is written.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let text = text.strip_prefix('P')?;
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    if time == Some("") || (date.is_empty() && time.is_none()) {
        return None;
    }
    let days = sum(date, &[('Y', 365 * DAY), ('M', 30 * DAY), ('D', DAY)])?;
    let units = [('H', HOUR), ('M', MINUTE), ('S', SECOND)];
    let ticks = days.checked_add(sum(time.unwrap_or_default(), &units)?)?;
    i64::try_from(if negative { -ticks } else { ticks }).ok()
}

/// The sum of numbers that each have their unit behind them, each unit once and in this order.
fn sum(mut text: &str, units: &[(char, i128)]) -> Option<i128> {
    let mut total = 0i128;
    for (unit, ticks) in units {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end)?;
        let Some(rest) = rest.strip_prefix(*unit) else {
            continue;
        };
        let value = if *unit == 'S' {
            seconds(number)?
        } else {
            whole(number)?.checked_mul(*ticks)?
        };
        total = total.checked_add(value)?;
        text = rest;
    }
    text.is_empty().then_some(total)
}

fn whole(digits: &str) -> Option<i128> {
    digits.parse::<u64>().ok().map(i128::from)
}

/// Seconds with a fraction; what is finer than a tick is cut off.
fn seconds(number: &str) -> Option<i128> {
    let (whole_part, fraction) = match number.split_once('.') {
        Some((whole_part, fraction)) => (whole_part, Some(fraction)),
        None => (number, None),
    };
    let ticks = match fraction {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let digits: String = digits.chars().chain("0000000".chars()).take(7).collect();
            whole(&digits)?
        }
        Some(_) => return None,
        None => 0,
    };
    whole(whole_part)?.checked_mul(SECOND)?.checked_add(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let cases = [
            ("PT0S", 0),
            ("PT1.5S", 15_000_000),
            ("PT01H00M00S", 36_000_000_000),
            ("P1DT2H", 936_000_000_000),
            ("P1Y", 315_360_000_000_000),
            ("P1M", 25_920_000_000_000),
            ("-PT1S", -10_000_000),
            ("PT0.00000019S", 1),
            ("P10675199DT2H48M5.4775807S", i64::MAX),
            ("-P10675199DT2H48M5.4775808S", i64::MIN),
        ];
        for (text, ticks) in cases {
            assert_eq!(duration(text), Some(ticks), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "P",
            "PT",
            "P1DT",
            "1D",
            "p1d",
            "P1W",
            "P1H",
            "PT1D",
            "PT1S1M",
            "PT1",
            "PT.5S",
            "PT1.S",
            "PT1.5M",
            "P-1D",
            "PT1,5S",
            "--P1D",
            "P1D ",
            "-1",
            "PTé",
            "P10675199DT2H48M5.4775808S",
            "P99999999999999999999D",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_read() {
        for text in [
            "2024-02-01T00:00:00Z",
            "2024-02-01T01:00:00.0000001+01:00",
            "2024-02-01T00:00:00.123456789",
        ] {
            assert_eq!(
                date_time(text).map(|time| time.timestamp()),
                Some(1_706_745_600),
                "{text}"
            );
        }
        for text in [
            "",
            "now",
            "2024-02-01",
            "2024-02-30T00:00:00Z",
            "2024-02-01T25:00:00Z",
        ] {
            assert_eq!(date_time(text), None, "{text}");
        }
    }
}
