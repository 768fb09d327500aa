//! Command line program of the Azure Batch emulator. Run `batch-emulator --help` for its options.

mod options;

use std::fs;
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;

use batch_emulator::{DEVELOPMENT_KEY, Emulator};

use self::options::{Command, Options, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options::read() {
        Ok(Command::Serve(options)) => *options,
        Ok(Command::Help) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Command::Version) => {
            println!("batch-emulator {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("batch-emulator: {error}\nRun `batch-emulator --help` for the options.");
            return ExitCode::from(2);
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("batch-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the emulator and stops it at the first signal.
async fn run(options: Options) -> Result<(), String> {
    let url = options.config.public_url.clone();
    let started = batch_emulator::start(options.config).await;
    let emulator = started.map_err(|error| format!("cannot start: {error}"))?;
    let authority = write_authority(&emulator, options.authority)?;
    // A caller that sees the address may send a signal at once, so install the handlers before
    // printing it.
    let mut stopped = pin!(stopped());
    let early = poll_fn(|context| Poll::Ready(stopped.as_mut().poll(context))).await;
    greet(&emulator, authority.as_deref());
    if options.env {
        let endpoint = url.as_deref().unwrap_or(emulator.endpoint());
        print!("{}", exports(&emulator, endpoint, authority.as_deref()));
    }
    let interrupted = match early {
        Poll::Ready(interrupted) => interrupted,
        Poll::Pending => stopped.await,
    };
    emulator.stop().await;
    interrupted.map_err(|error| format!("cannot wait for a signal: {error}"))
}

/// Waits for Ctrl-C or, as containers and service managers send it, SIGTERM. The first process of a
/// container ignores signals that it has no handler for.
async fn stopped() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Writes the certificate that clients have to trust, and returns its file.
fn write_authority(emulator: &Emulator, file: Option<PathBuf>) -> Result<Option<PathBuf>, String> {
    let Some(authority) = emulator.authority() else {
        return Ok(None);
    };
    let port = emulator.endpoint().rsplit(':').next().unwrap_or_default();
    let file =
        file.unwrap_or_else(|| std::env::temp_dir().join(format!("batch-emulator-ca-{port}.pem")));
    let written = fs::write(&file, authority);
    written.map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    Ok(Some(file))
}

/// Prints the address as the first line of stdout, where programs read it. Information for people
/// goes to stderr.
fn greet(emulator: &Emulator, authority: Option<&Path>) {
    println!("listening on {}", emulator.endpoint());
    if let (Some(endpoint), Some(connection)) = (
        emulator.storage_endpoint(),
        emulator.storage_connection_string(),
    ) {
        println!("storage on {endpoint}");
        println!("storage connection string {connection}");
    }
    for (account, key) in emulator.accounts() {
        eprintln!("account {account}");
        if key == DEVELOPMENT_KEY {
            eprintln!("key     {DEVELOPMENT_KEY} (published, for development only)");
        }
    }
    if let Some(file) = authority {
        eprintln!(
            "trust   the certificate in {}, made for this run",
            file.display()
        );
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

/// Returns lines for a shell that point clients to the first account: this project's client and
/// `az batch` read the first three variables, `az storage` the connection string, and OpenSSL,
/// curl, Python and Node.js the others.
fn exports(emulator: &Emulator, endpoint: &str, authority: Option<&Path>) -> String {
    let mut lines = Vec::new();
    let mut export = |name: &str, value: &str| {
        let value = value.replace('\'', r"'\''");
        lines.push(format!("export {name}='{value}'\n"));
    };
    export("AZURE_BATCH_ENDPOINT", endpoint);
    export("AZURE_BATCH_ACCOUNT", emulator.account());
    export("AZURE_BATCH_ACCESS_KEY", emulator.key());
    if let Some(connection) = emulator.storage_connection_string() {
        export("AZURE_STORAGE_CONNECTION_STRING", &connection);
    }
    if let Some(file) = authority.map(Path::to_string_lossy) {
        for name in [
            "SSL_CERT_FILE",
            "CURL_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
        ] {
            export(name, &file);
        }
    }
    lines.concat()
}
