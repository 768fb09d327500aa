//! Connection strings of storage accounts.

use super::Key;

/// Azurite's address, account and key, which its documentation publishes.
const DEVELOPMENT: &str = "AccountName=devstoreaccount1;\
    AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;\
    BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1";

/// Returns the Blob endpoint, without a final slash, and the key of a connection string. No error
/// shows any of it.
pub(crate) fn parse(text: &str) -> Result<(String, Key), String> {
    let part = |wanted: &str| {
        let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim())
    };
    if part("UseDevelopmentStorage") == Some("true") {
        return parse(DEVELOPMENT);
    }
    let needed = |name: &str| {
        part(name).ok_or_else(|| format!("cannot read the connection string: it has no {name}"))
    };
    let account = needed("AccountName")?;
    let key = Key::new(account, needed("AccountKey")?)?;
    let of_cloud = || {
        let scheme = part("DefaultEndpointsProtocol").unwrap_or("https");
        let suffix = part("EndpointSuffix").unwrap_or("core.windows.net");
        format!("{scheme}://{account}.blob.{suffix}")
    };
    let endpoint = part("BlobEndpoint").map_or_else(of_cloud, str::to_owned);
    Ok((endpoint.trim_end_matches('/').to_owned(), key))
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
                "AccountName=a;AccountKey=YQ==;BlobEndpoint=http://h:1/a/;",
                "http://h:1/a",
            ),
            (
                "DefaultEndpointsProtocol=http;accountname=a;AccountKey=YQ==;EndpointSuffix=x.example",
                "http://a.blob.x.example",
            ),
            (
                "UseDevelopmentStorage=true",
                "http://127.0.0.1:10000/devstoreaccount1",
            ),
        ] {
            assert_eq!(parse(text).unwrap().0, expected, "{text}");
        }
        for text in ["", "AccountName=a", "AccountName=a;AccountKey=?s3cret"] {
            let error = parse(text).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
