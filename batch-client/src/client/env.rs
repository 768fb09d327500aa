//! Clients configured by environment variables.

use std::env::VarError;

use batch_auth::SharedKey;

use super::{Client, ClientBuilder};
use crate::ApiVersion;
use crate::error::Error;

/// A variable, its meaning, and where to find its value.
struct Variable {
    name: &'static str,
    meaning: &'static str,
    place: &'static str,
}

const ENDPOINT: Variable = Variable {
    name: "AZURE_BATCH_ENDPOINT",
    meaning: "the account's URL, such as https://acct.westeurope.batch.azure.com",
    place: "on the Batch account's Overview page",
};
const ACCOUNT: Variable = Variable {
    name: "AZURE_BATCH_ACCOUNT",
    meaning: "the name of the Batch account",
    place: "on its Overview page",
};
const ACCESS_KEY: Variable = Variable {
    name: "AZURE_BATCH_ACCESS_KEY",
    meaning: "one of the account's two keys",
    place: "on its Keys page",
};

/// The version of the API; without it, the client asks for its default.
const API_VERSION: &str = "AZURE_BATCH_API_VERSION";

impl Client {
    /// Creates a client from environment variables. The Azure CLI reads the first three, too.
    ///
    /// | variable | value |
    /// | --- | --- |
    /// | `AZURE_BATCH_ENDPOINT` | the account's URL, such as `https://acct.westeurope.batch.azure.com` |
    /// | `AZURE_BATCH_ACCOUNT` | the name of the account |
    /// | `AZURE_BATCH_ACCESS_KEY` | one of its two keys |
    /// | `AZURE_BATCH_API_VERSION` | the version of the API to ask for, such as `2025-06-01`; optional, see [`ClientBuilder::api_version`] |
    ///
    /// The Azure portal shows the values on the Batch account's pages Overview and Keys.
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
    /// [`Error::is_invalid_request`]: a variable is not set, empty or not UTF-8, and the message
    /// names every such variable; or a value is invalid, as for [`Client::new`] and
    /// [`SharedKey::new`]. TLS that cannot be set up.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }
}

impl ClientBuilder {
    /// Starts a builder with the endpoint and the key of [`Client::from_env`].
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
        from(|name| std::env::var(name))
    }
}

fn from(read: impl Fn(&str) -> Result<String, VarError>) -> Result<ClientBuilder, Error> {
    let mut problems = Vec::new();
    let mut remedies = Vec::new();
    let mut value = |variable: &Variable| {
        let problem = match read(variable.name) {
            Ok(value) if !value.trim().is_empty() => return value.trim().to_owned(),
            Ok(_) => "is empty",
            Err(VarError::NotPresent) => "is not set",
            Err(VarError::NotUnicode(_)) => "is not UTF-8",
        };
        let Variable {
            name,
            meaning,
            place,
        } = variable;
        problems.push(format!("{name} {problem}"));
        remedies.push(format!("{name} to {meaning} ({place})"));
        String::new()
    };
    let [endpoint, account, key] = [&ENDPOINT, &ACCOUNT, &ACCESS_KEY].map(&mut value);
    if problems.is_empty() {
        let builder = Client::builder(endpoint, SharedKey::new(account, key)?);
        let version = read(API_VERSION).unwrap_or_default();
        return Ok(match version.trim() {
            "" => builder,
            version => builder.api_version(ApiVersion::from(version)),
        });
    }
    Err(Error::invalid_request(format!(
        "cannot create a client from the environment: {}; set {}",
        problems.join(", "),
        remedies.join(" and "),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://acct.westeurope.batch.azure.com";

    fn message(endpoint: Option<&str>, account: Option<&str>, key: Option<&str>) -> String {
        let read = |name: &str| {
            let value = match name {
                "AZURE_BATCH_ENDPOINT" => endpoint,
                "AZURE_BATCH_ACCOUNT" => account,
                "AZURE_BATCH_ACCESS_KEY" => key,
                "AZURE_BATCH_API_VERSION" => None,
                other => panic!("{other}"),
            };
            value.map(str::to_owned).ok_or(VarError::NotPresent)
        };
        match from(read).and_then(ClientBuilder::build) {
            Ok(client) => client.endpoint().to_owned(),
            Err(error) => {
                assert!(error.is_invalid_request(), "{error}");
                error.to_string()
            }
        }
    }

    #[test]
    fn three_variables_make_a_client() {
        let padded = format!(" {URL}/\n");
        let endpoint = message(Some(&padded), Some("acct"), Some("c2VjcmV0\n"));
        assert_eq!(endpoint, URL);
    }

    #[test]
    fn each_missing_variable_is_named_with_its_meaning_and_place() {
        assert_eq!(
            message(None, Some("acct"), Some("c2VjcmV0")),
            "cannot create a client from the environment: AZURE_BATCH_ENDPOINT is not set; set \
             AZURE_BATCH_ENDPOINT to the account's URL, such as \
             https://acct.westeurope.batch.azure.com (on the Batch account's Overview page)"
        );
        assert_eq!(
            message(Some(URL), None, Some(" ")),
            "cannot create a client from the environment: AZURE_BATCH_ACCOUNT is not set, \
             AZURE_BATCH_ACCESS_KEY is empty; set AZURE_BATCH_ACCOUNT to the name of the Batch \
             account (on its Overview page) and AZURE_BATCH_ACCESS_KEY to one of the account's two \
             keys (on its Keys page)"
        );
    }

    #[test]
    fn invalid_values_have_the_usual_messages() {
        let error = message(Some("acct.westeurope"), Some("acct"), Some("c2VjcmV0"));
        assert!(error.starts_with("cannot use endpoint "), "{error}");
        let error = message(Some(URL), Some("acct"), Some("no base64!"));
        assert!(error.starts_with("cannot use account key: "), "{error}");
    }
}
