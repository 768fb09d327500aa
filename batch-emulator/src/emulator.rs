//! A running service, as the caller holds it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::faults::{CountedFault, FaultError, FaultPlan};
use crate::http::{App, serve};
use crate::outside::Outside;
use crate::requests::AnsweredRequest;

/// Starts a service on 127.0.0.1; it answers when this returns.
///
/// # Errors
///
/// The port is taken; the data folder is in use, of another account, broken or of another version,
/// and the error says which and what to do; or the configuration is such that no service can run
/// with it: an account name or key that is none, faults that cannot be, a clock that does not go
/// forward, pages without items.
pub async fn start(config: Config) -> io::Result<Emulator> {
    let app = open(config.clone()).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let accounts = config.accounts().enumerate();
    let outside = accounts
        .filter(|_| config.execute)
        .map(|(number, (account, key))| {
            let service = app.service(number).clone();
            Outside::start(&config.of_account(account, key), &endpoint, service)
        })
        .collect::<io::Result<Vec<_>>>()?;
    Ok(Emulator {
        endpoint,
        accounts: config
            .accounts()
            .map(|(account, key)| (account.to_owned(), key.to_owned()))
            .collect(),
        serving: tokio::spawn(serve(listener, app.clone())),
        app,
        outside,
    })
}

/// What answers requests; a data folder can take a while to read, in which others should go on.
async fn open(config: Config) -> io::Result<Arc<App>> {
    let opened = tokio::task::spawn_blocking(move || App::new(&config).map(Arc::new));
    opened.await.map_err(io::Error::other)?
}

/// A running service. It ends, with its connections, all processes of tasks and, unless it has a
/// data folder, its state, when this is dropped.
#[must_use = "the service ends when this is dropped"]
pub struct Emulator {
    endpoint: String,
    accounts: Vec<(String, String)>,
    app: Arc<App>,
    serving: JoinHandle<()>,
    /// What runs tasks, where they are executed: one for each account.
    outside: Vec<Outside>,
}

impl Emulator {
    /// The address of the service, such as `http://127.0.0.1:41234`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The name of the Batch account; of the first one, where there are several.
    pub fn account(&self) -> &str {
        self.accounts().next().map_or("", |(account, _)| account)
    }

    /// The key of that account, in base64.
    pub fn key(&self) -> &str {
        self.accounts().next().map_or("", |(_, key)| key)
    }

    /// The names and keys of all accounts, the first one first.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, &str)> {
        let accounts = self.accounts.iter();
        accounts.map(|(account, key)| (account.as_str(), key.as_str()))
    }

    /// The folder that holds the folders of nodes, named by the nodes' ids, where tasks are
    /// executed; of the first account, where there are several.
    pub fn work_dir(&self) -> Option<&Path> {
        self.outside.first().map(Outside::work_dir)
    }

    /// How many requests each operation has answered with success so far, in all accounts, by the
    /// operation's id. An operation that has not is not there. For tests that ask what a program
    /// called.
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

    /// The last 200 requests that were answered, oldest first, with what came of each: for tests
    /// that ask in which order a program called, or what it was refused.
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

    /// Orders faults, in the place of those ordered before; an empty list ends them.
    ///
    /// # Errors
    ///
    /// A rule could never hit, or its fault is none that can be; the error says where. The rules
    /// before it stay.
    pub fn set_faults(&self, faults: impl Into<FaultPlan>) -> Result<(), FaultError> {
        self.app.faults.set(faults.into())
    }

    /// The faults on order, in their order, with what they have done so far.
    pub fn faults(&self) -> Vec<CountedFault> {
        self.app.faults.shown().rules
    }

    /// Ends the service and waits until its port and its data folder are free again.
    pub async fn stop(mut self) {
        self.serving.abort();
        // It was cancelled, and there is nothing else to know.
        let _ = (&mut self.serving).await;
        self.outside.clear();
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

/// Does not show the key.
impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("endpoint", &self.endpoint)
            .field("account", &self.account())
            .finish_non_exhaustive()
    }
}
