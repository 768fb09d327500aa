//! Credentials of a storage account: a key of the account, or a shared access signature.

use std::fmt;

use reqwest::Url;

use super::StorageKey;
use crate::error::{Error, Result};

/// A shared access signature of a storage account, such as `sv=2022-11-02&ss=b&srt=sco&…&sig=…`.
///
/// Uploads and jobs need one of the account, for blobs (`ss=b`), with the resource types `sco` and
/// the permissions `rwdlc`. Tasks get the same signature, so it has to be valid until the last one
/// has ended.
#[derive(Clone)]
pub struct Sas(String);

impl Sas {
    /// Takes a signature as the portal and `az storage account generate-sas` show it.
    ///
    /// # Errors
    ///
    /// It is not the query of a URL with `sv`, `se` and `sig`.
    pub fn new(text: &str) -> Result<Self> {
        let text = text.trim().trim_start_matches('?');
        let has = |name: &str| {
            let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
            pairs.any(|(known, value)| known == name && !value.is_empty())
        };
        if let Some(missing) = ["sv", "se", "sig"].into_iter().find(|name| !has(name)) {
            return Err(Error::invalid(format!(
                "cannot use the shared access signature: it has no `{missing}`; copy it whole, as \
                 it follows the `?` of a URL"
            )));
        }
        let legal = |byte: u8| byte.is_ascii_graphic() && !b"#\"<>".contains(&byte);
        if !text.bytes().all(legal) {
            return Err(Error::invalid(
                "cannot use the shared access signature: it has characters that a URL cannot have",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Adds the signature to a URL.
    pub(super) fn sign(&self, url: &mut Url) {
        let query = match url.query() {
            Some(query) if !query.is_empty() => format!("{query}&{}", self.0),
            _ => self.0.clone(),
        };
        url.set_query(Some(&query));
    }

    /// Returns the decoded parameters.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let decoded = |text: &str| {
            let text = percent_encoding::percent_decode_str(text);
            text.decode_utf8_lossy().into_owned()
        };
        pairs
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect()
    }
}

/// Redacts the signature.
impl fmt::Debug for Sas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sas").finish_non_exhaustive()
    }
}

/// What [`Storage`](super::Storage) is allowed by: a [`StorageKey`] or a [`Sas`].
#[derive(Debug, Clone)]
pub struct StorageCredential(pub(super) Kind);

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Key(StorageKey),
    Sas(Sas),
}

impl From<StorageKey> for StorageCredential {
    fn from(key: StorageKey) -> Self {
        Self(Kind::Key(key))
    }
}

impl From<Sas> for StorageCredential {
    fn from(sas: Sas) -> Self {
        Self(Kind::Sas(sas))
    }
}

impl StorageCredential {
    /// Returns the account's name; by the endpoint if the credential does not have it.
    pub(super) fn account<'a>(&'a self, endpoint: &'a Url) -> &'a str {
        match &self.0 {
            Kind::Key(key) => key.account(),
            Kind::Sas(_) => {
                let path = endpoint.path().trim_matches('/');
                let host = endpoint.host_str().unwrap_or_default();
                let of_host = || host.split('.').next().unwrap_or_default();
                if path.is_empty() { of_host() } else { path }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAS: &str =
        "sv=2022-11-02&ss=b&srt=sco&sp=rwdlc&se=2099-01-01T00%3A00%3A00Z&sig=a%2Bb%3D";

    #[test]
    fn signatures_are_added_to_urls() {
        let sas = Sas::new(&format!("?{SAS}\n")).expect("a signature");
        for (url, expected) in [
            ("https://a.example/c", format!("https://a.example/c?{SAS}")),
            (
                "https://a.example/c?x=1",
                format!("https://a.example/c?x=1&{SAS}"),
            ),
        ] {
            let mut url = Url::parse(url).expect("a URL");
            sas.sign(&mut url);
            assert_eq!(url.as_str(), expected);
        }
        let pairs = sas.pairs();
        assert!(pairs.contains(&("sig".to_owned(), "a+b=".to_owned())));
        assert!(!format!("{:?}", StorageCredential::from(sas)).contains("a%2Bb"));
    }

    #[test]
    fn incomplete_signatures_are_refused_without_being_shown() {
        for text in ["", "sig=s3cret", "sv=1&se=2&sig=", "sv=1&se=2&sig=s3cret#x"] {
            let error = Sas::new(text).expect_err(text).to_string();
            assert!(
                error.contains("cannot use") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_account_is_in_the_address() {
        let credential = StorageCredential::from(Sas::new(SAS).expect("a signature"));
        for endpoint in [
            "https://acct.blob.core.windows.net",
            "http://127.0.0.1:1/acct",
        ] {
            let endpoint = Url::parse(endpoint).expect("a URL");
            assert_eq!(credential.account(&endpoint), "acct");
        }
    }
}
