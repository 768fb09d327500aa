//! Where tokens come from: the trait that users implement, its request and its result.

use std::error::Error;
use std::fmt;

use chrono::{DateTime, Utc};

use crate::BoxFuture;

/// A source of access tokens of Microsoft Entra ID, for
/// [`Credential::from_source`](crate::Credential::from_source).
///
/// The client keeps a token until it has to be renewed, so a source need not. It is asked once at a
/// time for each scope. Debug must not show secrets.
pub trait TokenSource: Send + Sync + fmt::Debug + 'static {
    /// Fetches a token. An error is shown in the error of the calls that wait for it.
    fn token(
        &self,
        request: TokenRequest,
    ) -> BoxFuture<Result<Token, Box<dyn Error + Send + Sync>>>;
}

/// The token that a client asks a [`TokenSource`] for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRequest {
    /// Scope of the token, such as `https://batch.core.windows.net//.default`.
    pub scope: String,
    /// Claims that the service asks for, as JSON, after it has refused a token.
    pub claims: Option<String>,
    /// The service has refused the last token: one from a cache would not do.
    pub fresh: bool,
}

/// An access token and its times. Debug does not show the token itself.
#[derive(Clone)]
pub struct Token {
    pub(super) secret: String,
    pub(super) expires_on: DateTime<Utc>,
    pub(super) refresh_on: Option<DateTime<Utc>>,
}

impl Token {
    /// Takes a token and the time at which it expires.
    pub fn new(secret: impl Into<String>, expires_on: DateTime<Utc>) -> Self {
        Self {
            secret: secret.into(),
            expires_on,
            refresh_on: None,
        }
    }

    /// Sets the time from which on the token is to be renewed. Default: 5 minutes before it
    /// expires, or after half its life if that is shorter than 10 minutes.
    #[must_use]
    pub fn with_refresh_on(mut self, refresh_on: DateTime<Utc>) -> Self {
        self.refresh_on = Some(refresh_on);
        self
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("secret", &"[redacted]")
            .field("expires_on", &self.expires_on)
            .field("refresh_on", &self.refresh_on)
            .finish()
    }
}
