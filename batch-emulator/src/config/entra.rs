//! The settings of authentication by Microsoft Entra ID.

use std::io;
use std::path::PathBuf;

use super::Config;

/// Audience of the tokens for Batch in the public cloud. The slash at its end is part of it.
const AUDIENCE: &str = "https://batch.core.windows.net/";

/// An issuer whose tokens the service accepts.
///
/// Tokens are checked as the live service checks them: the signature (RS256 or ES256) by a key of
/// the issuer, issuer, audience, expiry and, if the token has one, the time from which it is valid.
///
/// ```
/// use batch_emulator::{Config, Entra, Jwks};
///
/// let keys = Jwks::Url("https://sts.example/keys".to_owned());
/// let config = Config::default().entra(Entra::new("https://sts.example/tenant/v2.0", keys));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entra {
    /// The claim `iss` of its tokens.
    pub issuer: String,
    /// Where its keys are.
    pub keys: Jwks,
    /// The claim `aud` of its tokens for Batch; `https://batch.core.windows.net/` by default.
    pub audience: String,
}

/// Place of a set of public keys, as JSON: `{"keys": […]}`. It is read when the first token comes,
/// and again when a token names a key that is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jwks {
    /// An address.
    Url(String),
    /// A file.
    File(PathBuf),
}

/// A way to authenticate requests that an account can allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthenticationMode {
    /// Signatures with a key of the account.
    SharedKey,
    /// Tokens of Microsoft Entra ID.
    Aad,
}

impl Entra {
    /// Creates an issuer with the audience of the public cloud.
    pub fn new(issuer: impl Into<String>, keys: Jwks) -> Self {
        Self {
            issuer: issuer.into(),
            keys,
            audience: AUDIENCE.to_owned(),
        }
    }

    /// Sets [`audience`](Self#structfield.audience).
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        let audience = audience.into();
        Self { audience, ..self }
    }
}

/// Builder methods of authentication. See the field of the same name for what each one sets.
impl Config {
    /// Sets [`entra`](Self#structfield.entra).
    #[must_use]
    pub fn entra(self, entra: Entra) -> Self {
        let entra = Some(entra);
        Self { entra, ..self }
    }

    /// Sets [`dev_sts`](Self#structfield.dev_sts).
    #[must_use]
    pub fn dev_sts(self, dev_sts: bool) -> Self {
        Self { dev_sts, ..self }
    }

    /// Sets the modes of an account in
    /// [`authentication_modes`](Self#structfield.authentication_modes).
    #[must_use]
    pub fn authentication_modes(
        mut self,
        account: impl Into<String>,
        modes: impl IntoIterator<Item = AuthenticationMode>,
    ) -> Self {
        let modes = modes.into_iter().collect();
        self.authentication_modes.push((account.into(), modes));
        self
    }

    /// Returns true if an account allows a mode. Those set last apply.
    pub(crate) fn allows(&self, account: &str, mode: AuthenticationMode) -> bool {
        let mut set = self.authentication_modes.iter().rev();
        set.find(|(of, _)| of == account)
            .is_none_or(|(_, modes)| modes.contains(&mode))
    }

    /// Rejects authentication that nobody could pass.
    pub(super) fn check_entra(&self) -> io::Result<()> {
        let wrong = |what: String| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        if self.entra.is_some() && self.dev_sts {
            return wrong(
                "the development's token service and another issuer exclude each other".to_owned(),
            );
        }
        if let Some(entra) = &self.entra {
            if entra.issuer.is_empty() || entra.audience.is_empty() {
                return wrong("issuer and audience of tokens must not be empty".to_owned());
            }
            if let Jwks::Url(url) = &entra.keys
                && !url.starts_with("https://")
                && !url.starts_with("http://")
            {
                return wrong(format!(
                    "the address of the keys, {url}, does not start with https:// or http://"
                ));
            }
        }
        for (account, modes) in &self.authentication_modes {
            if !self.accounts().any(|(name, _)| name == account) {
                return wrong(format!(
                    "authentication modes are set for {account}, which is not an account; there are \
                     {}",
                    self.accounts()
                        .map(|(name, _)| name)
                        .collect::<Vec<_>>()
                        .join(", ")
                ));
            }
            if modes.is_empty() {
                return wrong(format!(
                    "the account {account} must allow an authentication mode"
                ));
            }
        }
        Ok(())
    }
}
