//! Operators on values: the documented table of types, and nothing beyond it.
//!
//! Source: the page's table of operators. Division by zero yields the floating-point result; no
//! source, chosen because no error is documented.

use std::cmp::Ordering;

use super::value::Value;
use super::{Error, Place};
use crate::time::{Span, Time};

/// Applies an operator to two values.
pub(super) fn binary(
    operator: &str,
    left: &Value,
    right: &Value,
    place: Place,
) -> Result<Value, Error> {
    let result = match operator {
        "+" | "-" | "*" | "/" => arithmetic(operator, left, right, place)?,
        "&&" | "||" => None,
        _ => compare(operator, left, right).map(Value::truth),
    };
    result.ok_or_else(|| {
        let what = format!(
            "Operator {operator} cannot be applied to {} and {}",
            left.kind(),
            right.kind()
        );
        Error::evaluation(place, what)
    })
}

fn arithmetic(
    operator: &str,
    left: &Value,
    right: &Value,
    place: Place,
) -> Result<Option<Value>, Error> {
    use Value::{Interval, Number, Time as Moment, Vector};
    Ok(Some(match (left, operator, right) {
        (Number(left), _, Number(right)) => Number(calculate(operator, *left, *right)),
        (Vector(left), _, Number(right)) => Vector(
            left.iter()
                .map(|left| calculate(operator, *left, *right))
                .collect(),
        ),
        (Vector(left), _, Vector(right)) => {
            if left.len() != right.len() {
                let what = format!(
                    "Vectors of {} and {} elements differ in length",
                    left.len(),
                    right.len()
                );
                return Err(Error::evaluation(place, what));
            }
            let pairs = left.iter().zip(right);
            Vector(
                pairs
                    .map(|(left, right)| calculate(operator, *left, *right))
                    .collect(),
            )
        }
        (Number(factor), "*", Interval(span)) | (Interval(span), "*", Number(factor)) => {
            Interval(scale(*span, *factor))
        }
        (Interval(span), "/", Number(divisor)) => Interval(scale(*span, 1.0 / divisor)),
        (Interval(left), "+", Interval(right)) => Interval(Span(left.0.saturating_add(right.0))),
        (Interval(left), "-", Interval(right)) => Interval(Span(left.0.saturating_sub(right.0))),
        (Interval(span), "+", Moment(time)) | (Moment(time), "+", Interval(span)) => {
            Moment(time.plus(*span))
        }
        (Moment(left), "-", Moment(right)) => Interval(between(*left, *right)),
        _ => return Ok(None),
    }))
}

fn calculate(operator: &str, left: f64, right: f64) -> f64 {
    match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        _ => left / right,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the conversion is meant to saturate; intervals need no more digits than a double has"
)]
fn scale(span: Span, factor: f64) -> Span {
    Span((span.0 as f64 * factor).round() as i64)
}

fn between(left: Time, right: Time) -> Span {
    Span(left.ticks().saturating_sub(right.ticks()))
}

/// Evaluates a comparison; `None` if the two values cannot be compared.
fn compare(operator: &str, left: &Value, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        // NaN has no order.
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Interval(left), Value::Interval(right)) => Some(left.cmp(right)),
        _ => return None,
    };
    Some(holds(operator, order))
}

fn holds(operator: &str, order: Option<Ordering>) -> bool {
    match (operator, order) {
        ("!=", order) => order != Some(Ordering::Equal),
        (_, None) => false,
        ("==", Some(order)) => order.is_eq(),
        ("<", Some(order)) => order.is_lt(),
        ("<=", Some(order)) => order.is_le(),
        (">", Some(order)) => order.is_gt(),
        (_, Some(order)) => order.is_ge(),
    }
}

/// Applies `-` or `!`.
pub(super) fn sign(operator: &str, operand: &Value, place: Place) -> Result<Value, Error> {
    match (operator, operand) {
        ("-", Value::Number(number)) => Ok(Value::Number(-number)),
        ("-", Value::Interval(span)) => Ok(Value::Interval(Span(span.0.saturating_neg()))),
        ("!", Value::Number(number)) => Ok(Value::truth(*number == 0.0)),
        _ => {
            let what = format!(
                "Operator {operator} cannot be applied to {}",
                operand.kind()
            );
            Err(Error::evaluation(place, what))
        }
    }
}
