//! The key of a storage account, and what it signs.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use sha2::Sha256;

use crate::error::{Error, Result};

/// Name and key of a storage account.
#[derive(Clone)]
pub struct StorageKey {
    account: String,
    key: Vec<u8>,
}

impl StorageKey {
    /// The account's name and one of its keys, in base64 as the portal shows it.
    ///
    /// # Errors
    ///
    /// The key is not base64, or one of them is empty.
    pub fn new(account: impl Into<String>, key: &str) -> Result<Self> {
        let account = account.into();
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if account.is_empty() || !account.chars().all(legal) {
            return Err(Error::invalid(format!(
                "cannot use `{account}` as the name of a storage account: it has lower-case letters \
                 and digits only"
            )));
        }
        let key = STANDARD
            .decode(key.trim())
            .ok()
            .filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| {
            Error::invalid(format!(
                "cannot use the key of the storage account `{account}`: it is not base64; copy it \
                 from \"Access keys\" in the portal"
            ))
        })?;
        Ok(Self { account, key })
    }

    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// Returns the key in base64, for `object_store`.
    pub(super) fn encoded(&self) -> String {
        STANDARD.encode(&self.key)
    }

    pub(super) fn sign(&self, text: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key);
        let mut mac = mac.expect("HMAC takes keys of any length");
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }

    /// Returns the `Authorization` of a request without a body. Source: "Authorize with Shared Key"
    /// in the REST API's documentation of Azure Storage.
    pub(super) fn authorization(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
    ) -> HeaderValue {
        let mut own: Vec<(&str, &str)> = headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("x-ms-"))
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
            .collect();
        own.sort_unstable();
        let mut text = method.as_str().to_owned();
        // Standard headers, none of which is set: encoding, language, length, MD5, type, date, four
        // conditions, range.
        text.push_str(&"\n".repeat(12));
        // Writing to a string cannot fail.
        for (name, value) in own {
            let _ = writeln!(text, "{name}:{value}");
        }
        let _ = write!(text, "/{}{}", self.account, url.path());
        let mut query: Vec<_> = url.query_pairs().collect();
        query.sort_unstable();
        for (name, value) in query {
            let _ = write!(text, "\n{name}:{value}");
        }
        let value = format!("SharedKey {}:{}", self.account, self.sign(&text));
        let value = HeaderValue::from_str(&value);
        let mut value = value.expect("the name was checked, and base64 is ASCII");
        value.set_sensitive(true);
        value
    }
}

/// Redacts the key.
impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageKey")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
