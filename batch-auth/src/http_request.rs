//! Feature `http`: signs an [`http::Request`] in place, through `in_place`.

use std::borrow::Cow;

use http::request::Parts;
use http::{Request, Uri};
use http_body::Body;

use crate::error::Kind;
use crate::in_place::Additions;
use crate::{Error, SharedKey, Signature};

/// Signing in place, with the features `http` and `reqwest`.
impl SharedKey {
    /// Signs an [`http::Request`] in place, ready to be sent.
    ///
    /// Inserts these headers:
    ///
    /// - `ocp-date` with the current time, if the request has neither `ocp-date` nor `Date`. A
    ///   request with a `SharedKey` authorization was signed before, so it is about to be retried
    ///   and always gets a new date.
    /// - `Content-Length`, if it is missing and the body is not empty. For `POST`, `PUT`, `PATCH`
    ///   and `DELETE` with an empty body it is `0`, because the service returns 411 without it.
    /// - `Authorization`, marked as sensitive. It replaces an existing one.
    ///
    /// The URI may be absolute or a path with a query. Its host is not checked: send the signed
    /// request to the account that the key belongs to, and do not change it between signing and
    /// sending.
    ///
    /// Returns the signature, whose [string to sign](Signature::string_to_sign) helps when the
    /// service rejects it.
    ///
    /// # Errors
    ///
    /// The request is left unchanged.
    ///
    /// - [`Error::is_unknown_length`]: the length of the body is unknown, as for a stream, and the
    ///   request has no `Content-Length`. Sent in chunks, it would reach the service without a
    ///   length.
    /// - [`Error::is_invalid_request`]: as for [`sign`](Self::sign); or `Content-Length` is not the
    ///   length of the body; or the request has a `Transfer-Encoding`.
    /// - [`Error::is_missing_date`]: the date of the request is empty.
    ///
    /// ```
    /// use batch_auth::SharedKey;
    /// use http::Request;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SharedKey::new("myaccount", "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==")?;
    /// let url = "https://myaccount.westeurope.batch.azure.com/jobs?api-version=2024-02-01.19.0";
    /// let mut request = Request::post(url)
    ///     .header("content-type", "application/json; odata=minimalmetadata")
    ///     .body(r#"{"id":"job-1","poolInfo":{"poolId":"pool-1"}}"#.to_owned())?;
    ///
    /// key.sign_http(&mut request)?;
    ///
    /// let headers = request.headers();
    /// assert_eq!(headers["content-length"], "45");
    /// assert!(headers.contains_key("ocp-date"));
    /// assert!(headers["authorization"].to_str()?.starts_with("SharedKey myaccount:"));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn sign_http<B: Body>(&self, request: &mut Request<B>) -> Result<Signature, Error> {
        let length = request.body().size_hint().exact();
        let target = target(request.uri())?;
        let additions = Additions::new(self, request.method(), &target, request.headers(), length)?;
        Ok(additions.insert_into(request.headers_mut()))
    }

    /// Signs the head of a request in place, for bodies that do not implement [`http_body::Body`].
    ///
    /// `content_length` is the length of the body in bytes: 0 if there is none, `None` if it is
    /// unknown. Everything else is the same as in [`sign_http`](Self::sign_http).
    ///
    /// # Errors
    ///
    /// Those of [`sign_http`](Self::sign_http).
    ///
    /// ```
    /// use batch_auth::SharedKey;
    /// use http::Request;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SharedKey::new("myaccount", "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==")?;
    /// let request = Request::post("/jobs/job-1/enable?api-version=2024-02-01.19.0").body(())?;
    ///
    /// let (mut parts, body) = request.into_parts();
    /// key.sign_http_parts(&mut parts, Some(0))?;
    /// let request = Request::from_parts(parts, body);
    ///
    /// assert_eq!(request.headers()["content-length"], "0");
    /// assert!(request.headers().contains_key("authorization"));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn sign_http_parts(
        &self,
        parts: &mut Parts,
        content_length: Option<u64>,
    ) -> Result<Signature, Error> {
        let target = target(&parts.uri)?;
        let additions =
            Additions::new(self, &parts.method, &target, &parts.headers, content_length)?;
        Ok(additions.insert_into(&mut parts.headers))
    }
}

/// Path and query as HTTP libraries send them: for `https://host?a=1` that is `/?a=1`.
fn target(uri: &Uri) -> Result<Cow<'_, str>, Error> {
    let target = uri.path_and_query().ok_or(Kind::Target)?.as_str();
    Ok(if target.starts_with('?') {
        Cow::Owned(format!("/{target}"))
    } else {
        Cow::Borrowed(target)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RequestView;

    const DATE: &str = "Mon, 01 Jul 2024 10:20:30 GMT";

    fn key() -> SharedKey {
        SharedKey::new("acct", "c2VjcmV0").unwrap()
    }

    fn request(uri: &str) -> Request<String> {
        let request = Request::post(uri).header("ocp-date", DATE);
        request.body("{}".to_owned()).unwrap()
    }

    #[test]
    fn every_form_of_uri_has_the_target_that_is_sent() {
        for (uri, target) in [
            ("/jobs/a%2Fb?x=1", "/jobs/a%2Fb?x=1"),
            ("https://host/jobs?x=1", "/jobs?x=1"),
            ("https://user:pw@host:444/jobs", "/jobs"),
            ("https://host", "/"),
            ("https://host?x=1", "/?x=1"),
            ("/jobs?", "/jobs?"),
        ] {
            let mut signed = request(uri);
            let signature = key().sign_http(&mut signed).unwrap();
            let headers = [("ocp-date", DATE), ("content-length", "2")];
            let expected = key().sign(&RequestView::new("POST", target, headers));
            let expected = expected.unwrap();
            assert_eq!(signature.string_to_sign(), expected.string_to_sign());
            assert_eq!(signed.headers()["authorization"], *expected.authorization());
        }
    }

    #[test]
    fn a_uri_without_a_path_cannot_be_signed() {
        for uri in ["host:443", "*"] {
            let error = key().sign_http(&mut request(uri)).unwrap_err();
            assert!(error.is_invalid_request(), "{error}");
            assert!(error.to_string().contains("target"), "{error}");
        }
    }

    #[test]
    fn the_authorization_is_sensitive_and_replaces_others() {
        let mut request = request("/p");
        for other in ["Bearer a", "Bearer b"] {
            let value = other.parse().unwrap();
            request.headers_mut().append("authorization", value);
        }
        key().sign_http(&mut request).unwrap();
        let all: Vec<_> = request.headers().get_all("authorization").iter().collect();
        assert_eq!(all.len(), 1);
        assert!(all[0].is_sensitive());
        let shown = format!("{request:?}");
        assert!(!shown.contains("SharedKey"), "{shown}");
    }

    #[test]
    fn a_retry_gets_a_new_date_and_signature() {
        let mut request = request("/p");
        let first = key().sign_http(&mut request).unwrap();
        assert_eq!(request.headers()["ocp-date"], DATE, "the caller's date");
        let second = key().sign_http(&mut request).unwrap();
        let date = request.headers()["ocp-date"].to_str().unwrap().to_owned();
        assert_ne!(date, DATE);
        assert_ne!(first.authorization(), second.authorization());
        let sent = request.headers().iter();
        let sent = sent.map(|(name, value)| (name.as_str(), value.as_bytes()));
        let view = RequestView::new("POST", "/p", sent);
        let now = httpdate::parse_http_date(&date).unwrap();
        let max_skew = std::time::Duration::ZERO;
        let verified = key().verify(&view, Some(second.authorization()), now, max_skew);
        assert!(verified.is_ok(), "{verified:?}");
    }

    #[test]
    fn a_request_that_cannot_be_signed_is_unchanged() {
        let mut request = Request::post("/p?a=1&a=2").body("{}".to_owned()).unwrap();
        let error = key().sign_http(&mut request).unwrap_err();
        assert!(error.to_string().contains("`a`"), "{error}");
        assert!(request.headers().is_empty(), "{:?}", request.headers());
    }
}
