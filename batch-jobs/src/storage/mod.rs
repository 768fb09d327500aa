//! Azure Storage: the account, its containers, and the signatures that tasks get.
//!
//! ```text
//! Storage ─► requests (make, list, delete containers) ─► key (signs them)
//!    │  └──► signature (a URL that tasks may read or write for days)
//!    └─────► data (contents of blobs, through `object_store`)
//! ```

mod connection;
mod credential;
mod data;
mod key;
mod listing;
mod requests;
mod signature;

pub use credential::{Sas, StorageCredential};
pub use key::StorageKey;

use credential::Kind;
pub(crate) use data::Data;
pub(crate) use listing::Blob;

use std::fmt;
use std::sync::Arc;

use batch_client::chrono::{DateTime, Utc};
use reqwest::Url;

use crate::error::{Error, Result};
use crate::group::FileGroup;
use crate::names::{check_blob, group_container, job_container};

/// A storage account. Clones are cheap and share one connection pool.
///
/// ```
/// use batch_jobs::{Storage, StorageKey};
///
/// # fn example() -> batch_jobs::Result<()> {
/// let key = StorageKey::new("studio", "c2VjcmV0")?;
/// let storage = Storage::new("https://studio.blob.core.windows.net", key)?;
/// let scenes = storage.group("scenes")?;
/// assert_eq!(scenes.container(), "fgrp-scenes");
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Clone)]
pub struct Storage(Arc<Inner>);

struct Inner {
    /// Without a final slash.
    endpoint: Url,
    credential: StorageCredential,
    http: reqwest::Client,
}

impl Storage {
    /// Connects to the Blob service at an address, such as `https://studio.blob.core.windows.net`,
    /// or `http://127.0.0.1:10000/devstoreaccount1` for Azurite, with a [`StorageKey`] or a
    /// [`Sas`]. Sends nothing.
    ///
    /// # Errors
    ///
    /// The address is not an HTTP or HTTPS URL, or the system's certificates cannot be read.
    pub fn new(endpoint: &str, credential: impl Into<StorageCredential>) -> Result<Self> {
        let wrong = |reason: &str| {
            Error::invalid(format!(
                "cannot use `{endpoint}` as a Blob endpoint: {reason}; it looks like \
                 https://ACCOUNT.blob.core.windows.net"
            ))
        };
        // A URL with a query may hold a signature, which the message would show.
        if endpoint.contains(['?', '#', '@']) {
            return Err(Error::invalid(
                "cannot use the Blob endpoint: it has a query, a fragment or a user; it looks like \
                 https://ACCOUNT.blob.core.windows.net",
            ));
        }
        let url = Url::parse(endpoint.trim_end_matches('/'));
        let url = url.map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong("it is not an HTTP or HTTPS URL"));
        }
        Ok(Self(Arc::new(Inner {
            endpoint: url,
            credential: credential.into(),
            http: requests::client()?,
        })))
    }

    /// Connects by a connection string, as the portal shows it under "Access keys".
    /// `UseDevelopmentStorage=true` stands for Azurite at its default address.
    ///
    /// # Errors
    ///
    /// The string has no account name or key, or no endpoint can be made of it.
    pub fn from_connection_string(text: &str) -> Result<Self> {
        let (endpoint, credential) = connection::parse(text)?;
        Self::new(&endpoint, credential)
    }

    /// Connects by the environment, as `az storage` does: `AZURE_STORAGE_CONNECTION_STRING`, or
    /// else `AZURE_STORAGE_ACCOUNT` and one of `AZURE_STORAGE_KEY` and `AZURE_STORAGE_SAS_TOKEN`.
    ///
    /// # Errors
    ///
    /// The variables are not set, or what they contain is malformed.
    pub fn from_env() -> Result<Self> {
        let (endpoint, credential) = connection::from(|name| std::env::var(name).ok())?;
        Self::new(&endpoint, credential)
    }

    /// Returns the name of the account.
    pub fn account(&self) -> &str {
        self.0.credential.account(&self.0.endpoint)
    }

    /// Returns a file group of the account. Sends nothing; [`upload`](FileGroup::upload) makes the
    /// container.
    ///
    /// # Errors
    ///
    /// The name has other characters than letters, digits, `-` and `_`.
    pub fn group(&self, name: &str) -> Result<FileGroup> {
        Ok(FileGroup::new(self.clone(), name, group_container(name)?))
    }

    /// Returns the containers of all file groups of the account, such as `fgrp-nightly`.
    ///
    /// # Errors
    ///
    /// The account cannot be reached or rejects the key.
    pub async fn group_containers(&self) -> Result<Vec<String>> {
        requests::containers(self, "fgrp-").await
    }

    /// Returns the container with the outputs of a job, such as `job-nightly`.
    pub fn outputs_container(&self, job_id: &str) -> String {
        job_container(job_id)
    }

    /// Makes a container, unless it exists.
    pub(crate) async fn create(&self, container: &str) -> Result<()> {
        requests::create(self, container).await
    }

    /// Deletes a container with its blobs; false if it did not exist.
    pub(crate) async fn delete(&self, container: &str) -> Result<bool> {
        requests::delete(self, container).await
    }

    /// Deletes a blob; false if there was none.
    pub(crate) async fn delete_blob(&self, container: &str, name: &str) -> Result<bool> {
        check_blob(name)?;
        requests::delete_blob(self, container, name).await
    }

    /// Lists the blobs of a container with their metadata; `None` if it does not exist.
    pub(crate) async fn list(&self, container: &str, prefix: &str) -> Result<Option<Vec<Blob>>> {
        requests::blobs(self, container, prefix).await
    }

    /// Returns access to the contents of a container's blobs.
    pub(crate) fn data(&self, container: &str) -> Result<Data> {
        Data::new(self, container)
    }

    /// Returns the URL of a container, with a signature: the account's own, or one by its key,
    /// which is the same for the whole day.
    pub(crate) fn signed(&self, container: &str, permissions: &str, now: DateTime<Utc>) -> Url {
        let mut url = self.url(container, None);
        let allow_http = url.scheme() == "http";
        match &self.0.credential.0 {
            Kind::Sas(sas) => sas.sign(&mut url),
            Kind::Key(key) => {
                let query = signature::container(key, container, permissions, allow_http, now);
                url.set_query(Some(&query));
            }
        }
        url
    }

    /// Returns the URL of a container, or of a blob in it.
    pub(crate) fn url(&self, container: &str, blob: Option<&str>) -> Url {
        let mut url = self.0.endpoint.clone();
        url.path_segments_mut()
            .expect("an HTTP URL has a path")
            .pop_if_empty()
            .push(container)
            .extend(blob.into_iter().flat_map(|name| name.split('/')));
        url
    }

    pub(crate) fn endpoint(&self) -> &Url {
        &self.0.endpoint
    }
}

/// Redacts the key.
impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage")
            .field("endpoint", &self.0.endpoint.as_str())
            .field("account", &self.account())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_shown() {
        let key = StorageKey::new("acct", "c2VjcmV0").expect("a key");
        let storage = Storage::new("https://acct.blob.core.windows.net/", key.clone());
        let storage = storage.expect("a storage account");
        let group = storage.group("g").expect("a group");
        let data = storage.data("c").expect("data");
        for shown in [
            format!("{key:?}"),
            format!("{storage:?}"),
            format!("{group:?}"),
            format!("{data:?}"),
        ] {
            assert!(!shown.contains("c2VjcmV0"), "{shown}");
            assert!(!shown.contains("115, 101, 99"), "{shown}");
        }
    }

    #[test]
    fn malformed_endpoints_are_refused_without_their_secrets() {
        let key = StorageKey::new("acct", "c2VjcmV0").expect("a key");
        for endpoint in [
            "",
            "acct",
            "ftp://x",
            "https://",
            "https://a.b?sig=s3cret",
            "http://u:s3cret@h",
        ] {
            let error = Storage::new(endpoint, key.clone()).expect_err(endpoint);
            assert!(error.is_invalid(), "{error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn urls_have_encoded_names() {
        let key = StorageKey::new("acct", "c2VjcmV0").expect("a key");
        for (endpoint, expected) in [
            (
                "https://a.example",
                "https://a.example/c/a%20b/%C3%A4%23%25+",
            ),
            ("http://h:1/acct/", "http://h:1/acct/c/a%20b/%C3%A4%23%25+"),
        ] {
            let storage = Storage::new(endpoint, key.clone()).expect("a storage account");
            assert_eq!(storage.url("c", Some("a b/ä#%+")).as_str(), expected);
        }
    }
}
