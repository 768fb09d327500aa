//! The autoscale formula language: takes a formula and returns variables or an error.
//!
//! `lexer` splits the formula into tokens, `parser` builds a tree ([`Formula`]), and `eval`
//! evaluates it with the operators of `operators`, the functions of `functions` and the methods of
//! `samples`; `names` defines the predefined names. All of it is pure: the pool's data and the time
//! come through [`Pool`], and random numbers from a seed. `state::pools::autoscale` calls it.
//!
//! The language follows Microsoft's page on automatic scaling. Where the page is silent, these
//! choices apply: names are case-sensitive; targets are truncated and cannot be negative; a metric
//! without a method is its current value; `?:`, `&&` and `||` evaluate only the operands they need;
//! vectors can be written `[1, 2]` or `vec(1, 2)`; samples are ordered oldest first; `round` rounds
//! half away from zero.
//!
//! The length, statements, nesting and steps of a formula are bounded, so that no formula hangs.
//!
//! Source: "Create a formula to automatically scale compute nodes in a Batch pool",
//! <https://learn.microsoft.com/azure/batch/batch-automatic-scaling>, called *the page* in this
//! module; recorded, `Pool_EvaluateAutoScale` with an error.

mod eval;
mod functions;
mod lexer;
mod metric;
mod names;
mod operators;
mod parser;
mod samples;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use eval::{Pool, Values};
pub(crate) use metric::Metric;

use std::fmt;

use crate::time::Span;

/// Maximum number of characters of a formula.
///
/// Source: the page: at most 8 KB.
pub(crate) const MAX_CHARACTERS: usize = 8192;
/// Maximum number of statements of a formula.
///
/// Source: the page: up to 100 statements.
const MAX_STATEMENTS: usize = 100;
/// Interval between samples of metrics.
///
/// Source: the page: each 30 seconds.
pub(crate) const SAMPLE_PERIOD: Span = Span::seconds(30);

/// Position in a formula; line and column are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    line: u32,
    column: u32,
}

/// Kind of error in a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The formula is too long.
    Length,
    /// The formula cannot be parsed.
    Syntax,
    /// The formula cannot be evaluated.
    Evaluation,
    /// The formula requests more samples than there are.
    Samples,
}

/// Reason why a formula has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    place: Place,
    what: String,
}

impl Error {
    fn new(kind: Kind, place: Place, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { kind, place, what }
    }

    fn syntax(place: Place, what: impl Into<String>) -> Self {
        Self::new(Kind::Syntax, place, what)
    }

    fn evaluation(place: Place, what: impl Into<String>) -> Self {
        Self::new(Kind::Evaluation, place, what)
    }
}

/// Formats the error as the service does: `Line 1, Col 1: Undefined symbol: $x`.
///
/// Source: recorded, `Pool_EvaluateAutoScale` with an undefined symbol.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "Line {line}, Col {column}: {}", self.what)
    }
}

/// A parsed formula.
#[derive(Debug)]
pub(crate) struct Formula {
    statements: Vec<parser::Statement>,
}

impl Formula {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.chars().count() > MAX_CHARACTERS {
            let what = format!("The formula has more than {MAX_CHARACTERS} characters");
            return Err(Error::new(Kind::Length, Place { line: 1, column: 1 }, what));
        }
        let statements = parser::parse(lexer::tokens(text)?)?;
        Ok(Self { statements })
    }

    /// Evaluates the formula. The values are those at its end, or at the error.
    pub(crate) fn evaluate(&self, pool: &dyn Pool, seed: &mut u64) -> (Values, Option<Error>) {
        eval::evaluate(&self.statements, pool, seed)
    }
}
