//! Durations: ISO 8601 text on the wire, a count of 100 ns ticks in Rust.
//!
//! The service is written in .NET: its durations are `System.TimeSpan` values in the text form of
//! `System.Xml.XmlConvert`. [`TimeSpan`] keeps to both, because one value depends on every digit:
//! "unlimited" is the largest tick count, and a type that counts in other units, or a float, loses
//! it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::ascii::Ascii;

const TICKS_PER_SECOND: i64 = 10_000_000;
const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;
const NANOS_PER_TICK: i64 = 100;
/// The service's "no limit" as it writes it.
const UNLIMITED: &str = "P10675199DT2H48M5.4775807S";

/// A span of time as the Batch service counts it: in ticks of 100 nanoseconds, of either sign.
///
/// Its text, in [`Display`](fmt::Display), [`FromStr`] and serde, is the ISO 8601 duration that the
/// service uses, such as `P1DT2H3M4.5S`. Where the service means "no limit" it has the largest
/// value there is, [`TimeSpan::UNLIMITED`].
///
/// ```
/// use std::time::Duration;
/// use batch_wire::TimeSpan;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let retention = TimeSpan::from_days(7);
/// assert_eq!(retention.to_string(), "P7D");
///
/// // Forms other than the shortest one are read, too.
/// assert_eq!("PT01H00M00S".parse::<TimeSpan>()?, TimeSpan::from_hours(1));
///
/// // From and to the standard library's type.
/// assert_eq!(TimeSpan::from(Duration::from_millis(1500)).to_string(), "PT1.5S");
/// assert_eq!(Duration::try_from(TimeSpan::from_mins(2))?, Duration::from_secs(120));
///
/// let limit: TimeSpan = "P10675199DT2H48M5.4775807S".parse()?;
/// assert!(limit.is_unlimited());
/// # Ok(())
/// # }
/// ```
///
/// # Reading
///
/// What .NET's `XmlConvert.ToTimeSpan` reads is read, with the same result: white space around the
/// text, a leading `-`, leading zeros, amounts above the next unit (`PT90M`), a year as 365 days, a
/// month as 30 days (and twelve of them as a year), a fraction of seconds of any length, cut after
/// the seventh digit. Not so `PT.S`, which has no digit at all and which .NET takes for zero.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan(i64);

impl TimeSpan {
    /// The service's "no limit": the largest span there is, `P10675199DT2H48M5.4775807S`.
    pub const UNLIMITED: Self = Self(i64::MAX);

    /// The span of so many ticks of 100 nanoseconds.
    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    /// The span of so many seconds. More than the type holds becomes its largest value, which is
    /// [`TimeSpan::UNLIMITED`], or its smallest one.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(TICKS_PER_SECOND))
    }

    /// The span of so many minutes; saturates like [`TimeSpan::from_secs`].
    pub const fn from_mins(minutes: i64) -> Self {
        Self(minutes.saturating_mul(TICKS_PER_MINUTE))
    }

    /// The span of so many hours; saturates like [`TimeSpan::from_secs`].
    pub const fn from_hours(hours: i64) -> Self {
        Self(hours.saturating_mul(TICKS_PER_HOUR))
    }

    /// The span of so many days of 24 hours; saturates like [`TimeSpan::from_secs`].
    pub const fn from_days(days: i64) -> Self {
        Self(days.saturating_mul(TICKS_PER_DAY))
    }

    /// How many ticks of 100 nanoseconds the span has.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// Returns true for the service's "no limit", [`TimeSpan::UNLIMITED`].
    pub const fn is_unlimited(self) -> bool {
        self.0 == Self::UNLIMITED.0
    }

    /// The span of so many nanoseconds: cut to whole ticks (towards zero), at the type's ends where
    /// it is beyond them.
    fn from_nanos(nanos: i128) -> Self {
        let end = if nanos < 0 { i64::MIN } else { i64::MAX };
        Self(i64::try_from(nanos / i128::from(NANOS_PER_TICK)).unwrap_or(end))
    }
}

/// The text as .NET writes it: days and not years or months, no unit with an amount of zero, no
/// trailing zero in the fraction. The width given to the formatter is kept (`{:>12}`).
impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.to_text().as_str())
    }
}

impl TimeSpan {
    fn to_text(self) -> Ascii {
        // Unsigned, because the smallest value has no positive counterpart.
        let ticks = self.0.unsigned_abs();
        let of = |unit: i64| ticks / unit.unsigned_abs();
        let (days, hours) = (of(TICKS_PER_DAY), of(TICKS_PER_HOUR) % 24);
        let (minutes, seconds) = (of(TICKS_PER_MINUTE) % 60, of(TICKS_PER_SECOND) % 60);
        let fraction = ticks % TICKS_PER_SECOND.unsigned_abs();
        // Zero needs a unit, too; .NET writes it as seconds.
        let has_seconds = seconds != 0 || fraction != 0 || ticks == 0;

        let mut text = Ascii::new();
        if self.0 < 0 {
            text.push(b'-');
        }
        text.push(b'P');
        push_amount(&mut text, days, b'D');
        if hours != 0 || minutes != 0 || has_seconds {
            text.push(b'T');
        }
        push_amount(&mut text, hours, b'H');
        push_amount(&mut text, minutes, b'M');
        if has_seconds {
            text.number(seconds);
            text.fraction(fraction);
            text.push(b'S');
        }
        text
    }
}

/// Appends an amount with its unit; nothing for zero.
fn push_amount(text: &mut Ascii, amount: u64, unit: u8) {
    if amount != 0 {
        text.number(amount);
        text.push(unit);
    }
}

/// The same text as [`Display`](fmt::Display): a tick count says nothing to a reader of a log.
impl fmt::Debug for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TimeSpan {
    type Err = ParseTimeSpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Most limits are this one.
        if text == UNLIMITED {
            return Ok(Self::UNLIMITED);
        }
        match parse(text.trim()) {
            Ok(ticks) => Ok(Self(ticks)),
            Err(problem) => Err(ParseTimeSpanError {
                text: text.into(),
                problem,
            }),
        }
    }
}

fn parse(text: &str) -> Result<i64, Problem> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix('P').ok_or(Problem::Start)?;
    let (mut date, time) = match rest.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (rest, None),
    };
    // A `T` promises a time of day; `P1DT` is as empty behind it as `P` is.
    if time.unwrap_or(date).is_empty() {
        return Err(Problem::Empty);
    }

    let years = take_amount(&mut date, 'Y')?;
    let months = take_amount(&mut date, 'M')?;
    let days = take_amount(&mut date, 'D')?;
    let mut time = time.unwrap_or_default();
    let hours = take_amount(&mut time, 'H')?;
    let minutes = take_amount(&mut time, 'M')?;
    let ticks = take_seconds(&mut time)?;
    if !date.is_empty() || !time.is_empty() {
        return Err(Problem::Parts);
    }

    // Each amount is below 2^64, so that no sum here comes near the end of an i128.
    let days = (years + months / 12) * 365 + months % 12 * 30 + days;
    let ticks = days * i128::from(TICKS_PER_DAY)
        + hours * i128::from(TICKS_PER_HOUR)
        + minutes * i128::from(TICKS_PER_MINUTE)
        + ticks;
    i64::try_from(if negative { -ticks } else { ticks }).map_err(|_| Problem::Overflow)
}

/// Takes `<digits><unit>` off the front of the text, if that is what stands there; else it is zero.
fn take_amount(text: &mut &str, unit: char) -> Result<i128, Problem> {
    let (digits, rest) = split_digits(text);
    match rest.strip_prefix(unit) {
        Some(rest) if !digits.is_empty() => {
            *text = rest;
            amount(digits)
        }
        _ => Ok(0),
    }
}

/// Takes the seconds with their fraction off the front of the text, and gives them in ticks.
fn take_seconds(text: &mut &str) -> Result<i128, Problem> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    let Some(rest) = rest.strip_prefix('S') else {
        return Ok(0);
    };
    if whole.is_empty() && fraction.is_empty() {
        return Ok(0);
    }
    *text = rest;
    let whole = if whole.is_empty() { 0 } else { amount(whole)? };
    // Seven digits make ticks: missing ones are zeros, further ones are finer than a tick.
    let fraction = fraction.bytes().chain(std::iter::repeat(b'0')).take(7);
    let fraction = fraction.fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    Ok(whole * i128::from(TICKS_PER_SECOND) + fraction)
}

fn split_digits(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(digits)
}

fn amount(digits: &str) -> Result<i128, Problem> {
    let amount: u64 = digits.parse().map_err(|_| Problem::Overflow)?;
    Ok(amount.into())
}

/// Why a text is not a [`TimeSpan`]. Its message quotes the text and shows the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTimeSpanError {
    text: Box<str>,
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Start,
    Empty,
    Parts,
    Overflow,
}

impl fmt::Display for ParseTimeSpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            Problem::Start => "does not begin with `P` or `-P`",
            Problem::Empty => "has no amount of time after its `P` or `T`",
            Problem::Parts => {
                "is not made of numbers with their units `Y`, `M`, `D` and, after a `T`, `H`, `M`, \
                 `S`, in this order"
            }
            Problem::Overflow => {
                "is longer than the service can count, which is to P10675199DT2H48M5.4775807S"
            }
        };
        write!(
            f,
            "the duration {:?} {problem}; a valid one is P1DT2H3M4.5S (1 day, 2 hours, 3 minutes, \
             4.5 seconds)",
            self.text,
        )
    }
}

impl std::error::Error for ParseTimeSpanError {}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.to_text().as_str())
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = TimeSpan;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as P1DT2H3M4.5S")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TimeSpan, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// A [`TimeSpan`] is negative, which a [`Duration`] cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NegativeTimeSpanError(TimeSpan);

impl fmt::Display for NegativeTimeSpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the time span {} is negative, which a std::time::Duration cannot be; \
             chrono::TimeDelta holds it",
            self.0,
        )
    }
}

impl std::error::Error for NegativeTimeSpanError {}

/// Exact. [`TimeSpan::UNLIMITED`] becomes its 29,247 years: ask
/// [`is_unlimited`](TimeSpan::is_unlimited) before.
impl TryFrom<TimeSpan> for Duration {
    type Error = NegativeTimeSpanError;

    fn try_from(span: TimeSpan) -> Result<Self, Self::Error> {
        let ticks = u64::try_from(span.0).map_err(|_| NegativeTimeSpanError(span))?;
        // Microseconds and not nanoseconds, which for the longest spans are too many for a u64.
        Ok(Duration::from_micros(ticks / 10) + Duration::from_nanos(ticks % 10 * 100))
    }
}

/// Cuts what is below 100 nanoseconds; more than the type holds becomes [`TimeSpan::UNLIMITED`], as
/// [`Duration::MAX`] should.
impl From<Duration> for TimeSpan {
    fn from(duration: Duration) -> Self {
        // At most 2^64 seconds: far from the end of an i128.
        let nanos = i128::from(duration.as_secs()) * 1_000_000_000;
        Self::from_nanos(nanos + i128::from(duration.subsec_nanos()))
    }
}

/// Cuts what is below 100 nanoseconds (towards zero); more than the type holds becomes
/// [`TimeSpan::UNLIMITED`] or, if negative, the smallest value.
impl From<TimeDelta> for TimeSpan {
    fn from(delta: TimeDelta) -> Self {
        let nanos = i128::from(delta.num_seconds()) * 1_000_000_000;
        Self::from_nanos(nanos + i128::from(delta.subsec_nanos()))
    }
}

/// Exact. [`TimeSpan::UNLIMITED`] becomes its 29,247 years: ask
/// [`is_unlimited`](TimeSpan::is_unlimited) before.
impl From<TimeSpan> for TimeDelta {
    fn from(span: TimeSpan) -> Self {
        // A TimeDelta reaches a thousand times as far, so that the sum cannot overflow.
        TimeDelta::microseconds(span.0 / 10) + TimeDelta::nanoseconds(span.0 % 10 * NANOS_PER_TICK)
    }
}

#[cfg(test)]
mod tests;
