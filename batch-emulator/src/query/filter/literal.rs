//! The values in a filter, checked against the types of the properties that they are compared with.

use batch_wire::timestamp;

use super::condition::{Comparison, Condition, Number};
use super::lexer::Token;
use crate::table::Kind;

/// Creates the condition that compares a property of this type with this value, or explains why it
/// cannot.
pub(super) fn condition(
    kind: Kind,
    comparison: Comparison,
    value: &Token<'_>,
) -> Result<Condition, String> {
    match value {
        Token::Name("null") => Ok(Condition::Null(comparison)),
        Token::Name("true") => boolean(kind, comparison, true),
        Token::Name("false") => boolean(kind, comparison, false),
        Token::Name(name) => Err(match name.to_ascii_lowercase().as_str() {
            known @ ("null" | "true" | "false") => {
                format!("expected a value, found `{name}`; did you mean `{known}`?")
            }
            _ => {
                format!("expected a value, found `{name}`; put strings in single quotes: '{name}'")
            }
        }),
        Token::Number(text) => number(kind, comparison, text),
        Token::Text(text) => match kind {
            Kind::Text | Kind::Enum(_) => Ok(Condition::Text(comparison, text.to_string())),
            Kind::DateTime => date(comparison, text),
            _ => Err(mismatch(kind, "a string")),
        },
        Token::Typed(name, text) if name.eq_ignore_ascii_case("datetime") => match kind {
            Kind::DateTime => date(comparison, text),
            _ => Err(mismatch(kind, "a date")),
        },
        Token::Typed(name, _) => Err(format!(
            "values of the type `{name}` are not supported in filters"
        )),
        Token::Open | Token::Close | Token::Comma | Token::End => {
            Err("a value is missing here".into())
        }
    }
}

fn boolean(kind: Kind, comparison: Comparison, value: bool) -> Result<Condition, String> {
    match kind {
        Kind::Bool => Ok(Condition::Boolean(comparison, value)),
        _ => Err(mismatch(kind, "a boolean")),
    }
}

fn number(kind: Kind, comparison: Comparison, text: &str) -> Result<Condition, String> {
    let number = Number::parse(text).ok_or_else(|| format!("`{text}` is not a number"))?;
    match kind {
        Kind::I32 | Kind::I64 | Kind::F64 => Ok(Condition::Number(comparison, number)),
        _ => Err(mismatch(kind, "a number")),
    }
}

fn date(comparison: Comparison, text: &str) -> Result<Condition, String> {
    match timestamp::parse_any(text) {
        Some(date) => Ok(Condition::Date(comparison, date)),
        None => Err(format!(
            "`{text}` is not a date; write it as DateTime'2024-01-31T08:49:37Z'"
        )),
    }
}

fn mismatch(kind: Kind, value: &str) -> String {
    let wanted = match kind {
        Kind::Text | Kind::Enum(_) => "a string",
        Kind::I32 | Kind::I64 | Kind::F64 => "a number",
        Kind::Bool => "true or false",
        Kind::DateTime => "a date",
        _ => "null",
    };
    format!("expected {wanted}, found {value}")
}
