//! Reads `spec/filters.json` and compares it with the description.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::api::{Api, Kind};
use crate::emit::queries;
use crate::error::{Error, Result};
use crate::tables::Tables;

const FILE: &str = "filters.json";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "source")]
    _source: String,
    filters: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    definition: String,
    properties: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    operators: Vec<Operator>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Startswith,
}

impl Operator {
    /// The operator as it is written in a filter.
    pub(super) fn wire(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Startswith => "startswith",
        }
    }
}

const ORDER: [Operator; 4] = [Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le];

/// Filterable properties, validated against the description.
pub(crate) struct Filters {
    /// By definition.
    pub(super) of: BTreeMap<String, Vec<Property>>,
}

/// A property with its operators.
pub(super) struct Property {
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) operators: BTreeSet<Operator>,
}

impl Filters {
    pub(crate) fn read(text: &str, api: &Api, tables: &Tables) -> Result<Self> {
        let file: File = serde_json::from_str(text).map_err(|e| Error::new(FILE, e.to_string()))?;
        let mut of = BTreeMap::new();
        for entry in &file.filters {
            let name = &entry.definition;
            if api.model(name).is_none() {
                tables.mismatch(fail(name, "", "the description has no such definition"))?;
                continue;
            }
            let properties = properties(api, entry, tables)?;
            if of.insert(name.clone(), properties).is_some() {
                return Err(fail(name, "", "it is listed twice"));
            }
        }
        let listed = queries::modules(api, queries::FILTER)?;
        for definition in listed.keys() {
            if !of.contains_key(*definition) {
                let why = "it can be filtered, but is not here";
                tables.mismatch(fail(definition, "", why))?;
            }
        }
        let unlisted: Vec<String> = of
            .keys()
            .filter(|name| !listed.contains_key(name.as_str()))
            .cloned()
            .collect();
        for name in unlisted {
            tables.mismatch(fail(&name, "", "no listing with a filter returns it"))?;
            of.remove(&name);
        }
        Ok(Self { of })
    }
}

/// The properties of an entry that the description has.
fn properties(api: &Api, entry: &Entry, tables: &Tables) -> Result<Vec<Property>> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for line in &entry.properties {
        if !seen.insert(&line.path) {
            return Err(fail(&entry.definition, &line.path, "it is listed twice"));
        }
        let operators = operators(&entry.definition, line)?;
        out.extend(tables.or_mismatch(property(api, &entry.definition, line, operators))?);
    }
    Ok(out)
}

fn fail(definition: &str, path: &str, why: &str) -> Error {
    let place = match path {
        "" => definition.to_owned(),
        path => format!("{definition}: {path}"),
    };
    Error::new(FILE, format!("{place}: {why}"))
}

/// Returns the operators of a line, checked as far as possible without the property's type.
fn operators(definition: &str, line: &Line) -> Result<BTreeSet<Operator>> {
    let fail = |why: &str| fail(definition, &line.path, why);
    let operators: BTreeSet<Operator> = line.operators.iter().copied().collect();
    if operators.is_empty() || operators.len() != line.operators.len() {
        return Err(fail("it has no operators, or one is listed twice"));
    }
    let ordered = ORDER.iter().filter(|o| operators.contains(o)).count();
    if ordered != 0 && ordered != ORDER.len() {
        return Err(fail("it has some of gt, ge, lt and le, but not all"));
    }
    Ok(operators)
}

fn property(
    api: &Api,
    definition: &str,
    line: &Line,
    operators: BTreeSet<Operator>,
) -> Result<Property> {
    let fail = |why: &str| fail(definition, &line.path, why);
    let mut kind = Kind::Model(definition.to_owned());
    for name in line.path.split('/') {
        let Kind::Model(owner) = &kind else {
            return Err(fail("a segment before the last is not an object"));
        };
        let properties = api.model(owner).map(|model| &model.properties);
        kind = properties
            .into_iter()
            .flatten()
            .find(|p| p.wire == name)
            .map(|p| p.kind.clone())
            .ok_or_else(|| fail(&format!("{owner} has no property `{name}`")))?;
    }
    let ordered = operators.contains(&Operator::Gt);
    let fits = match kind {
        Kind::Text => true,
        Kind::I32 | Kind::I64 | Kind::DateTime => !operators.contains(&Operator::Startswith),
        Kind::Bool | Kind::Enum(_) => !ordered && !operators.contains(&Operator::Startswith),
        _ => false,
    };
    if !fits {
        return Err(fail(&format!(
            "these operators are not supported for {kind:?}"
        )));
    }
    Ok(Property {
        path: line.path.clone(),
        kind,
        operators,
    })
}
