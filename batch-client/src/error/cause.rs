//! Cause of a failed attempt, read from the types in the source chain of reqwest's error.
//!
//! Text is compared only where the libraries below have no public type: proxies.

use std::borrow::Cow;
use std::error::Error;
use std::io;

use reqwest::Url;

use super::Reason;

type Link<'a> = &'a (dyn Error + 'static);

const CHECK_ENDPOINT: &str = "check the endpoint";
const CHECK_PROXY: &str = "check the proxy's address, such as HTTPS_PROXY";
const TRUST_ISSUER: &str = "check the endpoint, or pass an HTTP client that trusts the issuer to `ClientBuilder::http_client`";
/// Remedy for a failed request that may have changed something.
pub(super) const MAY_BE_PROCESSED: &str = "the service may have processed the request";

/// Cause of a failed attempt.
#[derive(Debug)]
pub(super) struct Cause {
    pub(super) reason: Reason,
    pub(super) text: String,
    pub(super) remedy: Option<Cow<'static, str>>,
    /// Another attempt would fail in the same way.
    pub(super) permanent: bool,
}

impl Cause {
    fn new(reason: Reason, text: impl Into<String>) -> Self {
        Self {
            reason,
            text: text.into(),
            remedy: None,
            permanent: false,
        }
    }

    fn with_remedy(mut self, remedy: &'static str) -> Self {
        self.remedy = Some(Cow::Borrowed(remedy));
        self
    }

    fn permanent(mut self) -> Self {
        self.permanent = true;
        self
    }
}

/// Finds the cause of an attempt that got no complete response from `url`. `changes` is false for
/// requests that only read.
pub(super) fn of_attempt(source: &reqwest::Error, url: Option<&Url>, changes: bool) -> Cause {
    if source.is_builder() {
        let text = format!("cannot build the request: {}", root(source));
        return Cause::new(Reason::InvalidRequest, text).permanent();
    }
    if source.is_connect() {
        let host = url.map_or_else(|| "the service".to_owned(), host);
        let cause = connecting(source, url.and_then(Url::host_str).unwrap_or("this host"));
        let text = format!("cannot connect to {host}: {}", cause.text);
        return Cause { text, ..cause };
    }
    let mut cause = of_response(source);
    if changes && cause.remedy.is_none() {
        cause.remedy = Some(Cow::Borrowed(MAY_BE_PROCESSED));
    }
    cause
}

/// Finds the cause for which a response is incomplete or missing, once there was a connection.
pub(super) fn of_response(source: &reqwest::Error) -> Cause {
    if source.is_timeout() {
        let text = "no data from the service within the read timeout";
        return Cause::new(Reason::Timeout, text);
    }
    let parse = |link: Link<'_>| {
        let error = link.downcast_ref::<hyper::Error>();
        error.is_some_and(hyper::Error::is_parse)
    };
    if links(source).any(parse) {
        let text = format!("the response is not HTTP ({})", root(source));
        let remedy = "check the scheme and the port of the endpoint";
        return Cause::new(Reason::Transport, text).with_remedy(remedy);
    }
    Cause::new(
        Reason::Transport,
        "connection closed before the response was complete",
    )
}

/// Finds the cause of a failed connection to `name`; its text is what follows the host.
fn connecting(source: &reqwest::Error, name: &str) -> Cause {
    if let Some(cause) = links(source).find_map(|link| tls(link, name)) {
        return cause.permanent();
    }
    let new = |text: String| Cause::new(Reason::Connect, text);
    if source.is_timeout() {
        return new("no answer within the connect timeout".to_owned()).with_remedy(CHECK_ENDPOINT);
    }
    if let Some(cause) = links(source).find_map(proxy) {
        return cause;
    }
    let root = root(source);
    if is_dns(source) {
        let reason = root.strip_prefix("failed to lookup address information: ");
        let text = format!("DNS lookup failed ({})", reason.unwrap_or(&root));
        return new(text).with_remedy(CHECK_ENDPOINT);
    }
    let io = links(source).find_map(|link| link.downcast_ref::<io::Error>());
    let text = match io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            "connection closed by the server".to_owned()
        }
        Some(io::ErrorKind::HostUnreachable) => "no route to the host".to_owned(),
        Some(io::ErrorKind::NetworkUnreachable) => "the network is unreachable".to_owned(),
        _ => root,
    };
    new(text).with_remedy(CHECK_ENDPOINT)
}

/// The resolver's error is an I/O error without a number of the operating system; the connector
/// marks it, with a private type.
fn is_dns(source: &reqwest::Error) -> bool {
    source.is_dns() || links(source).any(|link| link.to_string() == "dns error")
}

/// hyper-util's error of a tunnel and the connector's of a scheme have no public types.
fn proxy(link: Link<'_>) -> Option<Cause> {
    let text = link.to_string();
    if let Some(scheme) = text.strip_prefix("unsupported scheme ") {
        let text = format!("the proxy's scheme `{scheme}` is not supported");
        let remedy = "use an http or https proxy, or pass an HTTP client to \
                      `ClientBuilder::http_client`";
        let cause = Cause::new(Reason::Connect, text).with_remedy(remedy);
        return Some(cause.permanent());
    }
    // The others have a source, which says more.
    let refusal = text.strip_prefix("tunnel error: ")?;
    if link.source().is_some() {
        return None;
    }
    let text = format!("the proxy did not open a tunnel ({refusal})");
    Some(Cause::new(Reason::Connect, text).with_remedy(CHECK_PROXY))
}

#[cfg(feature = "rustls")]
fn tls_of_rustls(error: &rustls::Error, name: &str) -> Option<Cause> {
    use rustls::{AlertDescription, CertificateError, Error};

    let (text, remedy) = match error {
        Error::InvalidCertificate(why) => match why {
            CertificateError::NotValidForName => (
                format!("the server's certificate is not for {name}"),
                CHECK_ENDPOINT,
            ),
            CertificateError::NotValidForNameContext { presented, .. } => (
                format!(
                    "the server's certificate is for {}, not for {name}",
                    names(presented)
                ),
                CHECK_ENDPOINT,
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
                "the server's certificate has expired".to_owned(),
                "check the endpoint and this machine's clock",
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                "the server's certificate is not valid yet".to_owned(),
                "check this machine's clock",
            ),
            CertificateError::UnknownIssuer => (
                "the server's certificate is not trusted (unknown issuer)".to_owned(),
                TRUST_ISSUER,
            ),
            other => (
                format!("the server's certificate is not trusted ({other})"),
                TRUST_ISSUER,
            ),
        },
        Error::InvalidMessage(_) => (
            "the server does not speak TLS on this port".to_owned(),
            "check the scheme and the port of the endpoint",
        ),
        // A server that is shutting down or overloaded; another attempt may find a better one.
        Error::AlertReceived(
            AlertDescription::CloseNotify
            | AlertDescription::UserCanceled
            | AlertDescription::InternalError,
        ) => return None,
        other => (format!("TLS handshake failed ({other})"), CHECK_ENDPOINT),
    };
    Some(Cause::new(Reason::Connect, text).with_remedy(remedy))
}

/// Returns the cause if the link is an error of TLS itself, not of the connection below it.
fn tls(link: Link<'_>, name: &str) -> Option<Cause> {
    #[cfg(feature = "rustls")]
    if let Some(error) = link.downcast_ref::<rustls::Error>() {
        return tls_of_rustls(error, name);
    }
    #[cfg(feature = "native-tls")]
    if let Some(error) = link.downcast_ref::<native_tls::Error>()
        && !links(error).any(<dyn std::error::Error>::is::<io::Error>)
    {
        // The operating systems' libraries give no kinds, only text.
        let text = format!("TLS handshake failed ({error})");
        return Some(Cause::new(Reason::Connect, text).with_remedy(TRUST_ISSUER));
    }
    let _ = (link, name, TRUST_ISSUER);
    None
}

/// At most three names of a certificate.
#[cfg(feature = "rustls")]
fn names(presented: &[String]) -> String {
    // An entry looks like `DnsName("host")`.
    let names = presented.iter().take(3).map(|name| {
        let quoted = name.split('"').nth(1);
        quoted.unwrap_or(name.as_str())
    });
    let names: Vec<&str> = names.collect();
    match presented.len() {
        0 => "no host".to_owned(),
        1..=3 => names.join(", "),
        more => format!("{} and {} more", names.join(", "), more - 3),
    }
}

/// The host, with the port unless it is the scheme's own.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The text of the innermost error.
pub(super) fn root(error: Link<'_>) -> String {
    links(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// An error and those it was caused by.
fn links(error: Link<'_>) -> impl Iterator<Item = Link<'_>> {
    std::iter::successors(Some(error), |link| next(*link))
}

/// The error that another one was caused by. `source` of an I/O error skips the one it wraps.
fn next(link: Link<'_>) -> Option<Link<'_>> {
    match link
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => link.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_named_with_an_unusual_port() {
        for (url, expected) in [
            ("https://a.example/jobs?x=1", "a.example"),
            ("https://a.example:8443/", "a.example:8443"),
            ("http://[::1]:1/", "[::1]:1"),
        ] {
            assert_eq!(host(&Url::parse(url).expect("a URL")), expected);
        }
    }

    #[test]
    fn an_error_that_an_io_error_wraps_is_found() {
        let inner = std::fmt::Error;
        let outer = io::Error::other(io::Error::other(inner));
        assert!(links(&outer).any(<dyn Error>::is::<std::fmt::Error>));
        assert_eq!(root(&outer), inner.to_string());
    }
}
