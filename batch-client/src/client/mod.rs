//! The public [`Client`] and its builder. A client owns the raw client, which builds requests, and
//! the transport, which sends them.

mod env;
mod execute;
mod http;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;

use self::http::{CONNECT_TIMEOUT, READ_TIMEOUT};
use crate::credential::Credential;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::generated::raw;
use crate::page;
use crate::response::RawResponse;
use crate::retry::RetryPolicy;
use crate::transport::{Build, Call, Clock, Transport};
use crate::{ApiVersion, BoxFuture};

/// Default of [`ClientBuilder::max_body`].
const MAX_BODY: usize = 64 * 1024 * 1024;
const USER_AGENT: &str = concat!("batch-client/", env!("CARGO_PKG_VERSION"), " (rust)");

/// Client for one Batch account.
///
/// Create it once and clone it: clones are cheap, share their connections and are `Send + Sync`.
/// The operations are in ten groups: `client.pool()`, `client.job()`, `client.task()` …
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

/// State shared by all clones of a client.
struct Shared {
    raw: raw::Client,
    transport: Transport,
    timeout: Option<Duration>,
}

impl Client {
    /// Creates a client with default settings for the account at `endpoint`
    /// (`https://NAME.REGION.batch.azure.com`). [`from_env`](Self::from_env) takes endpoint and key
    /// from environment variables.
    ///
    /// # Errors
    ///
    /// - [`Error::is_invalid_request`]: the endpoint is not the URL of an account, such as one
    ///   without scheme or region, with a path, of another Azure service, or plain http to another
    ///   machine. The message says what to pass instead.
    /// - TLS cannot be set up.
    pub fn new(
        endpoint: impl AsRef<str>,
        credential: impl Into<Credential>,
    ) -> Result<Self, Error> {
        Self::builder(endpoint, credential).build()
    }

    /// Starts a builder for a client with other settings than the defaults.
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
            max_body: MAX_BODY,
            token_scope: None,
            api_version: ApiVersion::default(),
        }
    }

    /// Returns a builder for an HTTP client with the settings of this crate: timeouts, no
    /// redirects.
    ///
    /// Use it for an HTTP client with its own proxy, certificate authority or client certificate,
    /// and pass the result to [`ClientBuilder::http_client`]. All settings of the builder work,
    /// such as `add_root_certificate`, `tls_certs_only` and `identity`.
    ///
    /// With the feature `rustls`, the HTTP client uses the crypto provider of the process. If the
    /// process has none, this function installs ring as such; a program that installs another one
    /// does so first. (`Client::new` does not need one, and `reqwest::Client::new()` panics without
    /// one.)
    ///
    /// The HTTP client uses the system's proxies even for an endpoint on this machine. Call
    /// `no_proxy` to prevent that, or do not pass an HTTP client, because a `Client` that creates
    /// its own has no proxy for such endpoints.
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
    /// TLS cannot be set up.
    pub fn http_builder() -> Result<reqwest::ClientBuilder, Error> {
        http::provide_crypto();
        Ok(http::plain_builder(CONNECT_TIMEOUT, READ_TIMEOUT))
    }

    /// The account's URL, without a trailing slash.
    pub fn endpoint(&self) -> &str {
        self.shared.transport.endpoint.base()
    }

    /// The client that builds the requests of the operations.
    pub(crate) fn raw(&self) -> &raw::Client {
        &self.shared.raw
    }

    /// Sends the request of an operation, or the one that continues its listing.
    pub(crate) async fn call(&self, call: &Call, build: &Build<'_>) -> Result<RawResponse, Error> {
        let transport = &self.shared.transport;
        let next_page = match &call.options().continuation {
            Some(token) => Some(page::follow(self, call, token)?),
            None => None,
        };
        let first = transport.first(call, build, next_page)?;
        let response = pin!(transport.attempts(call, first)).await?;
        Ok(RawResponse::new(call.operation(), response))
    }

    /// Sends a request that is for this account.
    pub(crate) async fn send(
        &self,
        call: &Call,
        request: reqwest::Request,
    ) -> Result<RawResponse, Error> {
        let response = self.shared.transport.send(call, request).await?;
        Ok(RawResponse::new(call.operation(), response))
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

/// Limits a call to its own timeout, or to the client's.
pub(crate) fn bounded<T: Send + 'static>(
    client: &Client,
    operation: &'static str,
    timeout: Option<Duration>,
    call: BoxFuture<Result<T, Error>>,
) -> BoxFuture<Result<T, Error>> {
    bounded_by(client, operation, !reads(operation), timeout, call)
}

/// As [`bounded`]; `changes` is false for calls that only read.
fn bounded_by<T: Send + 'static>(
    client: &Client,
    operation: &'static str,
    changes: bool,
    timeout: Option<Duration>,
    call: BoxFuture<Result<T, Error>>,
) -> BoxFuture<Result<T, Error>> {
    match timeout.or(client.shared.timeout) {
        None => call,
        Some(limit) => Box::pin(async move {
            let result = tokio::time::timeout(limit, call).await;
            result.unwrap_or_else(|_| Err(Error::timed_out(operation, limit, changes)))
        }),
    }
}

/// Returns true for operations that only read. The names tell it: `tests/it/messages.rs` compares
/// them with the methods in the description.
pub(crate) fn reads(operation: &str) -> bool {
    let (_, verb) = operation.split_once('_').unwrap_or_default();
    ["Get", "List", "Exists"]
        .iter()
        .any(|prefix| verb.starts_with(prefix))
}

/// Settings of a [`Client`]; see [`Client::builder`].
#[derive(Debug)]
#[must_use = "a builder creates a client only with `build`"]
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
    max_body: usize,
    token_scope: Option<String>,
    api_version: ApiVersion,
}

impl ClientBuilder {
    /// Sets the HTTP client, with its own TLS, proxies and timeouts; the timeouts of this builder
    /// do not apply to it.
    ///
    /// Start with [`Client::http_builder`]. Do not set a total timeout, which would cut off
    /// downloads, and do not follow redirects: a redirected call fails, because its signature is
    /// for another URL.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Sets the name of the calling program, which precedes this crate's name in the `User-Agent`
    /// header.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Sets the timeout of calls that set none themselves, all attempts included. Default: none.
    /// It does not apply to the reading of streamed bodies.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the retry policy of calls that set none themselves. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the longest time to establish a connection. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the longest time without data from the service, streamed bodies included. Default: 150
    /// seconds.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Permits plain http to other machines. Everyone on the path can read and change the requests.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Sets the longest body of a response that is read into memory, in bytes; 64 MiB by default. A
    /// longer one is an error ([`Error::is_invalid_response`]), and is not read on.
    ///
    /// It applies to every response but streams: the content of files, and
    /// [`execute_streamed`](Client::execute_streamed). Of the body of an error, at most 256 KiB are
    /// read.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sets the scope that a [`TokenSource`](crate::TokenSource) is asked for. Default: that of the
    /// endpoint's cloud, which is `https://batch.core.windows.net//.default` for
    /// `*.batch.azure.com` and for endpoints outside of Azure, and for the clouds of the US
    /// Government and of China `https://batch.core.usgovcloudapi.net//.default` and
    /// `https://batch.chinacloudapi.cn//.default`. The two slashes are right.
    pub fn token_scope(mut self, scope: impl Into<String>) -> Self {
        self.token_scope = Some(scope.into());
        self
    }

    /// Sets the version of the API that the client asks for. Default: [`API_VERSION`].
    ///
    /// Models and operations have what all known versions have together, and say in their
    /// documentation since when or until when they exist. An operation or a query parameter that
    /// the version does not have is refused before anything is sent. Properties are sent as they
    /// are given, and the service rejects those that its version does not have.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), batch_client::Error> {
    /// use batch_client::{ApiVersion, Client, SharedKey};
    ///
    /// let key = SharedKey::new("acct", "c2VjcmV0")?;
    /// let client = Client::builder("https://acct.westeurope.batch.azure.com", key)
    ///     .api_version(ApiVersion::V2025_06_01)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`API_VERSION`]: crate::API_VERSION
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.api_version = version;
        self
    }

    /// Creates the client. Sends nothing.
    ///
    /// Logs a warning if the endpoint is of another account than the key.
    ///
    /// # Errors
    ///
    /// - [`Error::is_invalid_request`]: the endpoint is not the URL of an account (see
    ///   [`Client::new`]), or the user agent has characters that are not allowed in a header.
    /// - TLS cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let endpoint = Endpoint::new(&self.endpoint, self.allow_http)?;
        warn_of_other_account(&endpoint, &self.credential);
        let user_agent = match &self.user_agent {
            Some(name) => HeaderValue::try_from(format!("{name} {USER_AGENT}")).map_err(|_| {
                Error::invalid_request(format!(
                    "cannot use user agent {name:?}: it has a character that is not allowed in a \
                     header; use visible ASCII characters"
                ))
            })?,
            None => HeaderValue::from_static(USER_AGENT),
        };
        let foreign_http = self.http.is_some();
        let http = if let Some(http) = self.http {
            http
        } else {
            let (connect, read) = (self.connect_timeout, self.read_timeout);
            http::client(connect, read, endpoint.is_loopback())?
        };
        Ok(Client {
            shared: Arc::new(Shared {
                raw: raw::Client::new(endpoint.base(), self.api_version),
                transport: Transport {
                    token_scope: self
                        .token_scope
                        .unwrap_or_else(|| endpoint.token_scope().to_owned()),
                    endpoint,
                    http,
                    foreign_http,
                    credential: self.credential,
                    user_agent,
                    retry: self.retry,
                    max_body: self.max_body,
                    clock: Clock::default(),
                },
                timeout: self.timeout,
            }),
        })
    }
}

/// Warns of a mistake that the service rejects with 403.
fn warn_of_other_account(endpoint: &Endpoint, credential: &Credential) {
    if let (Some(endpoint), Some(key)) = (endpoint.account(), credential.account())
        && !endpoint.eq_ignore_ascii_case(key)
    {
        tracing::warn!(
            endpoint,
            key,
            "the endpoint and the key are of different accounts; the service will reject the key"
        );
    }
}
