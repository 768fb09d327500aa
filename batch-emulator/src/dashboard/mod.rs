//! Dashboard of the service: a page for people at `/`, and the JSON under `/_window/` that the page
//! requests.
//!
//! It is separate from the pipeline of API requests: [`Dashboard::answer`] handles its own requests
//! before `auth` sees them and ignores all others. It only reads, and it shows ids, states and
//! counts, but no key, token, environment or file. Since anyone who can reach the port may look, it
//! responds only to a browser on this machine: the `Host` has to name this machine (another name
//! that resolves to 127.0.0.1 is a DNS rebinding attack), and no other site may frame the page or
//! read from it.

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

/// Minimum interval between two samples that client requests trigger.
const PAUSE: Duration = Duration::from_millis(500);

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// Static files: path, type, content.
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
    /// Names under which the dashboard can be opened, beside those of the loopback interface.
    allowed_hosts: Vec<String>,
    /// Start time of the service, in milliseconds since 1970; identifies this run.
    begun: u64,
    seen: Mutex<SampledJobs>,
}

/// The history that the dashboard shows.
#[derive(Debug, Default)]
struct SampledJobs {
    histories: Histories,
    last: Option<Instant>,
}

impl Dashboard {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            account: config.account.clone(),
            speed: config.clock_speed,
            allowed_hosts: config.allowed_hosts.clone(),
            begun: unix_millis(SystemTime::now()),
            seen: Mutex::default(),
        }
    }

    /// Handles a request to the dashboard; returns `None` if it is an API request.
    pub(crate) fn answer(
        &self,
        parts: &Parts,
        service: &Service,
        log: &RequestLog,
    ) -> Option<Response> {
        let path = parts.uri.path();
        // API clients sign, put the version in the query, or use other methods.
        let reads = [Method::GET, Method::HEAD].contains(&parts.method);
        let is_page = path == "/"
            && reads
            && parts.uri.query().is_none()
            && !parts.headers.contains_key(header::AUTHORIZATION);
        if !is_page && !path.starts_with("/_window/") {
            return None;
        }
        let mut response = if !guard::names_this_machine(parts, &self.allowed_hosts) {
            let text = "The dashboard is available only under names of this machine: open http://127.0.0.1 or http://localhost with \
                        the port, or start the emulator with --allow-host NAME.\n";
            plain(StatusCode::MISDIRECTED_REQUEST, text)
        } else if reads {
            // As with API requests, a panic becomes an error response.
            catch_unwind(AssertUnwindSafe(|| self.read(parts, service, log))).unwrap_or_else(|_| {
                let text = "The service had an internal error; see its stderr for details.\n";
                plain(StatusCode::INTERNAL_SERVER_ERROR, text)
            })
        } else {
            let mut response = plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "The dashboard is read-only; use GET or HEAD.\n",
            );
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allowed);
            response
        };
        guard::close(response.headers_mut());
        Some(response)
    }

    /// Samples the state after a client's request unless it was sampled recently. A failure here
    /// never affects the client's response.
    pub(crate) fn sample_if_due(&self, service: &Service) {
        // If the page is sampling right now, no client needs to wait for it.
        let Ok(mut seen) = self.seen.try_lock() else {
            return;
        };
        if seen.last.is_none_or(|last| last.elapsed() >= PAUSE) {
            seen.last = Some(Instant::now());
            let sample = || service.with_state(|state| view::sample(state, &mut seen.histories));
            // The panic has already been printed to stderr.
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

    /// Returns everything that the page shows. The tag covers everything except the time, so a poll
    /// while nothing happens costs a few bytes. Only requests with a number above `since` are
    /// included.
    fn state(&self, parts: &Parts, service: &Service, log: &RequestLog) -> Response {
        // Always lock in this order: samples, then state.
        let mut seen = self.seen();
        let (mut shown, now) = service.with_state(|state| {
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
        let now = service.with_state(|state| {
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

    fn seen(&self) -> MutexGuard<'_, SampledJobs> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the number of the last request that the page has.
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

/// Returns a weak tag: content with the same tag may differ in its current time.
fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Returns the content, or 304 if the client has the content with this tag.
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
