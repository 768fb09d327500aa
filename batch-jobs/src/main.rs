//! `batch-jobs`: from a folder to results on Azure Batch, from the command line.
//!
//! `cli::arguments` reads the command line, `cli::commands` carries it out with the library.
//! Results go to stdout, progress and errors to stderr.

mod cli;

use std::process::ExitCode;

use cli::arguments::{Command, HELP, parse};

#[tokio::main]
async fn main() -> ExitCode {
    match parse(std::env::args_os().skip(1)) {
        Err(error) => {
            eprintln!("batch-jobs: {error}\n\n{HELP}");
            ExitCode::from(2)
        }
        Ok(Command::Help) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(command) => match cli::commands::run(command).await {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("batch-jobs: {error}");
                ExitCode::FAILURE
            }
        },
    }
}
