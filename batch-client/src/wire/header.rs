//! Values of response headers. A header that is missing or malformed is absent and never an error,
//! which would cost the caller the whole response.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::wire::http_date;

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Decodes a percent-encoded string.
pub(crate) fn decoded(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = text(headers, name)?;
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    Some(decoded.map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned))
}

pub(crate) fn number<T: FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
    text(headers, name)?.trim().parse().ok()
}

/// Reads a boolean in any letter case: the service sends `True` and `False`.
pub(crate) fn boolean(headers: &HeaderMap, name: &str) -> Option<bool> {
    let text = text(headers, name)?.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

pub(crate) fn date(headers: &HeaderMap, name: &str) -> Option<DateTime<Utc>> {
    http_date::parse(text(headers, name)?)
}

/// Returns the delay that the service asks for: seconds, or the time until a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text(headers, RETRY_AFTER.as_str())?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date::parse(text)?;
    // By the service's own clock, if the response has it.
    let now = date(headers, DATE.as_str()).unwrap_or_else(Utc::now);
    Some((until - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x", HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn booleans_are_read_in_any_case() {
        assert_eq!(boolean(&headers("False"), "x"), Some(false));
        assert_eq!(boolean(&headers("true"), "x"), Some(true));
        assert_eq!(boolean(&headers("maybe"), "x"), None);
        assert_eq!(boolean(&headers("true"), "y"), None);
    }

    #[test]
    fn a_malformed_header_is_absent() {
        assert_eq!(number::<i64>(&headers("13"), "x"), Some(13));
        assert_eq!(number::<i64>(&headers("many"), "x"), None);
        assert_eq!(date(&headers("yesterday"), "x"), None);
    }

    #[test]
    fn a_retry_after_is_seconds_or_a_date_by_the_clock_of_the_service() {
        let mut headers = HeaderMap::new();
        assert_eq!(retry_after(&headers), None);
        headers.insert(RETRY_AFTER, HeaderValue::from_static(" 7 "));
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
        let later = HeaderValue::from_static("Tue, 05 Mar 2024 01:02:33 GMT");
        headers.insert(RETRY_AFTER, later);
        headers.insert(
            DATE,
            HeaderValue::from_static("Tue, 05 Mar 2024 01:02:03 GMT"),
        );
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(30)));
        headers.insert(
            DATE,
            HeaderValue::from_static("Tue, 05 Mar 2024 02:02:03 GMT"),
        );
        assert_eq!(retry_after(&headers), Some(Duration::ZERO));
        for wrong in ["soon", "", "-1", "1.5"] {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(wrong));
            assert_eq!(retry_after(&headers), None, "{wrong}");
        }
        for endless in ["18446744073709551615", "99999999999999999999"] {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(endless));
            assert_eq!(retry_after(&headers), Some(Duration::from_secs(u64::MAX)));
        }
    }

    #[test]
    fn urls_are_decoded_unless_they_are_malformed() {
        assert_eq!(
            decoded(&headers("https%3A%2F%2Fa%2Fb"), "x").as_deref(),
            Some("https://a/b")
        );
        assert_eq!(decoded(&headers("%ff"), "x").as_deref(), Some("%ff"));
    }
}
