//! The emulator as a program beside an example.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::program::wait_with_limit;

/// The variables that `Client::from_env` reads.
const ENVIRONMENT: [&str; 3] = [
    "AZURE_BATCH_ENDPOINT",
    "AZURE_BATCH_ACCOUNT",
    "AZURE_BATCH_ACCESS_KEY",
];

const ACCOUNT: &str = "examples";
/// Not a secret: the account exists only while the examples run.
const KEY: &str = "a2V5IG9mIHRoZSBleGFtcGxlcw==";

/// A running emulator; it stops when this is dropped.
pub(super) struct Service {
    child: Child,
    endpoint: String,
}

impl Service {
    pub(super) fn start(program: &Path, options: &[&str]) -> Result<Self> {
        let mut child = Command::new(program)
            .args(["--account", ACCOUNT, "--key", KEY])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let stdout = child.stdout.take().context("the emulator has no stdout")?;
        let mut service = Self {
            child,
            endpoint: String::new(),
        };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let endpoint = line.trim().strip_prefix("listening on ");
        endpoint
            .context("the emulator does not print its address")?
            .clone_into(&mut service.endpoint);
        Ok(service)
    }

    /// The variables that direct a client to this service.
    pub(super) fn environment(&self) -> [(&'static str, String); 3] {
        let [endpoint, account, key] = ENVIRONMENT;
        [
            (endpoint, self.endpoint.clone()),
            (account, ACCOUNT.to_owned()),
            (key, KEY.to_owned()),
        ]
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Ctrl-C lets it remove the folders of its nodes; where there is none, it has no folders.
        if interrupt(&self.child).is_ok() {
            let _ = wait_with_limit(&mut self.child, Duration::from_secs(10));
        } else {
            let _ = self.child.kill().and_then(|()| self.child.wait());
        }
    }
}

/// Sends Ctrl-C to a program, with the command that every Unix has.
pub(super) fn interrupt(child: &Child) -> Result<()> {
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-INT", &id]).status();
    let status = status.context("cannot run kill")?;
    ensure!(status.success(), "cannot interrupt process {id}: {status}");
    Ok(())
}
