//! The predefined names of a formula: the variables that it may set, their allowed values, and
//! constants.
//!
//! Source: the page's tables of variables, types and constants.

use chrono::{Datelike, Timelike};

use super::value::Value;
use super::{Error, Place};
use crate::time::{Span, Time};

/// Names of what to do with tasks on removed nodes; each evaluates to itself.
pub(super) const OPTIONS: [&str; 4] = ["requeue", "terminate", "taskcompletion", "retaineddata"];
pub(super) const OPTION: &str = "$NodeDeallocationOption";
/// The variables that size the pool, each with its former name.
pub(super) const TARGETS: [[&str; 2]; 2] = [
    ["$TargetDedicatedNodes", "$TargetDedicated"],
    ["$TargetLowPriorityNodes", "$TargetLowPriority"],
];

/// Returns the kind of nodes that a variable sets, and which of its names it is.
pub(super) fn target(name: &str) -> Option<(usize, usize)> {
    TARGETS.iter().enumerate().find_map(|(kind, names)| {
        let alias = names.iter().position(|known| *known == name)?;
        Some((kind, alias))
    })
}

/// Checks the value of a target.
pub(super) fn node_count(name: &str, value: &Value, place: Place) -> Result<f64, Error> {
    let what = match value {
        Value::Number(number) if whole(*number).is_some() => return Ok(*number),
        Value::Number(number) => format!("{name} cannot be {number}"),
        other => format!("{name} must be a double, not {}", other.kind()),
    };
    Err(Error::evaluation(place, what))
}

/// Converts a target to a number of nodes; a fraction is truncated.
///
/// Source: the page, whose formulas yield fractions. No source for truncating them; chosen because
/// a pool has whole nodes. Negative targets are rejected because they make no sense.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values that do not fit are excluded"
)]
pub(super) fn whole(number: f64) -> Option<u32> {
    (number > -1.0 && number <= f64::from(i32::MAX)).then_some(number as u32)
}

pub(super) fn option(value: &Value, place: Place) -> Result<&'static str, Error> {
    let known = match value {
        Value::Text(text) => OPTIONS
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(text)),
        _ => None,
    };
    known.ok_or_else(|| {
        let what = format!("{OPTION} must be one of {}", OPTIONS.join(", "));
        Error::evaluation(place, what)
    })
}

/// Returns the value of a constant.
///
/// Source: the page: intervals from `TimeInterval_Zero` to `TimeInterval_Year`. The page has no
/// month either.
pub(super) fn fixed(name: &str) -> Option<Value> {
    if OPTIONS.contains(&name) {
        return Some(Value::Text(name.to_owned()));
    }
    let ticks = match name.strip_prefix("TimeInterval_")? {
        "Zero" => 0,
        "100ns" => 1,
        "Microsecond" => 10,
        "Millisecond" => 10_000,
        "Second" => Span::seconds(1).0,
        "Minute" => Span::minutes(1).0,
        "Hour" => Span::minutes(60).0,
        "Day" => Span::days(1).0,
        "Week" => Span::days(7).0,
        "Year" => Span::days(365).0,
        _ => return None,
    };
    Some(Value::Interval(Span(ticks)))
}

/// Returns a member of a timestamp.
pub(super) fn member(object: &Value, name: &str, place: Place) -> Result<Value, Error> {
    let part = match object {
        Value::Time(time) => part(*time, name),
        _ => None,
    };
    part.map(Value::Number).ok_or_else(|| {
        let what = format!("{} has no member {name}", object.kind());
        Error::evaluation(place, what)
    })
}

/// Returns a component of a time, by its name.
///
/// Source: the page: members of a timestamp; 1 is a Monday.
fn part(time: Time, name: &str) -> Option<f64> {
    let date = time.date();
    Some(match name {
        "year" => f64::from(date.year()),
        "month" => f64::from(date.month()),
        "day" => f64::from(date.day()),
        "weekday" => f64::from(date.weekday().num_days_from_sunday()),
        "hour" => f64::from(date.hour()),
        "minute" => f64::from(date.minute()),
        "second" => f64::from(date.second()),
        _ => return None,
    })
}
