//! The methods that return the samples of a metric.
//!
//! Source: the page's table of methods. If fewer samples exist than the requested percentage, the
//! error is `InsufficientSampleData`.

use super::eval::Pool;
use super::functions::index;
use super::value::Value;
use super::{Error, Kind, Metric, Place, SAMPLE_PERIOD};
use crate::time::{Span, Time};

/// Percentage of the samples of a period that a call without one requires.
const DEFAULT_PERCENT: f64 = 70.0;

/// Calls a method of a metric. Errors are at the first of the places, the metric, except that
/// missing samples are at the second, the opening parenthesis.
pub(super) fn call(
    pool: &dyn Pool,
    metric: Metric,
    name: &str,
    arguments: &[Value],
    (place, open): (Place, Place),
) -> Result<Value, Error> {
    let places = (place, open);
    match (name, arguments) {
        ("GetSample", [Value::Number(count)]) => {
            let count = index(*count).unwrap_or(0);
            Ok(Value::Vector(pool.newest(metric, count)))
        }
        ("GetSample", [from, Value::Number(percent)]) => {
            let range = range(pool, from, None);
            sample(pool, metric, range, *percent, places)
        }
        ("GetSample", [from]) => {
            let range = range(pool, from, None);
            sample(pool, metric, range, DEFAULT_PERCENT, places)
        }
        ("GetSample", [from, to]) => {
            let range = range(pool, from, Some(to));
            sample(pool, metric, range, DEFAULT_PERCENT, places)
        }
        ("GetSample", [from, to, Value::Number(percent)]) => {
            let range = range(pool, from, Some(to));
            sample(pool, metric, range, *percent, places)
        }
        ("GetSamplePercent", [from]) => share(pool, metric, range(pool, from, None), place),
        ("GetSamplePercent", [from, to]) => share(pool, metric, range(pool, from, Some(to)), place),
        ("GetSamplePeriod", []) => Ok(Value::Interval(SAMPLE_PERIOD)),
        ("Count", []) => Ok(Value::Number(to_number(pool.sample_count()))),
        ("HistoryBeginTime", []) => {
            let begin = pool.history_begin().unwrap_or(pool.now());
            Ok(Value::Time(begin))
        }
        _ => Err(wrong_call(metric, name, arguments, place)),
    }
}

fn wrong_call(metric: Metric, name: &str, arguments: &[Value], place: Place) -> Error {
    let kinds: Vec<&str> = arguments.iter().map(Value::kind).collect();
    let what = format!(
        "{} has no method {name}({})",
        metric.name(),
        kinds.join(", ")
    );
    Error::evaluation(place, what)
}

/// Returns the period of the requested samples: both ends in any order; the second one defaults to
/// now.
///
/// Source: the page: an interval reaches back from now. No source for reversed ends; chosen because
/// only one period can be meant.
fn range(pool: &dyn Pool, from: &Value, to: Option<&Value>) -> Option<(Time, Time)> {
    let now = pool.now();
    let time = |value: &Value| match value {
        Value::Time(time) => Some(*time),
        // An interval reaches back.
        Value::Interval(span) => Some(now.plus(Span(span.0.saturating_neg()))),
        _ => None,
    };
    let (from, to) = (time(from)?, to.map_or(Some(now), time)?);
    Some((from.min(to), from.max(to)))
}

fn known(range: Option<(Time, Time)>, place: Place) -> Result<(Time, Time), Error> {
    let what = "The bounds of samples must be timestamps or timeintervals";
    range.ok_or_else(|| Error::evaluation(place, what))
}

/// Returns the samples of a period if there are enough of them.
///
/// Source: users of the live service report that a call without a percentage requires 70 percent,
/// how the error is worded, and that its column is that of the opening parenthesis.
fn sample(
    pool: &dyn Pool,
    metric: Metric,
    range: Option<(Time, Time)>,
    wanted: f64,
    (place, open): (Place, Place),
) -> Result<Value, Error> {
    let (from, to) = known(range, place)?;
    let found = pool.between(metric, from, to);
    let received = percent(found.len(), from, to);
    if received < wanted {
        let what = format!(
            "Insufficient data from data set: {} wanted {wanted}%, received {}%",
            metric.name(),
            received.floor()
        );
        return Err(Error::new(Kind::Samples, open, what));
    }
    Ok(Value::Vector(found))
}

fn share(
    pool: &dyn Pool,
    metric: Metric,
    range: Option<(Time, Time)>,
    place: Place,
) -> Result<Value, Error> {
    let (from, to) = known(range, place)?;
    let found = pool.between(metric, from, to);
    Ok(Value::Number(percent(found.len(), from, to)))
}

/// Returns the percentage of the possible samples that exist.
///
/// Source: the page: existing samples relative to those that the period could have.
fn percent(found: usize, from: Time, to: Time) -> f64 {
    let possible = (to.since(from).0 / SAMPLE_PERIOD.0).max(1);
    let possible = usize::try_from(possible).unwrap_or(usize::MAX);
    (to_number(found) / to_number(possible) * 100.0).min(100.0)
}

#[expect(clippy::cast_precision_loss, reason = "histories are short")]
fn to_number(count: usize) -> f64 {
    count as f64
}
