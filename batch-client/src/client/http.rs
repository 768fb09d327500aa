//! HTTP clients: timeouts, TLS and proxies.

use std::time::Duration;

use crate::error::Error;

/// Longest silence on a connection: the service may take 120 seconds to add a collection of tasks.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(150);
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Creates the HTTP client of a [`Client`](super::Client). A proxy is not used for this machine,
/// because it would see passwords and keys that are meant for it.
pub(super) fn client(
    connect: Duration,
    read: Duration,
    is_loopback: bool,
) -> Result<reqwest::Client, Error> {
    let builder = plain_builder(connect, read);
    let builder = if is_loopback {
        builder.no_proxy()
    } else {
        builder
    };
    let client = with_tls(builder)?.build();
    client.map_err(|e| Error::setup("the HTTP client", &e))
}

/// A builder without TLS settings.
pub(super) fn plain_builder(connect: Duration, read: Duration) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .connect_timeout(connect)
        .read_timeout(read)
        // The signature is not valid for the target of a redirect.
        .redirect(reqwest::redirect::Policy::none());
    #[cfg(feature = "native-tls")]
    let builder = builder.tls_backend_native();
    builder
}

/// Lets reqwest set up rustls by itself. A TLS configuration of ours would make it ignore, without
/// an error, the certificates and identities that the caller passes to its builder.
pub(super) fn provide_crypto() {
    #[cfg(all(feature = "rustls", not(feature = "native-tls")))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // It fails if another thread has installed one meanwhile, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}

#[cfg(feature = "native-tls")]
#[allow(clippy::unnecessary_wraps)]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder)
}

/// Uses ring for this client only: the process may have installed another provider, or none.
#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    use rustls_platform_verifier::BuilderVerifierExt;

    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|e| Error::setup("TLS", &e))?
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[allow(clippy::unnecessary_wraps)]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder)
}
