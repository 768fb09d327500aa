//! Times in bodies, queries and filters: RFC 3339 on the wire, `DateTime<Utc>` in Rust.
//!
//! The service counts in ticks of 100 ns, so it sends 0 to 7 fractional digits and ignores any
//! beyond the seventh. [`parse`] and [`to_text`] are the reader and the writer; the other functions
//! make them available to serde's `with`, `serialize_with` and `deserialize_with`.
//!
//! ```
//! use batch_wire::timestamp;
//!
//! let time = timestamp::parse("2024-03-05T01:02:03.5").ok_or("not a time")?; // no offset: UTC
//! assert_eq!(timestamp::to_text(&time), "2024-03-05T01:02:03.5Z");
//! # Ok::<(), &str>(())
//! ```

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::ser::{Error as _, Serializer};

use crate::ascii::Ascii;

/// Serializes a time as [`to_text`] does.
///
/// # Errors
///
/// A year outside 0 to 9999, which RFC 3339 cannot express.
pub fn serialize<S: Serializer>(value: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    if !(0..=9999).contains(&value.year()) {
        return Err(S::Error::custom(format_args!(
            "the service takes dates from the year 0 to 9999, not {value}"
        )));
    }
    serializer.serialize_str(write(value).as_str())
}

/// Serializes an optional time as [`serialize`] does; `None` becomes `null`.
///
/// # Errors
///
/// As [`serialize`].
pub fn serialize_option<S: Serializer>(
    value: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serialize(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// Deserializes a time that [`parse`] accepts.
///
/// # Errors
///
/// Anything other than a string that [`parse`] accepts.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    deserializer.deserialize_str(Text)
}

/// Deserializes an optional time as [`deserialize`] does; `null` becomes `None`.
///
/// # Errors
///
/// As [`deserialize`], except that `null` is accepted.
pub fn deserialize_option<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    deserializer.deserialize_option(OptionalText)
}

struct Text;

impl Visitor<'_> for Text {
    type Value = DateTime<Utc>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date with time such as 2024-03-05T01:02:03Z")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

struct OptionalText;

impl<'de> Visitor<'de> for OptionalText {
    type Value = Option<DateTime<Utc>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text.expecting(f)?;
        f.write_str(" or null")
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserialize(deserializer).map(Some)
    }
}

/// Formats a time as the service does: at most seven fractional digits, trailing zeros trimmed, and
/// always `Z`.
///
/// A leap second, which .NET cannot read, becomes the last tick before it.
pub fn to_text(value: &DateTime<Utc>) -> String {
    write(value).as_str().to_owned()
}

/// Writes what [`to_text`] returns, by hand, because chrono's `format` allocates.
fn write(value: &DateTime<Utc>) -> Ascii {
    // Each accessor of a DateTime would apply the offset of UTC again.
    let value = value.naive_utc();
    let mut text = Ascii::new();
    // ISO 8601 has a sign where four digits do not hold the year.
    match value.year() {
        0..=9999 => {}
        ..0 => text.push(b'-'),
        _ => text.push(b'+'),
    }
    let year = u64::from(value.year().unsigned_abs());
    if year > 9999 {
        text.number(year);
    } else {
        text.digits(year, 4);
    }
    for (separator, number) in [
        (b'-', value.month()),
        (b'-', value.day()),
        (b'T', value.hour()),
        (b':', value.minute()),
        (b':', value.second()),
    ] {
        text.push(separator);
        text.digits(number.into(), 2);
    }
    // chrono has the 60th second as the 59th with a fraction above one.
    text.fraction(u64::from(value.nanosecond().min(999_999_999) / 100));
    text.push(b'Z');
    text
}

/// Parses an RFC 3339 time with any number of fractional digits (truncated to nanoseconds) and any
/// offset.
///
/// A time without an offset is UTC: .NET writes a `DateTime` of unspecified kind that way, and the
/// service knows no other zone.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    parse_canonical(text).or_else(|| parse_general(text))
}

/// Parses the form that the service itself writes, `2024-03-05T01:02:03.1234567Z`, in 0.64 of the
/// time that [`parse_general`] takes (34 ns beside 54 ns). Returns `None` for any other text, valid
/// or not.
fn parse_canonical(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = text.strip_suffix('Z')?.as_bytes().split_at_checked(19)?;
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        mo0,
        mo1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        mi0,
        mi1,
        b':',
        s0,
        s1,
    ] = *whole
    else {
        return None;
    };
    let nanos = match fraction {
        [] => 0,
        // More than nanoseconds is left to chrono, which truncates it.
        [b'.', digits @ ..] => {
            let missing = 9_u32.checked_sub(digits.len().try_into().ok()?)?;
            number(digits)? * 10_u32.pow(missing)
        }
        _ => return None,
    };
    let year = number(&[y0, y1, y2, y3])?.try_into().ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(&[mo0, mo1])?, number(&[d0, d1])?)?;
    let (hour, minute) = (number(&[h0, h1])?, number(&[mi0, mi1])?);
    let time = day.and_hms_nano_opt(hour, minute, number(&[s0, s1])?, nanos)?;
    Some(time.and_utc())
}

/// The number that one to nine decimal digits are.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |sum, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| sum * 10 + u32::from(digit))
    })
}

/// Parses every form that [`parse`] accepts.
fn parse_general(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(value) = DateTime::parse_from_rfc3339(text) {
        return Some(value.to_utc());
    }
    let value: NaiveDateTime = text.parse().ok()?;
    Some(value.and_utc())
}

/// Parses a time as filters and autoscale formulas may write it: what [`parse`] accepts, the
/// shorter forms of W3C's profile of ISO 8601 (no seconds, a day, a month or a year alone, each at
/// its beginning in UTC), or an RFC 1123 date.
///
/// ```
/// use batch_wire::timestamp;
///
/// assert_eq!(timestamp::parse_any("2024-03"), timestamp::parse("2024-03-01T00:00:00Z"));
/// ```
pub fn parse_any(text: &str) -> Option<DateTime<Utc>> {
    if let Some(value) = parse(text) {
        return Some(value);
    }
    if let Ok(value) = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z") {
        return Some(value.to_utc());
    }
    let local = text.strip_suffix('Z').unwrap_or(text);
    if let Ok(value) = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M") {
        return Some(value.and_utc());
    }
    parse_day(text)
        .or_else(|| crate::http_date::parse(text))
        .or_else(|| {
            // HTTP dates are in GMT; RFC 1123 itself allows other zones.
            let value = DateTime::parse_from_rfc2822(text).ok()?;
            Some(value.to_utc())
        })
}

/// Midnight UTC at the beginning of a day, a month or a year.
fn parse_day(text: &str) -> Option<DateTime<Utc>> {
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let day = NaiveDate::parse_from_str(&day, "%Y-%m-%d").ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests;
