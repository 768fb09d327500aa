//! A typed call of any operation from the command line; see [`USAGE`].
//!
//! This file reads the command line and prints the result. `support` reads the operation's
//! arguments and holds its response, and the generated `dispatch` makes the typed call. Request and
//! response bodies pass through the models, so the example also shows what the models preserve.
//!
//! It is a folder, unlike the other examples, and not one to copy: it is a tool of the repository,
//! for tests and for a look at a service, and a dispatch over all operations has to be generated.

#[rustfmt::skip]
#[path = "../../src/generated/dispatch.rs"]
mod dispatch;
mod support;

use std::error::Error as _;
use std::io::{self, Read as _, Write};
use std::process::ExitCode;

use batch_client::reqwest::StatusCode;
use batch_client::reqwest::header::{AUTHORIZATION, HeaderMap};
use batch_client::{
    ApiVersion, BearerToken, Client, ClientBuilder, Config, Download, RetryPolicy, SharedKey,
};
use serde_json::{Value, json};

use support::{Failure, Input, Output};

const USAGE: &str = "\
A typed call of any Azure Batch operation.

Usage: call [OPTIONS] OPERATION_ID [NAME=VALUE ...]

  OPERATION_ID     the operation's id in the description, such as Pool_Get
  NAME=VALUE       a path, query or header parameter by its name on the wire, such as poolId or
                   If-Match; dates as RFC 3339 (2024-03-05T01:02:03Z), also in headers

Options:
  --url URL        the account's endpoint, https://NAME.REGION.batch.azure.com
                   (default: the environment variable AZURE_BATCH_ENDPOINT)
  --account NAME   the account's name (default: AZURE_BATCH_ACCOUNT)
  --key KEY        its key in base64 (default: AZURE_BATCH_ACCESS_KEY); other users of this machine
                   can see a key on the command line
  --auth HOW       how to sign in: key, token (in the environment variable AZURE_BATCH_TOKEN), or
                   entra (a credential of Microsoft Entra ID that the environment offers; in a build
                   with the feature azure-identity). Default: entra if AZURE_BATCH_AUTH_MODE is aad,
                   else key
  --api-version V  the version of the API to ask for, such as 2025-06-01
                   (default: AZURE_BATCH_API_VERSION, or else the version of the description)
  --body FILE      the JSON body, from a file, or from stdin if FILE is -
  --all            for a listing, prints the items of all pages as one JSON array
  -v, --verbose    prints status and headers of the response to stderr; with --all, those of the last
                   page; for Pool_Exists and JobSchedule_Exists, nothing
  -h, --help       prints this help

What is on the command line wins over environment variables; these win over the profile in
AZURE_BATCH_PROFILE, or the default one, and that over what `az batch account login` has stored.

Examples, for a POSIX shell, which replaces an unquoted $select or $filter by a variable:
  call Pool_Get poolId=render '$select=id,state'
  call --all Pool_List \"\\$filter=state eq 'active'\"

The response is printed to stdout: JSON as the typed models hold it, without properties that the
description does not name; the bytes of a file; true or false for the existence operations; the
properties of a file as an object with the names of their headers (dates as RFC 3339, the URL decoded).

Exit status: 0 for success; 1 for an error, printed as JSON to stderr: the service's error, or else
{\"code\": null, \"message\": {\"value\": TEXT}, \"status\": NUMBER or null}, with \"cause\" if there is an
error behind it and with \"body\" if the response has one that cannot be read; 2 for wrong usage, such
as a body with a property that the description does not name.
";

/// Most characters of an unreadable body that are printed.
const LONGEST_BODY: usize = 4096;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return exit(print(USAGE.as_bytes())),
        Err(stop) => return exit(Err(stop)),
    };
    let result = run(&arguments).await;
    if let (true, Err(Stop::Client(error))) = (arguments.verbose, &result) {
        show_error(error);
    }
    exit(result)
}

/// Reasons for ending without a response.
enum Stop {
    Usage(String),
    Client(batch_client::Error),
    /// An error from neither the service nor the client.
    Other(String),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Usage(text) => Self::Usage(text),
            Failure::Client(error) => Self::Client(error),
            Failure::Unwritable(why) => {
                Self::Other(format!("cannot write the response as JSON: {why}"))
            }
        }
    }
}

impl From<lexopt::Error> for Stop {
    fn from(why: lexopt::Error) -> Self {
        use lexopt::Error::{MissingValue, NonUnicodeValue, UnexpectedOption, UnexpectedValue};

        // The values themselves are left out, because one of them may be the key.
        Self::Usage(match why {
            UnexpectedOption(option) => format!("unknown option `{option}`"),
            MissingValue {
                option: Some(option),
            } => format!("the option `{option}` needs a value"),
            UnexpectedValue { option, .. } => {
                format!("the option `{option}` does not take a value")
            }
            NonUnicodeValue(_) => "an argument is not UTF-8".to_owned(),
            why => why.to_string(),
        })
    }
}

/// Reports an error, and chooses the exit code.
fn exit(result: Result<(), Stop>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Usage(text)) => {
            eprintln!("call: {text}\nRun with --help for usage.");
            ExitCode::from(2)
        }
        Err(Stop::Client(error)) => {
            eprintln!("{}", error_json(&error));
            ExitCode::FAILURE
        }
        Err(Stop::Other(text)) => {
            eprintln!("{}", own_error(&text, None));
            ExitCode::FAILURE
        }
    }
}

/// The service's error as received, including what its model does not name; ours if the service did
/// not send one.
fn error_json(error: &batch_client::Error) -> Value {
    let body = error.body().unwrap_or_default();
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if error.code().is_some()
        && let Ok(json) = serde_json::from_slice(body)
    {
        return json;
    }
    let text = error.to_string();
    let mut own = own_error(&text, error.status());
    let mut innermost = error.source();
    while let Some(cause) = innermost.and_then(std::error::Error::source) {
        innermost = Some(cause);
    }
    if let Some(cause) = innermost.map(ToString::to_string)
        && !text.contains(&cause)
    {
        own["cause"] = cause.into();
    }
    if !body.is_empty() {
        let body = String::from_utf8_lossy(body);
        own["body"] = body.chars().take(LONGEST_BODY).collect::<String>().into();
    }
    own
}

fn own_error(text: &str, status: Option<StatusCode>) -> Value {
    let status = status.map(|status| status.as_u16());
    json!({ "code": null, "message": { "value": text }, "status": status })
}

/// Ways to sign in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Auth {
    Key,
    Token,
    Entra,
}

impl Auth {
    fn parse(text: &str) -> Result<Self, Stop> {
        match text {
            "key" => Ok(Self::Key),
            "token" => Ok(Self::Token),
            "entra" => Ok(Self::Entra),
            // The value is left out, because it may be the key.
            _ => Err(Stop::Usage("--auth must be key, token or entra".to_owned())),
        }
    }
}

/// Command line arguments. Not Debug, because they include the key.
#[derive(Default)]
struct Arguments {
    url: Option<String>,
    account: Option<String>,
    key: Option<String>,
    auth: Option<Auth>,
    api_version: Option<String>,
    body: Option<String>,
    all: bool,
    verbose: bool,
    operation: String,
    parameters: Vec<(String, String)>,
}

impl Arguments {
    /// Reads the command line; `None` if help is requested.
    fn parse(mut given: lexopt::Parser) -> Result<Option<Self>, Stop> {
        use lexopt::ValueExt as _;
        use lexopt::prelude::{Long, Short, Value};

        let mut arguments = Self::default();
        while let Some(argument) = given.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Short('v') | Long("verbose") => arguments.verbose = true,
                Long("all") => arguments.all = true,
                Long("url") => arguments.url = Some(given.value()?.string()?),
                Long("account") => arguments.account = Some(given.value()?.string()?),
                Long("key") => arguments.key = Some(given.value()?.string()?),
                Long("auth") => arguments.auth = Some(Auth::parse(&given.value()?.string()?)?),
                Long("api-version") => arguments.api_version = Some(given.value()?.string()?),
                Long("body") => arguments.body = Some(given.value()?.string()?),
                Value(value) => arguments.take(value.string()?)?,
                unknown => return Err(unknown.unexpected().into()),
            }
        }
        if arguments.operation.is_empty() {
            return Err(Stop::Usage("OPERATION_ID is missing".to_owned()));
        }
        Ok(Some(arguments))
    }

    /// Handles an argument that is not an option.
    fn take(&mut self, argument: String) -> Result<(), Stop> {
        if self.operation.is_empty() {
            self.operation = argument;
            return Ok(());
        }
        let Some((name, value)) = argument.split_once('=') else {
            return Err(Stop::Usage(format!("`{argument}` is not NAME=VALUE")));
        };
        self.parameters.push((name.to_owned(), value.to_owned()));
        Ok(())
    }
}

async fn run(arguments: &Arguments) -> Result<(), Stop> {
    let operation = arguments.operation.as_str();
    // Check this first: without a valid operation, no other argument matters.
    if !dispatch::OPERATIONS.contains(&operation) {
        return Err(Failure::unknown_operation(operation, &dispatch::OPERATIONS).into());
    }
    let client = client(arguments)?;
    let body = arguments.body.as_deref().map(read_body).transpose()?;
    let input = Input::new(arguments.parameters.clone(), body, arguments.all);
    let output = dispatch::call(&client, operation, input).await?;
    if arguments.verbose {
        show_output(&output);
    }
    match output {
        Output::Nothing { .. } => Ok(()),
        Output::Json { value, .. } => print(format!("{value}\n").as_bytes()),
        Output::Bool(exists) => print(format!("{exists}\n").as_bytes()),
        Output::Bytes(response) => print_file(response.into_inner()).await,
    }
}

fn client(arguments: &Arguments) -> Result<Client, Stop> {
    let usage = |why: batch_client::Error| Stop::Usage(why.to_string());
    let mut config = Config::load().map_err(usage)?;
    if let Some(url) = &arguments.url {
        config.set_endpoint(url);
    }
    let endpoint = config
        .endpoint()
        .ok_or_else(|| missing("--url", "AZURE_BATCH_ENDPOINT"))?;
    let is_entra = config.auth_mode().as_deref() == Some("aad") && arguments.key.is_none();
    let auth = arguments
        .auth
        .unwrap_or(if is_entra { Auth::Entra } else { Auth::Key });
    let builder = match auth {
        Auth::Key => by_key(arguments, &endpoint, config)?,
        Auth::Token => {
            let token = std::env::var("AZURE_BATCH_TOKEN").unwrap_or_default();
            if token.is_empty() {
                let text = "the environment variable AZURE_BATCH_TOKEN is not set";
                return Err(Stop::Usage(text.to_owned()));
            }
            Client::builder(endpoint, BearerToken::new(token).map_err(usage)?)
        }
        Auth::Entra => {
            config.set_entra();
            config.builder().map_err(usage)?
        }
    };
    // A single attempt: somebody who calls from a shell sees the result and can call again.
    let mut builder = builder.retry(RetryPolicy::none());
    let version = arguments.api_version.clone();
    let version = version.or_else(|| std::env::var("AZURE_BATCH_API_VERSION").ok());
    if let Some(version) = version.as_deref().map(str::trim).filter(|v| !v.is_empty()) {
        builder = builder.api_version(ApiVersion::from(version));
    }
    builder.build().map_err(usage)
}

/// Takes account and key from the command line, or else from the configuration.
fn by_key(
    arguments: &Arguments,
    endpoint: &str,
    mut config: Config,
) -> Result<ClientBuilder, Stop> {
    let usage = |why: batch_client::Error| Stop::Usage(why.to_string());
    let account = arguments.account.clone().or_else(|| config.account());
    let account = account.ok_or_else(|| missing("--account", "AZURE_BATCH_ACCOUNT"))?;
    if let Some(key) = &arguments.key {
        let key = SharedKey::new(account, key).map_err(|why| Stop::Usage(why.to_string()))?;
        return Ok(Client::builder(endpoint, key));
    }
    if !config.has_key() {
        return Err(missing("--key", "AZURE_BATCH_ACCESS_KEY"));
    }
    config.set_account(account);
    // Without the option, the configured mode decides, and a word that is none is an error.
    if arguments.auth.is_some() {
        config.set_shared_key();
    }
    config.builder().map_err(usage)
}

fn missing(option: &str, variable: &str) -> Stop {
    Stop::Usage(format!(
        "{option} is missing, and neither the environment variable {variable} nor a profile nor \
         `az batch account login` has set it"
    ))
}

fn read_body(file: &str) -> Result<Vec<u8>, Stop> {
    let body = if file == "-" {
        let mut body = Vec::new();
        io::stdin().read_to_end(&mut body).map(|_| body)
    } else {
        std::fs::read(file)
    };
    body.map_err(|why| Stop::Usage(format!("cannot read the body from {file}: {why}")))
}

/// Prints the contents as they arrive; a file may be larger than memory.
async fn print_file(mut content: Download) -> Result<(), Stop> {
    while let Some(piece) = content.try_next().await.map_err(Stop::Client)? {
        print(&piece)?;
    }
    Ok(())
}

fn print(bytes: &[u8]) -> Result<(), Stop> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|why| Stop::Other(format!("cannot write to stdout: {why}")))
}

fn show_output(output: &Output) {
    match output {
        Output::Nothing { status, headers }
        | Output::Json {
            status, headers, ..
        } => {
            show(*status, headers);
        }
        Output::Bool(_) => {}
        Output::Bytes(response) => show(response.status(), response.headers()),
    }
}

fn show_error(error: &batch_client::Error) {
    if let (Some(status), Some(headers)) = (error.status(), error.headers()) {
        return show(status, headers);
    }
    // Without a response, the cause says more than the client's error: who refused the connection,
    // and why.
    let mut cause = error.source();
    while let Some(why) = cause {
        eprintln!("caused by: {why}");
        cause = why.source();
    }
}

fn show(status: StatusCode, headers: &HeaderMap) {
    eprintln!("{status}");
    // A server may echo what it received.
    for (name, value) in headers.iter().filter(|(name, _)| *name != AUTHORIZATION) {
        eprintln!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
}
