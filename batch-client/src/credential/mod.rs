//! Credentials, which authorize each request.
//!
//! ```text
//! SharedKey   signs each request
//! bearer      a token that the caller has got
//! source      where tokens come from (`TokenSource`), asked by
//!   └─ renewal  the token in use, renewed before it ends and after the service has refused it
//! challenge   what a 401 asks for
//! ```
//!
//! The transport passes the finished request; the credential returns its `Authorization` header.
//! After a 401 the transport says which token was refused, and repeats the request once if there
//! is another.

mod bearer;
mod challenge;
mod renewal;
mod source;

use std::fmt;
use std::sync::Arc;

use batch_auth::{RequestView, SharedKey};
use reqwest::Request;
use reqwest::header::{HeaderMap, HeaderValue};

pub use self::bearer::BearerToken;
use self::renewal::{Renewal, Usable};
pub use self::source::{Token, TokenRequest, TokenSource};
use crate::error::Error;

/// Credential of a [`Client`](crate::Client): a [`SharedKey`], a [`BearerToken`], or a
/// [`TokenSource`].
///
/// Cloning is cheap, and clones of one credential share their token. Debug shows the kind and, for
/// a shared key, the account.
///
/// ```
/// use batch_client::{BearerToken, Credential, SharedKey};
///
/// # fn main() -> Result<(), batch_client::Error> {
/// let by_key: Credential = SharedKey::new("acct", "c2VjcmV0")?.into();
/// let by_token: Credential = BearerToken::new("eyJ0eXAi")?.into();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Credential(Arc<Kind>);

enum Kind {
    SharedKey(SharedKey),
    Bearer(HeaderValue),
    Source(Renewal),
}

/// The `Authorization` header of a request, and what it was made of.
pub(crate) struct Authorization {
    pub(crate) value: HeaderValue,
    /// The string that was signed.
    pub(crate) signed: Option<String>,
    /// The token of a source.
    pub(crate) token: Option<TokenNumber>,
}

/// Tells a token of a source from those before and after it.
pub(crate) type TokenNumber = u64;

impl Credential {
    /// Takes tokens from a source, which is asked when one is needed.
    ///
    /// The client keeps a token and renews it ahead of time: at the token's own
    /// [`refresh_on`](Token::with_refresh_on), else 5 minutes before it expires, or after half its
    /// life if that is shorter than 10 minutes.
    ///
    /// - One call renews it, all others go on with the old token. If that fails, they still do, and
    ///   the source is asked again after 30 seconds.
    /// - Without a valid token, one call asks the source, and all that need a token wait for it.
    ///   If it fails, all of them do, with [`Error::is_credential`](crate::Error::is_credential).
    /// - If the service refuses a token with 401, the source is asked for a
    ///   [fresh](TokenRequest::fresh) one, with the claims that the service names, and the call is
    ///   repeated once, however many attempts its [`RetryPolicy`](crate::RetryPolicy) allows.
    ///
    /// A call's timeout includes the time that it waits for a token. A call that is cancelled while
    /// it renews the token leaves that to another one.
    ///
    /// ```
    /// use batch_client::chrono::{TimeDelta, Utc};
    /// use batch_client::{BoxFuture, Client, Credential, Token, TokenRequest, TokenSource};
    ///
    /// #[derive(Debug)]
    /// struct Broker;
    ///
    /// impl TokenSource for Broker {
    ///     fn token(
    ///         &self,
    ///         request: TokenRequest,
    ///     ) -> BoxFuture<Result<Token, Box<dyn std::error::Error + Send + Sync>>> {
    ///         Box::pin(async move {
    ///             // Asks the company's broker for a token for `request.scope`.
    ///             Ok(Token::new("eyJ0eXAi", Utc::now() + TimeDelta::hours(1)))
    ///         })
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), batch_client::Error> {
    /// let credential = Credential::from_source(Broker);
    /// let client = Client::new("https://acct.westeurope.batch.azure.com", credential)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_source<S: TokenSource>(source: S) -> Self {
        Self::from_named_source(source_name::<S>(), source)
    }

    /// As [`from_source`](Self::from_source), with the name of the source in errors.
    pub(crate) fn from_named_source<S: TokenSource>(name: &'static str, source: S) -> Self {
        Self(Arc::new(Kind::Source(Renewal::new(name, source))))
    }

    /// The account of a shared key.
    pub(crate) fn account(&self) -> Option<&str> {
        match &*self.0 {
            Kind::SharedKey(key) => Some(key.account()),
            Kind::Bearer(_) | Kind::Source(_) => None,
        }
    }

    /// Returns true if another token may be had after a 401.
    pub(crate) fn is_renewable(&self) -> bool {
        matches!(&*self.0, Kind::Source(_))
    }

    /// Authorizes an otherwise finished request. Waits where a token has to be fetched first.
    pub(crate) async fn authorization(
        &self,
        request: &Request,
        target: &str,
        scope: &str,
    ) -> Result<Authorization, Error> {
        let (mut value, signed, token) = match &*self.0 {
            Kind::SharedKey(key) => {
                let (value, text) = signed(key, request, target)?;
                (value, Some(text), None)
            }
            Kind::Bearer(value) => (value.clone(), None, None),
            Kind::Source(renewal) => {
                let Usable { value, number } = Box::pin(renewal.token(scope)).await?;
                (value, None, Some(number))
            }
        };
        value.set_sensitive(true);
        Ok(Authorization {
            value,
            signed,
            token,
        })
    }

    /// Takes in that the service has refused a token with 401; returns true if there is another.
    ///
    /// # Errors
    ///
    /// No other token can be had.
    pub(crate) async fn renew_refused(
        &self,
        token: TokenNumber,
        headers: &HeaderMap,
        scope: &str,
    ) -> Result<bool, Error> {
        match &*self.0 {
            Kind::Source(renewal) => {
                let claims = challenge::claims(headers);
                renewal.renew_refused(token, claims, scope).await
            }
            Kind::SharedKey(_) | Kind::Bearer(_) => Ok(false),
        }
    }
}

fn signed(
    key: &SharedKey,
    request: &Request,
    target: &str,
) -> Result<(HeaderValue, String), Error> {
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()));
    let view = RequestView::new(request.method().as_str(), target, headers);
    let (value, text) = key.sign(&view)?.into_parts();
    let value = HeaderValue::try_from(value).map_err(|_| {
        Error::invalid_request(
            "cannot sign the request: the account name is not allowed in a header; pass the Batch \
             account's name alone",
        )
    })?;
    Ok((value, text))
}

/// The name of a type without its path; parameters keep theirs.
fn source_name<S>() -> &'static str {
    let name = std::any::type_name::<S>();
    let end = name.find('<').unwrap_or(name.len());
    let begin = name[..end].rfind("::").map_or(0, |place| place + 2);
    &name[begin..]
}

impl From<SharedKey> for Credential {
    fn from(key: SharedKey) -> Self {
        Self(Arc::new(Kind::SharedKey(key)))
    }
}

impl From<BearerToken> for Credential {
    fn from(token: BearerToken) -> Self {
        Self(Arc::new(Kind::Bearer(token.0)))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::SharedKey(key) => f.debug_tuple("Credential").field(key).finish(),
            Kind::Bearer(_) => f.write_str("Credential(BearerToken([redacted]))"),
            Kind::Source(renewal) => f.debug_tuple("Credential").field(renewal).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let key = SharedKey::new("acct", "dG9wLXNlY3JldA==").expect("a key");
        let key = format!("{:?}", Credential::from(key));
        assert!(key.contains("acct"), "{key}");
        assert!(!key.contains("dG9wLXNlY3JldA"), "{key}");
        let token = BearerToken::new("tok-en").expect("a token");
        assert!(!format!("{token:?}").contains("tok-en"));
        assert!(!format!("{:?}", Credential::from(token)).contains("tok-en"));
    }
}
