//! Options of every call, whatever its operation.
//!
//! The generated builders set them; the raw client and the transport read them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

use crate::retry::RetryPolicy;

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
            .finish()
    }
}
