//! Times and durations in the service's unit: ticks of 100 ns.
//!
//! Ticks represent without loss both what the wire can carry (seven fractional digits of a second)
//! and the duration that means "unlimited" (the maximum number of ticks). An `ETag` of the service
//! is a time in ticks, written in hexadecimal.

use std::fmt;
use std::num::NonZeroI64;

use batch_wire::{TimeSpan, timestamp};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Ticks per second.
const SECOND: i64 = 10_000_000;
/// Ticks from the year 1 to 1970.
const UNIX: i64 = 621_355_968_000_000_000;
/// The first tick of the year 9999, close to the latest time that the wire can represent.
const LATEST: i64 = 3_155_063_616_000_000_000;

/// A point in time, in ticks since the year 1. Never 0, so that `Option<Time>` needs no extra
/// space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Time(NonZeroI64);

impl Time {
    pub(crate) fn from_ticks(ticks: i64) -> Self {
        Self(NonZeroI64::new(ticks.clamp(1, LATEST)).unwrap_or(NonZeroI64::MAX))
    }

    pub(crate) fn ticks(self) -> i64 {
        self.0.get()
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        timestamp::parse(text).map(Self::from)
    }

    pub(crate) fn date(self) -> DateTime<Utc> {
        let unix = self.ticks() - UNIX;
        let nanos = u32::try_from(unix.rem_euclid(SECOND) * 100).unwrap_or(0);
        DateTime::from_timestamp(unix.div_euclid(SECOND), nanos).unwrap_or(DateTime::UNIX_EPOCH)
    }

    pub(crate) fn plus(self, span: Span) -> Self {
        Self::from_ticks(self.ticks().saturating_add(span.0))
    }

    pub(crate) fn since(self, earlier: Self) -> Span {
        Span(self.ticks().saturating_sub(earlier.ticks()).max(0))
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(date: DateTime<Utc>) -> Self {
        let ticks = date.timestamp().saturating_mul(SECOND)
            + i64::from(date.timestamp_subsec_nanos() / 100);
        Self::from_ticks(ticks.saturating_add(UNIX))
    }
}

/// Formats the time as the service does: `2024-04-18T19:28:52.7606919Z`, without trailing zeros.
///
/// Source: recorded, `Pool_Get` and `JobSchedule_Get`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&timestamp::to_text(&self.date()))
    }
}

/// Formats a time as the service does in error messages: with 7 fractional digits.
///
/// Source: recorded, errors such as that of `Pool_List`: the time in their messages.
pub(crate) fn wire_time(time: DateTime<Utc>) -> String {
    let ticks = time.timestamp_subsec_nanos() / 100;
    format!("{}.{ticks:07}Z", time.format("%Y-%m-%dT%H:%M:%S"))
}

/// A duration in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Span(pub(crate) i64);

impl Span {
    /// `P10675199DT2H48M5.4775807S`, which the service writes if there is no limit.
    ///
    /// Source: recorded, `Job_Get`: the maximum number of ticks in .NET.
    pub(crate) const UNLIMITED: Self = Self(i64::MAX);

    pub(crate) const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    pub(crate) const fn minutes(minutes: i64) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    pub(crate) const fn days(days: i64) -> Self {
        Self::minutes(days.saturating_mul(24 * 60))
    }

    /// Converts a number that a user supplied, which may be anything.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the conversion is meant to saturate"
    )]
    pub(crate) fn from_seconds(seconds: f64) -> Self {
        Self((seconds * 1e7).max(0.0) as i64)
    }

    /// Parses the ISO 8601 format, as every crate of this workspace does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let span: TimeSpan = text.parse().ok()?;
        Some(Self(span.ticks()))
    }
}

impl From<std::time::Duration> for Span {
    fn from(duration: std::time::Duration) -> Self {
        Self(i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX))
    }
}

/// Formats the duration as the service does: `PT15M`, `P7D`, `PT0S`; never years or months.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&TimeSpan::from_ticks(self.0), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_formatted_as_the_service_does() {
        let cases = [
            ("P10675199DT2H48M5.4775807S", "P10675199DT2H48M5.4775807S"),
            ("PT01H00M00S", "PT1H"),
            ("PT10H00M00S", "PT10H"),
            ("P7D", "P7D"),
            ("PT0S", "PT0S"),
            ("PT15M", "PT15M"),
            ("PT90S", "PT1M30S"),
            ("-PT5M", "-PT5M"),
            ("PT0.5S", "PT0.5S"),
            ("P1Y", "P365D"),
            ("P12M", "P365D"),
            ("PT.5S", "PT0.5S"),
        ];
        for (given, written) in cases {
            assert_eq!(
                Span::parse(given).map(|span| span.to_string()).as_deref(),
                Some(written)
            );
        }
        for bad in ["", "15M", "PT5", "PX", "P1W", "P5H", "PT5D"] {
            assert_eq!(Span::parse(bad), None, "{bad}");
        }
        assert_eq!(
            Span::parse("P10675199DT2H48M5.4775807S"),
            Some(Span::UNLIMITED)
        );
    }

    #[test]
    fn times_round_trip_to_the_tick() {
        let time = Time::parse("2024-04-18T19:28:52.7606919Z").expect("a time");
        assert_eq!(time.to_string(), "2024-04-18T19:28:52.7606919Z");
        assert_eq!(format!("{:X}", time.ticks()), "8DC5FDDC7FFC487");
        assert_eq!(Time::from(time.date()), time);
        // A time without an offset is UTC.
        assert_eq!(Time::parse("2024-04-18T19:28:52.7606919"), Some(time));
        let whole = Time::parse("2024-04-18T19:28:50.10Z").expect("a time");
        assert_eq!(whole.to_string(), "2024-04-18T19:28:50.1Z");
        assert_eq!(whole.plus(Span::UNLIMITED).ticks(), LATEST);
    }
}
