//! The functions of formulas, except `time`, `rand` and `stop`, which need more than their
//! arguments.
//!
//! Source: the page's table of functions. They return a double for one double, and a vector for
//! several.

use super::value::Value;
use super::{Error, Place};

/// Calls a function; returns `None` if the name is unknown.
pub(super) fn call(name: &str, arguments: &[Value], place: Place) -> Result<Option<Value>, Error> {
    let function: fn(f64) -> f64 = match name {
        "lg" => f64::log2,
        "ln" => f64::ln,
        "log" => f64::log10,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "round" => f64::round,
        "percentile" | "val" => return of_vector(name, arguments, place).map(Some),
        _ => return of_list(name, arguments, place),
    };
    // A single double yields a double, anything else a vector.
    if let [Value::Number(number)] = arguments {
        return Ok(Some(Value::Number(function(*number))));
    }
    let items = flatten(name, arguments, place)?;
    Ok(Some(Value::Vector(
        items.into_iter().map(function).collect(),
    )))
}

/// Returns all numbers in the arguments, in order.
fn flatten(name: &str, arguments: &[Value], place: Place) -> Result<Vec<f64>, Error> {
    let mut items = Vec::new();
    for argument in arguments {
        match argument {
            Value::Number(number) => items.push(*number),
            Value::Vector(more) => items.extend(more),
            other => return Err(wrong(name, "doubles and doubleVecs", other, place)),
        }
    }
    Ok(items)
}

fn wrong(name: &str, wanted: &str, found: &Value, place: Place) -> Error {
    let what = format!("Function {name} accepts {wanted}, not {}", found.kind());
    Error::evaluation(place, what)
}

/// Calls a function over all numbers in its arguments.
///
/// Source: the page's table of functions. No source for an empty list of arguments; an error was
/// chosen if the result would not be a number.
fn of_list(name: &str, arguments: &[Value], place: Place) -> Result<Option<Value>, Error> {
    let function: fn(&[f64]) -> f64 = match name {
        "avg" => average,
        "len" => length,
        "max" => largest,
        "min" => smallest,
        "norm" => |items| items.iter().map(|item| item * item).sum::<f64>().sqrt(),
        "range" => |items| largest(items) - smallest(items),
        "std" => deviation,
        "sum" => |items| items.iter().fold(0.0, |sum, item| sum + item),
        "vec" => return Ok(Some(Value::Vector(flatten(name, arguments, place)?))),
        _ => return Ok(None),
    };
    let items = flatten(name, arguments, place)?;
    if items.is_empty() && !matches!(name, "len" | "norm" | "sum") {
        let what = format!("Function {name} requires at least one number");
        return Err(Error::evaluation(place, what));
    }
    Ok(Some(Value::Number(function(&items))))
}

#[expect(clippy::cast_precision_loss, reason = "vectors are short")]
fn length(items: &[f64]) -> f64 {
    items.len() as f64
}

fn average(items: &[f64]) -> f64 {
    items.iter().sum::<f64>() / length(items)
}

fn largest(items: &[f64]) -> f64 {
    items.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn smallest(items: &[f64]) -> f64 {
    items.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Returns the standard deviation of a sample; 0 for a single number.
///
/// Source: the page: the sample standard deviation. No source for a single number; chosen as 0,
/// since there is no deviation.
fn deviation(items: &[f64]) -> f64 {
    if items.len() < 2 {
        return 0.0;
    }
    let mean = average(items);
    let squares: f64 = items.iter().map(|item| (item - mean).powi(2)).sum();
    (squares / (length(items) - 1.0)).sqrt()
}

/// Evaluates `percentile(v, p)` and `val(v, i)`.
///
/// Source: the page: `percentile(v, p)` and `val(v, i)`, whose index starts at 0. Users of the live
/// service report that `val` of an empty vector, such as the samples of a new pool, is no error; no
/// source for its value, chosen as 0. No source for another index out of range; an error was
/// chosen.
fn of_vector(name: &str, arguments: &[Value], place: Place) -> Result<Value, Error> {
    let [Value::Vector(items), Value::Number(which)] = arguments else {
        let what = format!("Function {name} requires a doubleVec and a double");
        return Err(Error::evaluation(place, what));
    };
    let found = if name == "val" {
        let nothing = items.is_empty().then_some(0.0);
        index(*which).and_then(|index| items.get(index).copied().or(nothing))
    } else {
        percentile(items, *which)
    };
    found.map(Value::Number).ok_or_else(|| {
        let what = format!(
            "Function {name} has no element {which} in a vector of {} elements",
            items.len()
        );
        Error::evaluation(place, what)
    })
}

/// Converts a double to an index.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion saturates, and negative numbers are excluded"
)]
pub(super) fn index(number: f64) -> Option<usize> {
    (number >= 0.0).then_some(number as usize)
}

/// Returns the smallest element that at least this percentage of all elements do not exceed.
///
/// No source for the method; the nearest rank was chosen, which is always one of the elements.
fn percentile(items: &[f64], percent: f64) -> Option<f64> {
    if !(0.0..=100.0).contains(&percent) {
        return None;
    }
    let mut sorted = items.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * length(items)).ceil().max(1.0);
    sorted.get(index(rank)?.checked_sub(1)?).copied()
}
