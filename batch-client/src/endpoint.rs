//! Where the account is: the address that every request goes below.

use reqwest::Url;

use crate::error::Error;

/// A checked address of an account.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// `https://acct.region.batch.azure.com`, without a slash at the end.
    base: String,
    url: Url,
}

impl Endpoint {
    /// Checks the address. `allow_http` lets plain http leave this machine.
    pub(crate) fn new(text: &str, allow_http: bool) -> Result<Self, Error> {
        let refuse = |why: &str| {
            Err(Error::invalid_request(format!(
                "the endpoint {:?} {why}; expected something like \
                 https://NAME.REGION.batch.azure.com",
                crate::wire::redact::text(text)
            )))
        };
        let text = text.trim();
        let Ok(url) = Url::parse(text) else {
            return refuse("is no absolute URL");
        };
        match url.scheme() {
            "https" => {}
            "http" if allow_http || is_loopback(&url) => {}
            "http" => {
                return refuse(
                    "is plain http to another machine, where anybody on the way can read and \
                     change what is sent (ClientBuilder::allow_http permits it)",
                );
            }
            _ => return refuse("is neither https nor http"),
        }
        if url.host_str().is_none_or(str::is_empty) {
            return refuse("names no host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("holds a user or password, which belong into the credential");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("has a query or fragment");
        }
        if url.path() != "/" {
            return refuse("has a path");
        }
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { base, url })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn has_origin_of(&self, url: &Url) -> bool {
        self.url.origin() == url.origin()
    }

    /// Path and query of a request below this endpoint, exactly as they are sent.
    pub(crate) fn target<'a>(&self, url: &'a Url) -> Option<&'a str> {
        let rest = url.as_str().strip_prefix(self.base.as_str())?;
        let rest = rest.split('#').next()?;
        rest.starts_with('/').then_some(rest)
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses_pass_with_or_without_a_slash() {
        for text in [
            "https://acct.westeurope.batch.azure.com",
            "https://acct.westeurope.batch.azure.com/",
            " https://acct.westeurope.batch.azure.com:443 ",
            "HTTPS://ACCT.westeurope.batch.azure.com",
        ] {
            let endpoint = Endpoint::new(text, false).expect(text);
            assert_eq!(endpoint.base(), "https://acct.westeurope.batch.azure.com");
        }
        for text in [
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:2",
        ] {
            Endpoint::new(text, false).expect(text);
        }
        Endpoint::new("http://batch.internal", true).expect("allowed by name");
    }

    #[test]
    fn bad_addresses_are_refused_with_the_reason() {
        for (text, why) in [
            ("", "no absolute URL"),
            ("acct.westeurope.batch.azure.com", "no absolute URL"),
            ("ftp://acct", "neither https nor http"),
            ("http://acct.westeurope.batch.azure.com", "plain http"),
            ("http://127.0.0.1.evil.example", "plain http"),
            ("https://user:hunter2@acct", "user or password"),
            ("https://acct/?api-version=1", "query or fragment"),
            ("https://acct/#x", "query or fragment"),
            ("https://acct/batch", "has a path"),
        ] {
            let error = Endpoint::new(text, false).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_target_is_what_stands_after_the_origin() {
        let endpoint = Endpoint::new("https://acct.region.batch.azure.com", false).expect("good");
        let url = |text: &str| Url::parse(text).expect("a URL");
        let link = url("https://acct.region.batch.azure.com:443/jobs?$skiptoken=a%20b#frag");
        assert_eq!(endpoint.target(&link), Some("/jobs?$skiptoken=a%20b"));
        assert_eq!(
            endpoint.target(&url("https://acct.region.batch.azure.com.evil.example/")),
            None
        );
        assert!(!endpoint.has_origin_of(&url("https://acct.region.batch.azure.com:444/")));
    }
}
