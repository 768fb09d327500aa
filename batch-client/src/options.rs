//! What every call can be told, whatever its operation.
//!
//! The generated builders fill it; the raw client and the transport read it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::retry::RetryPolicy;

#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    /// The bound on the whole call, on this side of the wire.
    pub(crate) timeout: Option<Duration>,
    /// The wire's `timeout`, in seconds.
    pub(crate) server_timeout: Option<i32>,
    /// Instead of the client's.
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) client_request_id: Option<String>,
    pub(crate) return_client_request_id: Option<bool>,
    pub(crate) ocp_date: Option<DateTime<Utc>>,
    pub(crate) headers: HeaderMap,
    /// Why an extra header cannot be sent; the call fails with it.
    pub(crate) invalid_header: Option<String>,
}

impl CallOptions {
    /// Takes an extra header, or notes why it cannot be sent. The value may be secret and is not
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

// Values of extra headers may be secret, so their names have to do.
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
            .field("invalid_header", &self.invalid_header)
            .finish()
    }
}
