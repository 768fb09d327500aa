//! Handle to a running service.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::executor::Executor;
use crate::faults::{CountedFault, FaultError, FaultPlan};
use crate::http::{App, serve};
use crate::requests::AnsweredRequest;
use crate::scenario::Scenario;
use crate::tls;

/// Starts a service. It accepts requests when this returns.
///
/// # Errors
///
/// Returns an error if the port is in use; if the data folder is in use, belongs to another
/// account, is damaged or has another version (the error says which, and what to do); or if the
/// configuration is invalid: a malformed account name or key, the published key on an address that
/// other machines reach, a certificate that cannot be used, an impossible fault, a clock that does
/// not advance, or pages without items.
pub async fn start(config: Config) -> io::Result<Emulator> {
    let app = open(config.clone()).await?;
    let tls = config.tls.as_ref().map(|own| tls::prepare(&config, own));
    let (acceptor, authority) = tls.transpose()?.unwrap_or_default();
    let address = SocketAddr::new(config.host, config.port);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })?;
    let endpoint = format!("{}://{}", config.scheme(), listener.local_addr()?);
    let accounts = config.accounts().enumerate();
    let executors = accounts
        .filter(|_| config.execute)
        .map(|(number, (account, key))| {
            let service = app.service(number).clone();
            Executor::start(&config.of_account(account, key), &endpoint, service)
        })
        .collect::<io::Result<Vec<_>>>()?;
    Ok(Emulator {
        accounts: config
            .accounts()
            .map(|(account, key)| (account.to_owned(), key.to_owned()))
            .collect(),
        authority,
        storage: config.storage.then(|| {
            let public = config.public_url.as_deref().unwrap_or(&endpoint);
            public.trim_end_matches('/').to_owned()
        }),
        serving: tokio::spawn(serve(listener, acceptor, app.clone())),
        app,
        executors,
        endpoint,
    })
}

/// Creates the application that handles requests. Reading a data folder can take a while, so this
/// runs on a blocking thread.
async fn open(config: Config) -> io::Result<Arc<App>> {
    let opened = tokio::task::spawn_blocking(move || App::new(&config).map(Arc::new));
    opened.await.map_err(io::Error::other)?
}

/// A running service. Dropping this handle stops the service and closes its connections, ends all
/// task processes and, without a data folder, discards the state.
#[must_use = "the service stops when this handle is dropped"]
pub struct Emulator {
    endpoint: String,
    accounts: Vec<(String, String)>,
    authority: Option<String>,
    /// The address under which clients reach the storage, if there is one.
    storage: Option<String>,
    app: Arc<App>,
    serving: JoinHandle<()>,
    /// Process runners, one for each account, if tasks are executed.
    executors: Vec<Executor>,
}

impl Emulator {
    /// Returns the address of the service, such as `http://127.0.0.1:41234`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the certificate, as PEM, of the authority that signed the service's certificate if
    /// that was made at the start ([`Tls::Generated`](crate::Tls::Generated)). Clients have to
    /// trust it. It changes with every start.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Returns the name of the Batch account; of the first one if there are several.
    pub fn account(&self) -> &str {
        self.accounts().next().map_or("", |(account, _)| account)
    }

    /// Returns the key of that account, in base64.
    pub fn key(&self) -> &str {
        self.accounts().next().map_or("", |(_, key)| key)
    }

    /// Returns the names and keys of all accounts, starting with the first one.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, &str)> {
        let accounts = self.accounts.iter();
        accounts.map(|(account, key)| (account.as_str(), key.as_str()))
    }

    /// Returns the endpoint of the Blob service, such as `http://127.0.0.1:41234/devaccount`, if
    /// there is one ([`Config::storage`]); of the first account if there are several.
    pub fn storage_endpoint(&self) -> Option<String> {
        let address = self.storage.as_deref()?;
        Some(format!("{address}/{}", self.account()))
    }

    /// Returns the connection string of the same account, as tools of Azure Storage read it. It
    /// contains the key.
    pub fn storage_connection_string(&self) -> Option<String> {
        let endpoint = self.storage_endpoint()?;
        let scheme = endpoint.split(':').next().unwrap_or_default();
        Some(format!(
            "DefaultEndpointsProtocol={scheme};AccountName={};AccountKey={};BlobEndpoint={endpoint}",
            self.account(),
            self.key()
        ))
    }

    /// Returns the folder that holds the nodes' folders, each named by its node's id, if tasks are
    /// executed. With several accounts, it is the first account's folder.
    pub fn work_dir(&self) -> Option<&Path> {
        self.executors.first().map(Executor::work_dir)
    }

    /// Returns the number of successful requests per operation id, over all accounts. Operations
    /// without a successful request are absent. Useful in tests that check which operations a
    /// program called.
    ///
    /// ```
    /// use batch_client::{Client, SharedKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = batch_emulator::start(batch_emulator::Config::default()).await?;
    /// let key = SharedKey::new(emulator.account(), emulator.key())?;
    /// let client = Client::new(emulator.endpoint(), key)?;
    /// client.pool().list().await?;
    /// assert!(client.pool().get("nothing").await.is_err());
    /// assert_eq!(emulator.calls().into_iter().collect::<Vec<_>>(), [("Pool_List", 1)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.app.calls()
    }

    /// Returns the last 200 requests that received a response, oldest first, with their results.
    /// Useful in tests that check the order of a program's calls, or the errors it received.
    ///
    /// ```
    /// use batch_client::{Client, SharedKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = batch_emulator::start(batch_emulator::Config::default()).await?;
    /// let key = SharedKey::new(emulator.account(), emulator.key())?;
    /// let client = Client::new(emulator.endpoint(), key)?;
    /// assert!(client.pool().get("nothing").await.is_err());
    /// let requests = emulator.requests();
    /// assert_eq!((requests[0].operation, requests[0].status), (Some("Pool_Get"), 404));
    /// assert_eq!(
    ///     (&*requests[0].path, requests[0].code),
    ///     ("/pools/nothing", Some("PoolNotFound")),
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub fn requests(&self) -> Vec<AnsweredRequest> {
        self.app.requests()
    }

    /// Replaces the injected faults. An empty list removes them all.
    ///
    /// # Errors
    ///
    /// Returns an error if a rule can never match or its fault is impossible; the error names the
    /// position. The previous rules then stay in force.
    pub fn set_faults(&self, faults: impl Into<FaultPlan>) -> Result<(), FaultError> {
        self.app.faults.set(faults.into())
    }

    /// Returns the injected faults in their order, with the counts of what each has done so far.
    pub fn faults(&self) -> Vec<CountedFault> {
        self.app.faults.shown().rules
    }

    /// Replaces the scenario of every account. An empty one ends what is still to come; nodes that
    /// are lost stay so.
    ///
    /// # Errors
    ///
    /// Returns an error if a rule can never apply; the error names the position. The previous
    /// scenario then stays.
    pub fn set_scenario(&self, scenario: &Scenario) -> Result<(), FaultError> {
        scenario.check()?;
        self.app.set_scenario(scenario);
        Ok(())
    }

    /// Stops the service and waits until its port and data folder are free again.
    pub async fn stop(mut self) {
        self.serving.abort();
        // The task was cancelled; its result carries no other information.
        let _ = (&mut self.serving).await;
        self.executors.clear();
        let app = self.app.clone();
        let _ = tokio::task::spawn_blocking(move || app.close()).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.serving.abort();
        self.app.close();
    }
}

/// Redacts the key.
impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("endpoint", &self.endpoint)
            .field("account", &self.account())
            .finish_non_exhaustive()
    }
}
