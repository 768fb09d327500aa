//! Checks the rules about several values of an object, after each value has been checked.
//!
//! The rules are rows of `spec/rules.json`, which names the source of each; here is what the kinds
//! of rules mean.

mod lists;
mod texts;

use serde_json::Value;

use crate::check::query::excerpt;
use crate::generated::rules::RULES;
use crate::refusal::Refusal;
use crate::request::Object;
use crate::state::filled::runs_windows;
use crate::table::{self, Kind};
use crate::time::Time;

/// A rule of a definition.
#[derive(Debug)]
pub(crate) struct ObjectRule {
    /// Name of the row.
    #[cfg_attr(not(test), allow(dead_code, reason = "tests find the row by it"))]
    pub(crate) name: &'static str,
    /// Name of the definition.
    pub(crate) model: &'static str,
    pub(crate) rule: Rule,
    /// The property that the error names.
    pub(crate) property: &'static str,
    /// The code of the error.
    pub(crate) code: &'static str,
}

/// A path of properties.
type Path = &'static [&'static str];
/// Values by path, as JSON; `None` is any value.
type Values = &'static [(Path, Option<&'static str>)];

/// A kind of rule.
#[derive(Debug)]
#[allow(dead_code, reason = "not every description has all of them")]
pub(crate) enum Rule {
    /// Exactly one of these properties is present.
    ExactlyOne(&'static [&'static str]),
    /// At most one of these properties is present.
    AtMostOne(&'static [&'static str]),
    /// All of these properties are present, or none.
    Together(&'static [&'static str]),
    /// The property is present.
    Needs(&'static str),
    /// If all conditions hold, what is needed is there and what is forbidden is not.
    When {
        conditions: Values,
        needs: Values,
        forbids: &'static [Path],
    },
    /// No two items of a list have the same value of a property.
    Unique {
        list: &'static str,
        by: &'static str,
    },
    /// A range has at least this number of values.
    Span {
        from: &'static str,
        to: &'static str,
        least: i64,
    },
    /// A range does not touch a reserved one.
    Apart {
        from: &'static str,
        to: &'static str,
        reserved: (i64, i64),
    },
    /// The ranges of the items of a list do not overlap.
    Disjoint {
        list: &'static str,
        from: &'static str,
        to: &'static str,
    },
    /// A number is not one of these.
    Reserved {
        property: &'static str,
        values: &'static [i64],
    },
    /// A string is one of these, compared case-insensitively.
    Allowed {
        property: &'static str,
        values: &'static [&'static str],
    },
    /// The inner lists of all items have at most this number of items in total.
    Total {
        list: &'static str,
        inner: &'static str,
        most: usize,
    },
    /// A list has at most this number of characters in total, as JSON.
    Characters { list: &'static str, most: usize },
    /// A string or list is not empty.
    NotEmpty(&'static str),
    /// What the path leads to, through all items of lists, is only for pools of this system.
    System { path: Path, windows: bool },
    /// The targets of disk encryption fit the system.
    Encryption(Path),
    /// The name of an inbound NAT pool.
    NatName(&'static str),
    /// The resource id of an image in a gallery.
    GalleryImage(&'static str),
    /// Hexadecimal digits, at most this number of them; spaces are ignored.
    Hexadecimal { property: &'static str, most: usize },
    /// At most this number of bytes in base64.
    Base64 { property: &'static str, most: usize },
    /// One time is before another.
    Before(&'static str, &'static str),
}

/// Checks an object of a definition, and the objects in it.
pub(super) fn check(model: &str, object: &Object) -> Result<(), Refusal> {
    check_at(model, object, "")
}

fn check_at(model: &str, object: &Object, path: &str) -> Result<(), Refusal> {
    if let Some((rule, reason)) = broken(model, object) {
        return Err(refusal(rule, object, path, &reason));
    }
    let properties = table::model(model).map_or(&[][..], |model| model.properties);
    for property in properties {
        if let Some(value) = object.get(property.name) {
            check_value(&property.kind, value, &|| join(path, property.name))?;
        }
    }
    Ok(())
}

/// Checks the objects in a value. Most values have none, so the path is made only for these.
fn check_value(kind: &Kind, value: &Value, path: &dyn Fn() -> String) -> Result<(), Refusal> {
    match (kind, value) {
        (Kind::Model(model), Value::Object(object)) => check_at(model, object, &path()),
        (Kind::Array(kind), Value::Array(items)) if matches!(kind, Kind::Model(_)) => {
            let mut items = items.iter().enumerate();
            items.try_for_each(|(index, item)| {
                check_value(kind, item, &|| format!("{}[{index}]", path()))
            })
        }
        _ => Ok(()),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Creates the error for an object that breaks a rule.
fn refusal(rule: &ObjectRule, object: &Object, path: &str, reason: &str) -> Refusal {
    let value = match object.get(rule.property) {
        Some(Value::String(text)) => excerpt(text),
        Some(value) if !value.is_array() && !value.is_object() => value.to_string(),
        _ => String::new(),
    };
    let place = if path.is_empty() { rule.model } else { path };
    let text = "A property of the body has an invalid value.";
    Refusal::new(400, rule.code, text)
        .with("PropertyName", rule.property)
        .with("PropertyValue", value)
        .with("Reason", format!("{}: {reason}", excerpt(place)))
}

/// Returns the rule that an object of this definition breaks, and the reason.
fn broken(model: &str, object: &Object) -> Option<(&'static ObjectRule, String)> {
    let first = RULES.partition_point(|rule| rule.model < model);
    let mut rules = RULES[first..].iter().take_while(|rule| rule.model == model);
    rules.find_map(|rule| Some((rule, rule.rule.broken_by(object)?)))
}

impl Rule {
    /// Returns the reason why an object breaks the rule.
    fn broken_by(&self, object: &Object) -> Option<String> {
        let has = |name: &&&str| object.contains_key(**name);
        let present = |names: &'static [&'static str]| names.iter().filter(has).count();
        match self {
            Self::ExactlyOne(names) => (present(names) != 1)
                .then(|| format!("exactly one of {} must be specified", names.join(", "))),
            Self::AtMostOne(names) => (present(names) > 1)
                .then(|| format!("at most one of {} can be specified", names.join(", "))),
            Self::Together(names) => (![0, names.len()].contains(&present(names)))
                .then(|| format!("{} must be specified together", names.join(" and "))),
            Self::Needs(name) => {
                (!object.contains_key(*name)).then(|| format!("{name} must be specified"))
            }
            Self::When {
                conditions,
                needs,
                forbids,
            } => when(object, conditions, needs, forbids),
            Self::System { path, windows } => {
                let system = if *windows { "Windows" } else { "Linux" };
                (present_below(object, path) && is_windows(object) != *windows)
                    .then(|| format!("it is only for pools of {system} nodes"))
            }
            Self::Encryption(path) => encryption(object, path),
            Self::Before(one, other) => {
                let time = |name: &str| Time::parse(object.get(name)?.as_str()?);
                (time(one)? >= time(other)?).then(|| format!("{one} must be before {other}"))
            }
            Self::Unique { .. }
            | Self::Span { .. }
            | Self::Apart { .. }
            | Self::Disjoint { .. }
            | Self::Reserved { .. }
            | Self::Total { .. }
            | Self::Characters { .. } => lists::broken(self, object),
            Self::Allowed { .. }
            | Self::NotEmpty(_)
            | Self::NatName(_)
            | Self::GalleryImage(_)
            | Self::Hexadecimal { .. }
            | Self::Base64 { .. } => texts::broken(self, object),
        }
    }
}

/// Returns the value at a path.
fn at<'a>(object: &'a Object, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = object.get(*first)?;
    match rest {
        [] => Some(value),
        rest => at(value.as_object()?, rest),
    }
}

/// Returns true if a path leads to a value, through any item of a list.
fn present_below(object: &Object, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    match object.get(*first) {
        None => false,
        Some(_) if rest.is_empty() => true,
        Some(Value::Array(items)) => {
            let mut items = items.iter().filter_map(Value::as_object);
            items.any(|item| present_below(item, rest))
        }
        Some(value) => value
            .as_object()
            .is_some_and(|object| present_below(object, rest)),
    }
}

/// Returns true for a pool, or the virtual machines of one, that run Windows.
fn is_windows(object: &Object) -> bool {
    let agent = object.get("nodeAgentSKUId").and_then(Value::as_str);
    runs_windows(object)
        || agent.is_some_and(|agent| agent.to_ascii_lowercase().contains("windows"))
}

fn when(object: &Object, conditions: Values, needs: Values, forbids: &[Path]) -> Option<String> {
    let is = |(path, json): &(Path, Option<&str>)| {
        let found = at(object, path);
        match json {
            None => found.is_some(),
            Some(json) => {
                let wanted = serde_json::from_str::<Value>(json).ok();
                found.is_some() && found == wanted.as_ref()
            }
        }
    };
    if !conditions.iter().all(is) {
        return None;
    }
    let names = conditions.iter().map(|(path, json)| match json {
        None => path.join("."),
        Some(json) => format!("{} {json}", path.join(".")),
    });
    let condition = names.collect::<Vec<_>>().join(" and ");
    if let Some((path, json)) = needs.iter().find(|need| !is(need)) {
        let value = json.map_or(String::new(), |json| format!(" {json}"));
        return Some(format!("{condition} requires {}{value}", path.join(".")));
    }
    let forbidden = forbids.iter().find(|path| at(object, path).is_some())?;
    Some(format!("{condition} excludes {}", forbidden.join(".")))
}

/// Source: description of `DiskEncryptionConfiguration.targets`.
fn encryption(object: &Object, path: &[&str]) -> Option<String> {
    let targets = at(object, path)?.as_array()?;
    let has = |wanted: &str| {
        let mut texts = targets.iter().filter_map(Value::as_str);
        texts.any(|target| target.eq_ignore_ascii_case(wanted))
    };
    let (system, temporary) = (has("osdisk"), has("temporarydisk"));
    if targets.is_empty() {
        None
    } else if is_windows(object) {
        (!system || !temporary)
            .then(|| "a pool of Windows nodes must encrypt osdisk and temporarydisk".to_owned())
    } else {
        system.then(|| "a pool of Linux nodes can encrypt only temporarydisk".to_owned())
    }
}

#[cfg(test)]
mod tests;
