//! How errors come to be: from what cannot be sent, what did not arrive, and what the service says.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::{Answer, Error, History, Inner, Kind, LONGEST_BODY, Reason};
use crate::models::BatchError;
use crate::wire::json::is_object;
use crate::wire::request::BuildError;

impl Error {
    fn new(reason: Reason, operation: Option<&'static str>, text: impl Into<String>) -> Self {
        Self::with(Inner {
            operation,
            kind: Kind {
                reason,
                text: text.into(),
            },
            answer: None,
            source: None,
            history: History::default(),
        })
    }

    fn with(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn invalid_request(text: impl Into<String>) -> Self {
        Self::new(Reason::InvalidRequest, None, text)
    }

    /// A call that is refused before anything is sent.
    pub(crate) fn refused(operation: &'static str, text: impl Into<String>) -> Self {
        Self::new(Reason::InvalidRequest, Some(operation), text)
    }

    pub(crate) fn invalid_answer(operation: &'static str, text: impl Into<String>) -> Self {
        Self::new(Reason::InvalidAnswer, Some(operation), text)
    }

    pub(crate) fn setup(
        text: &str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::with(Inner {
            operation: None,
            kind: Kind {
                reason: Reason::Setup,
                text: text.to_owned(),
            },
            answer: None,
            source: Some(Box::new(source)),
            history: History::default(),
        })
    }

    pub(crate) fn timed_out(operation: &'static str, limit: Duration) -> Self {
        Self::new(
            Reason::Timeout,
            Some(operation),
            format!("no answer within {limit:?}; the request may have been applied"),
        )
    }

    /// A wait that has come to its end; `last` is why the last call failed, if it did.
    pub(crate) fn waited(text: String, last: Option<Error>) -> Self {
        Self::caused(Reason::Timeout, text, last.map(|last| Box::new(last) as _))
    }

    /// Content that ended before all of it had arrived.
    pub(crate) fn cut_short(operation: &'static str, missing: u64) -> Self {
        let text = format!("the content ended {missing} bytes too early");
        Self::new(Reason::Transport, Some(operation), text)
    }

    /// What could not be done with a file of this machine.
    #[cfg(feature = "fs")]
    pub(crate) fn io(text: String, source: std::io::Error) -> Self {
        Self::caused(Reason::Io, text, Some(Box::new(source)))
    }

    /// A call that was carried out in part, of the kind of its first failure.
    #[cfg(feature = "fs")]
    pub(crate) fn partial(text: String, first: Error) -> Self {
        Self::caused(first.inner.kind.reason, text, Some(Box::new(first)))
    }

    fn caused(
        reason: Reason,
        text: String,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::with(Inner {
            operation: None,
            kind: Kind { reason, text },
            answer: None,
            source,
            history: History::default(),
        })
    }

    /// What reqwest says, without the address: its query may hold more than a log should.
    pub(crate) fn transport(operation: &'static str, source: reqwest::Error) -> Self {
        let (reason, text) = if source.is_timeout() && source.is_connect() {
            (Reason::Connect, "no connection in time")
        } else if source.is_connect() {
            (Reason::Connect, "no connection")
        } else if source.is_timeout() {
            (
                Reason::Timeout,
                "the service was silent for too long; the request may have been applied",
            )
        } else if source.is_builder() {
            (Reason::InvalidRequest, "the request cannot be built")
        } else {
            (
                Reason::Transport,
                "the connection broke; the request may have been applied",
            )
        };
        Self::with(Inner {
            operation: Some(operation),
            kind: Kind {
                reason,
                text: text.to_owned(),
            },
            answer: None,
            source: Some(Box::new(source.without_url())),
            history: History::default(),
        })
    }

    /// A request that the raw client cannot build.
    pub(crate) fn unbuildable(operation: &'static str, why: BuildError) -> Self {
        Self::with(Inner {
            operation: Some(operation),
            kind: Kind {
                reason: Reason::InvalidRequest,
                text: "the request cannot be built".to_owned(),
            },
            answer: None,
            source: Some(why.into_source()),
            history: History::default(),
        })
    }

    pub(crate) fn redirected(
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
    ) -> Self {
        let text = "the HTTP client followed a redirect, where no signature is valid; build it with \
                    `redirect::Policy::none()`";
        Self::answered(
            operation,
            Reason::InvalidAnswer,
            text,
            Answer {
                status,
                headers,
                body: Bytes::new(),
                broken: false,
                error: None,
            },
        )
    }

    /// An answer that is not a success. Its body may be anything, or missing, or have broken off.
    pub(crate) fn unsuccessful(
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        broken: bool,
    ) -> Self {
        // Proxies answer in HTML; what is no error of the service keeps status and headers.
        let error = Some(&body)
            .filter(|body| is_object(body))
            .and_then(|body| serde_json::from_slice::<BatchError>(body).ok())
            .filter(|error| error.code.is_some());
        Self::answered(
            operation,
            Reason::Service,
            "",
            Answer {
                status,
                headers,
                body,
                broken,
                error,
            },
        )
    }

    fn answered(
        operation: &'static str,
        reason: Reason,
        text: impl Into<String>,
        answer: Answer,
    ) -> Self {
        Self::with(Inner {
            operation: Some(operation),
            kind: Kind {
                reason,
                text: text.into(),
            },
            answer: Some(Box::new(answer)),
            source: None,
            history: History::default(),
        })
    }

    pub(crate) fn undecodable(
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
        body: &Bytes,
        why: &str,
    ) -> Self {
        let text = if body.is_empty() {
            "the answer has no body".to_owned()
        } else {
            format!(
                "the answer of {} bytes is not what was expected: {why}",
                body.len()
            )
        };
        Self::answered(
            operation,
            Reason::InvalidAnswer,
            text,
            Answer {
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
    fn from(error: batch_auth::Error) -> Self {
        Self::with(Inner {
            operation: None,
            kind: Kind {
                reason: Reason::InvalidRequest,
                text: error.to_string(),
            },
            answer: None,
            source: Some(Box::new(error)),
            history: History::default(),
        })
    }
}
