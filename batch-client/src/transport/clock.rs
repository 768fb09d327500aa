//! Dates of attempts, by the service's clock as far as it is known.
//!
//! The service rejects requests whose date is off by 15 minutes. If it rejects a request and its
//! own date differs from ours by minutes, the client stores the difference and applies it from then
//! on.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, HeaderValue};
use reqwest::{Request, StatusCode};

use super::{Call, OCP_DATE, Transport};
use crate::error::Error;
use crate::wire::http_date;

/// Least difference, in seconds, that counts as wrong; slow connections and rounding cause less.
const LEAST_SKEW: i64 = 5 * 60;

/// Largest difference, in seconds, that counts: a hundred years, of a clock that was never set.
/// With a date at the end of the year 9999, no further request could be dated.
const MOST_SKEW: i64 = 100 * 366 * 24 * 3600;

/// Difference between the service's clock and ours, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Seconds to add to our time.
    offset: AtomicI64,
}

impl Clock {
    /// Returns the service's time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let offset = chrono::TimeDelta::try_seconds(self.offset());
        let now = Utc::now();
        offset
            .and_then(|offset| now.checked_add_signed(offset))
            .unwrap_or(now)
    }

    /// Returns the seconds that are added to our time.
    pub(crate) fn offset(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
    }

    /// Takes over the service's date if it differs by minutes from that of a request. Returns true
    /// if it does.
    fn correct(&self, sent: DateTime<Utc>, headers: &HeaderMap) -> bool {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let Some(theirs) = date.and_then(http_date::parse) else {
            return false;
        };
        let skew = (theirs - sent).num_seconds().abs();
        if !(LEAST_SKEW..=MOST_SKEW).contains(&skew) {
            return false;
        }
        self.offset
            .store((theirs - Utc::now()).num_seconds(), Ordering::Relaxed);
        true
    }
}

impl Transport {
    /// Sets the date of a request and returns it.
    pub(super) fn date(&self, call: &Call, request: &mut Request) -> Result<DateTime<Utc>, Error> {
        let date = call.options.ocp_date.unwrap_or_else(|| self.clock.now());
        let value = http_date::format(date).and_then(|text| HeaderValue::try_from(text).ok());
        let Some(value) = value else {
            return Err(Error::invalid_request(format!(
                "cannot set ocp-date to {date}: HTTP dates have the years 1970 to 9999; pass another \
                 date"
            )));
        };
        request.headers_mut().insert(OCP_DATE, value);
        Ok(date)
    }

    /// Returns true if a request was rejected for its date, which is correct in another attempt.
    pub(super) fn corrects_clock(&self, call: &Call, sent: DateTime<Utc>, error: &Error) -> bool {
        error.refusal() == Some(StatusCode::FORBIDDEN)
            && call.options.ocp_date.is_none()
            && error
                .headers()
                .is_some_and(|headers| self.clock.correct(sent, headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(date: DateTime<Utc>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let text = http_date::format(date).expect("a date");
        headers.insert(DATE, HeaderValue::try_from(text).expect("a header"));
        headers
    }

    #[test]
    fn minutes_are_corrected_and_seconds_are_not() {
        for (minutes, corrected) in [
            (0, false),
            (4, false),
            (-4, false),
            (6, true),
            (-20, true),
            (600, true),
        ] {
            let clock = Clock::default();
            let now = Utc::now();
            let theirs = now + chrono::TimeDelta::minutes(minutes);
            assert_eq!(clock.correct(now, &headers(theirs)), corrected, "{minutes}");
            let wanted = if corrected { theirs } else { now };
            assert!(
                (clock.now() - wanted).num_seconds().abs() <= 2,
                "{minutes}: {}",
                clock.now()
            );
        }
    }

    #[test]
    fn an_invalid_date_corrects_nothing() {
        let clock = Clock::default();
        assert!(!clock.correct(Utc::now(), &HeaderMap::new()));
        let mut headers = HeaderMap::new();
        for date in ["yesterday", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            headers.insert(DATE, HeaderValue::from_static(date));
            assert!(!clock.correct(Utc::now(), &headers), "{date}");
        }
    }
}
