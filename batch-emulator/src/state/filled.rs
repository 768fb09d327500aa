//! Defaults that the service fills in for properties missing from a request, from the table
//! `spec/defaults.json`.

use serde_json::Value;

use super::resource::{child, put, text};
use crate::request::Object;
use crate::table::{self, Condition, Default, DefaultValue, Kind};
use crate::time::{Span, Time};

/// Fills in the defaults of an object and of the objects in it.
pub(crate) fn fill(object: &mut Object, model: &str, now: Time) {
    Filler {
        now,
        windows: false,
    }
    .fill(object, model);
}

/// Fills in the defaults of the objects in an object, but not its own.
pub(crate) fn fill_below(object: &mut Object, model: &str, now: Time) {
    Filler {
        now,
        windows: false,
    }
    .fill_below(object, model);
}

struct Filler {
    now: Time,
    /// True inside a pool of Windows nodes.
    windows: bool,
}

impl Filler {
    fn fill(&mut self, object: &mut Object, model: &str) {
        for default in table::model(model).map_or(&[][..], |model| model.defaults) {
            let is_given = at(object, default.path).is_some();
            if !is_given && self.applies(object, &default.when) {
                self.set(object, default);
            }
        }
        self.fill_below(object, model);
    }

    fn fill_below(&mut self, object: &mut Object, model: &str) {
        let outer = self.windows;
        self.windows |= runs_windows(object);
        for property in table::model(model).map_or(&[][..], |model| model.properties) {
            if let Some(value) = object.get_mut(property.name) {
                self.fill_value(value, &property.kind);
            }
        }
        self.windows = outer;
    }

    fn fill_value(&mut self, value: &mut Value, kind: &Kind) {
        match (kind, value) {
            (Kind::Model(model), Value::Object(object)) => self.fill(object, model),
            (Kind::Array(kind), Value::Array(items)) => {
                for item in items {
                    self.fill_value(item, kind);
                }
            }
            _ => {}
        }
    }

    fn applies(&self, object: &Object, when: &Condition) -> bool {
        match when {
            Condition::Always => true,
            Condition::Equals(values) => values.iter().all(|(name, json)| {
                let wanted = serde_json::from_str::<Value>(json).ok();
                object.get(*name) == wanted.as_ref()
            }),
            Condition::Absent(names) => names.iter().all(|name| !object.contains_key(*name)),
            Condition::WindowsPool => self.windows,
        }
    }

    fn set(&self, object: &mut Object, default: &Default) {
        let value = match default.value {
            DefaultValue::Json(json) => serde_json::from_str(json).ok(),
            DefaultValue::Copy(from) => at(object, from).cloned(),
            DefaultValue::AfterNow(span) => {
                Span::parse(span).map(|span| self.now.plus(span).to_string().into())
            }
        };
        if let Some(value) = value {
            put_at(object, default.path, value);
        }
    }
}

/// Returns the value at a path.
fn at<'a>(object: &'a Object, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    match rest {
        [] => object.get(*first),
        rest => at(child(object, first)?, rest),
    }
}

/// Sets the value at a path. The first object of a longer path must exist; those below it are
/// created as needed.
fn put_at(object: &mut Object, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => put(object, name, value),
        [first, rest @ ..] => {
            let mut inner = object.get_mut(*first);
            for name in &rest[..rest.len() - 1] {
                inner = inner
                    .and_then(Value::as_object_mut)
                    .map(|object| object.entry(*name).or_insert_with(|| Object::new().into()));
            }
            if let Some(object) = inner.and_then(Value::as_object_mut) {
                put(object, rest[rest.len() - 1], value);
            }
        }
    }
}

/// Returns true for a pool of Windows nodes: determined by the node agent, or because cloud
/// services run nothing else.
pub(crate) fn runs_windows(pool: &Object) -> bool {
    let machine = child(pool, "virtualMachineConfiguration");
    let agent = machine.and_then(|machine| text(machine, "nodeAgentSKUId"));
    pool.contains_key("cloudServiceConfiguration")
        || agent.is_some_and(|agent| agent.to_ascii_lowercase().contains("windows"))
}
