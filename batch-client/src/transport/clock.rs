//! The date of each attempt, by the service's clock as far as it is known.
//!
//! The service refuses what is dated 15 minutes off. Where it refuses a request and its own date is
//! minutes away from ours, the difference is kept in the client and taken into account from then
//! on.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, HeaderValue};
use reqwest::{Request, StatusCode};

use super::{Call, OCP_DATE, Transport};
use crate::error::Error;
use crate::wire::http_date;

/// A smaller difference is not why a request was refused; slow connections and rounding come to
/// less.
const LEAST_SKEW: i64 = 5 * 60;

/// How far the service's clock is from ours, as far as that is known.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Seconds to be added to our time.
    offset: AtomicI64,
}

impl Clock {
    /// The service's time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let offset = chrono::TimeDelta::try_seconds(self.offset());
        let now = Utc::now();
        offset
            .and_then(|offset| now.checked_add_signed(offset))
            .unwrap_or(now)
    }

    /// Seconds that are added to our time.
    pub(crate) fn offset(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
    }

    /// Takes the service's date for right, where it is minutes away from the one of a request.
    /// Tells whether it was.
    fn correct(&self, sent: DateTime<Utc>, headers: &HeaderMap) -> bool {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let Some(theirs) = date.and_then(http_date::parse) else {
            return false;
        };
        if (theirs - sent).num_seconds().abs() < LEAST_SKEW {
            return false;
        }
        self.offset
            .store((theirs - Utc::now()).num_seconds(), Ordering::Relaxed);
        true
    }
}

impl Transport {
    /// Dates a request; returns the date.
    pub(super) fn date(&self, call: &Call, request: &mut Request) -> Result<DateTime<Utc>, Error> {
        let date = call.options.ocp_date.unwrap_or_else(|| self.clock.now());
        let value = http_date::format(date).and_then(|text| HeaderValue::try_from(text).ok());
        let Some(value) = value else {
            return Err(Error::invalid_request(format!(
                "ocp-date {date} is no date that HTTP can write (years 1970 to 9999)"
            )));
        };
        request.headers_mut().insert(OCP_DATE, value);
        Ok(date)
    }

    /// Returns whether a request was refused for its date, which another attempt now has right.
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
    fn what_is_no_date_corrects_nothing() {
        let clock = Clock::default();
        assert!(!clock.correct(Utc::now(), &HeaderMap::new()));
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("yesterday"));
        assert!(!clock.correct(Utc::now(), &headers));
    }
}
