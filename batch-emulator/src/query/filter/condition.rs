//! A filter in executable form: conditions on properties, and how they are combined.
//!
//! It runs over up to 100,000 items, so nothing here allocates.

use std::cmp::Ordering;

use batch_wire::timestamp;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::request::Object;

/// Combined conditions. Chains are lists, so only parentheses and `not` add depth.
#[derive(Debug)]
pub(super) enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    Test(Path, Condition),
}

impl Node {
    pub(super) fn matches(&self, item: &Object) -> bool {
        match self {
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(item)),
            Self::All(nodes) => nodes.iter().all(|node| node.matches(item)),
            Self::Not(node) => !node.matches(item),
            Self::Test(path, condition) => condition.holds(path.find(item)),
        }
    }
}

/// Path to a property, starting at the item.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) first: &'static str,
    pub(super) inner: Vec<&'static str>,
}

impl Path {
    /// Returns the value at the path. Null counts as absent.
    fn find<'a>(&self, item: &'a Object) -> Option<&'a Value> {
        let mut value = item.get(self.first)?;
        for name in &self.inner {
            value = value.as_object()?.get(*name)?;
        }
        Some(value).filter(|value| !value.is_null())
    }
}

/// A condition on a value.
#[derive(Debug)]
pub(super) enum Condition {
    Null(Comparison),
    Text(Comparison, String),
    Number(Comparison, Number),
    Boolean(Comparison, bool),
    Date(Comparison, DateTime<Utc>),
    StartsWith(String),
}

impl Condition {
    /// Evaluates the condition. A value that is absent, or not of the described type, only
    /// satisfies `ne`.
    ///
    /// No source; chosen to match how the `$filter` protocol treats null: of all comparisons with
    /// it, only `ne` holds.
    fn holds(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Null(comparison) => match comparison {
                Comparison::Equal => value.is_none(),
                Comparison::NotEqual => value.is_some(),
                _ => false,
            },
            Self::Text(comparison, wanted) => {
                comparison.holds(text(value).map(|found| compare_strings(found, wanted)))
            }
            Self::Number(comparison, wanted) => {
                comparison.holds(number(value).and_then(|found| found.compare(*wanted)))
            }
            Self::Boolean(comparison, wanted) => comparison.holds(
                value
                    .and_then(Value::as_bool)
                    .map(|found| found.cmp(wanted)),
            ),
            Self::Date(comparison, wanted) => {
                comparison.holds(date(value).map(|found| found.cmp(wanted)))
            }
            Self::StartsWith(prefix) => text(value).is_some_and(|found| starts_with(found, prefix)),
        }
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        })
    }

    /// Returns true if the comparison holds for this ordering of the found value relative to the
    /// wanted one; `None` if they cannot be compared.
    fn holds(self, ordering: Option<Ordering>) -> bool {
        let Some(ordering) = ordering else {
            return self == Self::NotEqual;
        };
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
        }
    }
}

/// A number, kept as an integer if it is one, since an `f64` cannot hold every `i64`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(i64),
    Decimal(f64),
}

impl Number {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        let decimal: f64 = text.parse().ok()?;
        decimal.is_finite().then_some(Self::Decimal(decimal))
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(&other)),
            (one, other) => one.decimal().partial_cmp(&other.decimal()),
        }
    }

    // A decimal is compared with the integer converted to a double, as in OData.
    #[allow(clippy::cast_precision_loss)]
    fn decimal(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Decimal(decimal) => decimal,
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value?.as_str()
}

/// Reads a number. 64-bit numbers may be in quotes.
fn number(value: Option<&Value>) -> Option<Number> {
    match value? {
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Number::Whole(whole)),
            None => number.as_f64().map(Number::Decimal),
        },
        Value::String(text) => Number::parse(text),
        _ => None,
    }
}

fn date(value: Option<&Value>) -> Option<DateTime<Utc>> {
    timestamp::parse(text(value)?)
}

fn compare_strings(one: &str, other: &str) -> Ordering {
    let one = one.bytes().map(|byte| byte.to_ascii_lowercase());
    one.cmp(other.bytes().map(|byte| byte.to_ascii_lowercase()))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    let head = text.as_bytes().get(..prefix.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}
