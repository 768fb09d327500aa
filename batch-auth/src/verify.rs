//! Verification, for servers that replace the service: builds the signature again and compares
//! in constant time.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac as _;

use crate::error::Kind;
use crate::{Error, RequestView, SharedKey};

/// Maximum difference between a request's date and the service's clock, in either direction: 15
/// minutes.
pub const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// Length of a signature before base64: HMAC-SHA256 produces 32 bytes.
const SIGNATURE_LENGTH: usize = 32;

/// Verifies a request that may belong to one of several accounts.
///
/// - `lookup` finds the key for the account named in the header.
/// - `request` is the request, with target and headers as they were received.
/// - `authorization` is the value of its `Authorization` header, `None` if there is none.
/// - `now` is the server's time; the date of the request may be `max_skew` before or after it. The
///   service allows [`MAX_SKEW`].
///
/// The scheme itself has two limitations: in the string to sign, a line feed in a query value
/// (`%0A`) looks like the start of another parameter, and the body is not signed.
///
/// # Errors
///
/// In the order of the checks:
///
/// 1. [`Error::is_missing_authorization`]
/// 2. [`Error::is_malformed_authorization`]: a scheme other than `SharedKey`, or not
///    `account:signature`, or the signature is not 32 bytes in base64
/// 3. [`Error::is_unknown_account`]
/// 4. [`Error::is_invalid_request`] and [`Error::is_missing_date`], as in signing
/// 5. [`Error::is_invalid_date`]: not in RFC 1123 form
/// 6. [`Error::is_skewed`]
/// 7. [`Error::is_mismatch`], with [`Error::expected_string_to_sign`] for the server to echo
pub fn verify(
    lookup: impl FnOnce(&str) -> Option<SharedKey>,
    request: &RequestView<'_>,
    authorization: Option<&str>,
    now: SystemTime,
    max_skew: Duration,
) -> Result<(), Error> {
    let authorization = authorization.ok_or(Kind::MissingAuthorization)?;
    let (account, signature) =
        parse_authorization(authorization).ok_or(Kind::MalformedAuthorization)?;
    let key = lookup(account).ok_or_else(|| Kind::UnknownAccount(account.to_owned()))?;

    let canonical = request.canonicalize(key.account())?;
    let date = parse_date(canonical.date).ok_or(Kind::InvalidDate)?;
    let skew = now
        .duration_since(date)
        .unwrap_or_else(|ahead| ahead.duration());
    if skew > max_skew {
        return Err(Kind::Skewed { skew, max_skew }.into());
    }

    key.mac()
        .chain_update(&canonical.text)
        .verify_slice(&signature) // in constant time
        .map_err(|_| Kind::Mismatch(canonical.text).into())
}

impl SharedKey {
    /// Verifies a request to this account, as [`verify`] does; any other account is unknown.
    ///
    /// # Errors
    ///
    /// Those of [`verify`].
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// use batch_auth::{MAX_SKEW, RequestView, SharedKey};
    ///
    /// let key = SharedKey::new("myaccount", "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==")?;
    /// let headers = [("ocp-date", "Tue, 05 Mar 2024 01:02:03 GMT")];
    /// let request = RequestView::new("GET", "/jobs?api-version=2024-02-01.19.0", headers);
    /// let authorization = key.sign(&request)?.into_authorization();
    ///
    /// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_600_523);
    /// key.verify(&request, Some(&authorization), now, MAX_SKEW)?;
    ///
    /// let other = RequestView::new("DELETE", "/jobs?api-version=2024-02-01.19.0", headers);
    /// let error = key.verify(&other, Some(&authorization), now, MAX_SKEW).unwrap_err();
    /// assert!(error.is_mismatch());
    /// assert!(error.expected_string_to_sign().unwrap().starts_with("DELETE\n"));
    /// # Ok::<(), batch_auth::Error>(())
    /// ```
    pub fn verify(
        &self,
        request: &RequestView<'_>,
        authorization: Option<&str>,
        now: SystemTime,
        max_skew: Duration,
    ) -> Result<(), Error> {
        let lookup = |account: &str| (account == self.account()).then(|| self.clone());
        verify(lookup, request, authorization, now, max_skew)
    }
}

/// Account and signature from `SharedKey <account>:<signature>`. The scheme is not case-sensitive.
fn parse_authorization(value: &str) -> Option<(&str, Vec<u8>)> {
    let (scheme, credentials) = value.trim().split_once(' ')?;
    let (account, signature) = credentials.trim_start().split_once(':')?;
    let signature = STANDARD.decode(signature).ok()?;
    let well_formed = scheme.eq_ignore_ascii_case("SharedKey")
        && !account.is_empty()
        && signature.len() == SIGNATURE_LENGTH;
    well_formed.then_some((account, signature))
}

/// Accepts only the RFC 1123 form, which has 29 characters; the parser also supports two older
/// ones.
fn parse_date(text: &str) -> Option<SystemTime> {
    (text.len() == 29)
        .then(|| httpdate::parse_http_date(text).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Mon, 01 Jul 2024 10:20:30 GMT";
    const DATE_SECONDS: u64 = 1_719_829_230;

    fn key() -> SharedKey {
        SharedKey::new("acct", "c2VjcmV0").unwrap()
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn check(date: &str, authorization: Option<&str>, now: u64) -> Result<(), Error> {
        let request = RequestView::new("GET", "/p", [("ocp-date", date)]);
        key().verify(&request, authorization, at(now), MAX_SKEW)
    }

    fn authorization(date: &str) -> String {
        let request = RequestView::new("GET", "/p", [("ocp-date", date)]);
        key().sign(&request).unwrap().into_authorization()
    }

    #[test]
    fn dates_may_be_off_by_fifteen_minutes_either_way() {
        let header = authorization(DATE);
        for now in [DATE_SECONDS - 900, DATE_SECONDS, DATE_SECONDS + 900] {
            check(DATE, Some(&header), now).unwrap();
        }
        for now in [DATE_SECONDS - 901, DATE_SECONDS + 901] {
            let error = check(DATE, Some(&header), now).unwrap_err();
            assert!(error.is_skewed(), "{error}");
            assert!(error.to_string().contains("901 s"), "{error}");
        }
    }

    #[test]
    fn only_the_rfc_1123_form_is_a_date() {
        for date in [
            "2024-07-01T10:20:30Z",
            "Mon, 01 Jul 2024 10:20:30 CET",
            "Sun, 01 Jul 2024 10:20:30 GMT",
            "Mon Jul  1 10:20:30 2024",
            "Monday, 01-Jul-24 10:20:30 GMT",
        ] {
            let error = check(date, Some(&authorization(date)), DATE_SECONDS).unwrap_err();
            assert!(error.is_invalid_date(), "{date}: {error}");
        }
    }

    #[test]
    fn the_header_is_required_and_checked_strictly() {
        assert!(
            check(DATE, None, DATE_SECONDS)
                .unwrap_err()
                .is_missing_authorization()
        );

        let good = authorization(DATE);
        let signature = good.strip_prefix("SharedKey acct:").unwrap();
        check(
            DATE,
            Some(&format!("sharedkey  acct:{signature} ")),
            DATE_SECONDS,
        )
        .unwrap();
        for bad in [
            "",
            "SharedKey",
            "SharedKey acct",
            "SharedKey acct:",
            "SharedKey acct:c2hvcnQ=",
            "SharedKey acct:%%%",
            &format!("Bearer acct:{signature}"),
            &format!("SharedKey :{signature}"),
        ] {
            let error = check(DATE, Some(bad), DATE_SECONDS).unwrap_err();
            assert!(error.is_malformed_authorization(), "{bad}: {error}");
        }

        let other = format!("SharedKey other:{signature}");
        let error = check(DATE, Some(&other), DATE_SECONDS).unwrap_err();
        assert!(
            error.is_unknown_account() && error.to_string().contains("other"),
            "{error}"
        );
    }

    #[test]
    fn a_mismatch_carries_the_string_to_sign() {
        let header = authorization("Mon, 01 Jul 2024 10:20:31 GMT");
        let error = check(DATE, Some(&header), DATE_SECONDS).unwrap_err();
        assert!(error.is_mismatch());
        let expected = format!("GET{}ocp-date:{DATE}\n/acct/p", "\n".repeat(12));
        assert_eq!(error.expected_string_to_sign(), Some(expected.as_str()));
        assert!(!format!("{error:?} {error}").contains(DATE), "{error:?}");
    }

    #[test]
    fn a_request_without_a_date_is_reported() {
        let request = RequestView::new("GET", "/p", [("accept", "*/*")]);
        let header = authorization(DATE);
        let result = key().verify(&request, Some(&header), at(DATE_SECONDS), MAX_SKEW);
        assert!(result.unwrap_err().is_missing_date());
    }
}
