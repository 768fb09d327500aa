//! Clients that are configured by three variables alone, without the feature `config`.

use std::env::VarError;

use batch_auth::SharedKey;

use crate::client::{Client, ClientBuilder};
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

pub(super) fn builder(
    read: impl Fn(&str) -> Result<String, VarError>,
) -> Result<ClientBuilder, Error> {
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
        return Ok(Client::builder(endpoint, SharedKey::new(account, key)?));
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
                other => panic!("{other}"),
            };
            value.map(str::to_owned).ok_or(VarError::NotPresent)
        };
        match builder(read).and_then(ClientBuilder::build) {
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
