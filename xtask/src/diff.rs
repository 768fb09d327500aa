//! `diff`: reads two descriptions and prints what `batch_codegen::review::diff` finds.
//!
//! Compares whatever files it is given; what is checked in plays no part.

use crate::say::written;
use anyhow::{Context, Result, anyhow};
use batch_codegen::review::diff::{self, Class, Report, Side};
use std::fs;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask diff OLD NEW [--format text|markdown|json] [--fail-on breaking|any|none]

  OLD, NEW     two descriptions of the Batch API, Swagger 2.0 files
  --format     text for a terminal (the default), markdown for a pull request, json for machines
               (what is in it stands in the docs of batch_codegen::review::diff)
  --fail-on    exits 1 where a change breaks on the wire or in Rust (breaking), or where anything differs, texts
               too (any); none, the default, only reports

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
    old: String,
    new: String,
    format: Format,
    fail_on: FailOn,
}

/// The whole command, with its own exit status.
pub(crate) fn run(arguments: &[&str]) -> ExitCode {
    if arguments.iter().any(|a| ["-h", "--help"].contains(a)) {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let arguments = match parse(arguments) {
        Ok(arguments) => arguments,
        Err(why) => {
            eprint!("error: {why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match compared(&arguments).and_then(|report| print(&arguments, &report)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[&str]) -> Result<Arguments, String> {
    let (mut files, mut format, mut fail_on) = (Vec::new(), None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let (name, mut value) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (*argument, None),
        };
        match name {
            "--format" | "--fail-on" => {
                let value = value.take().or_else(|| rest.next().copied());
                let value = value.ok_or_else(|| format!("{name} needs a value"))?;
                let twice = if name == "--format" {
                    format.replace(format_named(value)?).is_some()
                } else {
                    fail_on.replace(fail_on_named(value)?).is_some()
                };
                if twice {
                    return Err(format!("{name} stands twice"));
                }
            }
            name if name.starts_with('-') => return Err(format!("unknown option {name:?}")),
            _ => files.push((*argument).to_owned()),
        }
    }
    match <[String; 2]>::try_from(files) {
        Ok([old, new]) => Ok(Arguments {
            old,
            new,
            format: format.unwrap_or(Format::Text),
            fail_on: fail_on.unwrap_or(FailOn::None),
        }),
        Err(files) => Err(format!("expected two files, found {}", files.len())),
    }
}

fn format_named(name: &str) -> Result<Format, String> {
    match name {
        "text" => Ok(Format::Text),
        "markdown" => Ok(Format::Markdown),
        "json" => Ok(Format::Json),
        _ => Err(format!(
            "--format: expected text, markdown or json, found {name:?}"
        )),
    }
}

fn fail_on_named(name: &str) -> Result<FailOn, String> {
    match name {
        "breaking" => Ok(FailOn::Breaking),
        "any" => Ok(FailOn::Any),
        "none" => Ok(FailOn::None),
        _ => Err(format!(
            "--fail-on: expected breaking, any or none, found {name:?}"
        )),
    }
}

fn compared(arguments: &Arguments) -> Result<Report> {
    let (old, new) = (
        read_description(&arguments.old)?,
        read_description(&arguments.new)?,
    );
    diff::compare(&old, &new).map_err(|error| {
        let file = match error.side() {
            Side::Old => &arguments.old,
            _ => &arguments.new,
        };
        anyhow!("{file}: {}", error.cause())
    })
}

/// A description that somebody else has written.
pub(crate) fn read_description(path: &str) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {path}"))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{path} is not UTF-8"))?;
    // Some editors begin a file with a byte order mark, which JSON does not know.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Prints the report and says whether `--fail-on` lets it pass.
fn print(arguments: &Arguments, report: &Report) -> Result<bool> {
    let text = match arguments.format {
        Format::Text => report.text(colour()),
        Format::Markdown => report.markdown(),
        Format::Json => report.json(),
    };
    written(&mut io::stdout().lock(), format_args!("{text}")).context("cannot write the report")?;
    Ok(passes(arguments.fail_on, report))
}

fn passes(fail_on: FailOn, report: &Report) -> bool {
    match fail_on {
        FailOn::Breaking => report.worst_wire().max(report.worst_rust()) != Some(Class::Breaking),
        FailOn::Any => report.is_empty(),
        FailOn::None => true,
    }
}

/// Colour only where somebody looks at it, and not against <https://no-color.org>.
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
            assert_eq!(parse(&words).as_ref(), Ok(&expected), "{line}");
        }
        let plain = parse(&["a.json", "b.json"]).expect("arguments");
        assert_eq!((plain.format, plain.fail_on), (Format::Text, FailOn::None));
    }

    #[test]
    fn wrong_usage_is_told() {
        for (line, why) in [
            ("a", "expected two files, found 1"),
            ("a b c", "expected two files, found 3"),
            ("a b --format", "--format needs a value"),
            ("a b --format html", "found \"html\""),
            ("a b --fail-on additions", "found \"additions\""),
            ("a b --format json --format text", "--format stands twice"),
            ("a b --colour", "unknown option \"--colour\""),
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let found = parse(&words).expect_err(line);
            assert!(found.contains(why), "{line}: {found}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let found = read_description("no/such/file.json").expect_err("no such file");
        assert_eq!(found.to_string(), "cannot read no/such/file.json");
    }

    #[test]
    fn the_exit_status_follows_fail_on() {
        let ours = read_description(&format!(
            "{}/../spec/BatchService.json",
            env!("CARGO_MANIFEST_DIR")
        ))
        .expect("our description");
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
            let report = diff::compare(&ours, new).expect("descriptions");
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
