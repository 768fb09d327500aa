//! Signing: string to sign → HMAC-SHA256 → `Authorization` value.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac as _;

use crate::{Error, RequestView, SharedKey};

/// Scheme of the `Authorization` value, with the space after it.
const SCHEME: &str = "SharedKey ";

/// Length of a signature in base64: HMAC-SHA256 produces 32 bytes.
const SIGNATURE_LENGTH: usize = 44;

/// A signature: the `Authorization` value and the string to sign.
///
/// `Debug` shows neither. Keep the value out of logs: anyone who reads it can send the same request
/// again until its date is older than [`MAX_SKEW`](crate::MAX_SKEW).
#[derive(Clone)]
pub struct Signature {
    authorization: String,
    string_to_sign: String,
}

impl Signature {
    /// The value of the `Authorization` header, `SharedKey <account>:<signature>`.
    pub fn authorization(&self) -> &str {
        &self.authorization
    }

    /// The value of the `Authorization` header, without a copy.
    #[must_use]
    pub fn into_authorization(self) -> String {
        self.authorization
    }

    /// The value of the `Authorization` header and the string to sign, without a copy.
    #[must_use]
    pub fn into_parts(self) -> (String, String) {
        (self.authorization, self.string_to_sign)
    }

    /// The string to sign, to [compare](crate::difference()) it with the service's own when the
    /// service rejects the signature. It does not contain the key or anything derived from it.
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").finish_non_exhaustive()
    }
}

impl SharedKey {
    /// Signs a request that is ready to be sent.
    ///
    /// The same request always gets the same signature; the date is the one in its headers. See
    /// [Authenticate requests to the Azure Batch service](https://learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service).
    ///
    /// # Errors
    ///
    /// - [`Error::is_missing_date`]: there is neither an `ocp-date` nor a `Date` header.
    /// - [`Error::is_invalid_request`]: the request cannot be sent like this, or it is unclear how
    ///   the service would read it: the method is not in upper case, the target is not a path with
    ///   a query, or a header or query parameter is repeated or not UTF-8.
    ///
    /// ```
    /// # use batch_auth::{RequestView, SharedKey};
    /// # let key = SharedKey::new("myaccount", "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==")?;
    /// let request = RequestView::new(
    ///     "GET",
    ///     "/jobs?api-version=2024-02-01.19.0&$filter=state+eq+%27active%27",
    ///     [("ocp-date", "Tue, 05 Mar 2024 01:02:03 GMT")],
    /// );
    /// let signature = key.sign(&request)?;
    /// assert!(signature.string_to_sign().contains("\n$filter:state eq 'active'\n"));
    /// # Ok::<(), batch_auth::Error>(())
    /// ```
    pub fn sign(&self, request: &RequestView<'_>) -> Result<Signature, Error> {
        let string_to_sign = request.canonicalize(self.account())?.text;
        let mac = self.mac().chain_update(&string_to_sign).finalize();

        // The exact length, so that the string does not grow and becomes a header value without a
        // copy.
        let length = SCHEME.len() + self.account().len() + 1 + SIGNATURE_LENGTH;
        let mut authorization = String::with_capacity(length);
        authorization.push_str(SCHEME);
        authorization.push_str(self.account());
        authorization.push(':');
        STANDARD.encode_string(mac.into_bytes(), &mut authorization);
        Ok(Signature {
            authorization,
            string_to_sign,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_signature_nor_string_to_sign() {
        let key = SharedKey::new("acct", "c2VjcmV0").unwrap();
        let headers = [("ocp-date", "Mon, 01 Jul 2024 10:20:30 GMT")];
        let signature = key.sign(&RequestView::new("GET", "/p", headers)).unwrap();
        assert_eq!(format!("{signature:?}"), "Signature { .. }");
        assert_eq!(
            signature.authorization(),
            signature.clone().into_authorization()
        );
    }

    #[test]
    fn into_parts_returns_the_value_and_the_string_to_sign() {
        let key = SharedKey::new("acct", "c2VjcmV0").unwrap();
        let headers = [("ocp-date", "Mon, 01 Jul 2024 10:20:30 GMT")];
        let signature = key.sign(&RequestView::new("GET", "/p", headers)).unwrap();
        let (value, text) = signature.clone().into_parts();
        assert_eq!(
            (&*value, &*text),
            (signature.authorization(), signature.string_to_sign())
        );
        assert!(
            value.starts_with("SharedKey acct:") && text.ends_with("/acct/p"),
            "{text}"
        );
    }
}
