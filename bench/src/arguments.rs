//! The arguments of both programs.

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
}

impl Arguments {
    /// Reads `--rows`, `--runs`, `--scale` and `--tiny`.
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
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("rows") => arguments.rows = parser.value()?.string()?,
                Arg::Long("runs") => arguments.runs = parser.value()?.parse()?,
                Arg::Long("scale") => arguments.scale = true,
                Arg::Long("tiny") => arguments.tiny = true,
                other => return Err(other.unexpected()),
            }
        }
        Ok(arguments)
    }
}
