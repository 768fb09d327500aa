//! A dashboard on the service: a page for people at `/`, and the JSON under `/_window/` that it
//! asks for.
//!
//! Stands beside the way of the API's requests and not on it: [`Dashboard::answer`] takes what is
//! its own before `auth` sees it, and leaves everything else alone. It reads and never changes;
//! what it shows is ids, states and counts, no key, no token, no environment and no file. Since
//! anyone who can reach the port may look, only a browser on this machine that means this machine
//! is answered: the `Host` has to name it (another name that resolves to 127.0.0.1 is an attack by
//! DNS rebinding), and no other site may frame the page or read from it.

mod guard;
mod history;
mod view;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::config::Config;
use crate::request::Object;
use crate::requests::{AnsweredRequest, RequestLog};
use crate::service::Service;
use crate::state::resource::put;
use view::Histories;

/// How often a client's requests make the dashboard look, at most.
const PAUSE: Duration = Duration::from_millis(500);

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// What does not change: path, type, content.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("page.html")),
    (
        "/_window/page.css",
        "text/css; charset=utf-8",
        include_str!("page.css"),
    ),
    (
        "/_window/page.js",
        "text/javascript; charset=utf-8",
        include_str!("page.js"),
    ),
    (
        "/_window/charts.js",
        "text/javascript; charset=utf-8",
        include_str!("charts.js"),
    ),
    (
        "/_window/log.js",
        "text/javascript; charset=utf-8",
        include_str!("log.js"),
    ),
    (
        "/_window/elements.js",
        "text/javascript; charset=utf-8",
        include_str!("elements.js"),
    ),
    (
        "/_window/icon.svg",
        "image/svg+xml",
        include_str!("icon.svg"),
    ),
];

/// The dashboard.
#[derive(Debug)]
pub(crate) struct Dashboard {
    account: String,
    speed: f64,
    /// When the service began, in milliseconds since 1970; tells one run of it from another.
    begun: u64,
    seen: Mutex<Seen>,
}

/// The history that the dashboard shows.
#[derive(Debug, Default)]
struct Seen {
    histories: Histories,
    last: Option<Instant>,
}

impl Dashboard {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            account: config.account.clone(),
            speed: config.clock_speed,
            begun: unix_millis(SystemTime::now()),
            seen: Mutex::default(),
        }
    }

    /// Answers what is asked of the dashboard; nothing where the request is one of the API's.
    pub(crate) fn answer(
        &self,
        parts: &Parts,
        service: &Service,
        log: &RequestLog,
    ) -> Option<Response> {
        let path = parts.uri.path();
        // A client of the API signs, names its version in the query, or does more than look.
        let reads = [Method::GET, Method::HEAD].contains(&parts.method);
        let is_page = path == "/"
            && reads
            && parts.uri.query().is_none()
            && !parts.headers.contains_key(header::AUTHORIZATION);
        if !is_page && !path.starts_with("/_window/") {
            return None;
        }
        let mut response = if !guard::names_this_machine(parts) {
            let text = "This page is only for the machine that it runs on: open it as http://127.0.0.1 or http://localhost, with the port.\n";
            plain(StatusCode::MISDIRECTED_REQUEST, text)
        } else if reads {
            // As with the API's requests, a defect answers as one.
            catch_unwind(AssertUnwindSafe(|| self.read(parts, service, log))).unwrap_or_else(|_| {
                let text =
                    "Something broke inside of the service; what it wrote to stderr tells more.\n";
                plain(StatusCode::INTERNAL_SERVER_ERROR, text)
            })
        } else {
            let mut response = plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "Here is only something to read.\n",
            );
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allowed);
            response
        };
        guard::close(response.headers_mut());
        Some(response)
    }

    /// Looks at the state after a client's request, unless it has just looked. Whatever goes wrong,
    /// the client gets its answer.
    pub(crate) fn glance(&self, service: &Service) {
        // Where someone looks just now, no client needs to wait for that.
        let Ok(mut seen) = self.seen.try_lock() else {
            return;
        };
        if seen.last.is_none_or(|last| last.elapsed() >= PAUSE) {
            seen.last = Some(Instant::now());
            let sample = || service.look(|state| view::sample(state, &mut seen.histories));
            // What broke has been told on stderr.
            let _ = catch_unwind(AssertUnwindSafe(sample));
        }
    }

    fn read(&self, parts: &Parts, service: &Service, log: &RequestLog) -> Response {
        match parts.uri.path() {
            "/_window/state" => self.state(parts, service, log),
            "/_window/history" => self.history(service),
            path => match FILES.iter().find(|(known, ..)| *known == path) {
                Some((_, kind, text)) => tagged(parts, kind, &tag(text), || Body::from(*text)),
                None => plain(StatusCode::NOT_FOUND, "The dashboard has no such page.\n"),
            },
        }
    }

    /// All that is shown. The tag stands for everything but the time, so that a poll while nothing
    /// happens costs a few bytes; of the requests only those after number `since` are sent.
    fn state(&self, parts: &Parts, service: &Service, log: &RequestLog) -> Response {
        // Always locked in this order: what was seen, then the state.
        let mut seen = self.seen();
        let (mut shown, now) = service.look(|state| {
            view::sample(state, &mut seen.histories);
            (view::resources(state), view::millis(state.now))
        });
        drop(seen);
        put(&mut shown, "service", self.about());
        let requests = log.after(since(parts));
        let mut version = shown.clone();
        put(&mut version, "requests", requests.total);
        let tag = tag(&Value::Object(version).to_string());
        tagged(parts, JSON, &tag, || {
            let entries: Vec<Value> = requests.entries.iter().map(describe).collect();
            let log =
                json!({"total": requests.total, "refused": requests.refused, "shown": entries});
            put(&mut shown, "requests", log);
            put(&mut shown, "now", now);
            Body::from(Value::Object(shown).to_string())
        })
    }

    fn history(&self, service: &Service) -> Response {
        let mut seen = self.seen();
        let now = service.look(|state| {
            view::sample(state, &mut seen.histories);
            view::millis(state.now)
        });
        let jobs = view::describe_histories(&seen.histories);
        let text = json!({"now": now, "begun": self.begun, "most": history::MOST, "jobs": jobs});
        respond(StatusCode::OK, JSON, Body::from(text.to_string()))
    }

    fn about(&self) -> Object {
        let mut about = Object::new();
        put(&mut about, "account", self.account.as_str());
        put(&mut about, "speed", self.speed);
        put(&mut about, "begun", self.begun);
        put(&mut about, "version", env!("CARGO_PKG_VERSION"));
        about
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of the last request that the page has.
fn since(parts: &Parts) -> u64 {
    let query = parts
        .uri
        .query()
        .and_then(|query| query.strip_prefix("since="));
    query.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn describe(request: &AnsweredRequest) -> Value {
    json!({
        "n": request.number,
        "at": unix_millis(request.time),
        "method": request.method,
        "path": &*request.path,
        "op": request.operation,
        "status": request.status,
        "code": request.code,
        "us": u64::try_from(request.duration.as_micros()).unwrap_or(u64::MAX),
    })
}

fn unix_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Weak: the same tag means the same but for the time that it is.
fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// The content, or that it is still the one of this tag.
fn tagged(parts: &Parts, kind: &'static str, tag: &str, body: impl FnOnce() -> Body) -> Response {
    let known = parts.headers.get(header::IF_NONE_MATCH);
    let known = known.and_then(|tags| tags.to_str().ok());
    let same = known.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let mut response = if same {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        respond(StatusCode::OK, kind, body())
    };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn respond(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    respond(status, "text/plain; charset=utf-8", Body::from(text))
}

#[cfg(test)]
mod tests;
