//! JSON Web Tokens in their compact form: header, claims and signature.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// A token that is well-formed, and not yet trusted.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    key_id: Option<String>,
    /// Header and claims, which the signature is for.
    pub(super) signed: &'a str,
    pub(super) signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// The algorithms that are accepted. `none` and those with a shared secret are not: a public key
/// must never be taken for a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
}

impl<'a> Token<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, String> {
        let malformed = |what: &str| format!("The token is malformed: {what}.");
        let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
        let (header, claims) = signed
            .split_once('.')
            .filter(|(_, claims)| !claims.contains('.'))
            .ok_or_else(|| malformed("it does not have three parts"))?;
        let decoded = |part: &str, name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part);
            bytes.map_err(|_| malformed(&format!("its {name} is not in base64url")))
        };
        let object = |part: &str, name: &str| {
            let value = serde_json::from_slice(&decoded(part, name)?);
            match value {
                Ok(Value::Object(object)) => Ok(object),
                _ => Err(malformed(&format!("its {name} is not a JSON object"))),
            }
        };
        let header = object(header, "header")?;
        let algorithm = match header.get("alg").and_then(Value::as_str) {
            Some("RS256") => Algorithm::Rs256,
            Some("ES256") => Algorithm::Es256,
            Some(other) => {
                return Err(format!(
                    "The algorithm of the token, '{other}', is not one of those that are allowed: \
                     'RS256', 'ES256'."
                ));
            }
            None => return Err(malformed("its header has no algorithm")),
        };
        // Whoever does not know a critical extension has to refuse the token.
        if header.contains_key("crit") {
            return Err(malformed(
                "its header has critical extensions, which are not supported",
            ));
        }
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(malformed("the key id in its header is not a string")),
        };
        Ok(Self {
            algorithm,
            key_id,
            signed,
            signature: decoded(signature, "signature")?,
            claims: object(claims, "payload")?,
        })
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// A claim that has to be a string.
    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        let claim = self.claims.get(name).and_then(Value::as_str);
        claim.ok_or_else(|| format!("The claim '{name}' of the token is missing or not a string."))
    }

    /// The claim `aud`: a string, or a list of them.
    pub(super) fn audiences(&self) -> Result<Vec<String>, String> {
        let of = |value: &Value| value.as_str().map(str::to_owned);
        let audiences = match self.claims.get("aud") {
            Some(Value::Array(list)) => list.iter().map(of).collect(),
            Some(value) => of(value).map(|audience| vec![audience]),
            None => None,
        };
        audiences
            .ok_or_else(|| "The claim 'aud' of the token is missing or not a string.".to_owned())
    }

    /// A claim that is a time, in seconds since 1970, if there is one.
    pub(super) fn time(&self, name: &str) -> Result<Option<SystemTime>, String> {
        let Some(claim) = self.claims.get(name) else {
            return Ok(None);
        };
        let seconds = claim.as_f64().filter(|seconds| *seconds >= 0.0);
        let time = seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
            // A later time cannot be shown as a date.
            .filter(|_| seconds.is_some_and(|seconds| seconds < 253_402_300_800.0));
        match time {
            Some(time) => Ok(Some(time)),
            None => Err(format!("The claim '{name}' of the token is not a time.")),
        }
    }
}
