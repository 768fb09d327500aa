//! Storage that nodes reach without a signature in the URL: by an identity, or as the account's
//! auto-storage.
//!
//! The executor knows the keys of these accounts, so it adds the signature that the URL lacks.

use std::time::Duration;

use chrono::Utc;

use crate::config::Config;
use crate::request::Object;
use crate::state::resource::{child, text};
use crate::storage::{Key, connection};

/// Time for which an added signature is valid.
const VALIDITY: Duration = Duration::from_secs(7 * 24 * 3600);

/// The storage accounts and the identities of nodes.
#[derive(Debug)]
pub(super) struct Access {
    /// Blob endpoints without a final slash, and keys. The first one is the auto-storage account.
    accounts: Vec<(String, Key)>,
    identities: Vec<String>,
}

impl Access {
    /// Reads the configuration of one account, whose service is at `endpoint`.
    pub(super) fn new(config: &Config, endpoint: &str) -> Result<Self, String> {
        let auto = config.auto_storage.as_deref().map(connection::parse);
        let mut accounts: Vec<_> = auto.transpose()?.into_iter().collect();
        if config.storage {
            let public = config.public_url.as_deref();
            for address in std::iter::once(endpoint).chain(public) {
                let endpoint = format!("{}/{}", address.trim_end_matches('/'), config.account);
                accounts.push((endpoint, Key::new(&config.account, &config.key)?));
            }
        }
        Ok(Self {
            accounts,
            identities: config.identities.clone(),
        })
    }

    /// Returns the URL to use for one of a resource file or a destination: with a signature if the
    /// object names an identity.
    pub(super) fn resolve(&self, object: &Object, url: &str) -> Result<String, &'static str> {
        let Some(identity) = child(object, "identityReference") else {
            return Ok(url.to_owned());
        };
        let id = text(identity, "resourceId").unwrap_or_default();
        let is_known = |known: &String| known.eq_ignore_ascii_case(id);
        if !self.identities.iter().any(is_known) {
            return Err("The pool does not have the identity; start the emulator with --identity.");
        }
        let mut accounts = self.accounts.iter();
        let signed = accounts.find_map(|(endpoint, key)| {
            let path = url.strip_prefix(endpoint.as_str())?.strip_prefix('/')?;
            let container = path.split(['/', '?']).next()?;
            Some(signed(url, key, container))
        });
        signed.ok_or(
            "The identity has no access to the storage account; start the emulator with --storage \
             or --auto-storage.",
        )
    }

    /// Returns the URL of a container of the auto-storage account.
    pub(super) fn auto_storage(&self, container: &str) -> Option<String> {
        let (endpoint, key) = self.accounts.first()?;
        Some(signed(&format!("{endpoint}/{container}"), key, container))
    }
}

fn signed(url: &str, key: &Key, container: &str) -> String {
    let end = Utc::now() + VALIDITY;
    let end = end.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (path, _) = url.split_once('?').unwrap_or((url, ""));
    format!("{path}?{}", key.sign_container(container, &end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn identities_reach_known_accounts_only() {
        let config = Config::default()
            .account("own")
            .storage(true)
            .auto_storage("AccountName=other;AccountKey=YQ==;BlobEndpoint=http://h/other")
            .identity("/subscriptions/s/i");
        let access = Access::new(&config, "http://127.0.0.1:1").unwrap();
        let with = |id: &str| {
            let object = json!({"identityReference": {"resourceId": id}});
            object.as_object().unwrap().clone()
        };
        let known = with("/Subscriptions/S/I");
        for (url, resource) in [
            ("http://127.0.0.1:1/own/c", "http://127.0.0.1:1/own/c?sv="),
            ("http://h/other/c/b%20c", "http://h/other/c/b%20c?sv="),
        ] {
            let signed = access.resolve(&known, url).unwrap();
            assert!(signed.starts_with(resource), "{signed}");
        }
        for url in [
            "http://h/another/c",
            "http://h/otherwise/c",
            "http://x/own/c",
        ] {
            assert!(access.resolve(&known, url).is_err(), "{url}");
        }
        let url = "http://h/other/c";
        assert!(access.resolve(&with("/subscriptions/s/j"), url).is_err());
        assert_eq!(access.resolve(&Object::new(), url).as_deref(), Ok(url));
        let auto = access.auto_storage("inputs").unwrap();
        assert!(auto.starts_with("http://h/other/inputs?sv="), "{auto}");
        let none = Access::new(&Config::default(), "http://127.0.0.1:1").unwrap();
        assert_eq!(none.auto_storage("inputs"), None);
    }
}
