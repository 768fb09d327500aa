//! The client: what users hold. It keeps the raw client, which builds requests, and the transport,
//! which sends them.

mod execute;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::BoxFuture;
use crate::credential::Credential;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::generated::raw;
use crate::page;
use crate::response::RawResponse;
use crate::retry::RetryPolicy;
use crate::transport::{Build, Call, Clock, Transport};

/// Longest silence on a connection: the service may think for 120 seconds about a collection of
/// tasks.
const READ_TIMEOUT: Duration = Duration::from_secs(150);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("batch-client/", env!("CARGO_PKG_VERSION"), " (rust)");

/// A client of one Batch account.
///
/// Made once and cloned cheaply: clones share their connections, and all are `Send + Sync`. The
/// groups of operations hang on it: `client.pool()`, `client.job()`, `client.task()` …
///
/// ```no_run
/// use batch_client::{Client, SharedKey};
///
/// # async fn example(key: String) -> Result<(), batch_client::Error> {
/// let client = Client::new(
///     "https://acct.westeurope.batch.azure.com",
///     SharedKey::new("acct", &key)?,
/// )?;
/// let pool = client.pool().get("render").await?;
/// println!("{:?} with {:?} nodes", pool.state, pool.current_dedicated_nodes);
/// # Ok(())
/// # }
/// ```
///
/// A client without a credential does not compile:
///
/// ```compile_fail
/// let client = batch_client::Client::new("https://acct.westeurope.batch.azure.com")?;
/// ```
#[doc(alias = "BatchClient")]
#[doc(alias = "BatchServiceClient")]
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

/// What all clones of a client share.
struct Shared {
    raw: raw::Client,
    transport: Transport,
    timeout: Option<Duration>,
}

impl Client {
    /// A client of the account at `endpoint` (`https://NAME.REGION.batch.azure.com`) with default
    /// settings.
    ///
    /// # Errors
    ///
    /// An endpoint that is no address of an account: not absolute, neither https nor http to this
    /// machine, with a path or query. [`Error::is_invalid_request`] is true of it.
    pub fn new(
        endpoint: impl AsRef<str>,
        credential: impl Into<Credential>,
    ) -> Result<Self, Error> {
        Self::builder(endpoint, credential).build()
    }

    /// A client with settings of its own.
    ///
    /// ```
    /// use batch_client::{Client, SharedKey};
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), batch_client::Error> {
    /// let key = SharedKey::new("acct", "c2VjcmV0")?;
    /// let client = Client::builder("https://acct.westeurope.batch.azure.com", key)
    ///     .user_agent("render-farm/2.1")
    ///     .timeout(Duration::from_secs(60))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(endpoint: impl AsRef<str>, credential: impl Into<Credential>) -> ClientBuilder {
        ClientBuilder {
            endpoint: endpoint.as_ref().to_owned(),
            credential: credential.into(),
            http: None,
            user_agent: None,
            timeout: None,
            retry: RetryPolicy::default(),
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            allow_http: false,
        }
    }

    /// An HTTP client's builder with what this crate would set itself: its TLS, its timeouts, no
    /// redirects.
    ///
    /// For an HTTP client with a proxy or a certificate of its own, to be given to
    /// [`ClientBuilder::http_client`]. (`reqwest::Client::new()` would panic in a program where no
    /// other crate has chosen a cryptography for rustls.)
    ///
    /// ```
    /// use batch_client::{Client, SharedKey, reqwest};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let http = Client::http_builder()?
    ///     .proxy(reqwest::Proxy::https("http://proxy.example:3128")?)
    ///     .build()?;
    /// let key = SharedKey::new("acct", "c2VjcmV0")?;
    /// let client = Client::builder("https://acct.westeurope.batch.azure.com", key)
    ///     .http_client(http)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// TLS that cannot be set up.
    pub fn http_builder() -> Result<reqwest::ClientBuilder, Error> {
        http_builder(CONNECT_TIMEOUT, READ_TIMEOUT)
    }

    /// The address that requests go to, without a slash at its end.
    pub fn endpoint(&self) -> &str {
        self.shared.transport.endpoint.base()
    }

    /// The client that builds the requests of the operations.
    pub(crate) fn raw(&self) -> &raw::Client {
        &self.shared.raw
    }

    /// Sends the request of an operation, or goes on where its listing is to be continued.
    pub(crate) async fn call(&self, call: &Call, build: &Build<'_>) -> Result<RawResponse, Error> {
        let transport = &self.shared.transport;
        let answer = match &call.options().continuation {
            Some(token) => {
                transport
                    .send(call, page::follow(self, call, token)?)
                    .await?
            }
            None => transport.call(call, build).await?,
        };
        Ok(RawResponse::new(call.operation(), answer))
    }

    /// Sends a request that is for this account.
    pub(crate) async fn send(
        &self,
        call: &Call,
        request: reqwest::Request,
    ) -> Result<RawResponse, Error> {
        let answer = self.shared.transport.send(call, request).await?;
        Ok(RawResponse::new(call.operation(), answer))
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.shared.transport
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.endpoint())
            .field("credential", &self.shared.transport.credential)
            .finish_non_exhaustive()
    }
}

/// Bounds a call by its own timeout, or by the client's.
pub(crate) fn bounded<T: Send + 'static>(
    client: &Client,
    operation: &'static str,
    timeout: Option<Duration>,
    call: BoxFuture<Result<T, Error>>,
) -> BoxFuture<Result<T, Error>> {
    match timeout.or(client.shared.timeout) {
        None => call,
        Some(limit) => Box::pin(async move {
            let result = tokio::time::timeout(limit, call).await;
            result.unwrap_or_else(|_| Err(Error::timed_out(operation, limit)))
        }),
    }
}

/// Settings of a [`Client`]; see [`Client::builder`].
#[derive(Debug)]
#[must_use = "a builder makes a client only with `build`"]
pub struct ClientBuilder {
    endpoint: String,
    credential: Credential,
    http: Option<reqwest::Client>,
    user_agent: Option<String>,
    timeout: Option<Duration>,
    retry: RetryPolicy,
    connect_timeout: Duration,
    read_timeout: Duration,
    allow_http: bool,
}

impl ClientBuilder {
    /// Sends through this HTTP client, with its own TLS, proxies and timeouts; those set here do
    /// not apply.
    ///
    /// [`Client::http_builder`] is a good start. Make it without a total timeout, which would cut
    /// off downloads, and without redirects: a redirected call fails, as its signature is for
    /// another address.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// The name of the program that calls, before this client's own in the `User-Agent` header.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Longest time for a call that sets none itself, all its attempts included. Default: none.
    /// Streamed bodies are not bounded by it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How calls that set nothing themselves are tried again. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Longest time to establish a connection. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Longest silence of the service on a connection, streamed bodies included. Default: 150
    /// seconds.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Lets plain http leave this machine. Whoever is on the way can read and change what is sent.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Makes the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// An endpoint that is no address of an account, a user agent that no header can hold, or TLS
    /// that cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let endpoint = Endpoint::new(&self.endpoint, self.allow_http)?;
        let user_agent = match &self.user_agent {
            Some(name) => HeaderValue::try_from(format!("{name} {USER_AGENT}")).map_err(|_| {
                Error::invalid_request("the user agent has a character that a header cannot hold")
            })?,
            None => HeaderValue::from_static(USER_AGENT),
        };
        let foreign_http = self.http.is_some();
        let http = match self.http {
            Some(http) => http,
            None => http_builder(self.connect_timeout, self.read_timeout)?
                .build()
                .map_err(|e| Error::setup("the HTTP client cannot be set up", e))?,
        };
        Ok(Client {
            shared: Arc::new(Shared {
                raw: raw::Client::new(endpoint.base()),
                transport: Transport {
                    endpoint,
                    http,
                    foreign_http,
                    credential: self.credential,
                    user_agent,
                    retry: self.retry,
                    clock: Clock::default(),
                },
                timeout: self.timeout,
            }),
        })
    }
}

fn http_builder(connect: Duration, read: Duration) -> Result<reqwest::ClientBuilder, Error> {
    with_tls(
        reqwest::Client::builder()
            .connect_timeout(connect)
            .read_timeout(read)
            // A redirect would carry a signature that is made for another address.
            .redirect(reqwest::redirect::Policy::none()),
    )
}

#[cfg(feature = "native-tls")]
#[allow(clippy::unnecessary_wraps)]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder.tls_backend_native())
}

/// ring for this client alone: the process may have chosen another provider, or none.
#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    use rustls_platform_verifier::BuilderVerifierExt;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|e| Error::setup("TLS cannot be set up", e))?
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[allow(clippy::unnecessary_wraps)]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder)
}
