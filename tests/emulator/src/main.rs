//! The embedded Batch service as a program: `batch-emulator --help` tells its options.

use std::fmt::Display;
use std::future::ready;
use std::pin::pin;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use batch_emulator::{Application, Config, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, Emulator};

const USAGE: &str = "\
An embedded Azure Batch service on 127.0.0.1.

Usage: batch-emulator [OPTIONS]

Options:
  --port N           listen on port N; 0, the default, takes a free one
  --account A        name of the Batch account
  --key K            key of the account, in base64
  --bearer T         accept the token T in `Authorization: Bearer` too
  --clock-speed X    let X seconds pass in the service for each real one (default 1)
  --task-seconds S   let a task run for S seconds of the service's time (default 1)
  --page-size N      put at most N items on a page
  --application A=V  have an application A with the versions V, parted by commas; may be given again
  --sparse-pages     put empty pages between the others, as the real service may
  --help             show this

At its address in a browser is a window on it: pools, nodes, jobs and the last requests, live.
";

/// What the command line asks for.
enum Wish {
    Help,
    Serve(Config),
}

#[tokio::main]
async fn main() -> ExitCode {
    let config = match parse(std::env::args().skip(1)) {
        Ok(Wish::Serve(config)) => config,
        Ok(Wish::Help) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("batch-emulator: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let emulator = match batch_emulator::start(config).await {
        Ok(emulator) => emulator,
        Err(error) => {
            eprintln!("batch-emulator: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    // It begins to wait before anyone knows the address, so that who does can end it in order at once.
    let mut interrupt = pin!(tokio::signal::ctrl_c());
    let early = tokio::select! {
        biased;
        interrupted = &mut interrupt => Some(interrupted),
        () = ready(()) => None,
    };
    greet(&emulator);
    let interrupted = match early {
        Some(interrupted) => interrupted,
        None => interrupt.await,
    };
    emulator.stop().await;
    match interrupted {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("batch-emulator: cannot wait for Ctrl-C: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The first line is for programs, which read the address from it; what is for people goes to the other stream.
fn greet(emulator: &Emulator) {
    println!("listening on {}", emulator.endpoint());
    eprintln!("account {}", emulator.account());
    if emulator.key() == DEVELOPMENT_KEY {
        eprintln!("key     {DEVELOPMENT_KEY} (published, for development alone)");
    }
    eprintln!("window  {}/ in a browser", emulator.endpoint());
    eprintln!("Ctrl-C ends it");
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut config = Config::default().account(DEVELOPMENT_ACCOUNT);
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let takes_value = !matches!(
            name,
            "--help" | "-h" | "--sparse-pages" | "--execute" | "--quirks"
        );
        if !takes_value && inline.is_some() {
            return Err(format!("{name} takes no value"));
        }
        let mut value = || {
            inline
                .clone()
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{name} wants a value"))
        };
        match name {
            "--help" | "-h" => return Ok(Wish::Help),
            "--port" => config.port = number(name, &value()?)?,
            "--account" => config.account = value()?,
            "--key" => config.key = value()?,
            "--bearer" => config.bearer_token = Some(value()?),
            "--clock-speed" => config.clock_speed = number(name, &value()?)?,
            "--task-seconds" => config.task_duration = seconds(name, &value()?)?,
            "--page-size" => config.page_size = Some(number(name, &value()?)?),
            "--application" => config = config.application(application(&value()?)),
            "--sparse-pages" => config.sparse_pages = true,
            "--execute" | "--quirks" | "--data" => {
                return Err(format!("{name} is not built yet"));
            }
            _ => return Err(format!("there is no option {name}")),
        }
    }
    Ok(Wish::Serve(config))
}

fn number<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|error| format!("{name} {text}: {error}"))
}

fn seconds(name: &str, text: &str) -> Result<Duration, String> {
    Duration::try_from_secs_f64(number(name, text)?)
        .map_err(|error| format!("{name} {text}: {error}"))
}

/// `calculator=1.0,2.0`
fn application(text: &str) -> Application {
    let (id, versions) = text.split_once('=').unwrap_or((text, ""));
    Application {
        id: id.to_owned(),
        display_name: None,
        versions: versions
            .split(',')
            .filter(|version| !version.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Config, String> {
        match parse(line.split_whitespace().map(str::to_owned))? {
            Wish::Serve(config) => Ok(config),
            Wish::Help => Err("help".to_owned()),
        }
    }

    #[test]
    fn options_are_read() {
        let config = parsed(
            "--port 7 --account a --key=a2V5Cg== --bearer t --clock-speed 2.5 --task-seconds .5 \
             --page-size 3 --application calc=1.0,2.0 --application=empty --sparse-pages",
        )
        .unwrap();
        assert_eq!((config.port, config.account.as_str()), (7, "a"));
        assert_eq!(config.key, "a2V5Cg==");
        assert_eq!(config.bearer_token.as_deref(), Some("t"));
        assert_eq!(config.task_duration, Duration::from_millis(500));
        assert_eq!((config.page_size, config.sparse_pages), (Some(3), true));
        let [calc, empty] = config.applications.as_slice() else {
            panic!("{:?}", config.applications);
        };
        assert_eq!(
            (calc.id.as_str(), calc.versions.as_slice()),
            ("calc", &["1.0".to_owned(), "2.0".to_owned()][..])
        );
        assert_eq!((empty.id.as_str(), empty.versions.len()), ("empty", 0));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("--execute", "not built yet"),
            ("--quirks", "not built yet"),
            ("--data /tmp/x", "not built yet"),
            ("--port", "wants a value"),
            ("--port 70000", "--port 70000"),
            ("--task-seconds -1", "--task-seconds -1"),
            ("--sparse-pages=1", "takes no value"),
            ("--what", "no option --what"),
            ("serve", "no option serve"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
