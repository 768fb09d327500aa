//! The options of the program, from the command line and from the environment.

mod entra;

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use batch_emulator::{
    Application, Config, Containers, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, FaultError, FaultPlan,
    Tls,
};
use lexopt::{Arg, Parser, ValueExt as _};

pub(super) const USAGE: &str = "\
An emulator of the Azure Batch service.

Usage: batch-emulator [OPTIONS]

Options:
  --port N           listen on port N; 0, the default, picks a free port
  --host ADDR        listen on the address ADDR (default 127.0.0.1); one that other machines reach needs --key
  --account A        name of the Batch account; repeat for additional accounts, each with separate data
  --key K            key of the account named last, in base64
  --bearer T         also accept the token T in `Authorization: Bearer`, for the first account
  --entra ISSUER     accept tokens of Microsoft Entra ID by ISSUER, for the first account; needs --jwks
  --jwks URL|FILE    the issuer's public keys, as JSON
  --audience A       the audience of its tokens (default https://batch.core.windows.net/)
  --dev-sts          issue tokens, too: any tenant and application, with the secret batch-emulator
  --auth-modes A=M   limit the account A to the comma-separated modes M: shared_key, aad; may be repeated
  --tls              listen with TLS, by a certificate made at the start
  --ca FILE          write the certificate that clients have to trust to FILE (default: a temporary file)
  --cert FILE        listen with TLS, by the certificate in the PEM file FILE
  --cert-key FILE    the private key of the certificate, in the PEM file FILE
  --public-url URL   start the URLs in responses with URL, for clients behind a proxy
  --allow-host NAME  also show the dashboard under the name NAME; may be repeated
  --env              print lines for a shell that point clients to the service
  --clock-speed X    pass X seconds in the service per real second (default 1)
  --task-seconds S   run each task for S seconds of the service's time (default 1)
  --page-size N      return at most N items per page
  --application A=V  add an application A with the comma-separated versions V; may be repeated
  --data DIR         persist the state in the folder DIR and continue from the state found there
  --storage          also serve Blob storage, in memory: an account of the same name and key for each account
  --auto-storage C   read containers of auto-storage by the connection string C (default: --storage); needs --execute
  --identity ID      give pools the user-assigned identity ID, which has access to this storage; may be repeated
  --execute          run tasks as processes on this machine, as your user (Unix only)
  --containers HOW   run tasks with container settings, too: docker or podman, or as plain processes without their image
  --disk-limit MIB   end a task whose resource files or output exceed MIB mebibytes (default 1024)
  --work-dir DIR     run tasks in folders below DIR (default: a temporary folder, removed at the end)
  --packages DIR     take application packages from the folders DIR/application/version
  --sparse-pages     insert empty pages into listings, as the real service may do
  --quirks           deviate from the API description as the live service does
  --any-image        accept pools with images, node agents and sizes that the emulator does not know
  --faults F         inject faults by the rules in F, a file or JSON; see the README for the format
  --fault-seed N     seed by which the rules choose requests (default 0)
  --scenario F       lose nodes, fail resizes and set quotas by the rules in F, a file or JSON; see the README
  --version          print the version
  --help             print this help

Each option can also be set in the environment: --clock-speed is BATCH_EMULATOR_CLOCK_SPEED, and an option without a
value, such as BATCH_EMULATOR_QUIRKS, is 1 or 0. The command line takes precedence.

Open the address in a browser for a live dashboard of pools, nodes, jobs and the last requests. GET /_health tells if
the service is up. It stops at Ctrl-C or SIGTERM.
";

/// Options with a value that the environment can set.
const VALUES: &[&str] = &[
    "account",
    "key",
    "port",
    "host",
    "bearer",
    "entra",
    "jwks",
    "audience",
    "auth-modes",
    "ca",
    "cert",
    "cert-key",
    "public-url",
    "allow-host",
    "clock-speed",
    "task-seconds",
    "page-size",
    "application",
    "data",
    "containers",
    "disk-limit",
    "work-dir",
    "packages",
    "auto-storage",
    "identity",
    "faults",
    "fault-seed",
    "scenario",
];
/// Options without a value that the environment can set.
const FLAGS: &[&str] = &[
    "dev-sts",
    "tls",
    "env",
    "storage",
    "execute",
    "sparse-pages",
    "quirks",
    "any-image",
];

/// A parsed command line.
pub(super) enum Command {
    Help,
    Version,
    Serve(Box<Options>),
}

/// The options of a run.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) config: Config,
    /// The file for the certificate of the authority that is made at the start.
    pub(super) authority: Option<PathBuf>,
    /// True if lines for a shell are to be printed.
    pub(super) env: bool,
}

/// Reads the options of this process.
pub(super) fn read() -> Result<Command, Error> {
    let given: Vec<OsString> = std::env::args_os().skip(1).collect();
    let arguments = completed(given, |name| std::env::var_os(name))?;
    parse(Parser::from_args(arguments))
}

/// Puts the options that only the environment sets before those of the command line.
fn completed(
    given: Vec<OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, Error> {
    let is_given = |option: &str| {
        given.iter().any(|argument| {
            let argument = argument.to_string_lossy();
            argument == option
                || argument
                    .strip_prefix(option)
                    .is_some_and(|rest| rest.starts_with('='))
        })
    };
    let mut arguments = Vec::new();
    for name in VALUES.iter().chain(FLAGS) {
        let option = format!("--{name}");
        let from = format!("BATCH_EMULATOR_{}", name.to_uppercase().replace('-', "_"));
        let Some(value) = variable(&from).filter(|value| !value.is_empty() && !is_given(&option))
        else {
            continue;
        };
        if VALUES.contains(name) {
            arguments.extend([option.into(), value]);
            continue;
        }
        match value.to_string_lossy().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => arguments.push(option.into()),
            "0" | "false" | "no" | "off" => {}
            other => return Err(format!("cannot parse {from}={other}: expected 1 or 0").into()),
        }
    }
    arguments.extend(given);
    Ok(arguments)
}

/// Reason why a command line is invalid.
pub(super) type Error = Box<dyn std::error::Error>;

fn parse(mut parser: Parser) -> Result<Command, Error> {
    let mut config = Config::default();
    let mut accounts = Accounts::default();
    let mut seed = None;
    let (mut authority, mut env) = (None, false);
    let (mut generated, mut certificate, mut private_key) = (false, None, None);
    let mut tokens = entra::Tokens::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Command::Version),
            Arg::Long("host") => config.host = number("--host", &mut parser)?,
            Arg::Long("tls") => generated = true,
            Arg::Long("ca") => authority = Some(folder(&mut parser)?),
            Arg::Long("cert") => certificate = Some(folder(&mut parser)?),
            Arg::Long("cert-key") => private_key = Some(folder(&mut parser)?),
            Arg::Long("public-url") => config.public_url = Some(parser.value()?.string()?),
            Arg::Long("allow-host") => config = config.allow_host(parser.value()?.string()?),
            Arg::Long("env") => env = true,
            Arg::Long("port") => config.port = number("--port", &mut parser)?,
            Arg::Long("account") => accounts.name(parser.value()?.string()?),
            Arg::Long("key") => accounts.key(parser.value()?.string()?),
            Arg::Long("bearer") => config.bearer_token = Some(parser.value()?.string()?),
            Arg::Long("entra") => tokens.issuer = Some(parser.value()?.string()?),
            Arg::Long("jwks") => tokens.keys = Some(parser.value()?.string()?),
            Arg::Long("audience") => tokens.audience = Some(parser.value()?.string()?),
            Arg::Long("dev-sts") => config.dev_sts = true,
            Arg::Long("auth-modes") => {
                let (account, modes) = entra::modes(&parser.value()?.string()?)?;
                config = config.authentication_modes(account, modes);
            }
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
            Arg::Long("any-image") => config.any_image = true,
            Arg::Long("faults") => {
                let plan: FaultPlan = rules("--faults", &parser.value()?.string()?)?;
                config = config.faults(plan);
            }
            Arg::Long("scenario") => {
                config.scenario = rules("--scenario", &parser.value()?.string()?)?;
            }
            Arg::Long("fault-seed") => seed = Some(number("--fault-seed", &mut parser)?),
            Arg::Long("data") => config.data = Some(folder(&mut parser)?),
            Arg::Long("storage") => config.storage = true,
            Arg::Long("auto-storage") => config.auto_storage = Some(parser.value()?.string()?),
            Arg::Long("identity") => config = config.identity(parser.value()?.string()?),
            Arg::Long("execute") => config.execute = true,
            Arg::Long("containers") => {
                config.containers = Some(containers(&parser.value()?.string()?)?);
            }
            Arg::Long("disk-limit") => {
                let mebibytes: u32 = number("--disk-limit", &mut parser)?;
                config.disk_limit = u64::from(mebibytes) << 20;
            }
            Arg::Long("work-dir") => config.work_dir = Some(folder(&mut parser)?),
            Arg::Long("packages") => config.packages = Some(folder(&mut parser)?),
            other => return Err(other.unexpected().into()),
        }
    }
    // The option overrides a seed in the rules, whichever comes first on the command line.
    config.faults.seed = seed.or(config.faults.seed);
    config.entra = tokens.complete(config.dev_sts)?;
    config.tls = match (certificate, private_key) {
        (Some(certificate), Some(key)) => Some(Tls::Files { certificate, key }),
        (None, None) => generated.then_some(Tls::Generated),
        _ => return Err("--cert and --cert-key belong together; pass both".into()),
    };
    if authority.is_some() && config.tls != Some(Tls::Generated) {
        return Err("--ca needs --tls, without --cert".into());
    }
    Ok(Command::Serve(Box::new(Options {
        config: accounts.complete(config)?,
        authority,
        env,
    })))
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

fn containers(text: &str) -> Result<Containers, String> {
    match text {
        "plain" => Ok(Containers::Plain),
        "docker" => Ok(Containers::Docker),
        "podman" => Ok(Containers::Podman),
        other => Err(format!(
            "cannot parse --containers {other}: expected plain, docker or podman"
        )),
    }
}

/// Reads rules from JSON, or from a file if the argument is not JSON.
fn rules<T: FromStr<Err = FaultError>>(option: &str, text: &str) -> Result<T, String> {
    let rules = if text.trim_start().starts_with(['[', '{']) {
        text.parse()
    } else {
        std::fs::read_to_string(text)
            .map_err(|error| format!("cannot read {option} {text}: {error}"))?
            .parse()
    };
    rules.map_err(|error| format!("cannot parse {option}: {error}"))
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
mod tests;
