//! `spec/repeats.json`: what sending an operation a second time does.

use serde::Deserialize;

use super::rows::{Row, Table};
use super::{Found, Texts};
use crate::api::{ErrorCode, Group, Operation};
use crate::error::{Error, Result};
use crate::tables::Tables;

pub(super) const FILE: &str = "repeats.json";

/// What a second attempt does where the response to the first was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing.
    Reads,
    /// It finds the resource with one of these codes, and compares it with what was sent.
    Adds { exists: Vec<String> },
    /// It finds nothing, or one of these codes.
    Deletes { applied: Vec<String> },
    /// It sets the same values.
    Sets,
    /// It is carried out again, unless one of these codes says that the first attempt was.
    Acts { applied: Vec<String>, docs: String },
    /// Nobody has decided: it is never repeated, and the emulator does not implement it.
    Todo,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    operation: String,
    repeat: Word,
    #[serde(default)]
    exists: Vec<String>,
    #[serde(default)]
    applied: Vec<String>,
    docs: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
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
    texts: &Texts,
    codes: &[ErrorCode],
    groups: &mut [Group],
    tables: &Tables,
    found: &mut Found,
) -> Result<()> {
    let mut table: Table<Line> = Table::read(FILE, super::text(texts, FILE)?)?;
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
    // A row of what is gone, on which nobody has decided, has nothing to tell.
    table.retain(|line| line.repeat != Word::Todo || known.contains(&line.operation));
    for line in table.rows() {
        if line.repeat == Word::Todo {
            found.todo.push(format!("spec/{FILE}: {}", line.operation));
        } else {
            found.decided.push(line.operation.clone());
        }
        if !known.contains(&line.operation) {
            let why = format!("{} is not an operation of the description", line.operation);
            tables.misfit(Error::new(FILE, why))?;
        }
        for code in line.exists.iter().chain(&line.applied) {
            if !codes.iter().any(|known| known.name == *code) {
                let why = format!("{}: {code} is not in error-codes.json", line.operation);
                return Err(Error::new(FILE, why));
            }
        }
    }
    found.texts.insert(FILE.to_owned(), table.render());
    Ok(())
}

fn read(line: &Line, operation: &Operation) -> Result<Repeat> {
    let fail = |why: &str| Error::new(FILE, format!("{}: {why}", operation.id));
    let (exists, applied) = (line.exists.clone(), line.applied.clone());
    let method = operation.method.to_ascii_uppercase();
    let fits = match line.repeat {
        Word::Reads => matches!(method.as_str(), "GET" | "HEAD" | "POST"),
        Word::Adds | Word::Acts => method == "POST",
        Word::Deletes => method == "DELETE",
        Word::Sets => matches!(method.as_str(), "PUT" | "PATCH"),
        Word::Todo => true,
    };
    if !fits {
        let why = format!("{:?} does not fit the method {method}", line.repeat);
        return Err(fail(&why));
    }
    if !exists.is_empty() && line.repeat != Word::Adds {
        return Err(fail("`exists` belongs to `adds`"));
    }
    if !applied.is_empty() && !matches!(line.repeat, Word::Deletes | Word::Acts) {
        return Err(fail("`applied` belongs to `deletes` and `acts`"));
    }
    if line.docs.is_some() != (line.repeat == Word::Acts) {
        return Err(fail("`docs` belongs to `acts`, and only there"));
    }
    Ok(match line.repeat {
        Word::Reads => Repeat::Reads,
        Word::Adds if exists.is_empty() || operation.body.is_none() => {
            return Err(fail("`adds` needs a body and the codes of `exists`"));
        }
        Word::Adds => Repeat::Adds { exists },
        Word::Deletes => Repeat::Deletes { applied },
        Word::Sets => Repeat::Sets,
        Word::Acts => Repeat::Acts {
            applied,
            docs: line.docs.clone().unwrap_or_default(),
        },
        Word::Todo => Repeat::Todo,
    })
}
