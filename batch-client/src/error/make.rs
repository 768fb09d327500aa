//! Constructors: for requests that cannot be sent, responses that did not arrive, and errors of the
//! service.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};

use super::cause::{self, Cause};
use super::{Error, History, Inner, Kind, LONGEST_BODY, Reason, Response, body};

impl Error {
    fn new(reason: Reason, operation: Option<&'static str>, text: impl Into<String>) -> Self {
        Self::with(Kind::new(reason, text), operation, None, None)
    }

    fn with(
        kind: Kind,
        operation: Option<&'static str>,
        response: Option<Response>,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                operation,
                subject: None,
                kind,
                response: response.map(Box::new),
                source,
                history: History::default(),
                token: None,
            }),
        }
    }

    pub(crate) fn invalid_request(text: impl Into<String>) -> Self {
        Self::new(Reason::InvalidRequest, None, text)
    }

    /// A call that is refused before anything is sent.
    pub(crate) fn refused(operation: &'static str, text: impl Into<String>) -> Self {
        Self::new(Reason::InvalidRequest, Some(operation), text)
    }

    pub(crate) fn invalid_response(operation: &'static str, text: impl Into<String>) -> Self {
        Self::new(Reason::InvalidResponse, Some(operation), text)
    }

    /// A token that a source could not provide.
    pub(crate) fn credential(source: &str, scope: &str, reason: &str) -> Self {
        let text = format!("cannot get a token from {source} for {scope}: {reason}");
        Self::new(Reason::Credential, None, text)
    }

    pub(crate) fn setup(what: &str, source: &(impl std::error::Error + 'static)) -> Self {
        let text = format!("cannot set up {what}: {}", cause::root(source));
        Self::new(Reason::Setup, None, text)
    }

    /// The time of a call that ran out; `changes` is false for calls that only read.
    pub(crate) fn timed_out(operation: &'static str, limit: Duration, changes: bool) -> Self {
        let mut kind = Kind::new(
            Reason::Timeout,
            format!("no response within the timeout of {limit:?}"),
        );
        kind.remedy = changes.then_some(Cow::Borrowed(cause::MAY_BE_PROCESSED));
        Self::with(kind, Some(operation), None, None)
    }

    /// A wait whose time ran out; `last` is the failure of its last call, if that failed.
    pub(crate) fn waited(text: String, last: Option<Error>) -> Self {
        let source = last.map(|last| Box::new(last) as _);
        Self::with(Kind::new(Reason::Timeout, text), None, None, source)
    }

    /// Content that ended before all of it had arrived.
    pub(crate) fn cut_short(operation: &'static str, missing: u64) -> Self {
        let text = format!("the content ended {missing} bytes too early");
        Self::new(Reason::Transport, Some(operation), text)
    }

    /// A failed access to a file of this machine; `what` is such as `cannot read FILE`.
    #[cfg(feature = "fs")]
    pub(crate) fn io(what: &str, error: std::io::Error) -> Self {
        let mut kind = Kind::new(Reason::Io, format!("{what}: {error}"));
        kind.io = Some(error);
        Self::with(kind, None, None, None)
    }

    /// A call that was carried out in part, of the kind of its first failure.
    #[cfg(feature = "fs")]
    pub(crate) fn partial(text: String, first: Error) -> Self {
        let reason = first.inner.kind.reason;
        Self::with(Kind::new(reason, text), None, None, Some(Box::new(first)))
    }

    /// An attempt that got no complete response; `changes` is false for requests that only read.
    pub(crate) fn lost(operation: &'static str, changes: bool, source: reqwest::Error) -> Self {
        let url = source.url().cloned();
        let cause = cause::of_attempt(&source, url.as_ref(), changes);
        let error = Self::caused(operation, cause, source);
        match url {
            Some(url) => error.about(&url),
            None => error,
        }
    }

    /// A body of a successful response that broke off while the caller read it.
    pub(crate) fn interrupted(operation: &'static str, source: reqwest::Error) -> Self {
        let cause = cause::of_response(&source);
        Self::caused(operation, cause, source)
    }

    fn caused(operation: &'static str, cause: Cause, source: reqwest::Error) -> Self {
        let kind = Kind {
            remedy: cause.remedy,
            permanent: cause.permanent,
            ..Kind::new(cause.reason, cause.text)
        };
        // Without the URL: its query may hold more than a log should.
        let source = Box::new(source.without_url());
        Self::with(kind, Some(operation), None, Some(source))
    }

    /// A request that the raw client cannot build.
    pub(crate) fn unbuildable(
        operation: &'static str,
        source: &(dyn std::error::Error + Send + Sync + 'static),
    ) -> Self {
        let text = format!("cannot build the request: {}", cause::root(source));
        Self::new(Reason::InvalidRequest, Some(operation), text)
    }

    pub(crate) fn redirected(
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
    ) -> Self {
        let mut kind = Kind::new(
            Reason::InvalidResponse,
            "the HTTP client followed a redirect, for which the signature is not valid",
        );
        kind.remedy = Some(Cow::Borrowed("build it with `redirect::Policy::none()`"));
        Self::with_response(
            operation,
            kind,
            Response {
                status,
                headers,
                body: Bytes::new(),
                broken: false,
                error: None,
            },
        )
    }

    /// A response that is not a success. Its body may be anything, or missing, or have broken off.
    pub(crate) fn unsuccessful(
        operation: &'static str,
        url: &Url,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        broken: bool,
    ) -> Self {
        let error = body::read(&body);
        Self::with_response(
            operation,
            Kind::new(Reason::Service, ""),
            Response {
                status,
                headers,
                body,
                broken,
                error,
            },
        )
        .about(url)
    }

    /// A body of a successful response that is longer than the client reads.
    pub(crate) fn too_long(
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
        limit: usize,
    ) -> Self {
        let mut kind = Kind::new(
            Reason::InvalidResponse,
            format!("cannot read the response: it is longer than {limit} bytes"),
        );
        kind.remedy = Some(Cow::Borrowed("raise `ClientBuilder::max_body`"));
        let response = Response {
            status,
            headers,
            body: Bytes::new(),
            broken: false,
            error: None,
        };
        Self::with_response(operation, kind, response)
    }

    fn with_response(operation: &'static str, kind: Kind, response: Response) -> Self {
        Self::with(kind, Some(operation), Some(response), None)
    }

    /// A successful response that is not what was expected.
    pub(crate) fn undecodable(
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
        body: &Bytes,
        why: &str,
    ) -> Self {
        let text = if body.is_empty() {
            "the response has no body".to_owned()
        } else {
            format!("cannot read the response of {} bytes: {why}", body.len())
        };
        Self::with_response(
            operation,
            Kind::new(Reason::InvalidResponse, text),
            Response {
                status,
                headers,
                body: body.slice(..body.len().min(LONGEST_BODY)),
                broken: false,
                error: None,
            },
        )
    }
}

impl From<batch_auth::Error> for Error {
    /// The text of the error is the whole message, so it is not a source as well.
    fn from(error: batch_auth::Error) -> Self {
        Self::new(Reason::InvalidRequest, None, error.to_string())
    }
}
