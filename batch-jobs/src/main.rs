//! `batch-jobs`: from a folder to results on Azure Batch, from the command line.
//!
//! `cli::arguments` reads the command line, `cli::commands` carries it out with the library.
//! Results go to stdout, progress and errors to stderr.

mod cli;

use std::process::ExitCode;

use cli::arguments::{Command, HELP, Invocation, parse};
use cli::report::Report;

/// Exit status of a command that could not be carried out, unlike one whose tasks failed.
const FAILED: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let Invocation { command, json } = match parse(std::env::args_os().skip(1)) {
        Ok(invocation) => invocation,
        Err(error) => {
            eprintln!("batch-jobs: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    if command == Command::Help {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let report = Report::new(json);
    match cli::commands::run(command, &report).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report.error(&*error);
            ExitCode::from(FAILED)
        }
    }
}
