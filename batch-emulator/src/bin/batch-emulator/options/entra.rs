//! The options of authentication by Microsoft Entra ID.

use batch_emulator::{AuthenticationMode, Entra, Jwks};

/// The options about the issuer of tokens.
#[derive(Default)]
pub(super) struct Tokens {
    pub(super) issuer: Option<String>,
    pub(super) keys: Option<String>,
    pub(super) audience: Option<String>,
}

impl Tokens {
    /// The issuer; `dev_sts` is true if the service itself issues tokens.
    pub(super) fn complete(self, dev_sts: bool) -> Result<Option<Entra>, String> {
        if dev_sts && (self.issuer.is_some() || self.keys.is_some()) {
            return Err("--dev-sts excludes --entra and --jwks; pass one or the other".to_owned());
        }
        let (issuer, keys) = match (self.issuer, self.keys, &self.audience) {
            (None, None, None) => return Ok(None),
            (Some(issuer), Some(keys), _) => (issuer, keys),
            (None, None, Some(_)) => {
                return Err("--audience needs --entra and --jwks; pass both".to_owned());
            }
            _ => return Err("--entra and --jwks belong together; pass both".to_owned()),
        };
        if issuer.is_empty() || self.audience.as_deref() == Some("") {
            return Err(
                "--entra and --audience are compared with the claims `iss` and `aud` of tokens; pass \
                 what these have"
                    .to_owned(),
            );
        }
        let keys = if keys.contains("://") {
            if !keys.starts_with("https://") && !keys.starts_with("http://") {
                return Err(format!(
                    "cannot parse --jwks {keys}: expected a URL with http or https, or a file"
                ));
            }
            Jwks::Url(keys)
        } else {
            Jwks::File(keys.into())
        };
        let entra = Entra::new(issuer, keys);
        Ok(Some(match self.audience {
            Some(audience) => entra.audience(audience),
            None => entra,
        }))
    }
}

/// Parses `account=shared_key,aad`.
pub(super) fn modes(text: &str) -> Result<(String, Vec<AuthenticationMode>), String> {
    let wrong = |why: &str| format!("cannot parse --auth-modes {text}: {why}");
    let (account, modes) = text
        .split_once('=')
        .ok_or_else(|| wrong("expected ACCOUNT=MODES, such as batchtest=aad"))?;
    let modes = modes.split(',').map(|mode| match mode {
        "shared_key" => Ok(AuthenticationMode::SharedKey),
        "aad" => Ok(AuthenticationMode::Aad),
        other => Err(wrong(&format!("{other:?} is neither shared_key nor aad"))),
    });
    Ok((account.to_owned(), modes.collect::<Result<_, _>>()?))
}
