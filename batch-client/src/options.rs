//! What every call can be told, whatever its operation.
//!
//! The generated builders fill it; the raw client and the transport read it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

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
            .finish()
    }
}
