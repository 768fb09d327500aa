//! Clients that are configured by the environment.

#[cfg(not(feature = "config"))]
mod variables;

use super::{Client, ClientBuilder};
use crate::ApiVersion;
use crate::error::Error;

const API_VERSION: &str = "AZURE_BATCH_API_VERSION";

impl Client {
    /// Creates a client for the account that the environment names.
    ///
    /// Three environment variables are enough, which the Azure CLI reads too. The Azure portal
    /// shows their values on the Batch account's pages Overview and Keys:
    ///
    /// | variable | value |
    /// | --- | --- |
    /// | `AZURE_BATCH_ENDPOINT` | the account's URL, such as `https://acct.westeurope.batch.azure.com` |
    /// | `AZURE_BATCH_ACCOUNT` | the name of the account |
    /// | `AZURE_BATCH_ACCESS_KEY` | one of its two keys |
    ///
    /// `AZURE_BATCH_API_VERSION` can name the version of the API to ask for, such as `2025-06-01`;
    /// see [`ClientBuilder::api_version`]. With the feature `config`, which is on by default,
    /// endpoint and credential also come from a profile in a file, from what `az batch account
    /// login` has written, or from the variables of a Batch task. The first of these that has a
    /// value wins, value by value; `Config::load` and `Config::explain` show which. With the
    /// feature `azure-identity`, an account without a key, or with `AZURE_BATCH_AUTH_MODE=aad`, is
    /// used with Microsoft Entra ID: see `entra::from_env`.
    ///
    /// [`ClientBuilder::from_env`] does the same for a client with other settings.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), batch_client::Error> {
    /// let client = batch_client::Client::from_env()?;
    /// let pool = client.pool().get("render").await?;
    /// println!("{:?}", pool.state);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: a value is missing, and the message says where it is looked
    /// for; a value is invalid, as for [`Client::new`] and
    /// [`SharedKey::new`](crate::SharedKey::new); or a file has a mistake. TLS that cannot be set
    /// up.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Creates a client within a task, for the account that runs it.
    ///
    /// The endpoint is in `AZ_BATCH_ACCOUNT_URL`, which every task has. The credential is the
    /// managed identity of the task's pool, which needs the feature `azure-identity` and the pool
    /// an identity that may use the account; `AZURE_CLIENT_ID` names one of several. (The token in
    /// `AZ_BATCH_AUTHENTICATION_TOKEN` is not used: the service has retired it.)
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: the program does not run within a task, or the feature is
    /// off.
    #[cfg(feature = "config")]
    pub fn from_task() -> Result<Self, Error> {
        crate::config::Config::of_task()?.client()
    }
}

impl ClientBuilder {
    /// Starts a builder with the endpoint and the credential of [`Client::from_env`].
    ///
    /// ```no_run
    /// use batch_client::ClientBuilder;
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), batch_client::Error> {
    /// let client = ClientBuilder::from_env()?.timeout(Duration::from_secs(60)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Client::from_env`], except for an invalid endpoint, which
    /// [`build`](Self::build) reports.
    pub fn from_env() -> Result<Self, Error> {
        #[cfg(feature = "config")]
        let builder = crate::config::Config::load()?.builder()?;
        #[cfg(not(feature = "config"))]
        let builder = variables::builder(|name| std::env::var(name))?;
        Ok(with_version(
            builder,
            std::env::var(API_VERSION).ok().as_deref(),
        ))
    }
}

/// Asks for the version of the API that the environment names, if it does.
fn with_version(builder: ClientBuilder, version: Option<&str>) -> ClientBuilder {
    match version.map(str::trim) {
        None | Some("") => builder,
        Some(version) => builder.api_version(ApiVersion::from(version)),
    }
}

#[cfg(test)]
mod tests {
    use batch_auth::SharedKey;

    use super::*;

    #[test]
    fn a_variable_names_the_version_of_the_api() {
        for (value, expected) in [
            (None, crate::API_VERSION),
            (Some(" "), crate::API_VERSION),
            (Some("2025-06-01\n"), "2025-06-01"),
        ] {
            let key = SharedKey::new("acct", "c2VjcmV0").expect("a key");
            let builder = Client::builder("https://acct.westeurope.batch.azure.com", key);
            let builder = with_version(builder, value);
            assert_eq!(builder.api_version.as_str(), expected, "{value:?}");
        }
    }
}
