//! Helpers for the arguments of all commands: lexopt parses them, and a wrong one is a [`Misuse`].

use std::fmt;

use anyhow::Result;
use lexopt::{Arg, Parser, ValueExt as _};

/// Wrong usage of a command: the reason and the usage text.
#[derive(Debug)]
pub(crate) struct Misuse {
    why: String,
    usage: &'static str,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n{}", self.why, self.usage.trim_end())
    }
}

impl std::error::Error for Misuse {}

/// Creates the error for wrong arguments.
pub(crate) fn misuse(why: impl fmt::Display, usage: &'static str) -> anyhow::Error {
    let why = why.to_string();
    Misuse { why, usage }.into()
}

/// Sets an option that can be given once.
pub(crate) fn once<T>(
    slot: &mut Option<T>,
    value: T,
    option: &str,
    usage: &'static str,
) -> Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(misuse(format!("--{option} is given twice"), usage)),
    }
}

/// Parses the only option of a command; returns true if it is given.
pub(crate) fn flag(mut parser: Parser, option: &str, usage: &'static str) -> Result<bool> {
    let mut found = false;
    while let Some(argument) = parser.next().map_err(|why| misuse(why, usage))? {
        match argument {
            Arg::Long(name) if name == option => found = true,
            other => return Err(misuse(other.unexpected(), usage)),
        }
    }
    Ok(found)
}

/// Returns the arguments of a command that takes names and no options.
pub(crate) fn names(mut parser: Parser, usage: &'static str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    while let Some(argument) = parser.next().map_err(|why| misuse(why, usage))? {
        match argument {
            Arg::Value(name) => names.push(name.string().map_err(|why| misuse(why, usage))?),
            other => return Err(misuse(other.unexpected(), usage)),
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unexpected_arguments_are_named_with_the_usage() {
        let parser = |words: &[&str]| Parser::from_args(words);
        assert!(flag(parser(&["--check"]), "check", "usage: x").unwrap());
        assert!(!flag(parser(&[]), "check", "usage: x").unwrap());
        assert_eq!(names(parser(&["a", "b"]), "usage: x").unwrap(), ["a", "b"]);
        for error in [
            flag(parser(&["--chekc"]), "check", "usage: x\n").unwrap_err(),
            names(parser(&["--chekc"]), "usage: x\n").unwrap_err(),
        ] {
            assert!(error.is::<Misuse>());
            assert_eq!(error.to_string(), "invalid option '--chekc'\n\nusage: x");
        }
    }
}
