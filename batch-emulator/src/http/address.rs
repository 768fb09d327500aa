//! The address under which clients reach the service: the URLs in responses start with it.

use axum::http::header;
use axum::http::request::Parts;

use crate::config::Config;
use crate::refusal::Refusal;

/// How clients address the service.
#[derive(Debug)]
pub(super) struct Address {
    scheme: &'static str,
    /// The address that replaces the one of a request.
    public: Option<String>,
}

impl Address {
    pub(super) fn new(config: &Config) -> Self {
        let public = config.public_url.as_deref();
        Self {
            scheme: config.scheme(),
            public: public.map(|url| url.trim_end_matches('/').to_owned()),
        }
    }

    /// Returns the scheme and host of URLs in the response to a request.
    pub(super) fn base(&self, parts: &Parts) -> Result<String, Refusal> {
        let host = host(parts)?;
        let used = || format!("{}://{host}", self.scheme);
        Ok(self.public.clone().unwrap_or_else(used))
    }

    /// Returns the same, or a default if the request has no usable host.
    pub(super) fn base_or_default(&self, parts: &Parts) -> String {
        self.base(parts)
            .unwrap_or_else(|_| format!("{}://127.0.0.1", self.scheme))
    }
}

/// Returns the host that the client used, with its port.
fn host(parts: &Parts) -> Result<&str, Refusal> {
    let host = match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok()),
    };
    let is_host = |host: &&str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(known)
    };
    host.filter(is_host).ok_or_else(|| {
        Refusal::new(
            400,
            "HostInformationNotPresent",
            "The request has no valid Host header.",
        )
    })
}

/// Rejects requests that use a foreign host name while tasks are executed with the published key.
/// Otherwise a page in a browser could reach the service by resolving its own name to this address;
/// such a request carries the page's host name.
pub(super) fn check_local(parts: &Parts) -> Result<(), Refusal> {
    let host = host(parts)?;
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    if ["127.0.0.1", "localhost", "[::1]"].contains(&name.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    let text = "Tasks are executed and the key is the published one, so only requests that name this machine \
        itself are accepted; use http://127.0.0.1 or http://localhost, or set your own key.";
    Err(Refusal::new(400, "InvalidHeaderValue", text)
        .with("HeaderName", "Host")
        .with("HeaderValue", host))
}
