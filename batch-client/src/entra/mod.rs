//! Tokens by Microsoft's crates `azure_core` and `azure_identity`; with the feature
//! `azure-identity`.
//!
//! Every credential of `azure_identity` is a [`Credential`], and [`from_env`] chooses one:
//!
//! ```no_run
//! use batch_client::entra::azure_identity::{
//!     ClientSecretCredential, ClientSecretCredentialOptions,
//! };
//! use batch_client::{Client, entra};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (tenant, application, secret) = ("t", "a", String::new());
//! let endpoint = "https://acct.westeurope.batch.azure.com";
//! // Whatever the environment offers: in Kubernetes, in a pipeline, on a laptop.
//! let client = Client::new(endpoint, entra::from_env()?)?;
//!
//! // A service principal.
//! let options = ClientSecretCredentialOptions {
//!     client_options: entra::client_options()?,
//! };
//! let principal =
//!     ClientSecretCredential::new(tenant, application.into(), secret.into(), Some(options))?;
//! let client = Client::new(endpoint, principal)?;
//! # Ok(())
//! # }
//! ```
//!
//! - **Pass [`client_options`] to each credential.** This crate takes `azure_core` without its
//!   defaults, which would bring a second implementation of TLS. Without options a credential
//!   sends with a client that cannot use `https`, or panics, unless another crate turns the
//!   defaults on. They also keep a dead authority from holding up calls for over a minute.
//! - **Claims are lost.** If the service refuses a token, the client asks for a fresh one with the
//!   claims that the service names ([`TokenRequest`](crate::TokenRequest)). `azure_core` has no way
//!   to pass either on, and a credential that caches returns the same token again, so the call
//!   fails with 401 until that token expires. [`from_env`] creates another credential for a fresh
//!   token; claims are lost there, too. Where continuous access evaluation matters, implement
//!   [`TokenSource`](crate::TokenSource).
//! - **Semver.** The types of `azure_core` and `azure_identity` here are exempt from this crate's
//!   promise of compatibility: an incompatible version of those may come with a minor version of
//!   this crate.

mod choice;
mod source;

use std::sync::Arc;
use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::Transport;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{ClientOptions, Context, ExponentialRetryOptions, Request, RetryOptions};

pub use self::choice::Choice;
pub use {azure_core, azure_identity};

use crate::client::Client;
use crate::credential::Credential;
use crate::error::Error;

/// Longest time for all tries of a request for a token.
const WITHIN: Duration = Duration::from_secs(10);
/// A connection that is not there by then leaves time for another try.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// Returns options for the credentials of `azure_identity`: the TLS and the proxy of this crate,
/// and at most three tries within 10 seconds.
///
/// A managed identity of a virtual machine has its own number of tries, but no more time.
///
/// # Errors
///
/// TLS cannot be set up.
pub fn client_options() -> Result<ClientOptions, Error> {
    let http = Client::http_builder()?
        .connect_timeout(CONNECT_WITHIN)
        .build()
        .map_err(|why| Error::setup("the HTTP client", &why))?;
    Ok(ClientOptions {
        transport: Some(Transport::new(Arc::new(http))),
        per_call_policies: vec![Arc::new(Within)],
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: 2,
            ..ExponentialRetryOptions::default()
        }),
        ..ClientOptions::default()
    })
}

/// Chooses a credential by the environment, as [`Choice::from_env`] describes it.
///
/// # Errors
///
/// Those of [`Choice::from_env`].
pub fn from_env() -> Result<Credential, Error> {
    Ok(Choice::from_env()?.into())
}

/// Limits a request with all its tries, because a policy of retries measures only the pauses.
#[derive(Debug)]
struct Within;

#[async_trait::async_trait]
impl Policy for Within {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let sent = next[0].send(context, request, &next[1..]);
        tokio::time::timeout(WITHIN, sent)
            .await
            .unwrap_or_else(|_| {
                let text = format!("no response within {} seconds", WITHIN.as_secs());
                Err(azure_core::Error::with_message(ErrorKind::Io, text))
            })
    }
}
