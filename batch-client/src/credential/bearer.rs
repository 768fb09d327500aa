//! A token that the caller has got and does not renew.

use std::fmt;

use reqwest::header::HeaderValue;

use crate::error::Error;

/// Access token of Microsoft Entra ID for the scope `https://batch.core.windows.net//.default`.
///
/// It is not renewed: calls after its expiry fail with status 401 or 403. For tokens that are
/// renewed see [`Credential::from_source`](crate::Credential::from_source). Debug does not show
/// it.
#[derive(Clone)]
pub struct BearerToken(pub(super) HeaderValue);

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
