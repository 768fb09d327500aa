//! Command line program of the Azure Batch emulator. Run `batch-emulator --help` for its options.

use std::fmt::Display;
use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::str::FromStr;
use std::task::Poll;
use std::time::Duration;

use batch_emulator::{
    Application, Config, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, Emulator, FaultPlan,
};
use lexopt::{Arg, Parser, ValueExt as _};

const USAGE: &str = "\
An emulator of the Azure Batch service on 127.0.0.1.

Usage: batch-emulator [OPTIONS]

Options:
  --port N           listen on port N; 0, the default, picks a free port
  --account A        name of the Batch account; repeat for additional accounts, each with separate data
  --key K            key of the account named last, in base64
  --bearer T         also accept the token T in `Authorization: Bearer`, for the first account
  --clock-speed X    pass X seconds in the service per real second (default 1)
  --task-seconds S   run each task for S seconds of the service's time (default 1)
  --page-size N      return at most N items per page
  --application A=V  add an application A with the comma-separated versions V; may be repeated
  --data DIR         persist the state in the folder DIR and continue from the state found there
  --execute          run tasks as processes on this machine, as your user (Unix only)
  --work-dir DIR     run tasks in folders below DIR (default: a temporary folder, removed at the end)
  --packages DIR     take application packages from the folders DIR/application/version
  --sparse-pages     insert empty pages into listings, as the real service may do
  --quirks           deviate from the API description as the live service does
  --faults F         inject faults by the rules in F, a file or JSON; see the README for the format
  --fault-seed N     seed by which the rules choose requests (default 0)
  --help             print this help

Open the address in a browser for a live dashboard of pools, nodes, jobs and the last requests.
";

/// A parsed command line.
enum Command {
    Help,
    Serve(Box<Config>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let config = match parse(Parser::from_env()) {
        Ok(Command::Serve(config)) => *config,
        Ok(Command::Help) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("batch-emulator: {error}\nRun `batch-emulator --help` for the options.");
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
    // A caller that sees the address may send Ctrl-C at once, so install the handler before
    // printing it.
    let mut ctrl_c = pin!(tokio::signal::ctrl_c());
    let early = poll_fn(|context| Poll::Ready(ctrl_c.as_mut().poll(context))).await;
    greet(&emulator);
    let interrupted = match early {
        Poll::Ready(interrupted) => interrupted,
        Poll::Pending => ctrl_c.await,
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

/// Prints the address as the first line of stdout, where programs read it. Information for people
/// goes to stderr.
fn greet(emulator: &Emulator) {
    println!("listening on {}", emulator.endpoint());
    for (account, key) in emulator.accounts() {
        eprintln!("account {account}");
        if key == DEVELOPMENT_KEY {
            eprintln!("key     {DEVELOPMENT_KEY} (published, for development only)");
        }
    }
    eprintln!("browser open {}/ for the dashboard", emulator.endpoint());
    if let Some(folder) = emulator.work_dir() {
        eprintln!(
            "tasks   run on this machine as your user, in {}",
            folder.display()
        );
    }
    eprintln!("Press Ctrl-C to stop.");
}

/// Reason why a command line is invalid.
type Error = Box<dyn std::error::Error>;

fn parse(mut parser: Parser) -> Result<Command, Error> {
    let mut config = Config::default();
    let mut accounts = Accounts::default();
    let mut seed = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long("port") => config.port = number("--port", &mut parser)?,
            Arg::Long("account") => accounts.name(parser.value()?.string()?),
            Arg::Long("key") => accounts.key(parser.value()?.string()?),
            Arg::Long("bearer") => config.bearer_token = Some(parser.value()?.string()?),
            Arg::Long("clock-speed") => config.clock_speed = number("--clock-speed", &mut parser)?,
            Arg::Long("task-seconds") => {
                config.task_duration = seconds("--task-seconds", &mut parser)?;
            }
            Arg::Long("page-size") => config.page_size = Some(number("--page-size", &mut parser)?),
            Arg::Long("application") => {
                config = config.application(application(&parser.value()?.string()?));
            }
            Arg::Long("sparse-pages") => config.sparse_pages = true,
            Arg::Long("quirks") => config.quirks = true,
            Arg::Long("faults") => config = config.faults(faults(&parser.value()?.string()?)?),
            Arg::Long("fault-seed") => seed = Some(number("--fault-seed", &mut parser)?),
            Arg::Long("data") => config.data = Some(folder(&mut parser)?),
            Arg::Long("execute") => config.execute = true,
            Arg::Long("work-dir") => config.work_dir = Some(folder(&mut parser)?),
            Arg::Long("packages") => config.packages = Some(folder(&mut parser)?),
            other => return Err(other.unexpected().into()),
        }
    }
    // The option overrides a seed in the rules, whichever comes first on the command line.
    config.faults.seed = seed.or(config.faults.seed);
    Ok(Command::Serve(Box::new(accounts.complete(config)?)))
}

/// The accounts as the options name them, in order. A second name or a second key starts a new
/// account.
#[derive(Default)]
struct Accounts(Vec<(Option<String>, Option<String>)>);

impl Accounts {
    fn name(&mut self, name: String) {
        match self.0.last_mut() {
            Some((known @ None, _)) => *known = Some(name),
            _ => self.0.push((Some(name), None)),
        }
    }

    fn key(&mut self, key: String) {
        match self.0.last_mut() {
            Some((_, known @ None)) => *known = Some(key),
            _ => self.0.push((None, Some(key))),
        }
    }

    /// Fills in the development account and key where they are missing. Each additional account
    /// needs a name.
    fn complete(self, mut config: Config) -> Result<Config, String> {
        for (index, (name, key)) in self.0.into_iter().enumerate() {
            let key = key.unwrap_or_else(|| DEVELOPMENT_KEY.to_owned());
            config = match name {
                name if index == 0 => config
                    .account(name.as_deref().unwrap_or(DEVELOPMENT_ACCOUNT))
                    .key(key),
                Some(name) => config.also_account(name, key),
                None => {
                    return Err(
                        "--key was given twice; put the --account that it belongs to before it"
                            .to_owned(),
                    );
                }
            };
        }
        Ok(config)
    }
}

fn number<T: FromStr<Err: Display>>(name: &str, parser: &mut Parser) -> Result<T, Error> {
    let text = parser.value()?.string()?;
    text.parse()
        .map_err(|error| format!("cannot parse {name} {text}: {error}").into())
}

fn seconds(name: &str, parser: &mut Parser) -> Result<Duration, Error> {
    let seconds = number(name, parser)?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| format!("cannot parse {name} {seconds}: {error}").into())
}

/// Reads a path, which need not be valid UTF-8.
fn folder(parser: &mut Parser) -> Result<PathBuf, Error> {
    Ok(parser.value()?.into())
}

/// Reads fault rules from JSON, or from a file if the argument is not JSON.
fn faults(text: &str) -> Result<FaultPlan, String> {
    let rules = if text.trim_start().starts_with(['[', '{']) {
        text.parse()
    } else {
        std::fs::read_to_string(text)
            .map_err(|error| format!("cannot read --faults {text}: {error}"))?
            .parse()
    };
    rules.map_err(|error| format!("cannot parse --faults: {error}"))
}

/// Parses `calculator=1.0,2.0`.
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
    use std::path::Path;

    use super::*;

    fn parsed(line: &str) -> Result<Config, String> {
        match parse(Parser::from_args(line.split_whitespace()))
            .map_err(|error| error.to_string())?
        {
            Command::Serve(config) => Ok(*config),
            Command::Help => Err("help".to_owned()),
        }
    }

    #[test]
    fn options_are_read() {
        let config = parsed(
            "--port 7 --account a --key=a2V5Cg== --bearer t --clock-speed 2.5 --task-seconds .5 \
             --page-size 3 --data /tmp/x --application calc=1.0,2.0 --application=empty --sparse-pages --quirks \
              --execute --work-dir w --packages=p",
        )
        .unwrap();
        assert_eq!((config.port, config.account.as_str()), (7, "a"));
        assert_eq!(config.key, "a2V5Cg==");
        assert_eq!(config.bearer_token.as_deref(), Some("t"));
        assert_eq!(config.task_duration, Duration::from_millis(500));
        assert_eq!((config.page_size, config.sparse_pages), (Some(3), true));
        assert!(config.quirks && !Config::default().quirks);
        assert_eq!(config.data.as_deref(), Some(Path::new("/tmp/x")));
        assert!(config.execute);
        let folders = [config.work_dir.as_deref(), config.packages.as_deref()];
        assert_eq!(folders, [Some("w".as_ref()), Some("p".as_ref())]);
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
    fn accounts_are_given_one_after_the_other() {
        let accounts = |line| {
            let config = parsed(line).unwrap();
            let more = config.more_accounts.into_iter();
            let mut found = vec![(config.account, config.key)];
            found.extend(more.map(|more| (more.account, more.key)));
            found
        };
        let (name, key) = (DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY);
        let cases: [(&str, &[(&str, &str)]); 5] = [
            ("", &[(name, key)]),
            ("--key k", &[(name, "k")]),
            ("--key k --account a", &[("a", "k")]),
            ("--account a --account b --key l", &[("a", key), ("b", "l")]),
            (
                "--account a --key k --account b --key l --account c",
                &[("a", "k"), ("b", "l"), ("c", key)],
            ),
        ];
        for (line, wanted) in cases {
            let found = accounts(line);
            let found: Vec<_> = found
                .iter()
                .map(|(a, k)| (a.as_str(), k.as_str()))
                .collect();
            assert_eq!(found, wanted, "{line}");
        }
    }

    #[test]
    fn faults_are_read_from_a_file_or_from_json() {
        let rules = r#"{"seed":3,"rules":[{"fault":{"reset":{}}}]}"#;
        let given = parsed(&format!("--faults {rules}")).unwrap().faults;
        assert_eq!((given.seed, given.rules.len()), (Some(3), 1));
        let seeded = parsed(&format!("--fault-seed 4 --faults {rules}")).unwrap();
        assert_eq!(seeded.faults.seed, Some(4));
        let file = std::env::temp_dir().join(format!("batch-emulator-{}.json", std::process::id()));
        std::fs::write(&file, rules).unwrap();
        let read = parsed(&format!("--faults {}", file.display())).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read.faults, given);
    }

    #[test]
    fn errors_name_the_option() {
        for (line, named) in [
            ("--key a --key b", "--key was given twice"),
            ("--faults [{}]", "--faults: rules[0]: missing field `fault`"),
            (
                "--faults /nowhere/faults.json",
                "--faults /nowhere/faults.json: ",
            ),
            ("--fault-seed -1", "--fault-seed -1"),
            ("--data", "missing argument for option '--data'"),
            ("--work-dir", "missing argument"),
            ("--execute=1", "unexpected argument for option '--execute'"),
            ("--port", "missing argument"),
            ("--port 70000", "--port 70000"),
            ("--task-seconds -1", "--task-seconds -1"),
            ("--sparse-pages=1", "unexpected argument for option"),
            ("--what", "invalid option '--what'"),
            ("serve", "unexpected argument \"serve\""),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
