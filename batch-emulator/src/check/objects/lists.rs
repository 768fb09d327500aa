//! Rules about lists and ranges.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Rule;
use crate::request::Object;

/// Returns the reason why an object breaks a rule of these kinds.
pub(super) fn broken(rule: &Rule, object: &Object) -> Option<String> {
    match rule {
        Rule::Unique { list, by } => unique(items(object, list), by),
        Rule::Span { from, to, least } => {
            let (first, last) = range(object, from, to)?;
            if last < first {
                Some(format!("{to} must not be less than {from}"))
            } else if last.saturating_sub(first).saturating_add(1) < *least {
                Some(format!("the range must have at least {least} values"))
            } else {
                None
            }
        }
        Rule::Apart { from, to, reserved } => {
            let (first, last) = range(object, from, to)?;
            let (low, high) = reserved;
            let touches = first <= *high && *low <= last;
            touches.then(|| format!("the values from {low} to {high} are reserved"))
        }
        Rule::Disjoint { list, from, to } => {
            let ranges = items(object, list).filter_map(|item| range(item, from, to));
            let mut ranges: Vec<_> = ranges.collect();
            ranges.sort_unstable();
            let overlap = ranges.windows(2).any(|pair| pair[1].0 <= pair[0].1);
            overlap.then(|| "the ranges must not overlap".to_owned())
        }
        Rule::Reserved { property, values } => {
            let number = object.get(*property)?.as_i64()?;
            values
                .contains(&number)
                .then(|| format!("the value {number} is reserved"))
        }
        Rule::Total { list, inner, most } => {
            let inner = items(object, list).map(|item| items(item, inner).count());
            let total: usize = inner.sum();
            (total > *most).then(|| format!("at most {most} of them are allowed, found {total}"))
        }
        Rule::Characters { list, most } => {
            let value = object.get(*list)?;
            let length = serde_json::to_string(value).map_or(0, |text| text.chars().count());
            (length > *most).then(|| {
                format!("the list has {length} characters, and at most {most} are allowed; use fewer or shorter items")
            })
        }
        _ => None,
    }
}

fn items<'a>(object: &'a Object, list: &str) -> impl Iterator<Item = &'a Object> {
    let list = object.get(list).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

fn range(object: &Object, from: &str, to: &str) -> Option<(i64, i64)> {
    Some((object.get(from)?.as_i64()?, object.get(to)?.as_i64()?))
}

fn unique<'a>(items: impl Iterator<Item = &'a Object>, by: &str) -> Option<String> {
    let mut seen = BTreeSet::new();
    let values = items.filter_map(|item| item.get(by));
    let keys = values.map(|value| match value {
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    });
    let twice = keys.into_iter().find(|key| !seen.insert(key.clone()))?;
    Some(format!("{by} must be unique, and {twice} occurs twice"))
}
