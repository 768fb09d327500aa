//! Credentials, which authorize each request.
//!
//! The transport passes the finished request; the credential returns its `Authorization` header.

use std::fmt;
use std::sync::Arc;

use batch_auth::{RequestView, SharedKey};
use reqwest::Request;
use reqwest::header::HeaderValue;

use crate::error::Error;

/// Credential of a [`Client`](crate::Client): a [`SharedKey`] or a [`BearerToken`].
///
/// Cloning is cheap. Debug shows the kind and, for a shared key, the account.
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
    /// The account of a shared key.
    pub(crate) fn account(&self) -> Option<&str> {
        match &*self.0 {
            Kind::SharedKey(key) => Some(key.account()),
            Kind::Bearer(_) => None,
        }
    }

    /// The access token, without its scheme.
    pub(crate) fn token(&self) -> Option<&str> {
        match &*self.0 {
            Kind::SharedKey(_) => None,
            Kind::Bearer(value) => value.to_str().ok()?.strip_prefix("Bearer "),
        }
    }

    /// Returns the `Authorization` header of an otherwise finished request, and the string that was
    /// signed, if any.
    ///
    /// Asynchronous because a token may have to be fetched first; today's credentials never wait.
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
        Error::invalid_request(
            "cannot sign the request: the account name is not allowed in a header; pass the Batch \
             account's name alone",
        )
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

/// Access token of Microsoft Entra ID for the scope `https://batch.core.windows.net//.default`.
///
/// It is not renewed: calls after its expiry fail with status 401 or 403. Debug does not show it.
#[derive(Clone)]
pub struct BearerToken(HeaderValue);

impl BearerToken {
    /// Takes the token as a string. A leading `Bearer ` and whitespace around the token are
    /// removed.
    ///
    /// # Errors
    ///
    /// The token is empty or has characters other than visible ASCII.
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        let token = token.as_ref().trim();
        let token = match token.split_once(char::is_whitespace) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim_start(),
            _ => token,
        };
        let refused = |why: &str| {
            Error::invalid_request(format!(
                "cannot use bearer token: {why}; pass the value of `accessToken` alone, as in the \
                 output of `az account get-access-token`"
            ))
        };
        if token.is_empty() || token.eq_ignore_ascii_case("bearer") {
            return Err(refused("it is empty"));
        }
        if let Some(place) = token.chars().position(|c| !c.is_ascii_graphic()) {
            let why = format!(
                "the character at position {} is not allowed in a token",
                place + 1
            );
            return Err(refused(&why));
        }
        let value = HeaderValue::try_from(format!("Bearer {token}"));
        let mut value = value.map_err(|_| refused("it is not allowed in a header"))?;
        value.set_sensitive(true);
        Ok(Self(value))
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
    fn invalid_tokens_are_refused_with_the_position() {
        let remedy = "pass the value of `accessToken` alone, as in the output of `az account \
                      get-access-token`";
        for (bad, why) in [
            ("", "it is empty"),
            (" ", "it is empty"),
            ("Bearer ", "it is empty"),
            (
                "two words",
                "the character at position 4 is not allowed in a token",
            ),
            (
                "line\nbreak",
                "the character at position 5 is not allowed in a token",
            ),
            ("é", "the character at position 1 is not allowed in a token"),
        ] {
            let error = BearerToken::new(bad).expect_err(bad);
            assert!(error.is_invalid_request(), "{error}");
            assert_eq!(
                error.to_string(),
                format!("cannot use bearer token: {why}; {remedy}")
            );
        }
    }

    #[test]
    fn the_word_bearer_is_removed() {
        for token in ["tok-en", "Bearer tok-en", " bearer  tok-en\n"] {
            let token = BearerToken::new(token).expect(token);
            assert_eq!(token.0, "Bearer tok-en");
        }
    }
}
