//! Signing in place, shared by the features `http`, `reqwest` and `middleware`: missing headers →
//! string to sign → headers.
//!
//! Everything is computed from the unchanged request first and inserted at the end, so that a
//! request that cannot be signed stays unchanged.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method};

use crate::error::InPlace;
use crate::{Error, RequestView, SharedKey, Signature};

const OCP_DATE: &str = "ocp-date";

/// The last second that the RFC 1123 format can express, 9999-12-31T23:59:59Z.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// Headers that signing adds to a request.
pub(crate) struct Additions {
    date: Option<HeaderValue>,
    length: Option<HeaderValue>,
    signature: Signature,
}

impl Additions {
    /// Signs a request, with the date and length added if they are missing.
    ///
    /// - `target`: path and query as sent.
    /// - `length`: length of the body in bytes; `None` if it is unknown.
    pub(crate) fn new(
        key: &SharedKey,
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        length: Option<u64>,
    ) -> Result<Self, Error> {
        let length = missing_length(method, headers, length)?;
        let date = needs_date(headers).then(|| format_date(SystemTime::now()));

        let kept = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .filter(|(name, _)| date.is_none() || *name != OCP_DATE);
        let added = [(OCP_DATE, &date), (CONTENT_LENGTH.as_str(), &length)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let sent = kept
            .chain(added)
            .map(|(name, value)| (name, value.as_bytes()));
        let signature = key.sign(&RequestView::new(method.as_str(), target, sent))?;
        Ok(Self {
            date,
            length,
            signature,
        })
    }

    /// Inserts the headers and removes those that they replace.
    pub(crate) fn insert_into(self, headers: &mut HeaderMap) -> Signature {
        if let Some(date) = self.date {
            headers.insert(OCP_DATE, date);
        }
        if let Some(length) = self.length {
            headers.insert(CONTENT_LENGTH, length);
        }
        let mut authorization = HeaderValue::from_str(self.signature.authorization())
            .expect("`SharedKey::new` checks the account name, and base64 is ASCII");
        authorization.set_sensitive(true);
        headers.insert(AUTHORIZATION, authorization);
        self.signature
    }
}

/// Returns the `Content-Length` to add, if any, and checks an existing one.
fn missing_length(
    method: &Method,
    headers: &HeaderMap,
    length: Option<u64>,
) -> Result<Option<HeaderValue>, Error> {
    if headers.contains_key(TRANSFER_ENCODING) {
        // HTTP libraries would then drop `Content-Length`, which is signed.
        return Err(InPlace::TransferEncoding.into());
    }
    match (headers.get(CONTENT_LENGTH), length) {
        (Some(_), None) => Ok(None),
        (Some(stated), Some(length)) if parse_length(stated) == Some(length) => Ok(None),
        (Some(stated), Some(length)) => {
            let stated = String::from_utf8_lossy(stated.as_bytes()).into_owned();
            Err(InPlace::Length { stated, length }.into())
        }
        (None, None) => Err(InPlace::UnknownLength.into()),
        // HTTP libraries send the length of a body that is not empty, whatever the method. For an
        // empty one most send none, and the service returns 411 for a POST without it.
        (None, Some(length)) => {
            let states_empty = matches!(
                *method,
                Method::POST | Method::PUT | Method::PATCH | Method::DELETE
            );
            Ok((length > 0 || states_empty).then(|| HeaderValue::from(length)))
        }
    }
}

/// Accepts only digits: `u64::from_str` also accepts a `+`, which HTTP does not.
fn parse_length(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?.trim();
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Returns true if `ocp-date` must be set: the request has no date, or is a retry.
///
/// A request with a `SharedKey` authorization was signed before. Its date is from then, and the
/// service would reject it once it is too old.
fn needs_date(headers: &HeaderMap) -> bool {
    let signed_before = headers.get(AUTHORIZATION).is_some_and(|value| {
        let scheme = value.as_bytes().split(|b| *b == b' ').next();
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"SharedKey"))
    });
    signed_before || !(headers.contains_key(OCP_DATE) || headers.contains_key(DATE))
}

/// Formats the date according to RFC 1123, in English whatever the locale.
fn format_date(now: SystemTime) -> HeaderValue {
    // `httpdate` panics outside of the years 1970 to 9999. If a clock is that far off, the service
    // reports it by rejecting the date.
    let now = now.clamp(UNIX_EPOCH, UNIX_EPOCH + LAST_SECOND);
    HeaderValue::from_str(&httpdate::fmt_http_date(now)).expect("an HTTP date is ASCII")
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    fn length(method: &Method, pairs: &[(&'static str, &'static str)], body: u64) -> Option<u64> {
        let added = missing_length(method, &headers(pairs), Some(body)).unwrap();
        added.map(|value| parse_length(&value).unwrap())
    }

    #[test]
    fn a_missing_length_is_added_if_the_method_needs_it() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(length(&method, &[], 0), Some(0), "{method}");
            assert_eq!(length(&method, &[], 7), Some(7), "{method}");
        }
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert_eq!(length(&method, &[], 0), None, "{method}");
            assert_eq!(length(&method, &[], 7), Some(7), "{method}");
        }
    }

    #[test]
    fn a_stated_length_must_match_the_body() {
        assert_eq!(length(&Method::POST, &[("content-length", "7")], 7), None);
        assert_eq!(length(&Method::GET, &[("content-length", "0")], 0), None);
        for stated in ["8", "+7", "7 7", "", "99999999999999999999999"] {
            let headers = headers(&[("content-length", stated)]);
            let error = missing_length(&Method::POST, &headers, Some(7)).unwrap_err();
            assert!(error.is_invalid_request(), "{error}");
            let expected = format!(
                "cannot sign request: its `Content-Length` is `{stated}`, but its body has 7 bytes"
            );
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn a_body_of_unknown_length_needs_a_stated_one() {
        let stated = headers(&[("content-length", "7")]);
        assert_eq!(missing_length(&Method::POST, &stated, None).unwrap(), None);
        for method in [Method::GET, Method::POST] {
            let error = missing_length(&method, &HeaderMap::new(), None).unwrap_err();
            assert!(error.is_unknown_length(), "{error}");
        }
    }

    #[test]
    fn transfer_encoding_is_rejected() {
        let headers = headers(&[("transfer-encoding", "chunked"), ("content-length", "7")]);
        for length in [None, Some(7)] {
            let error = missing_length(&Method::POST, &headers, length).unwrap_err();
            assert!(error.is_invalid_request(), "{error}");
            assert!(error.to_string().contains("`Transfer-Encoding`"), "{error}");
        }
    }

    #[test]
    fn a_date_is_kept_until_the_request_is_retried() {
        let date = "Tue, 05 Mar 2024 01:02:03 GMT";
        assert!(needs_date(&headers(&[])));
        for name in ["ocp-date", "date"] {
            assert!(!needs_date(&headers(&[(name, date)])), "{name}");
            for authorization in ["SharedKey acct:c2ln", "sharedkey acct:c2ln"] {
                let repeated = headers(&[(name, date), ("authorization", authorization)]);
                assert!(needs_date(&repeated), "{authorization}");
            }
            for authorization in ["Bearer token", "SharedKeyLite acct:c2ln"] {
                let other = headers(&[(name, date), ("authorization", authorization)]);
                assert!(!needs_date(&other), "{authorization}");
            }
        }
    }

    #[test]
    fn the_date_does_not_panic_for_any_clock() {
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        for (now, expected) in [
            (UNIX_EPOCH - year, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (UNIX_EPOCH, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (
                UNIX_EPOCH + Duration::from_secs(1_709_600_523),
                "Tue, 05 Mar 2024 01:02:03 GMT",
            ),
            (UNIX_EPOCH + year * 9000, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(format_date(now), expected);
        }
    }
}
