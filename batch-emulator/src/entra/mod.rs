//! Tokens of Microsoft Entra ID: which are accepted, and a small token service to get them from.
//!
//! ```text
//! token ──► jwt: header, claims ──► keys: the signature ──► here: issuer, audience, times
//!                                   └─ fetched from a URL or a file
//! sts    issues tokens by a key of its own, with `--dev-sts`
//! ```
//!
//! A token that is not accepted is 401 `AuthenticationFailed`, as from the live service, and the
//! detail names the claim. Source for status, code and the audience in the detail:
//! <https://github.com/Azure/azure-sdk-for-net/issues/8026>.

mod jwt;
mod keys;
mod sts;

use std::io;
use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use crate::config::Config;
use crate::refusal::Refusal;
use crate::time::wire_time;
use jwt::Token;
use keys::Keys;
pub(crate) use sts::Sts;

/// A token may be valid only from a time on that is this far ahead, because clocks differ. There
/// is no such tolerance for the expiry, so that tests see a token expire.
const AHEAD: Duration = Duration::from_secs(5 * 60);

/// Checks tokens.
#[derive(Debug)]
pub(crate) struct Verifier {
    keys: Keys,
    /// The issuer; any for the development's token service, whose address depends on the client.
    issuer: Option<String>,
    audience: Option<String>,
}

impl Verifier {
    /// Creates the verifier of a configuration, if it has one.
    pub(crate) fn new(config: &Config, sts: Option<&Sts>) -> io::Result<Option<Self>> {
        if let Some(sts) = sts {
            return Ok(Some(Self {
                keys: Keys::fixed(&sts.keys()),
                issuer: None,
                audience: None,
            }));
        }
        let Some(entra) = &config.entra else {
            return Ok(None);
        };
        Ok(Some(Self {
            keys: Keys::at(&entra.keys)?,
            issuer: Some(entra.issuer.clone()),
            audience: Some(entra.audience.clone()),
        }))
    }

    /// Reads the keys if a request has a token whose key is not known yet.
    pub(crate) async fn prepare(&self, headers: &HeaderMap) {
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = token.and_then(|header| header.split_once(' '));
        if let Some((_, token)) = token
            && let Ok(token) = Token::parse(token.trim())
        {
            self.keys.prepare(token.key_id()).await;
        }
    }

    /// Checks a token; the error is the reason to refuse it.
    fn check(&self, token: &str, now: SystemTime) -> Result<(), String> {
        let token = Token::parse(token)?;
        self.keys.verify(&token)?;
        let issuer = token.text("iss")?;
        if let Some(expected) = &self.issuer
            && issuer != *expected
        {
            return Err(format!(
                "The token's issuer is '{issuer}'; the service accepts '{expected}'."
            ));
        }
        self.check_audience(&token)?;
        let expiry = token.time("exp")?.ok_or("The token has no expiry.")?;
        if now >= expiry {
            let (expiry, now) = (wire_time(expiry.into()), wire_time(now.into()));
            return Err(format!(
                "The token expired at {expiry}; the service's time is {now}."
            ));
        }
        if let Some(begin) = token.time("nbf")?
            && now + AHEAD < begin
        {
            let (begin, now) = (wire_time(begin.into()), wire_time(now.into()));
            return Err(format!(
                "The token is not valid before {begin}; the service's time is {now}."
            ));
        }
        Ok(())
    }

    fn check_audience(&self, token: &Token) -> Result<(), String> {
        let audiences = token.audiences()?;
        let allowed: &[&str] = match &self.audience {
            Some(audience) => &[audience],
            None => &sts::AUDIENCES,
        };
        if audiences
            .iter()
            .any(|audience| allowed.contains(&audience.as_str()))
        {
            return Ok(());
        }
        Err(format!(
            "The audience of the token, '{}', is not one of those that are allowed: '{}'.",
            audiences.join("', '"),
            allowed.join("', '")
        ))
    }

    /// Accepts or refuses a token.
    pub(crate) fn admit(&self, token: &str, now: SystemTime) -> Result<(), Refusal> {
        self.check(token, now).map_err(|why| refused(&why))
    }
}

fn refused(detail: &str) -> Refusal {
    Refusal::new(
        401,
        "AuthenticationFailed",
        "The token was not accepted; see the detail for the cause.",
    )
    .with("AuthenticationErrorDetail", detail)
}

/// The header `WWW-Authenticate` of a response with status 401.
pub(crate) const CHALLENGE: &str = r#"Bearer error="invalid_token""#;
