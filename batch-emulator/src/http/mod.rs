//! HTTP: the first step of a request's way, and the last of the reply's.
//!
//! [`serve`] takes connections; each request goes to [`App::answer`], which reads the body, leads
//! the request through `auth`, `route`, `check` and `service`, and has [`answer`] write what comes
//! back. Request line and headers are kept as they came, because the signature is over them. Faults
//! on order ([`faults`]) and the live service's deviations ([`quirks`]) happen here, beside that
//! way; [`control`] is not on it at all. Heads and bodies that do not come to their end are given
//! up after a while.

mod answer;
mod body;
mod control;
mod faults;
mod line;
mod metadata;
mod quirks;
mod scripted;

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::auth::{AccountNumber, Gate};
use crate::config::{Config, DEVELOPMENT_KEY};
use crate::dashboard::Dashboard;
use crate::faults::{Asked, Faults, InjectedFault};
use crate::refusal::Refusal;
use crate::request::Reply;
use crate::requests::{AnsweredRequest, RequestLog};
use crate::service::{Service, settled};
use crate::store::{Call, Ticket};
use crate::table::Operation;
use crate::{check, route};
use body::Received;

/// How long the head of a request may take; it starts anew with each request of a connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Everything that answers requests.
#[derive(Debug)]
pub(crate) struct App {
    gate: Gate,
    quirks: bool,
    pub(crate) faults: Faults,
    /// The names of the accounts.
    accounts: Vec<String>,
    /// One for each account, in the order of the configuration.
    services: Vec<Arc<Service>>,
    /// Whether the address must be named as this machine's own.
    only_local: bool,
    /// How many requests each operation has answered with success.
    calls: Mutex<BTreeMap<&'static str, u64>>,
    requests: RequestLog,
    dashboard: Dashboard,
}

/// What is bent in the way of a request.
#[derive(Default)]
struct Distortion<'a> {
    /// How far the service's clock is off, in seconds.
    skew: i64,
    /// Says of which tasks of a collection an error is told.
    tasks: Option<&'a InjectedFault>,
}

/// A response, and the operation that was done with success.
type Answered = (Response, Option<&'static Operation>);

/// What was asked and what came of it, where there was something to do.
struct Done {
    operation: &'static Operation,
    reply: Reply,
    base: String,
}

impl App {
    pub(crate) fn new(config: &Config) -> io::Result<Self> {
        config.check()?;
        let accounts: Vec<_> = config
            .accounts()
            .map(|(account, _)| account.to_owned())
            .collect();
        let faults = Faults::new(accounts.clone(), config.faults.clone())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Ok(Self {
            faults,
            accounts,
            gate: Gate::new(config)?,
            quirks: config.quirks,
            services: config
                .accounts()
                .map(|(account, key)| Service::new(&config.of_account(account, key)).map(Arc::new))
                .collect::<io::Result<_>>()?,
            only_local: config.execute && config.accounts().any(|(_, key)| key == DEVELOPMENT_KEY),
            calls: Mutex::default(),
            requests: RequestLog::default(),
            dashboard: Dashboard::new(config),
        })
    }

    /// The service of an account, by the account's place in the configuration.
    pub(crate) fn service(&self, account: AccountNumber) -> &Arc<Service> {
        &self.services[account]
    }

    pub(crate) fn calls(&self) -> BTreeMap<&'static str, u64> {
        let calls = self.calls.lock();
        calls.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn requests(&self) -> Vec<AnsweredRequest> {
        self.requests.after(0).entries
    }

    /// Frees what is held outside of the process.
    pub(crate) fn close(&self) {
        for service in &self.services {
            service.close();
        }
    }

    fn count(&self, operation: &Operation) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(operation.id).or_default() += 1;
    }

    /// Answers one request.
    async fn answer(&self, request: HttpRequest) -> Response {
        let begun = Instant::now();
        let (parts, body) = request.into_parts();
        let Some(first) = self.services.first() else {
            return refuse(&parts, &defect(), SystemTime::now());
        };
        if let Some(response) = self.dashboard.answer(&parts, first, &self.requests) {
            return response;
        }
        if control::is_for(&parts) {
            return control::answer(self, &parts, body).await;
        }
        let received = body::read(body).await;
        let ordered = self.faults.are_ordered();
        let injected = ordered.then(|| self.faults.choose(&self.asked(&parts)));
        let response = match injected.flatten() {
            Some(injected) => faults::answer(self, &parts, received, &injected).await,
            None => self.counted(self.respond(&parts, received, &Distortion::default()).await),
        };
        self.requests.note(&parts, begun, &response);
        self.dashboard.glance(first);
        response
    }

    /// What the rules of faults go by, before anything of the request is checked.
    fn asked<'a>(&'a self, parts: &'a Parts) -> Asked<'a> {
        let route = route::find(parts.method.as_str(), parts.uri.path());
        let account = self.gate.claimed(&parts.headers);
        Asked {
            operation: route.ok().map(|route| route.operation.id),
            method: parts.method.as_str(),
            account: account
                .and_then(|number| self.accounts.get(number))
                .map(String::as_str),
        }
    }

    /// Counts what goes out.
    fn counted(&self, (response, done): Answered) -> Response {
        if let Some(operation) = done {
            self.count(operation);
        }
        response
    }

    /// Leads a request down its way and writes what comes back.
    async fn respond(
        &self,
        parts: &Parts,
        received: Received,
        distortion: &Distortion<'_>,
    ) -> Answered {
        let now = skewed(SystemTime::now(), distortion.skew);
        // A defect of this program answers as one, and the connection goes on.
        let mut ticket = None;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.decide(parts, received, now, distortion, &mut ticket)
        }))
        .unwrap_or_else(|_| Err(defect()));
        // Nothing is told that a crash could take back.
        let outcome = settled(ticket).await.and(outcome);
        let done = outcome.as_ref().ok().map(|done| done.operation);
        let mut response = match outcome {
            Ok(mut done) => {
                if self.quirks {
                    quirks::apply(done.operation, &mut done.reply);
                }
                let path = parts.uri.path();
                answer::success(done.operation, done.reply, &done.base, path)
            }
            Err(refusal) => refuse(parts, &refusal, now),
        };
        if distortion.skew != 0 {
            answer::set_date(&mut response, now.into());
        }
        echo_client_request_id(&parts.headers, response.headers_mut());
        if parts.method == Method::HEAD {
            answer::strip_body(&mut response);
        }
        if self.quirks {
            response = quirks::send(response);
        }
        (response, done)
    }

    /// The way of a request, step by step. Sets what must be settled before it is answered.
    fn decide(
        &self,
        parts: &Parts,
        received: Received,
        now: SystemTime,
        distortion: &Distortion<'_>,
        ticket: &mut Option<Ticket>,
    ) -> Result<Done, Refusal> {
        let method = parts.method.as_str();
        route::check_method(method)?;
        let target = target(parts)?;
        let base = base(parts)?;
        if self.only_local {
            check_local(&base)?;
        }
        check_length(&parts.method, &parts.headers)?;
        let account = self.gate.admit(method, target, &parts.headers, now)?;
        let service = self.services.get(account).ok_or_else(defect)?;
        let body = received.into_bytes()?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let route = route::find(method, path)?;
        let operation = route.operation;
        let mut request = check::request(route, query, &parts.headers, &body, base)?;
        let failing = match (distortion.tasks, &mut request.body) {
            (Some(injected), Some(body)) => Some(faults::Failing::choose(injected, body)),
            _ => None,
        };
        let call = service.keeps().then(|| {
            // Where a fault keeps tasks out, what is kept is what was done.
            let changed = failing.as_ref().and(request.body.as_ref());
            let changed = changed.and_then(|body| serde_json::to_vec(body).ok());
            let body = changed.as_deref().unwrap_or(&body);
            Call::new(
                operation,
                method,
                target,
                &parts.headers,
                body,
                &request.base,
            )
        });
        let (reply, unsettled) = service.handle(&request, call.flatten());
        *ticket = unsettled;
        let mut reply = reply?;
        if let Some(failing) = failing {
            failing.tell(&mut reply);
        }
        Ok(Done {
            operation,
            reply,
            base: request.base,
        })
    }
}

fn defect() -> Refusal {
    let text = "Something broke inside of the service; what it wrote to stderr tells more.";
    Refusal::new(500, "InternalError", text)
}

/// Path and query as they came.
fn target(parts: &Parts) -> Result<&str, Refusal> {
    let target = parts.uri.path_and_query().map(PathAndQuery::as_str);
    target
        .filter(|text| text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| route::unreadable("The target is no path of visible ASCII characters."))
}

/// Scheme and host that the client used.
fn base(parts: &Parts) -> Result<String, Refusal> {
    let host = match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok()),
    };
    let is_host = |host: &&str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(known)
    };
    match host.filter(is_host) {
        Some(host) => Ok(format!("http://{host}")),
        None => Err(Refusal::new(
            400,
            "HostInformationNotPresent",
            "The request has no Host header that names a host.",
        )),
    }
}

/// Where tasks really run and everyone knows the key, a page in a browser must not get here by
/// giving its own name to this address; a request of such a page carries that name.
fn check_local(base: &str) -> Result<(), Refusal> {
    let host = base.strip_prefix("http://").unwrap_or(base);
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    if ["127.0.0.1", "localhost", "[::1]"].contains(&name.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    let text = "Tasks are executed and the key is the published one, so the service is to be called by the names of \
        this machine alone; with a key of your own it is not.";
    Err(Refusal::new(400, "InvalidHeaderValue", text)
        .with("HeaderName", "Host")
        .with("HeaderValue", host))
}

/// The service wants to be told the length of a body, also where there is none.
fn check_length(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    let told = headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING);
    if !has_body || told {
        return Ok(());
    }
    Err(Refusal::new(
        411,
        "MissingContentLengthHeader",
        "The request does not tell the length of its body; send `Content-Length: 0` where there is none.",
    ))
}

/// A time that is so many seconds off.
fn skewed(time: SystemTime, seconds: i64) -> SystemTime {
    let span = Duration::from_secs(seconds.unsigned_abs());
    let off = if seconds < 0 {
        time.checked_sub(span)
    } else {
        time.checked_add(span)
    };
    off.unwrap_or(time)
}

/// A request without a usable host has nothing to build addresses from.
fn base_or_default(parts: &Parts) -> String {
    base(parts).unwrap_or_else(|_| "http://127.0.0.1".to_owned())
}

fn refuse(parts: &Parts, refusal: &Refusal, now: SystemTime) -> Response {
    let mut response = answer::failure(refusal, &base_or_default(parts), now.into());
    if refusal.status == 405 {
        let allowed = route::allowed(parts.uri.path()).join(", ");
        if let Ok(value) = allowed.parse() {
            response.headers_mut().insert(header::ALLOW, value);
        }
    }
    response
}

/// The client's own id of the request comes back only where it asks for that.
fn echo_client_request_id(request: &HeaderMap, response: &mut HeaderMap) {
    let wanted = request
        .get("return-client-request-id")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    if let Some(id) = request.get("client-request-id").filter(|_| wanted) {
        response.insert("client-request-id", id.clone());
    }
}

/// Takes connections until it is dropped; they end with it.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>) {
    let router = Router::new().fallback(handle).with_state(app);
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(line::serve(stream, router.clone()));
            }
            // Too many open files, for one: some of them will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn handle(State(app): State<Arc<App>>, request: HttpRequest) -> Response {
    app.answer(request).await
}
