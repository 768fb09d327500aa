//! The values of a formula, and how results display them.

use std::fmt::Write;

use batch_wire::timestamp;

use crate::time::{Span, Time};

/// Maximum number of elements of a vector that results show.
const SHOWN: usize = 256;

/// A value of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Vector(Vec<f64>),
    Text(String),
    Time(Time),
    /// May be negative.
    Interval(Span),
}

impl Value {
    /// Returns the name of its type in the documentation.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "double",
            Self::Vector(_) => "doubleVec",
            Self::Text(_) => "string",
            Self::Time(_) => "timestamp",
            Self::Interval(_) => "timeinterval",
        }
    }

    pub(super) fn truth(holds: bool) -> Self {
        Self::Number(f64::from(u8::from(holds)))
    }

    /// Formats the value as results show it.
    pub(super) fn show(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Vector(items) => show_vector(items),
            Self::Text(text) => text.clone(),
            Self::Time(time) => time.date().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            Self::Interval(span) => show_interval(*span),
        }
    }
}

fn show_vector(items: &[f64]) -> String {
    let mut shown: Vec<String> = items.iter().take(SHOWN).map(f64::to_string).collect();
    if items.len() > SHOWN {
        shown.push("...".to_owned());
    }
    format!("[{}]", shown.join(","))
}

/// Formats a duration as .NET does: `1.02:03:04.5000000`.
fn show_interval(span: Span) -> String {
    let ticks = span.0.unsigned_abs();
    let (seconds, fraction) = (ticks / 10_000_000, ticks % 10_000_000);
    let mut shown = String::from(if span.0 < 0 { "-" } else { "" });
    // Writing to a string cannot fail.
    if seconds >= 86_400 {
        let _ = write!(shown, "{}.", seconds / 86_400);
    }
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    let _ = write!(shown, "{hours:02}:{minutes:02}:{:02}", seconds % 60);
    if fraction > 0 {
        let _ = write!(shown, ".{fraction:07}");
    }
    shown
}

/// Parses a time in W3C or RFC 1123 format.
pub(super) fn read_time(text: &str) -> Option<Time> {
    let text = text.trim();
    let digits = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits = digits.bytes().take_while(u8::is_ascii_digit).count();
    // Users report that .NET's format, with at most seven digits, is the limit.
    if digits > 7 {
        return None;
    }
    timestamp::parse_any(text).map(Time::from)
}
