//! The account's endpoint: checked once, when a client is built.

use reqwest::Url;

use crate::error::Error;

/// Domains of the accounts' endpoints, in Azure and in its national clouds.
const DOMAINS: [&str; 3] = [
    ".batch.azure.com",
    ".batch.usgovcloudapi.net",
    ".batch.chinacloudapi.cn",
];
/// Scopes of tokens in those clouds. A resource ends with a slash, and a scope is the resource, a
/// slash and `.default`.
const SCOPES: [&str; 3] = [
    "https://batch.core.windows.net//.default",
    "https://batch.core.usgovcloudapi.net//.default",
    "https://batch.chinacloudapi.cn//.default",
];
const COPY: &str = "copy the account's URL from the Batch account's Overview page in the Azure \
                    portal, such as https://acct.westeurope.batch.azure.com";

/// A checked endpoint of an account.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// `https://acct.region.batch.azure.com`, without a slash at the end.
    base: String,
    url: Url,
}

impl Endpoint {
    /// Checks the endpoint. `allow_http` permits plain http to other machines.
    pub(crate) fn new(text: &str, allow_http: bool) -> Result<Self, Error> {
        let text = text.trim();
        Self::checked(text, allow_http).map_err(|mistake| {
            let shown = crate::wire::redact::text(text);
            Error::invalid_request(format!("cannot use endpoint {shown:?}: {mistake}"))
        })
    }

    /// The reason and the remedy for an endpoint that cannot be used.
    fn checked(text: &str, allow_http: bool) -> Result<Self, String> {
        if text.is_empty() {
            return Err(format!("it is empty; {COPY}"));
        }
        if is_template(text) {
            return Err(format!("it is a template; {COPY}"));
        }
        // `localhost:8080` would be read as a URL with the scheme `localhost`.
        if !text.contains("://") {
            return Err(without_scheme(text, allow_http));
        }
        let url = Url::parse(text).map_err(|why| format!("it is not a URL ({why}); {COPY}"))?;
        let host = url.host_str().unwrap_or_default();
        if let Some(service) = other_service(host) {
            return Err(format!("it is the address of {service}; {COPY}"));
        }
        check_scheme(&url, allow_http)?;
        if host.is_empty() {
            return Err(format!("it has no host; {COPY}"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "it contains a user name or password; pass the account and its key as `SharedKey`"
                    .to_owned(),
            );
        }
        check_account(host)?;
        let base = url.origin().ascii_serialization();
        let part = if url.path() != "/" {
            "a path"
        } else if url.query().is_some() || url.fragment().is_some() {
            "a query or fragment"
        } else {
            let base = url.as_str().trim_end_matches('/').to_owned();
            return Ok(Self { base, url });
        };
        Err(format!("it must not have {part}; did you mean {base:?}?"))
    }

    /// The account that the host begins with, if it is one of Azure's.
    pub(crate) fn account(&self) -> Option<&str> {
        let host = self.url.host_str()?;
        let is_azure = DOMAINS.iter().any(|domain| host.ends_with(domain));
        host.split('.').next().filter(|_| is_azure)
    }

    /// Scope of the tokens for the endpoint: that of its cloud, or of the public one if the host is
    /// in none of them.
    pub(crate) fn token_scope(&self) -> &'static str {
        let host = self.url.host_str().unwrap_or_default();
        let cloud = DOMAINS.iter().position(|domain| host.ends_with(domain));
        SCOPES[cloud.unwrap_or_default()]
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Returns true if the account is on this machine, as an emulator's is.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
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

/// Returns true for text that documentation uses in place of an endpoint.
fn is_template(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    text.contains(['<', '>', '{', '}'])
        || words.any(|word| matches!(word, "NAME" | "ACCOUNT" | "REGION" | "LOCATION"))
}

/// The reason and the remedy for text without a scheme.
fn without_scheme(text: &str, allow_http: bool) -> String {
    let host = text.split([':', '/']).next().unwrap_or_default();
    let is_local = host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok();
    let candidate = if is_local {
        format!("http://{text}")
    } else if text.split('.').count() == 2 && host == text {
        // `acct.westeurope`
        format!("https://{text}.batch.azure.com")
    } else {
        format!("https://{text}")
    };
    if (is_local || host.contains('.')) && Endpoint::checked(&candidate, allow_http).is_ok() {
        return format!("the scheme is missing; did you mean {candidate:?}?");
    }
    format!("it is not a URL; {COPY}")
}

/// Azure's other services whose addresses are taken for the account's.
fn other_service(host: &str) -> Option<&'static str> {
    let is = |names: &[&str]| {
        let mut names = names.iter();
        names.any(|name| {
            let rest = host.strip_suffix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    };
    if is(&["portal.azure.com", "portal.azure.us", "portal.azure.cn"]) {
        Some("the Azure portal")
    } else if is(&[
        "management.azure.com",
        "management.usgovcloudapi.net",
        "management.chinacloudapi.cn",
    ]) {
        Some("Azure Resource Manager, which manages accounts")
    } else if is(&["batch.core.windows.net"]) {
        Some("Batch in the scope of tokens")
    } else if is(&["login.microsoftonline.com"]) {
        Some("Microsoft Entra ID")
    } else if is(&["blob.core.windows.net"]) {
        Some("a storage account")
    } else {
        None
    }
}

fn check_scheme(url: &Url, allow_http: bool) -> Result<(), String> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if allow_http || is_loopback(url) => Ok(()),
        "http" => Err(
            "it is plain http to another machine, and everyone on the path can read and change \
             the requests; use https, or permit it by `ClientBuilder::allow_http`"
                .to_owned(),
        ),
        other => Err(format!("its scheme `{other}` is not supported; use https")),
    }
}

/// Refuses hosts below Azure's domains that lack the account or the region.
fn check_account(host: &str) -> Result<(), String> {
    for domain in DOMAINS {
        if host == &domain[1..] {
            let form = format!("https://NAME.REGION{domain}");
            return Err(format!(
                "it has neither account nor region; expected {form}"
            ));
        }
        if let Some(name) = host.strip_suffix(domain)
            && !name.contains('.')
        {
            return Err(format!(
                "it has no region (or no account); expected https://{name}.REGION{domain}, as on \
                 the Batch account's Overview page in the Azure portal"
            ));
        }
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_endpoints_pass_with_or_without_a_slash() {
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
            "http://127.8.9.10",
            "http://[::ffff:127.0.0.1]",
            "http://LOCALHOST:1",
        ] {
            let endpoint = Endpoint::new(text, false).expect(text);
            assert!(endpoint.is_loopback(), "{text}");
        }
        let other = Endpoint::new("http://batch.internal", true).expect("allowed by name");
        assert!(!other.is_loopback());
    }

    #[test]
    fn bad_endpoints_are_refused_with_reason_and_remedy() {
        for (text, expected) in [
            ("", format!("it is empty; {COPY}")),
            ("  ", format!("it is empty; {COPY}")),
            (
                "acct.westeurope.batch.azure.com",
                "the scheme is missing; did you mean \"https://acct.westeurope.batch.azure.com\"?"
                    .to_owned(),
            ),
            (
                "acct.westeurope.batch.azure.com:443",
                "the scheme is missing; did you mean \
                 \"https://acct.westeurope.batch.azure.com:443\"?"
                    .to_owned(),
            ),
            (
                "acct.westeurope",
                "the scheme is missing; did you mean \"https://acct.westeurope.batch.azure.com\"?"
                    .to_owned(),
            ),
            (
                "localhost:8080",
                "the scheme is missing; did you mean \"http://localhost:8080\"?".to_owned(),
            ),
            ("acct", format!("it is not a URL; {COPY}")),
            ("https://", format!("it is not a URL (empty host); {COPY}")),
            (
                "ftp://acct",
                "its scheme `ftp` is not supported; use https".to_owned(),
            ),
            (
                "https://acct.westeurope.batch.azure.com/pools",
                "it must not have a path; did you mean \"https://acct.westeurope.batch.azure.com\"?"
                    .to_owned(),
            ),
            (
                "https://acct.westeurope.batch.azure.com/?api-version=1",
                "it must not have a query or fragment; did you mean \
                 \"https://acct.westeurope.batch.azure.com\"?"
                    .to_owned(),
            ),
            ("https://<account>.<region>.batch.azure.com", format!("it is a template; {COPY}")),
            ("https://NAME.REGION.batch.azure.com", format!("it is a template; {COPY}")),
            ("NAME.REGION", format!("it is a template; {COPY}")),
            (
                "https://portal.azure.com/#home",
                format!("it is the address of the Azure portal; {COPY}"),
            ),
            (
                "https://management.azure.com/subscriptions/x",
                format!("it is the address of Azure Resource Manager, which manages accounts; {COPY}"),
            ),
            (
                "https://batch.core.windows.net/",
                format!("it is the address of Batch in the scope of tokens; {COPY}"),
            ),
            (
                "https://acct.batch.azure.com",
                "it has no region (or no account); expected https://acct.REGION.batch.azure.com, \
                 as on the Batch account's Overview page in the Azure portal"
                    .to_owned(),
            ),
            (
                "https://batch.azure.com",
                "it has neither account nor region; expected https://NAME.REGION.batch.azure.com"
                    .to_owned(),
            ),
        ] {
            let error = Endpoint::new(text, false).expect_err(text).to_string();
            let shown = crate::wire::redact::text(text.trim());
            assert_eq!(error, format!("cannot use endpoint {shown:?}: {expected}"));
        }
        for (text, part) in [
            ("http://acct.westeurope.batch.azure.com", "plain http"),
            ("http://127.0.0.1.evil.example", "plain http"),
            ("https://user:hunter2@acct", "user name or password"),
            ("https://acct/#x", "query or fragment"),
        ] {
            let error = Endpoint::new(text, false).expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_account_is_known_from_the_hosts_of_azure() {
        for (text, account) in [
            ("https://acct.westeurope.batch.azure.com", Some("acct")),
            (
                "https://acct.usgovvirginia.batch.usgovcloudapi.net",
                Some("acct"),
            ),
            ("http://127.0.0.1:8080", None),
            ("https://batch.internal", None),
        ] {
            assert_eq!(Endpoint::new(text, false).expect(text).account(), account);
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
