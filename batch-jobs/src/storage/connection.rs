//! Connection strings and the environment.

use super::{Sas, StorageCredential, StorageKey};
use crate::error::{Error, Result};

/// Azurite's account and key, which its documentation publishes.
const DEVELOPMENT: (&str, &str, &str) = (
    "http://127.0.0.1:10000/devstoreaccount1",
    "devstoreaccount1",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
);

/// Returns the Blob endpoint and the credential of a connection string. No error shows any of it.
pub(super) fn parse(text: &str) -> Result<(String, StorageCredential)> {
    let part = |wanted: &str| {
        let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        values.next().map(|(_, value)| value.trim())
    };
    if part("UseDevelopmentStorage").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        let (endpoint, account, key) = DEVELOPMENT;
        return Ok((endpoint.to_owned(), StorageKey::new(account, key)?.into()));
    }
    let needed = |name: &str| {
        part(name).ok_or_else(|| {
            Error::invalid(format!(
                "cannot read the connection string: it has no {name}; copy it from \"Access keys\" \
                 or \"Shared access signature\" in the portal"
            ))
        })
    };
    if let Some(sas) = part("SharedAccessSignature") {
        return Ok((needed("BlobEndpoint")?.to_owned(), Sas::new(sas)?.into()));
    }
    let account = needed("AccountName")?;
    let key = StorageKey::new(account, needed("AccountKey")?)?;
    let of_cloud = || {
        let scheme = part("DefaultEndpointsProtocol").unwrap_or("https");
        let suffix = part("EndpointSuffix").unwrap_or("core.windows.net");
        format!("{scheme}://{account}.blob.{suffix}")
    };
    let endpoint = part("BlobEndpoint").map_or_else(of_cloud, str::to_owned);
    Ok((endpoint, key.into()))
}

/// Returns endpoint and credential by the variables that `az storage` reads.
pub(super) fn from(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(String, StorageCredential)> {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    if let Some(text) = variable("AZURE_STORAGE_CONNECTION_STRING") {
        return parse(&text);
    }
    let account = variable("AZURE_STORAGE_ACCOUNT");
    let credential = match (&account, variable("AZURE_STORAGE_KEY")) {
        (Some(account), Some(key)) => Some(StorageKey::new(account, &key)?.into()),
        _ => match variable("AZURE_STORAGE_SAS_TOKEN") {
            Some(sas) => Some(Sas::new(&sas)?.into()),
            None => None,
        },
    };
    match (account, credential) {
        (Some(account), Some(credential)) => {
            let endpoint = format!("https://{account}.blob.core.windows.net");
            Ok((endpoint, credential))
        }
        _ => Err(Error::invalid(
            "cannot find the storage account: set AZURE_STORAGE_CONNECTION_STRING, or \
             AZURE_STORAGE_ACCOUNT and one of AZURE_STORAGE_KEY and AZURE_STORAGE_SAS_TOKEN",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_are_read() {
        for (text, expected) in [
            (
                "AccountName=a;AccountKey=YQ==",
                "https://a.blob.core.windows.net",
            ),
            (
                "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;EndpointSuffix=x.example;",
                "http://a.blob.x.example",
            ),
            (
                "accountname=a; AccountKey=YQ==; BlobEndpoint=http://127.0.0.1:1/a",
                "http://127.0.0.1:1/a",
            ),
            ("UseDevelopmentStorage=true", DEVELOPMENT.0),
            (
                "BlobEndpoint=https://a.example/;SharedAccessSignature=sv=1&se=2&sig=x%3D",
                "https://a.example/",
            ),
        ] {
            assert_eq!(parse(text).expect(text).0, expected);
        }
        for text in [
            "",
            "AccountName=a",
            "AccountKey=YQ==",
            "AccountName=a;AccountKey=?s3cret",
            "BlobEndpoint=https://a.example/;SharedAccessSignature=sig=s3cret",
        ] {
            let error = parse(text).expect_err(text);
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn the_environment_is_read() {
        let with = |pairs: &'static [(&'static str, &'static str)]| {
            from(move |name| {
                let found = pairs.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        for secret in [
            ("AZURE_STORAGE_KEY", "YQ=="),
            ("AZURE_STORAGE_SAS_TOKEN", "?sv=1&se=2&sig=x"),
        ] {
            let (endpoint, _) = from(|name| {
                let pairs = [("AZURE_STORAGE_ACCOUNT", "a"), secret];
                let found = pairs.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
            .expect(secret.0);
            assert_eq!(endpoint, "https://a.blob.core.windows.net");
        }
        let string = (
            "AZURE_STORAGE_CONNECTION_STRING",
            "UseDevelopmentStorage=true",
        );
        let both = with(&[
            (
                "AZURE_STORAGE_CONNECTION_STRING",
                "UseDevelopmentStorage=true",
            ),
            ("AZURE_STORAGE_ACCOUNT", "a"),
        ]);
        assert_eq!(both.expect(string.0).0, DEVELOPMENT.0);
        let error = with(&[("AZURE_STORAGE_ACCOUNT", "a")]).expect_err("no key");
        assert!(error.to_string().contains("AZURE_STORAGE_KEY"), "{error}");
    }
}
