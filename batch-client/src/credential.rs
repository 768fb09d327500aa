//! Who is calling: the credential that each request is authorized with.
//!
//! The transport shows the finished request; the credential gives the `Authorization` header for
//! it.

use std::fmt;
use std::sync::Arc;

use batch_auth::{RequestView, SharedKey};
use reqwest::Request;
use reqwest::header::HeaderValue;

use crate::error::Error;

/// Proves to the service who is calling. Opaque: made from a [`SharedKey`] or a [`BearerToken`].
///
/// Cloned cheaply. Its Debug shows the kind and, of a shared key, the account.
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
}

impl Credential {
    /// The `Authorization` header of a request that is finished but for it, and the text that was
    /// signed, if any.
    ///
    /// Asynchronous because a token may have to be fetched first; what is there today never waits.
    #[allow(clippy::unused_async)]
    pub(crate) async fn authorization(
        &self,
        request: &Request,
        target: &str,
    ) -> Result<(HeaderValue, Option<String>), Error> {
        let (mut value, signed) = match &*self.0 {
            Kind::SharedKey(key) => {
                let (value, text) = signed(key, request, target)?;
                (value, Some(text))
            }
            Kind::Bearer(value) => (value.clone(), None),
        };
        value.set_sensitive(true);
        Ok((value, signed))
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
        Error::invalid_request("the account name cannot stand in the Authorization header")
    })?;
    Ok((value, text))
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
        }
    }
}

/// A token of Microsoft Entra ID for the scope `https://batch.core.windows.net//.default`, sent as
/// it is.
///
/// It is not renewed: calls after its end fail with status 401 or 403. Its Debug does not show it.
#[derive(Clone)]
pub struct BearerToken(HeaderValue);

impl BearerToken {
    /// Takes the token as text, without the word `Bearer`.
    ///
    /// # Errors
    ///
    /// A token that is empty or has characters that no header can hold.
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        let token = token.as_ref().trim();
        let readable = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        let value = HeaderValue::try_from(format!("Bearer {token}"));
        match value {
            Ok(mut value) if readable => {
                value.set_sensitive(true);
                Ok(Self(value))
            }
            _ => Err(Error::invalid_request(
                "the bearer token is empty or has a character that a header cannot hold; \
                 pass the token alone, as one word",
            )),
        }
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken([redacted])")
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

    #[test]
    fn a_token_that_no_header_can_hold_is_refused() {
        for bad in ["", " ", "two words", "line\nbreak", "é"] {
            let error = BearerToken::new(bad).expect_err(bad);
            assert!(error.is_invalid_request(), "{error}");
        }
    }
}
