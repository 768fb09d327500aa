//! Authentication: the second step of the request path, before anything else in the request is
//! trusted.
//!
//! `batch-auth` verifies a `SharedKey` signature over the request line and headers exactly as they
//! were received. Failures follow the service's page on error codes: 403 `AuthenticationFailed` if
//! a signature, date, account or token is not accepted, and also if there is no `Authorization`
//! header (the page has no 401); 400 `InvalidAuthenticationInfo` if the header is neither
//! `SharedKey account:signature` nor `Bearer token`. Tokens of Microsoft Entra ID are checked by
//! `entra`, which answers 401.

use std::io;
use std::time::SystemTime;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use batch_auth::{MAX_SKEW, RequestView, SharedKey};

use crate::config::{AuthenticationMode, Config};
use crate::entra::{Sts, Verifier};
use crate::refusal::Refusal;
use crate::time::wire_time;

/// The account that a request addresses, as its index in the configuration.
pub(crate) type AccountNumber = usize;

/// The account that a bearer token authenticates.
const FIRST: AccountNumber = 0;

/// The account keys and the tokens that are accepted.
#[derive(Debug)]
pub(crate) struct Authenticator {
    keys: Vec<SharedKey>,
    /// True for the accounts that allow keys.
    allow_keys: Vec<bool>,
    /// True if the first account allows tokens.
    allows_tokens: bool,
    bearer_token: Option<String>,
    entra: Option<Verifier>,
}

impl Authenticator {
    /// Reads the accounts and keys from the configuration.
    pub(crate) fn new(config: &Config, sts: Option<&Sts>) -> io::Result<Self> {
        let keys: Result<_, _> = config
            .accounts()
            .map(|(account, key)| SharedKey::new(account, key))
            .collect();
        Ok(Self {
            keys: keys.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?,
            allow_keys: config
                .accounts()
                .map(|(account, _)| config.allows(account, AuthenticationMode::SharedKey))
                .collect(),
            allows_tokens: config.allows(&config.account, AuthenticationMode::Aad),
            bearer_token: config.bearer_token.clone(),
            entra: Verifier::new(config, sts)?,
        })
    }

    /// Reads what is needed to authenticate a request, if it is not there yet.
    pub(crate) async fn prepare(&self, headers: &HeaderMap) {
        if let Some(entra) = &self.entra {
            entra.prepare(headers).await;
        }
    }

    /// Authenticates a request and returns the account that it addresses.
    pub(crate) fn authenticate(
        &self,
        method: &str,
        target: &str,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Result<AccountNumber, Refusal> {
        let Some(authorization) = authorization(headers)? else {
            return Err(refused(
                "The request has no Authorization header; sign it with the account's key.",
            ));
        };
        let (scheme, credentials) = authorization
            .split_once(' ')
            .map(|(scheme, rest)| (scheme, rest.trim()))
            .ok_or_else(malformed)?;
        if scheme.eq_ignore_ascii_case("Bearer") {
            return self.admit_token(credentials, now).map(|()| FIRST);
        }
        if !scheme.eq_ignore_ascii_case("SharedKey") || !credentials.contains(':') {
            return Err(malformed());
        }
        let fields = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()));
        let request = RequestView::new(method, target, fields);
        let mut number = None;
        let lookup = |account: &str| {
            number = self.number(account);
            self.keys.get(number?).cloned()
        };
        batch_auth::verify(lookup, &request, Some(authorization), now, MAX_SKEW)
            .map_err(|error| refused(&cause(&error, now)))?;
        // A verified account is always in the list.
        let number = number.ok_or_else(malformed)?;
        match self.allow_keys.get(number) {
            // Source: https://github.com/Azure/BatchExplorer/issues/239
            Some(false) => Err(not_allowed("SharedKey")),
            _ => Ok(number),
        }
    }

    /// Returns true if a request has a token rather than a signature.
    pub(crate) fn has_token(headers: &HeaderMap) -> bool {
        let header = authorization(headers).ok().flatten();
        let scheme = header.and_then(|header| header.split_once(' '));
        scheme.is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
    }

    /// Returns the account that a request claims to address, without authenticating it.
    pub(crate) fn claimed_account(&self, headers: &HeaderMap) -> Option<AccountNumber> {
        let (scheme, credentials) = authorization(headers).ok()??.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("Bearer") {
            return Some(FIRST);
        }
        let (account, _) = credentials.trim().split_once(':')?;
        self.number(account)
    }

    fn number(&self, account: &str) -> Option<AccountNumber> {
        self.keys.iter().position(|key| key.account() == account)
    }

    fn admit_token(&self, token: &str, now: SystemTime) -> Result<(), Refusal> {
        if !self.allows_tokens {
            return Err(not_allowed("AAD"));
        }
        match &self.bearer_token {
            Some(known) if known == token => return Ok(()),
            _ => {}
        }
        if let Some(entra) = &self.entra {
            return entra.admit(token, now);
        }
        match &self.bearer_token {
            Some(_) => Err(refused(
                "The bearer token is not the one that this service accepts.",
            )),
            None => Err(refused(
                "Bearer tokens are not accepted unless one is configured; sign the request with the account's key.",
            )),
        }
    }
}

/// Returns the single `Authorization` header as a string.
fn authorization(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(malformed());
    }
    first
        .to_str()
        .map(|text| Some(text.trim()))
        .map_err(|_| malformed())
}

/// Explains why a signature was rejected, with the details that help the client find its mistake.
fn cause(error: &batch_auth::Error, now: SystemTime) -> String {
    let time = wire_time(now.into());
    let mut text = format!("Rejected at {time} by the service's clock: {error}.");
    if let Some(expected) = error.expected_string_to_sign() {
        text.push_str(" The service's string to sign: '");
        text.push_str(expected);
        text.push('\'');
    }
    text
}

fn refused(detail: &str) -> Refusal {
    Refusal::new(
        403,
        "AuthenticationFailed",
        "The request could not be authenticated; see the detail for the cause.",
    )
    .with("AuthenticationErrorDetail", detail)
}

fn not_allowed(mode: &str) -> Refusal {
    refused(&format!(
        "Authentication of the type {mode} is not one that this account allows."
    ))
}

fn malformed() -> Refusal {
    Refusal::new(
        400,
        "InvalidAuthenticationInfo",
        "The Authorization header is neither `SharedKey account:signature` nor `Bearer token`.",
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::HeaderValue;

    use super::*;

    const TARGET: &str = "/jobs/a%2Fb?api-version=1";

    fn authenticator(config: &Config) -> Authenticator {
        Authenticator::new(config, None).unwrap()
    }

    fn signed(date: SystemTime) -> HeaderMap {
        let config = Config::default();
        let key = SharedKey::new(&config.account, &config.key).unwrap();
        let date = httpdate::fmt_http_date(date);
        let view = RequestView::new("GET", TARGET, [("ocp-date", date.as_str())]);
        let signature = key.sign(&view).unwrap().into_authorization();
        let mut headers = HeaderMap::new();
        headers.insert("ocp-date", HeaderValue::from_str(&date).unwrap());
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&signature).unwrap());
        headers
    }

    fn detail(refusal: &Refusal) -> &str {
        &refusal.values[0].1
    }

    #[test]
    fn a_signed_request_is_accepted() {
        let now = SystemTime::now();
        let authenticator = authenticator(&Config::default());
        assert_eq!(
            authenticator.authenticate("GET", TARGET, &signed(now), now),
            Ok(0)
        );
    }

    #[test]
    fn a_rejection_names_its_cause() {
        let now = SystemTime::now();
        let authenticator = authenticator(&Config::default());
        let altered = authenticator
            .authenticate("PUT", TARGET, &signed(now), now)
            .unwrap_err();
        assert_eq!(
            (altered.status, altered.code),
            (403, "AuthenticationFailed")
        );
        assert!(detail(&altered).contains("string to sign: 'PUT\n"));
        let late = now + Duration::from_secs(901);
        let skewed = authenticator
            .authenticate("GET", TARGET, &signed(now), late)
            .unwrap_err();
        assert!(detail(&skewed).contains("901 s"), "{skewed:?}");
        let none = authenticator.authenticate("GET", TARGET, &HeaderMap::new(), now);
        assert_eq!(none.unwrap_err().status, 403);
    }

    #[test]
    fn a_token_is_accepted_if_configured() {
        let now = SystemTime::now();
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("bearer t0ken"));
        let closed = authenticator(&Config::default()).authenticate("GET", TARGET, &headers, now);
        assert_eq!(closed.unwrap_err().status, 403);
        let open = authenticator(&Config::default().bearer_token("t0ken"));
        assert_eq!(open.authenticate("GET", TARGET, &headers, now), Ok(0));
        let other = authenticator(&Config::default().bearer_token("other"));
        assert!(other.authenticate("GET", TARGET, &headers, now).is_err());
    }

    #[test]
    fn other_headers_are_malformed() {
        let now = SystemTime::now();
        for text in ["", "SharedKey", "SharedKey nocolon", "Basic a:b", "x"] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(text).unwrap());
            let refusal = authenticator(&Config::default())
                .authenticate("GET", TARGET, &headers, now)
                .unwrap_err();
            assert_eq!(refusal.code, "InvalidAuthenticationInfo", "{text}");
        }
    }
}
