//! A running service, as the caller holds it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Config;
use crate::http::{App, serve};
use crate::outside::Outside;

/// Starts a service on 127.0.0.1; it answers when this returns.
///
/// # Errors
///
/// The port is taken, or the configuration is such that no service can run with it: an account name or key that is none,
/// a clock that does not go forward, pages without items.
pub async fn start(config: Config) -> io::Result<Emulator> {
    let app = Arc::new(App::new(&config)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let outside = config
        .execute
        .then(|| Outside::start(&config, &endpoint, &app))
        .transpose()?;
    Ok(Emulator {
        endpoint,
        account: config.account,
        key: config.key,
        serving: tokio::spawn(serve(listener, app.clone())),
        app,
        outside,
    })
}

/// A running service. It ends, with its connections, its state and all processes of tasks, when this is dropped.
#[must_use = "the service ends when this is dropped"]
pub struct Emulator {
    endpoint: String,
    account: String,
    key: String,
    app: Arc<App>,
    serving: JoinHandle<()>,
    /// What runs tasks, where they are executed.
    outside: Option<Outside>,
}

impl Emulator {
    /// The address of the service, such as `http://127.0.0.1:41234`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The name of the Batch account.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The key of the account, in base64.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The folder that holds the folders of nodes, named by the nodes' ids, where tasks are executed.
    pub fn work_dir(&self) -> Option<&Path> {
        self.outside.as_ref().map(Outside::work_dir)
    }

    /// How many requests each operation has answered with success so far, by the operation's id. An operation that
    /// has not is not there. For tests that ask what a program called.
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

    /// Ends the service and waits until its port is free again.
    pub async fn stop(mut self) {
        self.serving.abort();
        // It was cancelled, and there is nothing else to know.
        let _ = (&mut self.serving).await;
        self.outside = None;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Does not show the key.
impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("endpoint", &self.endpoint)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
