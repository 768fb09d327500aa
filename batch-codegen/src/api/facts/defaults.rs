//! `spec/defaults.json`: defaults that the service fills in when a request omits a property.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::rows::{Row, Table};
use super::{Contents, Found};
use crate::api::{Kind, Model};
use crate::error::{Error, Result};
use crate::tables::Tables;

pub(super) const FILE: &str = "defaults.json";

/// A default of a definition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceDefault {
    /// The path from the definition to the property: one name or more.
    pub(crate) path: Vec<String>,
    pub(crate) value: Source,
    pub(crate) when: Option<Condition>,
    /// True if responses contain it.
    pub(crate) returned: bool,
}

/// The origin of the value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    Value(Value),
    /// Another property of the same definition.
    Copies(Vec<String>),
    /// A time this long after the request, as an ISO 8601 duration.
    AfterNow(String),
}

/// The condition under which a default applies.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Condition {
    /// These properties of the same object have these values.
    Equals(BTreeMap<String, Value>),
    /// These properties of the same object are absent.
    Absent(Vec<String>),
    /// The pool runs this operating system.
    Pool(System),
}

/// An operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum System {
    Windows,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// `Definition.property`, or a longer path.
    place: String,
    #[serde(default, deserialize_with = "some")]
    value: Option<Value>,
    copies: Option<String>,
    after_now: Option<String>,
    when: Option<Condition>,
    #[serde(default = "yes")]
    returned: bool,
    #[serde(rename = "source")]
    _source: Evidence,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Evidence {
    Recorded,
    Documented,
}

/// Deserializes a value that is present, even `null`.
fn some<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Row for Line {
    fn key(&self) -> &str {
        &self.place
    }
}

pub(super) fn apply(
    contents: &Contents,
    models: &mut [Model],
    tables: &Tables,
    found: &mut Found,
) -> Result<()> {
    let table: Table<Line> = Table::read(FILE, super::text(contents, FILE)?)?;
    for line in table.rows() {
        let default = read(line)?;
        let definition = line.place.split('.').next().unwrap_or_default();
        if let Err(why) = fits(models, definition, &default) {
            tables.mismatch(Error::new(FILE, format!("{}: {why}", line.place)))?;
            continue;
        }
        let model = models.iter_mut().find(|model| model.name == definition);
        if let Some(model) = model {
            model.defaults.push(default);
        }
    }
    for model in models {
        // A deeper default comes first: the object that it creates must not be completed again by
        // the defaults of its own definition.
        model
            .defaults
            .sort_by_key(|default| std::cmp::Reverse(default.path.len()));
    }
    found.contents.insert(FILE.to_owned(), table.render());
    Ok(())
}

fn read(line: &Line) -> Result<ServiceDefault> {
    let path = |text: &str| -> Vec<String> { text.split('.').map(str::to_owned).collect() };
    let value = match (&line.value, &line.copies, &line.after_now) {
        (Some(value), None, None) => Source::Value(value.clone()),
        (None, Some(from), None) => Source::Copies(path(from)),
        (None, None, Some(span)) => Source::AfterNow(span.clone()),
        _ => {
            let why = "exactly one of `value`, `copies` and `after_now` is needed";
            return Err(Error::new(FILE, format!("{}: {why}", line.place)));
        }
    };
    Ok(ServiceDefault {
        path: path(&line.place).split_off(1),
        value,
        when: line.when.clone(),
        returned: line.returned,
    })
}

/// Checks that the description contains everything a default names.
fn fits(
    models: &[Model],
    definition: &str,
    default: &ServiceDefault,
) -> std::result::Result<(), String> {
    follow(models, definition, &default.path)?;
    if let Source::Copies(path) = &default.value {
        follow(models, definition, path)?;
    }
    let names: Vec<&String> = match &default.when {
        Some(Condition::Equals(values)) => values.keys().collect(),
        Some(Condition::Absent(names)) => names.iter().collect(),
        Some(Condition::Pool(_)) | None => Vec::new(),
    };
    for name in names {
        follow(models, definition, std::slice::from_ref(name))?;
    }
    Ok(())
}

/// Follows a path through the definitions.
fn follow(models: &[Model], definition: &str, path: &[String]) -> std::result::Result<(), String> {
    let mut definition = definition.to_owned();
    let mut path = path.iter().peekable();
    while let Some(name) = path.next() {
        let model = models.iter().find(|model| model.name == definition);
        let model = model.ok_or_else(|| format!("there is no definition {definition}"))?;
        let property = model.properties.iter().find(|p| p.wire == *name);
        let property = property.ok_or_else(|| format!("{definition} has no property {name}"))?;
        match &property.kind {
            Kind::Model(inner) => definition.clone_from(inner),
            _ if path.peek().is_none() => {}
            _ => return Err(format!("{definition}.{name} is not an object")),
        }
    }
    Ok(())
}
