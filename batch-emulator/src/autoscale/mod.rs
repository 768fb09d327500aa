//! The language of autoscale formulas: text in, variables or an error out.
//!
//! `lexer` makes tokens of the text, `parser` a tree of these ([`Formula`]), `eval` computes it
//! with the operators of `operators`, the functions of `functions` and the methods of `samples`;
//! `names` holds what it finds there. All of it is pure: what a formula asks of its pool comes
//! through [`Pool`], the time with it, and chance from a seed. `state::pools::autoscale` calls it.
//!
//! The facts are those of Microsoft's page on automatic scaling. Where it leaves something open,
//! this is decided here: names keep their case; targets lose their fraction and cannot be negative;
//! a metric without a method is its present value; a choice, `&&` and `||` compute no more than
//! they must; vectors can be written `[1, 2]` or `vec(1, 2)`; samples come oldest first; `round`
//! goes away from 0 in the middle.
//!
//! A formula is bounded in length, statements and nesting, and its work in steps, so that none
//! hangs.
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

/// Most characters of a formula.
///
/// Source: the page: at most 8 KB.
pub(crate) const MOST_CHARACTERS: usize = 8192;
/// Most statements of a formula.
///
/// Source: the page: up to 100 statements.
const MOST_STATEMENTS: usize = 100;
/// Metrics are sampled so often.
///
/// Source: the page: each 30 seconds.
pub(crate) const SAMPLE_PERIOD: Span = Span::seconds(30);

/// Where something stands in a formula, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    line: u32,
    column: u32,
}

/// What is wrong with a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is too long.
    Length,
    /// It cannot be read.
    Syntax,
    /// It cannot be computed.
    Evaluation,
    /// It wants more samples than there are.
    Samples,
}

/// Why a formula gives no result.
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

/// As the service writes it: `Line 1, Col 1: Undefined symbol: $x`.
///
/// Source: recorded, `Pool_EvaluateAutoScale` with an undefined symbol.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "Line {line}, Col {column}: {}", self.what)
    }
}

/// A formula that can be read.
#[derive(Debug)]
pub(crate) struct Formula {
    statements: Vec<parser::Statement>,
}

impl Formula {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.chars().count() > MOST_CHARACTERS {
            let what = format!("The formula has more than {MOST_CHARACTERS} characters");
            return Err(Error::new(Kind::Length, Place { line: 1, column: 1 }, what));
        }
        let statements = parser::parse(lexer::tokens(text)?)?;
        Ok(Self { statements })
    }

    /// Computes the formula. The values are those at the end, or at the error.
    pub(crate) fn evaluate(&self, pool: &dyn Pool, seed: &mut u64) -> (Values, Option<Error>) {
        eval::evaluate(&self.statements, pool, seed)
    }
}
