//! The values that win, and the client that they make.

use batch_auth::SharedKey;

use super::Config;
use super::keyring;
use super::value::{AAD, Layer, Place, SHARED_KEY, Setting, Sourced};
use crate::client::{Client, ClientBuilder};
use crate::credential::Credential;
use crate::endpoint::Endpoint;
use crate::error::Error;

/// How to sign in, and what says so.
pub(super) enum Way {
    Key { because: String },
    Entra { because: String },
}

impl Config {
    /// Creates a client with the endpoint and the credential.
    ///
    /// # Errors
    ///
    /// - [`Error::is_invalid_request`]: there is no endpoint or no credential, and the message says
    ///   where it is looked for; or a value is invalid, as for [`Client::new`].
    /// - TLS cannot be set up.
    pub fn client(&self) -> Result<Client, Error> {
        self.builder()?.build()
    }

    /// Starts a builder with the endpoint and the credential, for a client with other settings.
    ///
    /// # Errors
    ///
    /// Those of [`client`](Self::client), except for an invalid endpoint.
    pub fn builder(&self) -> Result<ClientBuilder, Error> {
        let endpoint = self.address()?;
        Ok(Client::builder(&endpoint, self.credential_for(&endpoint)?))
    }

    /// The value of a key that wins.
    pub(super) fn find(&self, key: Setting) -> Option<Sourced> {
        let profile = self.profile_layer();
        self.layers(&profile)
            .into_iter()
            .find_map(|layer| layer.get(key))
            .cloned()
    }

    /// All origins, the first of which wins.
    pub(super) fn layers<'a>(&'a self, profile: &'a Layer) -> [&'a Layer; 5] {
        [
            &self.explicit,
            &self.variables,
            profile,
            &self.az,
            &self.task,
        ]
    }

    /// The values of the selected profile.
    pub(super) fn profile_layer(&self) -> Layer {
        let mut layer = Layer::default();
        let (Some(profile), Some((name, _))) = (self.current(), &self.selected) else {
            return layer;
        };
        let file = self.file();
        for (key, entry) in &profile.values {
            let at = format!("{name:?}, {file}:{}", entry.line);
            let origin = match entry.place {
                Place::Here => format!("profile {at}"),
                place => format!("{}, by profile {at}", place.shown(&entry.value)),
            };
            layer.set_at(*key, entry.place, entry.value.clone(), origin);
        }
        layer
    }

    /// The endpoint, with the scheme that the Azure CLI adds, too.
    fn address(&self) -> Result<String, Error> {
        let Some(found) = self.find(Setting::Endpoint) else {
            return Err(Error::invalid_request(format!(
                "cannot create a client: there is no endpoint; set AZURE_BATCH_ENDPOINT to the \
                 account's URL, such as https://acct.westeurope.batch.azure.com (on the Batch \
                 account's Overview page), sign in by `az batch account login`, or add a profile \
                 to {}",
                self.file()
            )));
        };
        let endpoint = found.value;
        let is_host = !endpoint.contains("://") && endpoint.matches('.').count() >= 2;
        Ok(if is_host {
            format!("https://{endpoint}")
        } else {
            endpoint
        })
    }

    /// Decides how to sign in: what is set closest to the program wins. The Azure CLI's rules apply
    /// to its file and to the variables: a mode that is set there makes it ignore a key, wherever
    /// that is. A key of the program or of a profile is a decision for keys.
    pub(super) fn way(&self) -> Result<Way, Error> {
        let profile = self.profile_layer();
        for layer in self.layers(&profile) {
            if let Some(Sourced { value, origin, .. }) = layer.get(Setting::AuthMode) {
                let because = format!("auth_mode is `{value}` ({origin})");
                return match value.as_str() {
                    AAD => Ok(Way::Entra { because }),
                    SHARED_KEY => Ok(Way::Key { because }),
                    _ => Err(Error::invalid_request(format!(
                        "cannot choose a credential: {because}; set it to `{AAD}` or `{SHARED_KEY}`"
                    ))),
                };
            }
            let is_ours = std::ptr::eq(layer, &raw const self.explicit)
                || std::ptr::eq(layer, &raw const profile);
            if is_ours && let Some(Sourced { origin, .. }) = layer.get(Setting::AccessKey) {
                let because = format!("there is a key ({origin})");
                return Ok(Way::Key { because });
            }
        }
        Ok(match self.find(Setting::AccessKey) {
            Some(Sourced { origin, .. }) => Way::Key {
                because: format!("there is a key ({origin})"),
            },
            None => Way::Entra {
                because: "there is no key".to_owned(),
            },
        })
    }

    /// The origins of the keys, all of which are ignored if the way is Entra ID.
    pub(super) fn keys(&self) -> Vec<String> {
        let profile = self.profile_layer();
        let layers = self.layers(&profile).into_iter();
        layers
            .filter_map(|layer| Some(layer.get(Setting::AccessKey)?.origin.clone()))
            .collect()
    }

    fn credential_for(&self, endpoint: &str) -> Result<Credential, Error> {
        match self.way()? {
            Way::Key { because } => Ok(self.shared_key(endpoint, &because)?.into()),
            Way::Entra { because } => {
                for origin in self.keys() {
                    tracing::warn!("the key from {origin} is ignored, because {because}");
                }
                entra(endpoint, &because)
            }
        }
    }

    fn shared_key(&self, endpoint: &str, because: &str) -> Result<SharedKey, Error> {
        let found = self.find(Setting::AccessKey).ok_or_else(|| {
            Error::invalid_request(format!(
                "cannot create a client: there is no key, although {because}; set \
                 AZURE_BATCH_ACCESS_KEY to one of the account's two keys (on its Keys page), or \
                 AZURE_BATCH_AUTH_MODE to `{AAD}`"
            ))
        })?;
        let account = self.find(Setting::Account).map(|found| found.value);
        let of_host = || Some(Endpoint::new(endpoint, true).ok()?.account()?.to_owned());
        let account = account.or_else(of_host).ok_or_else(|| {
            Error::invalid_request(
                "cannot create a client: there is no account name for the key; set \
                 AZURE_BATCH_ACCOUNT to the name of the Batch account (on its Overview page)",
            )
        })?;
        Ok(SharedKey::new(account, &self.key(found)?)?)
    }

    /// The key itself, from where it is.
    fn key(&self, found: Sourced) -> Result<String, Error> {
        let Sourced {
            value,
            place,
            origin,
        } = found;
        match place {
            Place::Here => Ok(value),
            Place::Variable => self.environment.read(&value).ok_or_else(|| {
                Error::invalid_request(format!(
                    "cannot read the account's key from {origin}: the variable is not set; set it \
                     to one of the account's two keys (on its Keys page)"
                ))
            }),
            Place::Keyring => keyring::read(&value).map_err(|why| {
                Error::invalid_request(format!(
                    "cannot read the account's key from {origin}: {why}"
                ))
            }),
        }
    }
}

/// The chosen credential of Entra ID, in the cloud of the endpoint.
#[cfg(feature = "azure-identity")]
fn entra(endpoint: &str, because: &str) -> Result<Credential, Error> {
    let choice = crate::entra::Choice::for_endpoint(endpoint)?;
    tracing::debug!("signing in with Microsoft Entra ID, because {because}");
    Ok(choice.into())
}

#[cfg(not(feature = "azure-identity"))]
fn entra(_: &str, because: &str) -> Result<Credential, Error> {
    Err(Error::invalid_request(format!(
        "cannot sign in with Microsoft Entra ID, which is to be used because {because}: the \
         feature `azure-identity` of batch-client is off; turn it on, or set \
         AZURE_BATCH_ACCESS_KEY to one of the account's keys and AZURE_BATCH_AUTH_MODE to \
         `{SHARED_KEY}`"
    )))
}
