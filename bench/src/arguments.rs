//! The arguments of both programs.

use std::str::FromStr;

use lexopt::{Arg, Error, Parser, ValueExt as _};

/// Measurements to run.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// A substring of the names of the rows to run.
    pub rows: String,
    /// Number of pairs of runs.
    pub runs: usize,
    /// True to include the rows with a million tasks, many clients and throttling.
    pub scale: bool,
    /// True for a smoke test, with too little work for meaningful figures.
    pub tiny: bool,
    /// The only side that works, for a profiler.
    pub side: Option<Side>,
}

/// A side of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Code written by hand.
    Hand,
    /// The client.
    Ours,
}

impl FromStr for Side {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "hand" => Ok(Self::Hand),
            "ours" => Ok(Self::Ours),
            _ => Err("a side is `hand` or `ours`"),
        }
    }
}

impl Arguments {
    /// Reads `--rows`, `--runs`, `--scale`, `--tiny` and `--side`.
    ///
    /// # Errors
    ///
    /// Fails for any other argument.
    pub fn read(mut parser: Parser) -> Result<Self, Error> {
        let mut arguments = Self {
            rows: String::new(),
            runs: 11,
            scale: false,
            tiny: false,
            side: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("rows") => arguments.rows = parser.value()?.string()?,
                Arg::Long("runs") => arguments.runs = parser.value()?.parse()?,
                Arg::Long("scale") => arguments.scale = true,
                Arg::Long("tiny") => arguments.tiny = true,
                Arg::Long("side") => arguments.side = Some(parser.value()?.parse()?),
                other => return Err(other.unexpected()),
            }
        }
        Ok(arguments)
    }
}
