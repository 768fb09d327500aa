//! The last requests and what came of them: a ring of bounded length.
//!
//! `http` puts an entry in for each request that it has answered; the dashboard and
//! [`Emulator::requests`] read them. Of a request it keeps no query, header or body, so that no
//! signature and no token can be in it.
//!
//! [`Emulator::requests`]: crate::Emulator::requests

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;

use crate::route;

/// How many requests are kept.
const KEPT: usize = 200;

/// How much of a path is kept, in bytes.
const LONGEST_PATH: usize = 300;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnsweredRequest {
    /// Its number: 1 for the first request, and one more for each. It tells requests apart and
    /// whether some are missing in between.
    pub number: u64,
    /// When it was answered, in real time.
    pub time: SystemTime,
    /// Its method; `OTHER` for one that HTTP does not have.
    pub method: &'static str,
    /// The path as it came, percent-encoded and without the query; of a long one the first 300
    /// bytes.
    pub path: Arc<str>,
    /// The operation, such as `Pool_Get`, where method and path name one.
    pub operation: Option<&'static str>,
    /// The status of the answer.
    pub status: u16,
    /// The service's error code, such as `PoolNotFound`, where the request was refused.
    pub code: Option<&'static str>,
    /// From the end of its head to its answer, in real time.
    pub duration: Duration,
}

/// The service's error code, beside the answer that has it.
#[derive(Clone)]
pub(crate) struct Code(pub(crate) &'static str);

/// The ring.
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

/// What the ring holds of the requests after a number.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Oldest first.
    pub(crate) entries: Vec<AnsweredRequest>,
    /// How many requests there have been.
    pub(crate) total: u64,
    /// How many of them were refused: by a status of 400 or more.
    pub(crate) refused: u64,
}

impl RequestLog {
    /// Puts in a request that came at `begun`, with the answer to it.
    pub(crate) fn note(&self, parts: &Parts, begun: Instant, answer: &Response) {
        let path = parts.uri.path();
        let route = route::find(parts.method.as_str(), path).ok();
        let entry = AnsweredRequest {
            number: 0,
            time: SystemTime::now(),
            method: method_name(&parts.method),
            path: shown(path).into(),
            operation: route.map(|route| route.operation.id),
            status: answer.status().as_u16(),
            code: answer.extensions().get().map(|Code(code)| *code),
            duration: begun.elapsed(),
        };
        self.ring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entry);
    }

    /// The requests with a number above this; all that are kept where no request has had it yet.
    pub(crate) fn after(&self, number: u64) -> Tail {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let number = if number > ring.total { 0 } else { number };
        let news = ring.entries.iter().filter(|entry| entry.number > number);
        Tail {
            entries: news.cloned().collect(),
            total: ring.total,
            refused: ring.refused,
        }
    }
}

impl Ring {
    fn push(&mut self, mut entry: AnsweredRequest) {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.total += 1;
        self.refused += u64::from(entry.status >= 400);
        entry.number = self.total;
        self.entries.push_back(entry);
    }
}

/// A path without what a client may have put into it by mistake: a query whose question mark it has
/// encoded.
fn shown(path: &str) -> &str {
    let bytes = path.as_bytes();
    let query = bytes
        .windows(3)
        .position(|three| three.eq_ignore_ascii_case(b"%3f"));
    let mut end = query.unwrap_or(path.len()).min(LONGEST_PATH);
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

    /// An answer with this status and code.
    fn answer(status: u16, code: Option<&'static str>) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some(code) = code {
            response.extensions_mut().insert(Code(code));
        }
        response
    }

    fn noted(method: &str, target: &str, answer: &Response) -> AnsweredRequest {
        let log = RequestLog::default();
        log.note(&parts(method, target), Instant::now(), answer);
        log.after(0).entries.remove(0)
    }

    #[test]
    fn an_entry_says_what_came_of_a_request() {
        let entry = noted("GET", "/pools/p", &answer(200, None));
        assert_eq!((entry.number, entry.method), (1, "GET"));
        assert_eq!(
            (&*entry.path, entry.operation),
            ("/pools/p", Some("Pool_Get"))
        );
        assert_eq!((entry.status, entry.code), (200, None));

        let refused = answer(403, Some("AuthenticationFailed"));
        let entry = noted("DELETE", "/pools/p?sig=hidden", &refused);
        assert_eq!(
            (&*entry.path, entry.operation),
            ("/pools/p", Some("Pool_Delete"))
        );
        assert_eq!(
            (entry.status, entry.code),
            (403, Some("AuthenticationFailed"))
        );

        let entry = noted("BREW", "/coffee", &answer(400, Some("InvalidHttpVerb")));
        assert_eq!((entry.method, entry.operation), ("OTHER", None));
    }

    #[test]
    fn of_a_path_no_query_is_kept_and_no_more_than_its_begin() {
        let entry = noted("GET", "/pools/p%3Fsig=hidden", &answer(200, None));
        assert_eq!(&*entry.path, "/pools/p");
        let entry = noted(
            "GET",
            "http://user:hidden@h/pools?token=hidden",
            &answer(200, None),
        );
        assert_eq!(&*entry.path, "/pools");
        let entry = noted(
            "GET",
            &format!("/pools/{}", "é".repeat(400)),
            &answer(200, None),
        );
        assert!(entry.path.len() <= LONGEST_PATH && entry.path.len() > LONGEST_PATH - 4);
    }

    #[test]
    fn the_ring_keeps_the_last_ones_and_counts_all() {
        let log = RequestLog::default();
        let refused = answer(404, Some("PoolNotFound"));
        let parts = parts("GET", "/pools/p");
        for _ in 0..KEPT {
            log.note(&parts, Instant::now(), &answer(200, None));
        }
        for _ in 0..7 {
            log.note(&parts, Instant::now(), &refused);
        }
        let tail = log.after(0);
        assert_eq!((tail.total, tail.refused), (207, 7));
        assert_eq!(tail.entries.len(), KEPT);
        assert_eq!(
            (tail.entries[0].number, tail.entries[KEPT - 1].number),
            (8, 207)
        );
        let numbers = |after| -> Vec<u64> {
            let entries = log.after(after).entries;
            entries.iter().map(|entry| entry.number).collect()
        };
        assert_eq!(numbers(205), [206, 207]);
        assert_eq!(numbers(207), [0; 0]);
        // A number of a service that ran before.
        assert_eq!(numbers(208).len(), KEPT);
    }
}
