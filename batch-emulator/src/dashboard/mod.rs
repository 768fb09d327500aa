//! Dashboard of the service: a page for people at `/`, and its requests under `/_window/`.
//!
//! It is separate from the pipeline of API requests: [`Dashboard::answer`] handles its own requests
//! before `auth` sees them and ignores all others. It only reads, and it shows ids, states, counts,
//! failures, and the files of tasks ([`output`]), but no command line, environment, token or key.
//! Since anyone who can reach the port may look, it responds only to a browser on this machine: the
//! `Host` has to name this machine (another name that resolves to 127.0.0.1 is a DNS rebinding
//! attack), and no other site may frame the page or read from it.
//!
//! Nothing is prepared for the page: each of its [`views`] is made of the state when it is
//! requested, and holds the state only while it is made.

mod assets;
mod guard;
mod history;
mod output;
mod query;
mod redact;
mod reply;
mod views;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::config::{Config, DEVELOPMENT_KEY};
use crate::request::Object;
use crate::requests::{AnsweredRequest, RequestLog};
use crate::service::Service;
use crate::state::State;
use crate::state::resource::put;
use query::Query;
use reply::{JSON, plain, respond, tag, tagged};
use views::millis;
use views::overview::{self, Histories};

/// Minimum interval between two samples that client requests trigger.
const PAUSE: Duration = Duration::from_millis(500);

/// The dashboard.
#[derive(Debug)]
pub(crate) struct Dashboard {
    account: String,
    /// True if the account has the published key, which the page may show.
    has_published_key: bool,
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
            has_published_key: config.key == DEVELOPMENT_KEY,
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
            let sample =
                || service.with_state(|state| overview::sample(state, &mut seen.histories));
            // The panic has already been printed to stderr.
            let _ = catch_unwind(AssertUnwindSafe(sample));
        }
    }

    fn read(&self, parts: &Parts, service: &Service, log: &RequestLog) -> Response {
        let query = Query::of(parts);
        let view =
            |make: &dyn Fn(&State, &Histories) -> Option<Object>| self.view(parts, service, make);
        match parts.uri.path() {
            "/_window/state" => self.overview(parts, &query, service, log),
            "/_window/history" => self.history(service),
            "/_window/job" => view(&|state, seen| views::job::one(state, seen, &query)),
            "/_window/task" => view(&|state, _| views::tasks::one(state, &query)),
            "/_window/failures" => view(&|state, _| Some(views::tasks::failures(state, &query))),
            "/_window/pool" => view(&|state, _| views::pool::one(state, &query)),
            "/_window/node" => view(&|state, _| views::node::one(state, &query)),
            "/_window/files" => output::files(parts, &query, service),
            "/_window/file" => output::tail(parts, &query, service),
            path => match assets::find(path) {
                Some((_, kind, text)) => tagged(parts, kind, &tag(text), || Body::from(*text)),
                None => plain(StatusCode::NOT_FOUND, "The dashboard has no such page.\n"),
            },
        }
    }

    /// Makes something of the current state, after sampling it.
    fn with_state<T>(
        &self,
        service: &Service,
        make: impl FnOnce(&State, &Histories) -> T,
    ) -> (T, i64) {
        // Always lock in this order: samples, then state.
        let mut seen = self.seen();
        service.with_state(|state| {
            overview::sample(state, &mut seen.histories);
            (make(state, &seen.histories), millis(state.now))
        })
    }

    /// Returns a view of the state. The tag covers everything except the time, so a poll while
    /// nothing happens costs a few bytes.
    fn view(
        &self,
        parts: &Parts,
        service: &Service,
        make: impl FnOnce(&State, &Histories) -> Option<Object>,
    ) -> Response {
        let (shown, now) = self.with_state(service, make);
        let Some(mut shown) = shown else {
            let text = "There is no such resource, or it has been deleted.\n";
            return plain(StatusCode::NOT_FOUND, text);
        };
        put(&mut shown, "service", self.about());
        let tag = tag(&Value::Object(shown.clone()).to_string());
        tagged(parts, JSON, &tag, || {
            put(&mut shown, "now", now);
            Body::from(Value::Object(shown).to_string())
        })
    }

    /// Returns what the overview shows. The tag covers everything except the time, as in
    /// [`view`](Self::view). Only requests with a number above `since` are included.
    fn overview(
        &self,
        parts: &Parts,
        query: &Query,
        service: &Service,
        log: &RequestLog,
    ) -> Response {
        let (mut shown, now) = self.with_state(service, |state, _| overview::resources(state));
        put(&mut shown, "service", self.about());
        let requests = log.after(query.number("since").unwrap_or(0));
        put(&mut shown, "requests", requests.total);
        let tag = tag(&Value::Object(shown.clone()).to_string());
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
        let (jobs, now) = self.with_state(service, |_, seen| overview::describe_histories(seen));
        let text = json!({"now": now, "begun": self.begun, "most": history::MOST, "jobs": jobs});
        respond(StatusCode::OK, JSON, Body::from(text.to_string()))
    }

    fn about(&self) -> Object {
        let mut about = Object::new();
        put(&mut about, "account", self.account.as_str());
        put(
            &mut about,
            "key",
            self.has_published_key.then_some(DEVELOPMENT_KEY),
        );
        put(&mut about, "speed", self.speed);
        put(&mut about, "begun", self.begun);
        put(&mut about, "version", env!("CARGO_PKG_VERSION"));
        about
    }

    fn seen(&self) -> MutexGuard<'_, SampledJobs> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

#[cfg(test)]
mod tests;
