//! The error of the client: the operation that failed, the reason, and the id of the request.
//!
//! ```text
//! make       constructors
//!   ├─ body       the error in the body of a response
//!   └─ cause      the cause of a failed attempt, from reqwest's error
//! show       Display and Debug
//!   └─ signature  the diagnosis of a rejected signature
//! ```
//!
//! Everything that is shown goes through `wire::redact`: the service repeats values of requests,
//! URLs with their SAS among them.

mod body;
mod cause;
mod make;
mod show;
mod signature;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{StatusCode, Url};

use crate::models::{BatchError, BatchErrorDetail};

/// Most bytes of an error's body that are stored; more than the service ever sends.
pub(crate) const LONGEST_BODY: usize = 256 * 1024;

/// Reason for the failure of a call.
///
/// Opaque: use the predicates ([`is_not_found`](Self::is_not_found) …) or compare
/// [`code`](Self::code) with the constants in [`codes`](crate::codes). Cloning is cheap.
///
/// Display is one line with the operation, the ids it was called with, the service's code, message
/// and details, and the id of the request, which Microsoft's support asks for. Without a response
/// it names the cause and the remedy. Of a response that is not the service's, such as that of a
/// proxy, it shows the first 200 characters. What a response says is shown without secrets, control
/// characters and line breaks, and not at any length; [`message`](Self::message),
/// [`details`](Self::details) and [`body`](Self::body) are unchanged:
///
/// ```text
/// Job_Get "nightly": 404 JobNotFound: The specified job does not exist. (request 721f50ac-be19-…)
/// Pool_List: cannot connect to HOST: connection refused (6 attempts in 6.3 s); check the endpoint
/// ```
///
/// [`source`](std::error::Error::source) never repeats what Display says: for failed connections it
/// is the error of the HTTP client, for a wait the failure of its last call.
///
/// ```no_run
/// use batch_client::codes;
///
/// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
/// match client.job().get("nightly").await {
///     Ok(job) => println!("{:?}", job.state),
///     Err(e) if e.code() == Some(codes::JOB_NOT_FOUND) => println!("no such job"),
///     Err(e) if e.is_throttled() => println!("too fast"),
///     Err(e) => return Err(e),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

struct Inner {
    operation: Option<&'static str>,
    /// The ids in the request's path, such as `nightly/frame-1`.
    subject: Option<Box<str>>,
    kind: Kind,
    response: Option<Box<Response>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    history: History,
    /// The token of the request, which the error may repeat and does not show.
    token: Option<Box<str>>,
}

/// Attempts of the call before it failed; the transport adds them.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// Number of attempts and time since the first began; `None` after a single attempt.
    pub(crate) attempts: Option<(u32, Duration)>,
    /// The string that was signed last.
    pub(crate) signed: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// The request cannot be sent.
    InvalidRequest,
    /// TLS or the HTTP client cannot be set up.
    Setup,
    /// No token could be obtained.
    Credential,
    /// No connection.
    Connect,
    /// A connection that broke.
    Transport,
    Timeout,
    /// Access to a file of this machine.
    #[cfg_attr(not(feature = "fs"), allow(dead_code))]
    Io,
    /// A response that is not a success.
    Service,
    /// A response that does not match the description.
    InvalidResponse,
}

struct Kind {
    reason: Reason,
    /// Description of the failure; empty for an error of the service, which has its own message.
    text: String,
    /// Remedy or possible consequence; last in the message.
    remedy: Option<Cow<'static, str>>,
    /// Another attempt would fail in the same way.
    permanent: bool,
    /// The response to a call that reads was not the service's, or incomplete.
    unreadable: bool,
    io: Option<std::io::Error>,
}

impl Kind {
    fn new(reason: Reason, text: impl Into<String>) -> Self {
        Self {
            reason,
            text: text.into(),
            remedy: None,
            permanent: false,
            unreadable: false,
            io: None,
        }
    }
}

/// The response of the service.
struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// The body broke off.
    broken: bool,
    error: Option<BatchError>,
}

impl Error {
    /// The service's code, such as `JobNotFound`; `None` if no response of the service has one.
    pub fn code(&self) -> Option<&str> {
        self.service()?.code.as_deref()
    }

    /// The service's explanation, unchanged; its further lines repeat the request id and the time.
    pub fn message(&self) -> Option<&str> {
        self.service()?.message.as_ref()?.value.as_deref()
    }

    /// The service's details as names and values, such as the name of a rejected property.
    ///
    /// They are unchanged and may repeat what was sent.
    pub fn details(&self) -> &[BatchErrorDetail] {
        self.service()
            .and_then(|error| error.values.as_deref())
            .unwrap_or_default()
    }

    /// The HTTP status of the response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        Some(self.inner.response.as_ref()?.status)
    }

    /// The headers of the response, if there was one.
    pub fn headers(&self) -> Option<&HeaderMap> {
        Some(&self.inner.response.as_ref()?.headers)
    }

    /// The body of the response, unchanged, at most its first 256 KiB.
    pub fn body(&self) -> Option<&[u8]> {
        Some(&self.inner.response.as_ref()?.body)
    }

    /// The service's id of the request, for Microsoft's support.
    pub fn request_id(&self) -> Option<&str> {
        crate::wire::header::text(self.headers()?, "request-id")
    }

    /// The operation that failed, such as `Job_Get`; `execute` for
    /// [`Client::execute`](crate::Client::execute).
    pub fn operation(&self) -> Option<&'static str> {
        self.inner.operation
    }

    /// The resource does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.has(StatusCode::NOT_FOUND)
    }

    /// The resource already exists, or its state forbids the operation (409).
    pub fn is_conflict(&self) -> bool {
        self.has(StatusCode::CONFLICT)
    }

    /// A condition such as `if_match` is not met (412).
    pub fn is_precondition_failed(&self) -> bool {
        self.has(StatusCode::PRECONDITION_FAILED)
    }

    /// The resource is unchanged since the given time or version (304).
    pub fn is_not_modified(&self) -> bool {
        self.has(StatusCode::NOT_MODIFIED)
    }

    /// The service throttles requests (429, or 503 with the code `ServerBusy`).
    pub fn is_throttled(&self) -> bool {
        self.has(StatusCode::TOO_MANY_REQUESTS)
            || (self.has(StatusCode::SERVICE_UNAVAILABLE) && self.code() == Some("ServerBusy"))
    }

    /// The credential was rejected, or does not permit the operation (401, 403).
    pub fn is_auth(&self) -> bool {
        self.has(StatusCode::UNAUTHORIZED) || self.has(StatusCode::FORBIDDEN)
    }

    /// No token could be obtained from the [`TokenSource`](crate::TokenSource). The request was not
    /// sent, or was refused with 401 before.
    pub fn is_credential(&self) -> bool {
        self.inner.kind.reason == Reason::Credential
    }

    /// The service failed (5xx).
    pub fn is_server_error(&self) -> bool {
        self.status().is_some_and(|status| status.is_server_error())
    }

    /// A timeout of this client passed. The service may have processed the request.
    pub fn is_timeout(&self) -> bool {
        self.inner.kind.reason == Reason::Timeout
    }

    /// No connection could be established; nothing was sent.
    pub fn is_connect(&self) -> bool {
        self.inner.kind.reason == Reason::Connect
    }

    /// The request cannot be sent: an argument or a setting is invalid. Nothing was sent.
    pub fn is_invalid_request(&self) -> bool {
        self.inner.kind.reason == Reason::InvalidRequest
    }

    /// The response does not match the description of the API. If its status is a success, the
    /// service has processed the request.
    pub fn is_invalid_response(&self) -> bool {
        self.inner.kind.reason == Reason::InvalidResponse
    }

    /// Number of attempts that the call made before it failed.
    pub fn attempts(&self) -> u32 {
        self.inner.history.attempts.map_or(1, |(count, _)| count)
    }

    /// Time from the start of the first attempt to the failure; `None` after a single attempt.
    pub fn tried_for(&self) -> Option<Duration> {
        self.inner.history.attempts.map(|(_, time)| time)
    }

    /// A file of this machine could not be read or written; see [`io_error`](Self::io_error).
    pub fn is_io(&self) -> bool {
        self.inner.kind.reason == Reason::Io
    }

    /// The error of the file system, if [`is_io`](Self::is_io) is true. Display includes its text.
    pub fn io_error(&self) -> Option<&std::io::Error> {
        self.inner.kind.io.as_ref()
    }

    /// Returns true if the same call may succeed later: after throttling, an outage or a lost
    /// connection.
    pub(crate) fn may_pass(&self) -> bool {
        (self.is_connect() && !self.is_permanent())
            || self.is_lost()
            || self.is_unreadable()
            || self.status().is_some_and(crate::retry::decision::may_pass)
    }

    /// Pause that the service asks for.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        crate::wire::header::retry_after(self.headers()?)
    }

    /// The status, if the error is a response of the service or of a gateway.
    pub(crate) fn refusal(&self) -> Option<StatusCode> {
        self.status()
            .filter(|_| self.inner.kind.reason == Reason::Service)
    }

    /// Returns true if the body of the response broke off.
    pub(crate) fn is_broken(&self) -> bool {
        self.inner
            .response
            .as_ref()
            .is_some_and(|response| response.broken)
    }

    /// Returns true if another attempt would fail in the same way.
    pub(crate) fn is_permanent(&self) -> bool {
        self.inner.kind.permanent
    }

    /// Returns true if the response to a call that only reads was a success, but not the service's,
    /// or incomplete.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.inner.kind.unreadable
    }

    /// Hides a token wherever the error repeats it.
    pub(crate) fn hiding(mut self, bearer: Option<&HeaderValue>) -> Self {
        let token = bearer.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if let (Some(inner), Some(token)) = (Arc::get_mut(&mut self.inner), token) {
            inner.token = Some(token.into());
        }
        self
    }

    /// Returns true if the request was or may have been sent and no complete response arrived.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.inner.kind.reason, Reason::Transport | Reason::Timeout) || self.is_broken()
    }

    /// The reason in a word, for traces and metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self.inner.kind.reason {
            Reason::InvalidRequest => "invalid_request",
            Reason::Setup => "setup",
            Reason::Credential => "credential",
            Reason::Connect => "connect",
            Reason::Transport => "transport",
            Reason::Timeout => "timeout",
            Reason::Io => "io",
            Reason::Service => "service",
            Reason::InvalidResponse => "invalid_response",
        }
    }

    /// Adds the attempts of the call.
    pub(crate) fn after(mut self, history: History) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.history = history;
        }
        self
    }

    /// Marks the success of a call that only reads: another attempt may get the whole body.
    pub(crate) fn unreadable(mut self) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.kind.unreadable = true;
        }
        self
    }

    /// Says of a call that is not known to have failed that it may have changed something.
    pub(crate) fn processed(mut self) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.kind.remedy = Some(Cow::Borrowed(cause::MAY_BE_PROCESSED));
        }
        self
    }

    /// Adds the ids in the path of the request, such as `nightly/frame-1`.
    pub(crate) fn about(mut self, url: &Url) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.subject = crate::wire::path::ids(url.path()).map(String::into_boxed_str);
        }
        self
    }

    fn has(&self, status: StatusCode) -> bool {
        self.status() == Some(status)
    }

    fn service(&self) -> Option<&BatchError> {
        self.inner.response.as_ref()?.error.as_ref()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.inner.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}
