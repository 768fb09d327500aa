//! Options of every call, and the parameters that many operations share.
//!
//! The setters of [`Call`](crate::Call) set them; the raw client and the transport read them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::ContinuationToken;
use crate::retry::RetryPolicy;
use crate::wire::http_date;

#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    /// Timeout of the whole call, measured by this client.
    pub(crate) timeout: Option<Duration>,
    /// Query parameter `timeout`, in seconds, which the service applies.
    pub(crate) server_timeout: Option<i32>,
    /// Replaces the client's policy.
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) client_request_id: Option<String>,
    pub(crate) return_client_request_id: Option<bool>,
    pub(crate) ocp_date: Option<DateTime<Utc>>,
    pub(crate) headers: HeaderMap,

    // Only set for operations that take them; see `call::takes`.
    pub(crate) select: Option<String>,
    pub(crate) filter: Option<String>,
    pub(crate) expand: Option<String>,
    pub(crate) max_results: Option<i32>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) if_modified_since: Option<DateTime<Utc>>,
    pub(crate) if_unmodified_since: Option<DateTime<Utc>>,
    /// Where a listing goes on. The address has all parameters of the first page.
    pub(crate) continuation: Option<ContinuationToken>,
    /// The reason why an extra header cannot be sent; the call fails with it.
    pub(crate) invalid_header: Option<String>,
}

impl CallOptions {
    /// Adds an extra header, or records why it cannot be sent. The value may be secret and is not
    /// part of the reason.
    #[inline]
    pub(crate) fn header<K, V>(&mut self, name: K, value: V)
    where
        K: TryInto<HeaderName>,
        K::Error: Into<http::Error>,
        V: TryInto<HeaderValue>,
        V::Error: Into<http::Error>,
    {
        let invalid = match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
                return;
            }
            (Err(error), _) => format!("cannot set a header: {}", error.into()),
            (Ok(name), Err(error)) => {
                format!("cannot set the header `{name}`: {}", error.into())
            }
        };
        self.invalid_header.get_or_insert(invalid);
    }
}

/// The parameters as they are sent.
impl CallOptions {
    pub(crate) fn select(&self) -> Option<&str> {
        given(self.select.as_deref())
    }

    pub(crate) fn filter(&self) -> Option<&str> {
        given(self.filter.as_deref())
    }

    pub(crate) fn expand(&self) -> Option<&str> {
        given(self.expand.as_deref())
    }

    pub(crate) fn if_modified_since(&self) -> Option<String> {
        self.if_modified_since.and_then(http_date::format)
    }

    pub(crate) fn if_unmodified_since(&self) -> Option<String> {
        self.if_unmodified_since.and_then(http_date::format)
    }

    /// Returns the options for the pages after the first.
    pub(crate) fn for_next_pages(&self) -> Self {
        Self {
            timeout: self.timeout,
            retry: self.retry,
            client_request_id: self.client_request_id.clone(),
            return_client_request_id: self.return_client_request_id,
            ocp_date: self.ocp_date,
            headers: self.headers.clone(),
            ..Self::default()
        }
    }
}

/// The text, unless it is blank: signers of the service's clients disagree on a blank value, so
/// none is sent.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

// Values of extra headers may be secret, so only their names are shown.
impl std::fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("server_timeout", &self.server_timeout)
            .field("retry", &self.retry)
            .field("client_request_id", &self.client_request_id)
            .field("return_client_request_id", &self.return_client_request_id)
            .field("ocp_date", &self.ocp_date)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("select", &self.select)
            .field("filter", &self.filter)
            .field("expand", &self.expand)
            .field("max_results", &self.max_results)
            .field("if_match", &self.if_match)
            .field("if_none_match", &self.if_none_match)
            .field("if_modified_since", &self.if_modified_since)
            .field("if_unmodified_since", &self.if_unmodified_since)
            .field("continuation", &self.continuation)
            .field("invalid_header", &self.invalid_header)
            .finish()
    }
}
