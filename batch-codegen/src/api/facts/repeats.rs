//! `spec/repeats.json`: the effect of sending an operation a second time.

use serde::Deserialize;

use super::rows::{Row, Table};
use super::{Contents, Found};
use crate::api::{ErrorCode, Group, Operation};
use crate::error::{Error, Result};
use crate::tables::Tables;

pub(super) const FILE: &str = "repeats.json";

/// The effect of a second attempt after the response to the first was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing.
    Reads,
    /// It fails with one of these codes, and the existing resource is compared with the one sent.
    Adds { exists: Vec<String> },
    /// It fails with 404 or with one of these codes.
    Deletes { applied: Vec<String> },
    /// It sets the same values.
    Sets,
    /// It acts again, unless it fails with one of these codes: the first attempt was applied.
    Acts { applied: Vec<String>, docs: String },
    /// Undecided: the operation is never repeated, and the emulator does not implement it.
    Todo,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    operation: String,
    repeat: RepeatKind,
    #[serde(default)]
    exists: Vec<String>,
    #[serde(default)]
    applied: Vec<String>,
    docs: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RepeatKind {
    Reads,
    Adds,
    Deletes,
    Sets,
    Acts,
    Todo,
}

impl Row for Line {
    fn key(&self) -> &str {
        &self.operation
    }
}

pub(super) fn apply(
    contents: &Contents,
    codes: &[ErrorCode],
    groups: &mut [Group],
    tables: &Tables,
    found: &mut Found,
) -> Result<()> {
    let mut table: Table<Line> = Table::read(FILE, super::text(contents, FILE)?)?;
    let mut known = std::collections::BTreeSet::new();
    for operation in groups.iter_mut().flat_map(|group| &mut group.operations) {
        if table.get(&operation.id).is_none() {
            let json = format!(r#"{{ "operation": {:?}, "repeat": "todo" }}"#, operation.id);
            table.put(&json)?;
        }
        if let Some(line) = table.get(&operation.id) {
            operation.repeat = read(line, operation)?;
        }
        known.insert(operation.id.clone());
    }
    // An undecided row for an operation that no longer exists carries no information.
    table.retain(|line| line.repeat != RepeatKind::Todo || known.contains(&line.operation));
    for line in table.rows() {
        if line.repeat == RepeatKind::Todo {
            found.todo.push(format!("spec/{FILE}: {}", line.operation));
        } else {
            found.decided.push(line.operation.clone());
        }
        if !known.contains(&line.operation) {
            let why = format!("{} is not an operation of the description", line.operation);
            tables.mismatch(Error::new(FILE, why))?;
        }
        for code in line.exists.iter().chain(&line.applied) {
            if !codes.iter().any(|known| known.name == *code) {
                let why = format!("{}: {code} is not in error-codes.json", line.operation);
                return Err(Error::new(FILE, why));
            }
        }
    }
    found.contents.insert(FILE.to_owned(), table.render());
    Ok(())
}

fn read(line: &Line, operation: &Operation) -> Result<Repeat> {
    let fail = |why: &str| Error::new(FILE, format!("{}: {why}", operation.id));
    let (exists, applied) = (line.exists.clone(), line.applied.clone());
    let method = operation.method.to_ascii_uppercase();
    let fits = match line.repeat {
        RepeatKind::Reads => matches!(method.as_str(), "GET" | "HEAD" | "POST"),
        RepeatKind::Adds | RepeatKind::Acts => method == "POST",
        RepeatKind::Deletes => method == "DELETE",
        RepeatKind::Sets => matches!(method.as_str(), "PUT" | "PATCH"),
        RepeatKind::Todo => true,
    };
    if !fits {
        let why = format!("{:?} does not fit the method {method}", line.repeat);
        return Err(fail(&why));
    }
    if !exists.is_empty() && line.repeat != RepeatKind::Adds {
        return Err(fail("`exists` belongs to `adds`"));
    }
    if !applied.is_empty() && !matches!(line.repeat, RepeatKind::Deletes | RepeatKind::Acts) {
        return Err(fail("`applied` belongs to `deletes` and `acts`"));
    }
    if line.docs.is_some() != (line.repeat == RepeatKind::Acts) {
        return Err(fail("`docs` belongs to `acts`, which requires it"));
    }
    Ok(match line.repeat {
        RepeatKind::Reads => Repeat::Reads,
        RepeatKind::Adds if exists.is_empty() || operation.body.is_none() => {
            return Err(fail("`adds` needs a body and the codes of `exists`"));
        }
        RepeatKind::Adds => Repeat::Adds { exists },
        RepeatKind::Deletes => Repeat::Deletes { applied },
        RepeatKind::Sets => Repeat::Sets,
        RepeatKind::Acts => Repeat::Acts {
            applied,
            docs: line.docs.clone().unwrap_or_default(),
        },
        RepeatKind::Todo => Repeat::Todo,
    })
}
