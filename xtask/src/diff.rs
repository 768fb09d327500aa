//! `diff`: reads two descriptions and prints the report of `batch_codegen::review::diff`.
//!
//! Compares any two files, by their paths from the current folder; the checked-in description is
//! not used.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use batch_codegen::dialect::Names;
use batch_codegen::review::diff::{self, Class, Report, Side};
use lexopt::{Arg, Parser, ValueExt};

use crate::arguments::{misuse, once};
use crate::regen;
use crate::say::write_unless_closed;
use crate::workspace;

const USAGE: &str = "\
usage: cargo xtask diff OLD NEW [--format text|markdown|json] [--fail-on breaking|any|none]

  OLD, NEW     two descriptions of the Batch API, Swagger 2.0 files
  --format     text for a terminal (the default), markdown for a pull request, json for machines
               (the docs of batch_codegen::review::diff describe the format)
  --fail-on    exits 1 for a breaking change on the wire or in Rust (breaking), or for any difference, including
               descriptions (any); none, the default, only reports

exits 0, 1 by --fail-on or for a file that cannot be compared, 2 for wrong usage
";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Markdown,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailOn {
    Breaking,
    Any,
    None,
}

#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    old: PathBuf,
    new: PathBuf,
    format: Format,
    fail_on: FailOn,
}

/// Prints the differences and returns whether `--fail-on` accepts them.
pub(crate) fn run(parser: Parser) -> Result<bool> {
    let Some(arguments) = parse(parser)? else {
        print!("{USAGE}");
        return Ok(true);
    };
    let names = regen::names(&workspace::root()?)?;
    print(&arguments, &compared(&arguments, &names)?)
}

/// Parses the arguments; returns `None` for help.
fn parse(mut parser: Parser) -> Result<Option<Arguments>> {
    let wrong = |why: lexopt::Error| misuse(why, USAGE);
    let (mut files, mut format, mut fail_on) = (Vec::new(), None, None);
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("format") => {
                let value = parser.value().and_then(|v| v.parse_with(format_named));
                once(&mut format, value.map_err(wrong)?, "format", USAGE)?;
            }
            Arg::Long("fail-on") => {
                let value = parser.value().and_then(|v| v.parse_with(fail_on_named));
                once(&mut fail_on, value.map_err(wrong)?, "fail-on", USAGE)?;
            }
            Arg::Value(file) => files.push(PathBuf::from(file)),
            other => return Err(wrong(other.unexpected())),
        }
    }
    match <[PathBuf; 2]>::try_from(files) {
        Ok([old, new]) => Ok(Some(Arguments {
            old,
            new,
            format: format.unwrap_or(Format::Text),
            fail_on: fail_on.unwrap_or(FailOn::None),
        })),
        Err(files) => {
            let why = format!("expected two files, found {}", files.len());
            Err(misuse(why, USAGE))
        }
    }
}

fn format_named(name: &str) -> Result<Format, &'static str> {
    match name {
        "text" => Ok(Format::Text),
        "markdown" => Ok(Format::Markdown),
        "json" => Ok(Format::Json),
        _ => Err("expected text, markdown or json"),
    }
}

fn fail_on_named(name: &str) -> Result<FailOn, &'static str> {
    match name {
        "breaking" => Ok(FailOn::Breaking),
        "any" => Ok(FailOn::Any),
        "none" => Ok(FailOn::None),
        _ => Err("expected breaking, any or none"),
    }
}

fn compared(arguments: &Arguments, names: &Names) -> Result<Report> {
    let (old, new) = (
        read_description(&arguments.old)?,
        read_description(&arguments.new)?,
    );
    diff::compare(&old, &new, names).map_err(|error| {
        let file = match error.side() {
            Side::Old => &arguments.old,
            _ => &arguments.new,
        };
        anyhow!("{}: {}", file.display(), error.cause())
    })
}

/// Reads a description from outside of the workspace.
pub(crate) fn read_description(path: &Path) -> Result<String> {
    let name = path.display();
    let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    // Some editors begin a file with a byte order mark, which is not valid JSON.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Prints the report and returns whether `--fail-on` accepts it.
fn print(arguments: &Arguments, report: &Report) -> Result<bool> {
    let text = match arguments.format {
        Format::Text => report.text(colour()),
        Format::Markdown => report.markdown(),
        Format::Json => report.json(),
    };
    write_unless_closed(&mut io::stdout().lock(), format_args!("{text}"))
        .context("cannot write the report")?;
    Ok(passes(arguments.fail_on, report))
}

fn passes(fail_on: FailOn, report: &Report) -> bool {
    match fail_on {
        FailOn::Breaking => report.worst_wire().max(report.worst_rust()) != Some(Class::Breaking),
        FailOn::Any => report.is_empty(),
        FailOn::None => true,
    }
}

/// Returns true if standard output is a terminal and <https://no-color.org> does not apply.
pub(crate) fn colour() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !unwanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_and_options_in_any_order() {
        let expected = Arguments {
            old: "a.json".into(),
            new: "b.json".into(),
            format: Format::Json,
            fail_on: FailOn::Any,
        };
        for line in [
            "a.json b.json --format json --fail-on any",
            "--fail-on=any a.json --format=json b.json",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let found = parse(Parser::from_args(words)).expect(line);
            assert_eq!(found.as_ref(), Some(&expected), "{line}");
        }
        let plain = parse(Parser::from_args(["a.json", "b.json"])).expect("arguments");
        let plain = plain.expect("no help is wanted");
        assert_eq!((plain.format, plain.fail_on), (Format::Text, FailOn::None));
    }

    #[test]
    fn wrong_usage_is_reported() {
        for (line, why) in [
            ("a", "expected two files, found 1"),
            ("a b c", "expected two files, found 3"),
            ("a b --format", "missing argument for option '--format'"),
            (
                "a b --format html",
                "\"html\": expected text, markdown or json",
            ),
            (
                "a b --fail-on additions",
                "\"additions\": expected breaking, any or none",
            ),
            ("a b --format json --format text", "--format is given twice"),
            ("a b --colour", "invalid option '--colour'"),
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let found = parse(Parser::from_args(words)).expect_err(line);
            let found = found.to_string();
            assert!(
                found.contains(why) && found.contains(USAGE.trim_end()),
                "{line}: {found}"
            );
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let found = read_description(Path::new("no/such/file.json")).expect_err("no such file");
        assert_eq!(found.to_string(), "cannot read no/such/file.json");
    }

    #[test]
    fn the_exit_status_follows_fail_on() {
        let ours = workspace::root().expect("the workspace");
        let names = regen::names(&ours).expect("names");
        let ours = read_description(&ours.join("spec/BatchService.json")).expect("ours");
        let other_text = ours.replacen("\"summary\": \"", "\"summary\": \"Also. ", 1);
        let addition = ours.replacen(
            "\"properties\": {",
            "\"properties\": { \"novel\": { \"type\": \"string\" },",
            1,
        );
        let fewer = ours.replace("Pool_Exists", "Pool_IsThere");
        for (new, any, breaking) in [
            (&ours, true, true),
            (&other_text, false, true),
            (&addition, false, true),
            (&fewer, false, false),
        ] {
            let report = diff::compare(&ours, new, &names).expect("descriptions");
            assert!(passes(FailOn::None, &report));
            assert_eq!(passes(FailOn::Any, &report), any, "{}", report.text(false));
            assert_eq!(
                passes(FailOn::Breaking, &report),
                breaking,
                "{}",
                report.text(false)
            );
        }
    }
}
