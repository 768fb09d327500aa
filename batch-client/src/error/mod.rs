//! The one error of the client: what failed, what the service said of it, and the id of the
//! request.
//!
//! Everything that is shown goes through `wire::redact`: the service repeats values of requests,
//! addresses with their SAS among them.

mod make;
mod show;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::models::{BatchError, BatchErrorDetail};

/// The longest body of an error that is kept, in bytes; more than the service ever writes.
pub(crate) const LONGEST_BODY: usize = 256 * 1024;

/// Why a call failed.
///
/// Opaque: ask it with the predicates ([`is_not_found`](Self::is_not_found) …) or compare
/// [`code`](Self::code) with the constants in [`codes`](crate::codes). Cloned cheaply.
///
/// Its Display has code, message, details and the id of the request, which Microsoft's support asks
/// for:
///
/// ```text
/// Job_Get: 404 JobNotFound: The specified job does not exist. (request 721f50ac-be19-…)
/// ```
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
    kind: Kind,
    answer: Option<Box<Answer>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    history: History,
}

/// What the call went through before it failed; the transport adds it.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// Attempts, and the time since the first began; none where there was one attempt.
    pub(crate) tries: Option<(u32, Duration)>,
    /// The text that was signed last.
    pub(crate) signed: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// The caller asked for what cannot be sent.
    InvalidRequest,
    /// TLS or the HTTP client cannot be set up.
    Setup,
    /// No connection, or one that broke.
    Connect,
    Transport,
    Timeout,
    /// A file of this machine.
    #[cfg_attr(not(feature = "fs"), allow(dead_code))]
    Io,
    /// An answer that says no.
    Service,
    /// An answer that is not what the description promises.
    InvalidAnswer,
}

struct Kind {
    reason: Reason,
    /// What happened, where no answer says it.
    text: String,
}

/// What the service sent.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// Whether the body broke off.
    broken: bool,
    error: Option<BatchError>,
}

impl Error {
    /// The service's code, such as `JobNotFound`; `None` where no answer of the service says one.
    pub fn code(&self) -> Option<&str> {
        self.service()?.code.as_deref()
    }

    /// The service's explanation, as it came (its own request id and time stand in further lines).
    pub fn message(&self) -> Option<&str> {
        self.service()?.message.as_ref()?.value.as_deref()
    }

    /// The service's further facts as names and values, such as the name of a property that it
    /// refused.
    ///
    /// They are given as they came and may repeat what was sent.
    pub fn details(&self) -> &[BatchErrorDetail] {
        self.service()
            .and_then(|error| error.values.as_deref())
            .unwrap_or_default()
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        Some(self.inner.answer.as_ref()?.status)
    }

    /// The headers of the answer.
    pub fn headers(&self) -> Option<&HeaderMap> {
        Some(&self.inner.answer.as_ref()?.headers)
    }

    /// The body of the answer as it came, at most its first 256 KiB.
    pub fn body(&self) -> Option<&[u8]> {
        Some(&self.inner.answer.as_ref()?.body)
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

    /// What was asked for is not there (404).
    pub fn is_not_found(&self) -> bool {
        self.has(StatusCode::NOT_FOUND)
    }

    /// The resource exists already, or is in a state that forbids the operation (409).
    pub fn is_conflict(&self) -> bool {
        self.has(StatusCode::CONFLICT)
    }

    /// A condition such as `if_match` was not met (412).
    pub fn is_precondition_failed(&self) -> bool {
        self.has(StatusCode::PRECONDITION_FAILED)
    }

    /// The resource is unchanged since the given time or version (304).
    pub fn is_not_modified(&self) -> bool {
        self.has(StatusCode::NOT_MODIFIED)
    }

    /// The service wants fewer requests (429, or 503 with the code `ServerBusy`).
    pub fn is_throttled(&self) -> bool {
        self.has(StatusCode::TOO_MANY_REQUESTS)
            || (self.has(StatusCode::SERVICE_UNAVAILABLE) && self.code() == Some("ServerBusy"))
    }

    /// The credential was not accepted, or may not do this (401, 403).
    pub fn is_auth(&self) -> bool {
        self.has(StatusCode::UNAUTHORIZED) || self.has(StatusCode::FORBIDDEN)
    }

    /// The service failed (5xx).
    pub fn is_server_error(&self) -> bool {
        self.status().is_some_and(|status| status.is_server_error())
    }

    /// Time ran out on this side. The request may have been applied.
    pub fn is_timeout(&self) -> bool {
        self.inner.kind.reason == Reason::Timeout
    }

    /// No connection came about; nothing was applied.
    pub fn is_connect(&self) -> bool {
        self.inner.kind.reason == Reason::Connect
    }

    /// The call could not be sent as it was asked for; nothing was sent.
    pub fn is_invalid_request(&self) -> bool {
        self.inner.kind.reason == Reason::InvalidRequest
    }

    /// The answer is not what the description promises; the request has been applied if the status
    /// says so.
    pub fn is_invalid_answer(&self) -> bool {
        self.inner.kind.reason == Reason::InvalidAnswer
    }

    /// How many attempts the call made before it failed.
    pub fn attempts(&self) -> u32 {
        self.inner.history.tries.map_or(1, |(count, _)| count)
    }

    /// How long the call tried, from its first attempt on; `None` where there was but one.
    pub fn tried_for(&self) -> Option<Duration> {
        self.inner.history.tries.map(|(_, time)| time)
    }

    /// Where the text that we signed differs from the one that the service says it has signed,
    /// where the service refused the signature and says so. `None` with a refusal means that both
    /// signed the same text, with different keys, or that the service gave another reason, which
    /// [`details`](Self::details) has.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) {
    /// if let Err(error) = client.job().get("nightly").await {
    ///     if let Some(difference) = error.signature_difference() {
    ///         eprintln!("{difference}"); // the header `ocp-date` differs: we signed …, they …
    ///     }
    /// }
    /// # }
    /// ```
    pub fn signature_difference(&self) -> Option<batch_auth::Difference<'_>> {
        let ours = self
            .inner
            .history
            .signed
            .as_deref()
            .filter(|_| self.is_auth())?;
        let mut details = self
            .details()
            .iter()
            .filter_map(|detail| detail.value.as_deref());
        let theirs = details.find_map(|text| {
            let (_, rest) = text
                .split_once("string to sign: '")
                .or_else(|| text.split_once("string to sign '"))?;
            rest.rsplit_once('\'').map(|(text, _)| text)
        })?;
        batch_auth::difference(ours, theirs)
    }

    /// A file of this machine could not be read or written; the source is the [`std::io::Error`].
    pub fn is_io(&self) -> bool {
        self.inner.kind.reason == Reason::Io
    }

    /// Whether the same call may succeed later although nothing is changed: throttled, an outage, a
    /// lost connection.
    pub(crate) fn may_pass(&self) -> bool {
        self.is_connect()
            || self.is_lost()
            || self.status().is_some_and(crate::retry::judge::may_pass)
    }

    /// How long the service asks to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        crate::wire::header::retry_after(self.headers()?)
    }

    /// The status, if the error is an answer of the service or of a gateway that is not a success.
    pub(crate) fn refusal(&self) -> Option<StatusCode> {
        self.status()
            .filter(|_| self.inner.kind.reason == Reason::Service)
    }

    /// Whether the body of the answer broke off.
    pub(crate) fn is_broken(&self) -> bool {
        self.inner
            .answer
            .as_ref()
            .is_some_and(|answer| answer.broken)
    }

    /// Whether the request was sent, or may have been, and no whole answer came: another attempt
    /// may bring one.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.inner.kind.reason, Reason::Transport | Reason::Timeout) || self.is_broken()
    }

    /// Why, in a word; for traces.
    pub(crate) fn reason(&self) -> &'static str {
        match self.inner.kind.reason {
            Reason::InvalidRequest => "invalid_request",
            Reason::Setup => "setup",
            Reason::Connect => "connect",
            Reason::Transport => "transport",
            Reason::Timeout => "timeout",
            Reason::Io => "io",
            Reason::Service => "service",
            Reason::InvalidAnswer => "invalid_answer",
        }
    }

    /// Adds what the call went through.
    pub(crate) fn after(mut self, history: History) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.history = history;
        }
        self
    }

    fn has(&self, status: StatusCode) -> bool {
        self.status() == Some(status)
    }

    fn service(&self) -> Option<&BatchError> {
        self.inner.answer.as_ref()?.error.as_ref()
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
