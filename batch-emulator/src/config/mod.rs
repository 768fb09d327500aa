//! Configuration of an emulator. Every setting has a default that suits tests.

mod entra;
mod listener;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use crate::faults::FaultPlan;
use crate::scenario::Scenario;
pub use entra::{AuthenticationMode, Entra, Jwks};
pub use listener::Tls;

/// Default account name.
pub const DEVELOPMENT_ACCOUNT: &str = "devaccount";

/// Default account key. It is published here, so it protects nothing.
pub const DEVELOPMENT_KEY: &str =
    "YmF0Y2gtZW11bGF0b3IgZGV2ZWxvcG1lbnQga2V5OiBrbm93biB0byBhbGwsIG9wZW5zIG5vdGhpbmcgZWxzZQ==";

/// The secret of every application at the token service for development. It is published here, so
/// it protects nothing.
pub const DEVELOPMENT_SECRET: &str = "batch-emulator";

/// Default for the bytes of a program's resource files, and of its output: 1 GiB.
pub const DISK_LIMIT: u64 = 1 << 30;

/// Configuration of an emulator.
///
/// Set the fields directly, or chain the methods of the same names:
///
/// ```
/// let config = batch_emulator::Config::default()
///     .account("mytests")
///     .clock_speed(60.0);
/// assert_eq!(config.port, 0);
/// ```
// Each is a separate setting.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// The port; 0, the default, picks a free port.
    pub port: u16,
    /// The address to listen on; 127.0.0.1 by default. An address that other machines reach
    /// requires an own [`key`](Self::key) for each account.
    pub host: IpAddr,
    /// The certificate with which the service speaks HTTPS; plain HTTP by default. Requires the
    /// feature `tls`, which is on by default.
    pub tls: Option<Tls>,
    /// The address that URLs in responses start with, such as `https://batch.example.org`, if
    /// clients reach the service through a proxy; by default the address that the client used.
    pub public_url: Option<String>,
    /// Names, beside those of the loopback interface, under which the dashboard can be opened; none
    /// by default.
    pub allowed_hosts: Vec<String>,
    /// The name of the Batch account; [`DEVELOPMENT_ACCOUNT`] by default.
    pub account: String,
    /// The key of the account, in base64; [`DEVELOPMENT_KEY`] by default.
    pub key: String,
    /// Additional Batch accounts, each with separate data; none by default. The `Authorization`
    /// header of a request selects the account.
    pub more_accounts: Vec<AccountKey>,
    /// A token that is accepted in `Authorization: Bearer`; none by default. It authenticates the
    /// first account.
    pub bearer_token: Option<String>,
    /// The issuer of tokens of Microsoft Entra ID; none by default. They authenticate the first
    /// account.
    pub entra: Option<Entra>,
    /// True if the service also issues tokens, for any application with the secret
    /// [`DEVELOPMENT_SECRET`], at the paths of Microsoft Entra ID, and accepts them; false by
    /// default.
    pub dev_sts: bool,
    /// The ways to authenticate that accounts are limited to, as `allowedAuthenticationModes` of
    /// the management API does; an account that is not named here allows all.
    pub authentication_modes: Vec<(String, Vec<AuthenticationMode>)>,
    /// Seconds that pass in the service per real second; 1 by default. The age of a request's date
    /// is always measured in real time.
    pub clock_speed: f64,
    /// Run time of a task, in the service's time; 1 s by default.
    pub task_duration: Duration,
    /// Time that a node spends in each state before it is idle, in the service's time; 1 s by
    /// default.
    pub node_start: Duration,
    /// Maximum number of items on a page if the request does not ask for fewer; the operation's
    /// limit by default. Useful for testing paging.
    pub page_size: Option<usize>,
    /// True if listings insert empty pages that link to the next page, as the real service may do;
    /// false by default.
    pub sparse_pages: bool,
    /// True if responses deviate from the API description as the live service's do: letter case of
    /// enums, numbers as strings, missing and additional properties, results in another order,
    /// chunked bodies; false by default.
    pub quirks: bool,
    /// True if pools can have images, node agents and sizes of virtual machines that the emulator
    /// does not know; false by default: they are refused, as the live service refuses what it does
    /// not support.
    pub any_image: bool,
    /// Injected faults and the seed of their probabilities; none by default.
    pub faults: FaultPlan,
    /// Failures of nodes, resizes and quotas; none by default.
    pub scenario: Scenario,
    /// Applications of the account, which on Azure only the management API can add.
    pub applications: Vec<Application>,
    /// True if tasks really run, as processes on this machine; false by default. Unix only.
    pub execute: bool,
    /// How tasks with container settings run if tasks are executed; by default they fail.
    pub containers: Option<Containers>,
    /// Maximum number of bytes of a program's resource files, and of its output to stdout and
    /// stderr, if tasks are executed; [`DISK_LIMIT`] by default. A program that exceeds it ends
    /// with a failure.
    pub disk_limit: u64,
    /// The folder that holds the nodes' folders when tasks are executed; by default a temporary
    /// folder that is removed when the emulator stops.
    pub work_dir: Option<PathBuf>,
    /// The folder that holds application packages as `application/version/`; none by default.
    pub packages: Option<PathBuf>,
    /// The folder in which the state is persisted, so that it outlives the process; not persisted
    /// by default. The folder is created if it does not exist. Only one process at a time can use
    /// it, for one account.
    pub data: Option<PathBuf>,
}

/// How tasks with container settings run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Containers {
    /// Without a container: the command line runs as any other, on this machine, whatever the
    /// image.
    Plain,
    /// By `docker`, which has to be on the search path.
    Docker,
    /// By `podman`, which has to be on the search path.
    Podman,
}

/// An additional Batch account and the key that signs its requests.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountKey {
    /// The name of the account.
    pub account: String,
    /// Its key, in base64.
    pub key: String,
}

/// Redacts the key.
impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountKey")
            .field("account", &self.account)
            .field("key", &"redacted")
            .finish()
    }
}

/// An application of the account, with the versions of its packages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Application {
    /// Id of the application.
    pub id: String,
    /// Display name.
    pub display_name: Option<String>,
    /// Package versions that tasks can reference.
    pub versions: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            host: Ipv4Addr::LOCALHOST.into(),
            tls: None,
            public_url: None,
            allowed_hosts: Vec::new(),
            account: DEVELOPMENT_ACCOUNT.to_owned(),
            key: DEVELOPMENT_KEY.to_owned(),
            more_accounts: Vec::new(),
            bearer_token: None,
            entra: None,
            dev_sts: false,
            authentication_modes: Vec::new(),
            clock_speed: 1.0,
            task_duration: Duration::from_secs(1),
            node_start: Duration::from_secs(1),
            page_size: None,
            sparse_pages: false,
            quirks: false,
            any_image: false,
            faults: FaultPlan::default(),
            scenario: Scenario::default(),
            applications: Vec::new(),
            data: None,
            execute: false,
            containers: None,
            disk_limit: DISK_LIMIT,
            work_dir: None,
            packages: None,
        }
    }
}

/// Builder methods. See the field of the same name for what each one sets.
impl Config {
    /// Sets [`port`](Self#structfield.port).
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Sets [`account`](Self#structfield.account).
    #[must_use]
    pub fn account(self, account: impl Into<String>) -> Self {
        let account = account.into();
        Self { account, ..self }
    }

    /// Sets [`key`](Self#structfield.key).
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        let key = key.into();
        Self { key, ..self }
    }

    /// Adds an account to [`more_accounts`](Self#structfield.more_accounts).
    #[must_use]
    pub fn also_account(mut self, account: impl Into<String>, key: impl Into<String>) -> Self {
        let (account, key) = (account.into(), key.into());
        self.more_accounts.push(AccountKey { account, key });
        self
    }

    /// Sets [`bearer_token`](Self#structfield.bearer_token).
    #[must_use]
    pub fn bearer_token(self, token: impl Into<String>) -> Self {
        let bearer_token = Some(token.into());
        Self {
            bearer_token,
            ..self
        }
    }

    /// Sets [`clock_speed`](Self#structfield.clock_speed).
    #[must_use]
    pub fn clock_speed(self, clock_speed: f64) -> Self {
        Self {
            clock_speed,
            ..self
        }
    }

    /// Sets [`task_duration`](Self#structfield.task_duration).
    #[must_use]
    pub fn task_duration(self, task_duration: Duration) -> Self {
        Self {
            task_duration,
            ..self
        }
    }

    /// Sets [`node_start`](Self#structfield.node_start).
    #[must_use]
    pub fn node_start(self, node_start: Duration) -> Self {
        Self { node_start, ..self }
    }

    /// Sets [`page_size`](Self#structfield.page_size).
    #[must_use]
    pub fn page_size(self, most: usize) -> Self {
        let page_size = Some(most);
        Self { page_size, ..self }
    }

    /// Sets [`sparse_pages`](Self#structfield.sparse_pages).
    #[must_use]
    pub fn sparse_pages(self, sparse_pages: bool) -> Self {
        Self {
            sparse_pages,
            ..self
        }
    }

    /// Sets [`quirks`](Self#structfield.quirks).
    #[must_use]
    pub fn quirks(self, quirks: bool) -> Self {
        Self { quirks, ..self }
    }

    /// Sets [`any_image`](Self#structfield.any_image).
    #[must_use]
    pub fn any_image(self, any_image: bool) -> Self {
        Self { any_image, ..self }
    }

    /// Sets [`faults`](Self#structfield.faults) to a list of rules, or to a plan with a seed.
    #[must_use]
    pub fn faults(self, faults: impl Into<FaultPlan>) -> Self {
        let faults = faults.into();
        let seed = faults.seed.or(self.faults.seed);
        Self {
            faults: FaultPlan { seed, ..faults },
            ..self
        }
    }

    /// Sets the seed of the [`faults`](Self#structfield.faults).
    #[must_use]
    pub fn fault_seed(mut self, seed: u64) -> Self {
        self.faults.seed = Some(seed);
        self
    }

    /// Sets [`scenario`](Self#structfield.scenario).
    #[must_use]
    pub fn scenario(self, scenario: Scenario) -> Self {
        Self { scenario, ..self }
    }

    /// Sets [`data`](Self#structfield.data).
    #[must_use]
    pub fn data(self, folder: impl Into<PathBuf>) -> Self {
        let data = Some(folder.into());
        Self { data, ..self }
    }

    /// Adds an application to [`applications`](Self#structfield.applications).
    #[must_use]
    pub fn application(mut self, application: Application) -> Self {
        self.applications.push(application);
        self
    }

    /// Sets [`execute`](Self#structfield.execute).
    #[must_use]
    pub fn execute(self, execute: bool) -> Self {
        Self { execute, ..self }
    }

    /// Sets [`containers`](Self#structfield.containers).
    #[must_use]
    pub fn containers(self, containers: Containers) -> Self {
        let containers = Some(containers);
        Self { containers, ..self }
    }

    /// Sets [`disk_limit`](Self#structfield.disk_limit).
    #[must_use]
    pub fn disk_limit(self, bytes: u64) -> Self {
        let disk_limit = bytes;
        Self { disk_limit, ..self }
    }

    /// Sets [`work_dir`](Self#structfield.work_dir).
    #[must_use]
    pub fn work_dir(self, path: impl Into<PathBuf>) -> Self {
        let work_dir = Some(path.into());
        Self { work_dir, ..self }
    }

    /// Sets [`packages`](Self#structfield.packages).
    #[must_use]
    pub fn packages(self, path: impl Into<PathBuf>) -> Self {
        let packages = Some(path.into());
        Self { packages, ..self }
    }
}

impl Config {
    /// Rejects settings that no service can run with. The authentication module checks accounts and
    /// keys.
    pub(crate) fn check(&self) -> io::Result<()> {
        let wrong = |what| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        if !self.clock_speed.is_finite() || self.clock_speed <= 0.0 {
            return wrong("the clock speed must be a number above 0");
        }
        self.check_listener()?;
        self.check_entra()?;
        if self.execute && !cfg!(unix) {
            return wrong(
                "tasks can only be executed on Unix; leave `execute` off to simulate them",
            );
        }
        if self.containers.is_some() && !self.execute {
            return wrong("container tasks can run only if tasks are executed; enable `execute`");
        }
        if self.page_size == Some(0) {
            return wrong("the page size must be above 0");
        }
        if self.bearer_token.as_ref().is_some_and(String::is_empty) {
            return wrong("the bearer token must not be empty");
        }
        self.scenario
            .check()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let mut names: Vec<_> = self
            .accounts()
            .map(|(name, _)| name.to_lowercase())
            .collect();
        names.sort_unstable();
        names.dedup();
        if names.len() <= self.more_accounts.len() {
            return wrong("account names must be unique");
        }
        Ok(())
    }

    /// Returns the names and keys of all accounts, starting with the first one.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (&str, &str)> {
        let first = std::iter::once((self.account.as_str(), self.key.as_str()));
        let more = self.more_accounts.iter();
        first.chain(more.map(|more| (more.account.as_str(), more.key.as_str())))
    }

    /// Returns this configuration reduced to one account.
    pub(crate) fn of_account(&self, account: &str, key: &str) -> Self {
        let more_accounts = Vec::new();
        // The first account uses the folder itself and every other account a subfolder. Account
        // names that differ only in letter case are rejected as duplicates.
        let own = |folder: &PathBuf| match account {
            account if account == self.account => folder.clone(),
            account => folder.join("accounts").join(account.to_lowercase()),
        };
        Self {
            more_accounts,
            data: self.data.as_ref().map(own),
            work_dir: self.work_dir.as_ref().map(own),
            authentication_modes: Vec::new(),
            ..self.clone().account(account).key(key)
        }
    }
}

/// Redacts keys and token.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.bearer_token.as_ref().map(|_| "redacted");
        f.debug_struct("Config")
            .field("port", &self.port)
            .field("host", &self.host)
            .field("tls", &self.tls)
            .field("public_url", &self.public_url)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("account", &self.account)
            .field("key", &"redacted")
            .field("more_accounts", &self.more_accounts)
            .field("bearer_token", &token)
            .field("entra", &self.entra)
            .field("dev_sts", &self.dev_sts)
            .field("authentication_modes", &self.authentication_modes)
            .field("clock_speed", &self.clock_speed)
            .field("task_duration", &self.task_duration)
            .field("node_start", &self.node_start)
            .field("page_size", &self.page_size)
            .field("sparse_pages", &self.sparse_pages)
            .field("quirks", &self.quirks)
            .field("any_image", &self.any_image)
            .field("faults", &self.faults)
            .field("scenario", &self.scenario)
            .field("applications", &self.applications)
            .field("data", &self.data)
            .field("execute", &self.execute)
            .field("containers", &self.containers)
            .field("disk_limit", &self.disk_limit)
            .field("work_dir", &self.work_dir)
            .field("packages", &self.packages)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let config = Config::default()
            .key("c2VjcmV0")
            .also_account("second", "bTByZQ==")
            .bearer_token("t0ken");
        let shown = format!("{config:?}");
        for secret in ["c2VjcmV0", "bTByZQ==", "t0ken"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("second"), "{shown}");
    }

    #[test]
    fn invalid_settings_are_rejected() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Config::default().clock_speed(speed).check().is_err());
        }
        assert!(Config::default().page_size(0).check().is_err());
        assert!(Config::default().bearer_token("").check().is_err());
        let twice = Config::default().account("a").also_account("A", "a2V5");
        assert!(twice.check().is_err());
        assert!(Config::default().check().is_ok());
    }
}
