//! `bench`: what the client costs beside code written by hand.
//!
//! The package `batch-bench` measures, in two programs: one for times, one for allocations. Here
//! their lines become one table of ratios. A slow machine is not an error, and a target that is
//! missed is said and is not one either: the exact figures are tests.

mod row;

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use lexopt::{Arg, Parser, ValueExt};
use serde_json::Value;

use crate::arguments::{misuse, once};
use crate::run;
use crate::statistics::columns;
use crate::workspace;

const USAGE: &str = "\
usage: cargo xtask bench [--rows PATTERN] [--runs N] [--scale]

  --rows PATTERN   only the rows whose names contain it
  --runs N         pairs of runs of each row; 11 where it is not given
  --scale          also a million tasks, 64 clients at once, and a service that throttles
";
const PACKAGE: &str = "batch-bench";
const RUNS: usize = 11;

#[derive(Debug, PartialEq)]
struct Wanted {
    rows: String,
    runs: usize,
    scale: bool,
}

/// Builds, measures, and prints the table.
pub(crate) fn run(parser: Parser) -> Result<bool> {
    let wanted = wanted(parser)?;
    let root = workspace::root()?;
    let programs = run::programs(&root, PACKAGE, &["--release", "--bins"])?;
    let program = |name: &str| {
        let program = programs.get(name);
        program
            .with_context(|| format!("cannot measure: cargo built no program {name} of {PACKAGE}"))
    };
    let times = lines(program("times")?, &wanted)?;
    ensure!(
        !times.is_empty(),
        "cannot measure: no row has {:?} in its name; leave --rows out to see all, and add --scale for those that take long",
        wanted.rows
    );
    let allocations = lines(program("allocations")?, &wanted)?;
    print!("{}", table(&times, &allocations, wanted.runs)?);
    Ok(true)
}

fn wanted(mut parser: Parser) -> Result<Wanted> {
    let (mut rows, mut runs, mut scale) = (None, None, false);
    let usage = |why: lexopt::Error| misuse(why, USAGE);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("rows") => {
                let value = parser.value().and_then(ValueExt::string);
                once(&mut rows, value.map_err(usage)?, "rows", USAGE)?;
            }
            Arg::Long("runs") => {
                let value = parser.value().and_then(|value| value.parse());
                once(&mut runs, value.map_err(usage)?, "runs", USAGE)?;
            }
            Arg::Long("scale") => scale = true,
            other => return Err(misuse(other.unexpected(), USAGE)),
        }
    }
    if runs == Some(0) {
        return Err(misuse("--runs has to be 1 or more", USAGE));
    }
    Ok(Wanted {
        rows: rows.unwrap_or_default(),
        runs: runs.unwrap_or(RUNS),
        scale,
    })
}

/// Runs a program that measures, and reads its rows, one line of JSON each. Its progress goes to
/// standard error.
fn lines(program: &Path, wanted: &Wanted) -> Result<Vec<Value>> {
    let output = Command::new(program)
        .args(["--rows", &wanted.rows, "--runs", &wanted.runs.to_string()])
        .args(wanted.scale.then_some("--scale"))
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(
        output.status.success(),
        "cannot measure: {} ended with {}; what it said is above",
        program.display(),
        output.status
    );
    let text = String::from_utf8(output.stdout).context("the figures are not text")?;
    let values = text.lines().map(serde_json::from_str);
    values
        .collect::<Result<_, _>>()
        .context("the figures are not JSON")
}

fn table(times: &[Value], allocations: &[Value], runs: usize) -> Result<String> {
    let heads = [
        "row",
        "by hand",
        "ours",
        "ratio",
        "allocations",
        "peak memory",
        "target",
        "met",
        "what | by hand",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for measured in times {
        let counted = allocations.iter().find(|one| one["row"] == measured["row"]);
        rows.push(row::cells(measured, counted)?);
    }
    let more = format!(
        "\nCPU time of the client's thread. Medians of {runs} pairs of runs that took turns (3 where a row takes long);\n\
         a ratio is the median of the pairs' ratios. Allocations and peak: by hand -> ours, in a program that counts.\n"
    );
    Ok(columns(&rows) + &more)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(words: &[&str]) -> Result<Wanted> {
        wanted(Parser::from_args(words))
    }

    #[test]
    fn eleven_runs_of_all_rows_unless_something_else_is_wanted() {
        let all = read(&[]).unwrap();
        assert_eq!((&*all.rows, all.runs, all.scale), ("", 11, false));
        let some = read(&["--rows", "list", "--runs=3", "--scale"]).unwrap();
        assert_eq!((&*some.rows, some.runs, some.scale), ("list", 3, true));
    }

    #[test]
    fn wrong_arguments_are_a_misuse() {
        for words in [
            &["--runs", "0"][..],
            &["--runs", "many"],
            &["--runs"],
            &["--rows=a", "--rows=b"],
            &["--release"],
            &["encode"],
        ] {
            let error = read(words).unwrap_err();
            assert!(error.is::<crate::Misuse>(), "{words:?}: {error}");
        }
    }

    #[test]
    fn times_and_allocations_of_a_row_stand_in_one_line() {
        let times = [
            json!({"row": "a", "what": "x | y", "unit": "s", "hand": [1.0, 2.0, 3.0],
                "ours": [1.0, 1.0, 2.7], "targets": {"ratio": 0.8, "allocations": 1.0}}),
            json!({"row": "b", "what": "z", "unit": "bytes", "hand": [528.0], "ours": [1528.0],
                "targets": {"size": 700.0}}),
        ];
        let counts = [json!({"row": "a", "part": "task",
            "hand": {"allocations": 21.0, "peak": 4_500_000},
            "ours": {"allocations": 16.0, "peak": 4_800_000}})];
        let table = table(&times, &counts, 3).unwrap();
        let lines: Vec<String> = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            lines[2],
            "a 2.00 s 1.00 s 0.90 21.0 -> 16.0 a task 4.50 -> 4.80 MB ratio <= 0.80, allocations <= 1.0 NO x | y"
        );
        assert_eq!(lines[3], "b 528 B 1528 B 2.89 - - size <= 700 B NO z");
    }
}
