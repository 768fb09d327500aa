//! Who asks: the second step of a request's way, before anything else of it is believed.
//!
//! A `SharedKey` signature is verified by `batch-auth` over the request line and headers as they
//! came. Refusals are those of the service's page on error codes: 403 `AuthenticationFailed`
//! wherever a signature, a date, an account or a token is not accepted, and also where there is no
//! `Authorization` header (the page knows no 401); 400 `InvalidAuthenticationInfo` where the header
//! is neither `SharedKey account:signature` nor `Bearer token`.

use std::io;
use std::time::SystemTime;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use batch_auth::{MAX_SKEW, RequestView, SharedKey};

use crate::config::Config;
use crate::refusal::Refusal;
use crate::time::wire_time;

/// Which account a request is for, by its place in the configuration.
pub(crate) type AccountNumber = usize;

/// The account that a token is for.
const FIRST: AccountNumber = 0;

/// The keys of the doors.
#[derive(Debug)]
pub(crate) struct Gate {
    keys: Vec<SharedKey>,
    bearer_token: Option<String>,
}

impl Gate {
    /// Takes in accounts and keys.
    pub(crate) fn new(config: &Config) -> io::Result<Self> {
        let keys: Result<_, _> = config
            .accounts()
            .map(|(account, key)| SharedKey::new(account, key))
            .collect();
        Ok(Self {
            keys: keys.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?,
            bearer_token: config.bearer_token.clone(),
        })
    }

    /// Lets in a request that an account's holder has sent, to that account.
    pub(crate) fn admit(
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
            return self.admit_token(credentials).map(|()| FIRST);
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
        // One that was verified was found.
        number.ok_or_else(malformed)
    }

    /// The account that a request says it is for; whether it may is another question.
    pub(crate) fn claimed(&self, headers: &HeaderMap) -> Option<AccountNumber> {
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

    fn admit_token(&self, token: &str) -> Result<(), Refusal> {
        match &self.bearer_token {
            Some(known) if known == token => Ok(()),
            Some(_) => Err(refused("The token is not the one accepted here.")),
            None => Err(refused(
                "Tokens are not accepted here unless one is configured; sign the request with the account's key.",
            )),
        }
    }
}

/// The one `Authorization` header, as text.
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

/// Why a signature was not accepted, with what the client needs to find its mistake.
fn cause(error: &batch_auth::Error, now: SystemTime) -> String {
    let time = wire_time(now.into());
    let mut text = format!("Not accepted at {time} by the service's clock: {error}.");
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
        "The request could not be authenticated; the detail names the cause.",
    )
    .with("AuthenticationErrorDetail", detail)
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

    fn gate(config: &Config) -> Gate {
        Gate::new(config).unwrap()
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
    fn a_signed_request_comes_in() {
        let now = SystemTime::now();
        let gate = gate(&Config::default());
        assert_eq!(gate.admit("GET", TARGET, &signed(now), now), Ok(0));
    }

    #[test]
    fn a_refusal_names_its_cause() {
        let now = SystemTime::now();
        let gate = gate(&Config::default());
        let altered = gate.admit("PUT", TARGET, &signed(now), now).unwrap_err();
        assert_eq!(
            (altered.status, altered.code),
            (403, "AuthenticationFailed")
        );
        assert!(detail(&altered).contains("string to sign: 'PUT\n"));
        let late = now + Duration::from_secs(901);
        let skewed = gate.admit("GET", TARGET, &signed(now), late).unwrap_err();
        assert!(detail(&skewed).contains("901 s"), "{skewed:?}");
        let none = gate.admit("GET", TARGET, &HeaderMap::new(), now);
        assert_eq!(none.unwrap_err().status, 403);
    }

    #[test]
    fn a_token_is_accepted_where_configured() {
        let now = SystemTime::now();
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("bearer t0ken"));
        let closed = gate(&Config::default()).admit("GET", TARGET, &headers, now);
        assert_eq!(closed.unwrap_err().status, 403);
        let open = gate(&Config::default().bearer_token("t0ken"));
        assert_eq!(open.admit("GET", TARGET, &headers, now), Ok(0));
        let other = gate(&Config::default().bearer_token("other"));
        assert!(other.admit("GET", TARGET, &headers, now).is_err());
    }

    #[test]
    fn other_headers_are_malformed() {
        let now = SystemTime::now();
        for text in ["", "SharedKey", "SharedKey nocolon", "Basic a:b", "x"] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(text).unwrap());
            let refusal = gate(&Config::default())
                .admit("GET", TARGET, &headers, now)
                .unwrap_err();
            assert_eq!(refusal.code, "InvalidAuthenticationInfo", "{text}");
        }
    }
}
