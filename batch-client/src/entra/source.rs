//! Credentials of `azure_core` as sources of tokens.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential};
use chrono::DateTime;

use crate::BoxFuture;
use crate::credential::{Credential, Token, TokenRequest, TokenSource};

/// Takes tokens from a credential of `azure_core`, such as those of `azure_identity`.
///
/// The client renews tokens as for [`Credential::from_source`]. See [`entra`](crate::entra) for the
/// options to create it with, and for what `azure_core` cannot do.
impl<C: ?Sized + TokenCredential + 'static> From<Arc<C>> for Credential {
    fn from(credential: Arc<C>) -> Self {
        Self::from_named_source(of_azure::<C>(), Azure(credential))
    }
}

/// The type of a credential, without its path.
fn of_azure<C: ?Sized>() -> &'static str {
    let name = std::any::type_name::<C>();
    name.rsplit("::").next().unwrap_or(name)
}

struct Azure<C: ?Sized>(Arc<C>);

impl<C: ?Sized + TokenCredential + 'static> TokenSource for Azure<C> {
    fn token(
        &self,
        request: TokenRequest,
    ) -> BoxFuture<Result<Token, Box<dyn StdError + Send + Sync>>> {
        let credential = self.0.clone();
        Box::pin(async move { token(&*credential, &request).await })
    }
}

impl<C: ?Sized> fmt::Debug for Azure<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(of_azure::<C>())
    }
}

/// Asks a credential for a token.
pub(super) async fn token<C: ?Sized + TokenCredential>(
    credential: &C,
    request: &TokenRequest,
) -> Result<Token, Box<dyn StdError + Send + Sync>> {
    let result = credential.get_token(&[&request.scope], None).await;
    let AccessToken { token, expires_on } = result.map_err(Unobtained)?;
    let expires_on = DateTime::from_timestamp(expires_on.unix_timestamp(), 0)
        .ok_or("the time at which the token expires is out of range")?;
    Ok(Token::new(token.secret().to_owned(), expires_on))
}

/// An error of `azure_identity`, in one sentence.
#[derive(Debug)]
struct Unobtained(azure_core::Error);

impl fmt::Display for Unobtained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        // A link follows; the error already has the name before it.
        let text = text
            .split("\nTo troubleshoot, visit")
            .next()
            .unwrap_or_default();
        let text = match text.split_once(" authentication failed. ") {
            Some((name, reason)) if !name.contains(' ') => reason,
            _ => text,
        };
        f.write_str(text.trim())
    }
}

impl StdError for Unobtained {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
