//! Feature `reqwest`: signs a [`reqwest::Request`] in place, through `in_place`.

use http_body::Body as _;
use reqwest::{Request, Url};

use crate::in_place::Additions;
use crate::{Error, SharedKey, Signature};

impl SharedKey {
    /// Signs a [`reqwest::Request`] in place, ready to be executed.
    ///
    /// Inserts `ocp-date`, `Content-Length` and `Authorization` as [`sign_http`](Self::sign_http)
    /// does; the host is not checked either. To sign every request of a client, but only those to
    /// the account, wrap the client with `SharedKeyMiddleware` (feature `middleware`).
    ///
    /// A client's `default_headers` are added after signing. Set headers that are part of the
    /// signature (`ocp-*`, `Content-Type`, conditions, `Range`) on the request instead.
    ///
    /// # Errors
    ///
    /// Those of [`sign_http`](Self::sign_http). The length of a body from `Body::wrap_stream` is
    /// unknown.
    ///
    /// ```
    /// use batch_auth::SharedKey;
    /// use reqwest::{Client, Method, Request};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SharedKey::new("myaccount", "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==")?;
    /// let url = "https://myaccount.westeurope.batch.azure.com/jobs?api-version=2024-02-01.19.0";
    /// let mut request = Request::new(Method::GET, url.parse()?);
    /// key.sign_reqwest(&mut request)?;
    /// let response = Client::new().execute(request).await?;
    /// # let _ = response;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "reqwest")))]
    pub fn sign_reqwest(&self, request: &mut Request) -> Result<Signature, Error> {
        // Without a body, reqwest sends an empty one.
        let length = request
            .body()
            .map_or(Some(0), |body| body.size_hint().exact());
        let target = target(request.url());
        let additions = Additions::new(self, request.method(), &target, request.headers(), length)?;
        Ok(additions.insert_into(request.headers_mut()))
    }
}

/// Path and query as reqwest sends them, without the fragment.
fn target(url: &Url) -> String {
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target.push('?');
        target.push_str(query);
    }
    target
}
