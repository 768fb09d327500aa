//! A bounded log of the last requests and their results.
//!
//! `http` adds an entry for each request that it has answered; the dashboard and
//! [`Emulator::requests`] read them. An entry contains no query, header or body of the request, so
//! it cannot leak a signature or token.
//!
//! [`Emulator::requests`]: crate::Emulator::requests

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;

use crate::route;

/// Number of requests that the log keeps.
const CAPACITY: usize = 200;

/// Maximum length of a recorded path, in bytes.
const MAX_PATH_LENGTH: usize = 300;

/// A request that received a response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnsweredRequest {
    /// Sequence number, starting at 1. It identifies the request and reveals missing entries.
    pub number: u64,
    /// Time of the response, in real time.
    pub time: SystemTime,
    /// HTTP method; `OTHER` if HTTP does not define it.
    pub method: &'static str,
    /// The path as received, percent-encoded and without the query, truncated to the first 300
    /// bytes.
    pub path: Arc<str>,
    /// The operation, such as `Pool_Get`, if method and path match one.
    pub operation: Option<&'static str>,
    /// HTTP status of the response.
    pub status: u16,
    /// The service's error code, such as `PoolNotFound`, if the request was rejected.
    pub code: Option<&'static str>,
    /// Time from the end of the request head to the response, in real time.
    pub duration: Duration,
}

/// Response extension that holds the service's error code.
#[derive(Clone)]
pub(crate) struct Code(pub(crate) &'static str);

/// The request log.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    ring: Mutex<Ring>,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<AnsweredRequest>,
    total: u64,
    refused: u64,
}

/// The entries after a given sequence number, and the totals.
#[derive(Debug)]
pub(crate) struct LogTail {
    /// Oldest first.
    pub(crate) entries: Vec<AnsweredRequest>,
    /// Total number of requests so far.
    pub(crate) total: u64,
    /// Number of rejected requests: those with a status of 400 or more.
    pub(crate) refused: u64,
}

impl RequestLog {
    /// Records a request that arrived at `begun`, with its response.
    pub(crate) fn note(&self, parts: &Parts, begun: Instant, response: &Response) {
        let path = parts.uri.path();
        let route = route::find(parts.method.as_str(), path).ok();
        let entry = AnsweredRequest {
            number: 0,
            time: SystemTime::now(),
            method: method_name(&parts.method),
            path: shown(path).into(),
            operation: route.map(|route| route.operation.id),
            status: response.status().as_u16(),
            code: response.extensions().get().map(|Code(code)| *code),
            duration: begun.elapsed(),
        };
        self.ring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entry);
    }

    /// Returns the entries after this sequence number, or all entries if no request has had that
    /// number yet.
    pub(crate) fn after(&self, number: u64) -> LogTail {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let number = if number > ring.total { 0 } else { number };
        let news = ring.entries.iter().filter(|entry| entry.number > number);
        LogTail {
            entries: news.cloned().collect(),
            total: ring.total,
            refused: ring.refused,
        }
    }
}

impl Ring {
    fn push(&mut self, mut entry: AnsweredRequest) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.total += 1;
        self.refused += u64::from(entry.status >= 400);
        entry.number = self.total;
        self.entries.push_back(entry);
    }
}

/// Returns the part of a path before a query that a client encoded by mistake, with a
/// percent-encoded question mark.
fn shown(path: &str) -> &str {
    let bytes = path.as_bytes();
    let query = bytes
        .windows(3)
        .position(|three| three.eq_ignore_ascii_case(b"%3f"));
    let mut end = query.unwrap_or(path.len()).min(MAX_PATH_LENGTH);
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    path.get(..end).unwrap_or_default()
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};

    use super::*;

    fn parts(method: &str, target: &str) -> Parts {
        let request = Request::builder().method(method).uri(target);
        request.body(Body::empty()).unwrap().into_parts().0
    }

    /// Creates a response with this status and code.
    fn response(status: u16, code: Option<&'static str>) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some(code) = code {
            response.extensions_mut().insert(Code(code));
        }
        response
    }

    fn noted(method: &str, target: &str, response: &Response) -> AnsweredRequest {
        let log = RequestLog::default();
        log.note(&parts(method, target), Instant::now(), response);
        log.after(0).entries.remove(0)
    }

    #[test]
    fn an_entry_records_the_result_of_a_request() {
        let entry = noted("GET", "/pools/p", &response(200, None));
        assert_eq!((entry.number, entry.method), (1, "GET"));
        assert_eq!(
            (&*entry.path, entry.operation),
            ("/pools/p", Some("Pool_Get"))
        );
        assert_eq!((entry.status, entry.code), (200, None));

        let refused = response(403, Some("AuthenticationFailed"));
        let entry = noted("DELETE", "/pools/p?sig=hidden", &refused);
        assert_eq!(
            (&*entry.path, entry.operation),
            ("/pools/p", Some("Pool_Delete"))
        );
        assert_eq!(
            (entry.status, entry.code),
            (403, Some("AuthenticationFailed"))
        );

        let entry = noted("BREW", "/coffee", &response(400, Some("InvalidHttpVerb")));
        assert_eq!((entry.method, entry.operation), ("OTHER", None));
    }

    #[test]
    fn paths_are_recorded_without_query_and_truncated() {
        let entry = noted("GET", "/pools/p%3Fsig=hidden", &response(200, None));
        assert_eq!(&*entry.path, "/pools/p");
        let entry = noted(
            "GET",
            "http://user:hidden@h/pools?token=hidden",
            &response(200, None),
        );
        assert_eq!(&*entry.path, "/pools");
        let entry = noted(
            "GET",
            &format!("/pools/{}", "é".repeat(400)),
            &response(200, None),
        );
        assert!(entry.path.len() <= MAX_PATH_LENGTH && entry.path.len() > MAX_PATH_LENGTH - 4);
    }

    #[test]
    fn the_log_keeps_the_last_requests_and_counts_all() {
        let log = RequestLog::default();
        let refused = response(404, Some("PoolNotFound"));
        let parts = parts("GET", "/pools/p");
        for _ in 0..CAPACITY {
            log.note(&parts, Instant::now(), &response(200, None));
        }
        for _ in 0..7 {
            log.note(&parts, Instant::now(), &refused);
        }
        let tail = log.after(0);
        assert_eq!((tail.total, tail.refused), (207, 7));
        assert_eq!(tail.entries.len(), CAPACITY);
        assert_eq!(
            (tail.entries[0].number, tail.entries[CAPACITY - 1].number),
            (8, 207)
        );
        let numbers = |after| -> Vec<u64> {
            let entries = log.after(after).entries;
            entries.iter().map(|entry| entry.number).collect()
        };
        assert_eq!(numbers(205), [206, 207]);
        assert_eq!(numbers(207), [0; 0]);
        // A number from an earlier run of the service.
        assert_eq!(numbers(208).len(), CAPACITY);
    }
}
