//! Feature `middleware`: signs every request of a [`reqwest_middleware`] client.
//!
//! ```text
//! client ──► other middleware, retries ──► SharedKeyMiddleware ──► reqwest
//!                                          same origin? sign_reqwest
//! ```

use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Middleware, Next};

use crate::error::InPlace;
use crate::{Error, SharedKey};

/// Middleware that signs each request to a Batch account, for hand-written or generated clients.
///
/// - It does what [`SharedKey::sign_reqwest`] does: sets the date and the length if they are
///   missing, and signs.
/// - It signs only for the account's own origin (scheme, host and port). A request to any other
///   origin fails without being sent.
/// - Add it last. Middleware that runs after it must not change the request; middleware that runs
///   before it, such as retries by `reqwest-retry`, gets a new date and signature for each attempt.
///   An `ocp-date` that the request already has is kept in each attempt.
///
/// It does not retry, and does not correct a wrong clock. The client in `batch-client` does both
/// and needs no middleware.
///
/// Turn redirects off, as shown below. reqwest follows them after the middleware: the signature is
/// not sent to another host, but a body may be. The service never redirects.
///
/// An [`Error`] from this crate reaches the caller as `reqwest_middleware::Error::Middleware`; use
/// `downcast_ref` to get it.
///
/// ```
/// use batch_auth::{SharedKey, SharedKeyMiddleware};
/// use reqwest::redirect::Policy;
/// use reqwest_middleware::ClientBuilder;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoint = "https://myaccount.westeurope.batch.azure.com";
/// let key = SharedKey::new("myaccount", "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==")?;
/// let client = ClientBuilder::new(reqwest::Client::builder().redirect(Policy::none()).build()?)
///     .with(SharedKeyMiddleware::new(key, endpoint)?)
///     .build();
///
/// let url = format!("{endpoint}/jobs/job-1/enable?api-version=2024-02-01.19.0");
/// let response = client.post(url).send().await?;
/// println!("{}", response.status());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(docsrs, doc(cfg(feature = "middleware")))]
pub struct SharedKeyMiddleware {
    key: SharedKey,
    endpoint: Url,
}

impl SharedKeyMiddleware {
    /// Creates the middleware for one account.
    ///
    /// `endpoint` is the URL of the account, such as
    /// `https://myaccount.westeurope.batch.azure.com`.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_endpoint`]: the endpoint is not an `http` or `https` URL, or has more
    /// than a scheme, host and port.
    pub fn new(key: SharedKey, endpoint: impl AsRef<str>) -> Result<Self, Error> {
        let endpoint = parse_endpoint(endpoint.as_ref()).map_err(InPlace::Endpoint)?;
        Ok(Self { key, endpoint })
    }

    fn sign(&self, request: &mut Request) -> Result<(), Error> {
        let (ours, theirs) = (self.endpoint.origin(), request.url().origin());
        if ours != theirs {
            return Err(InPlace::OtherOrigin {
                endpoint: ours.ascii_serialization(),
                requested: theirs.ascii_serialization(),
            }
            .into());
        }
        self.key.sign_reqwest(request).map(|_| ())
    }
}

#[async_trait]
impl Middleware for SharedKeyMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.sign(&mut request)
            .map_err(reqwest_middleware::Error::middleware)?;
        next.run(request, extensions).await
    }
}

/// Checks the endpoint; the error says what is wrong with it. It does not repeat the URL, which may
/// contain a password.
fn parse_endpoint(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not an absolute URL")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("is neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user or password");
    }
    if url.path() != "/" {
        return Err("has a path");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or fragment");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    fn key() -> SharedKey {
        SharedKey::new("acct", "dG9wLXNlY3JldA==").unwrap()
    }

    fn sign(endpoint: &str, url: &str) -> Result<Request, Error> {
        let mut request = Request::new(Method::GET, url.parse().unwrap());
        let middleware = SharedKeyMiddleware::new(key(), endpoint).unwrap();
        middleware.sign(&mut request).map(|()| request)
    }

    #[test]
    fn the_endpoint_must_be_an_origin() {
        for (endpoint, why) in [
            ("", "not an absolute URL"),
            ("acct.westeurope.batch.azure.com", "not an absolute URL"),
            ("ftp://acct", "neither https nor http"),
            ("https://user:hunter2@acct", "user or password"),
            ("https://user@acct", "user or password"),
            ("https://:hunter2@acct", "user or password"),
            ("https://acct/jobs", "a path"),
            ("https://acct?api-version=1", "query or fragment"),
            ("https://acct/#x", "query or fragment"),
        ] {
            let error = SharedKeyMiddleware::new(key(), endpoint).unwrap_err();
            assert!(error.is_invalid_endpoint(), "{error}");
            let shown = error.to_string();
            assert!(shown.contains(why), "{endpoint}: {shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn only_requests_to_the_endpoints_origin_are_signed() {
        for (endpoint, url) in [
            ("https://acct.batch", "https://acct.batch/jobs"),
            ("https://acct.batch/", "https://acct.batch:443/jobs"),
            ("HTTPS://ACCT.batch:443", "https://acct.batch/jobs#x"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/jobs"),
        ] {
            let request = sign(endpoint, url).unwrap();
            assert!(request.headers().contains_key("authorization"), "{url}");
        }
        for url in [
            "https://other.batch/jobs",
            "https://acct.batch.evil.example/jobs",
            "https://acct.batch:444/jobs",
            "http://acct.batch/jobs",
            "https://acct.batch@evil.example/jobs",
        ] {
            let error = sign("https://acct.batch", url).unwrap_err();
            assert!(error.is_other_origin(), "{url}: {error}");
            let shown = error.to_string();
            let origin = url.parse::<Url>().unwrap().origin().ascii_serialization();
            assert!(
                shown.contains("https://acct.batch`") && shown.contains(&origin),
                "{shown}"
            );
        }
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let middleware = SharedKeyMiddleware::new(key(), "https://acct.batch").unwrap();
        let shown = format!("{middleware:?}");
        assert!(
            shown.contains("acct.batch") && !shown.contains("dG9wLXNlY3JldA"),
            "{shown}"
        );
    }
}
