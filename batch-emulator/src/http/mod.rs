//! HTTP: the first step of the request path, and the last step of the reply's.
//!
//! [`serve`] accepts connections. Each request goes to [`App::answer`], which reads the body,
//! passes the request through `auth`, `route`, `check` and `service`, and lets [`response`] write
//! the response. Request line and headers are kept exactly as received, because the signature
//! covers them. Injected faults ([`faults`]) and the live service's deviations ([`quirks`]) are
//! applied here, outside that pipeline; requests to [`control`] bypass it. Incomplete heads and
//! bodies time out.

mod address;
mod body;
mod control;
mod faults;
mod health;
mod line;
mod metadata;
mod quirks;
mod response;
mod scripted;

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::auth::{AccountNumber, Authenticator};
use crate::config::{Config, DEVELOPMENT_KEY};
use crate::dashboard::Dashboard;
use crate::entra::{self, Sts};
use crate::faults::{Faults, InjectedFault, RequestInfo};
use crate::refusal::Refusal;
use crate::request::Reply;
use crate::requests::{AnsweredRequest, RequestLog};
use crate::scenario::Scenario;
use crate::service::{Service, settled};
use crate::storage::Storage;
use crate::store::{Call, Ticket};
use crate::table::Operation;
use crate::tls::Acceptor;
use crate::version::Version;
use crate::{check, route};
use address::Address;
use body::Received;

/// Time limit for receiving a request head; it restarts with each request on a connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// The application: everything that handles requests.
#[derive(Debug)]
pub(crate) struct App {
    authenticator: Authenticator,
    /// The token service for development.
    sts: Option<Sts>,
    /// The Blob service.
    storage: Option<Storage>,
    address: Address,
    quirks: bool,
    pub(crate) faults: Faults,
    /// The names of the accounts.
    accounts: Vec<String>,
    /// One service per account, in the order of the configuration.
    services: Vec<Arc<Service>>,
    /// True if requests must address this machine by a name of its loopback interface.
    only_local: bool,
    /// True if pools can have images and sizes that the emulator does not know.
    any_image: bool,
    /// Number of successful requests per operation.
    calls: Mutex<BTreeMap<&'static str, u64>>,
    requests: RequestLog,
    dashboard: Dashboard,
}

/// Injected changes to the processing of a request.
#[derive(Default)]
struct Distortion<'a> {
    /// Seconds by which the service's clock is off.
    skew: i64,
    /// Selects the tasks of a collection that fail, if any.
    tasks: Option<&'a InjectedFault>,
}

/// A response, and the operation if it succeeded.
type Answered = (Response, Option<&'static Operation>);

/// A request that reached its operation, and the outcome.
struct Done {
    operation: &'static Operation,
    version: Version,
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
        let sts = config.dev_sts.then(Sts::new).transpose()?;
        Ok(Self {
            faults,
            accounts,
            authenticator: Authenticator::new(config, sts.as_ref())?,
            sts,
            storage: config.storage.then(|| Storage::new(config)).transpose()?,
            address: Address::new(config),
            quirks: config.quirks,
            services: config
                .accounts()
                .map(|(account, key)| Service::new(&config.of_account(account, key)).map(Arc::new))
                .collect::<io::Result<_>>()?,
            only_local: config.execute && config.accounts().any(|(_, key)| key == DEVELOPMENT_KEY),
            any_image: config.any_image,
            calls: Mutex::default(),
            requests: RequestLog::default(),
            dashboard: Dashboard::new(config),
        })
    }

    /// Returns the service of an account, by the account's position in the configuration.
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

    /// Replaces the scenario of every account. Returns the tickets to be settled before this may be
    /// reported.
    pub(crate) fn set_scenario(&self, scenario: &Scenario) -> Vec<Option<Ticket>> {
        let services = self.services.iter();
        services
            .map(|service| service.set_scenario(scenario.clone()))
            .collect()
    }

    /// Releases resources held outside the process.
    pub(crate) fn close(&self) {
        for service in &self.services {
            service.close();
        }
    }

    fn count(&self, operation: &Operation) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(operation.id).or_default() += 1;
    }

    /// Handles one request.
    async fn answer(&self, request: HttpRequest) -> Response {
        let begun = Instant::now();
        let (parts, body) = request.into_parts();
        let Some(first) = self.services.first() else {
            let base = self.address.base_or_default(&parts);
            return refuse(&parts, &defect(), &base, SystemTime::now());
        };
        if let Some(response) = health::answer(&parts) {
            return response;
        }
        if let Some(response) = self.dashboard.answer(&parts, first, &self.requests) {
            return response;
        }
        if control::is_for(&parts) {
            return control::answer(self, &parts, body).await;
        }
        let body = match self.answer_storage(&parts, body).await {
            Ok(response) => return response,
            Err(body) => body,
        };
        let received = body::read(body).await;
        if let Some(sts) = self.sts.as_ref().filter(|_| Sts::is_for(&parts)) {
            let base = self.address.base_or_default(&parts);
            let form = received.into_bytes().unwrap_or_default();
            return sts.answer(&parts, &base, &form);
        }
        self.authenticator.prepare(&parts.headers).await;
        let has_rules = self.faults.has_rules();
        let injected = has_rules.then(|| self.faults.choose(&self.request_info(&parts)));
        let response = match injected.flatten() {
            Some(injected) => faults::answer(self, &parts, received, &injected).await,
            None => self.counted(self.respond(&parts, received, &Distortion::default()).await),
        };
        self.requests.note(&parts, begun, &response);
        self.dashboard.sample_if_due(first);
        response
    }

    /// Handles a request for the Blob service; gives the body back if it is for something else.
    async fn answer_storage(&self, parts: &Parts, body: Body) -> Result<Response, Body> {
        let Some(storage) = &self.storage else {
            return Err(body);
        };
        if self.only_local && address::check_local(parts).is_err() {
            return Err(body);
        }
        storage.answer(parts, body).await
    }

    /// Returns the properties that fault rules match on, before anything in the request is checked.
    fn request_info<'a>(&'a self, parts: &'a Parts) -> RequestInfo<'a> {
        let route = route::find(parts.method.as_str(), parts.uri.path());
        let account = self.authenticator.claimed_account(&parts.headers);
        RequestInfo {
            operation: route.ok().map(|route| route.operation.id),
            method: parts.method.as_str(),
            account: account
                .and_then(|number| self.accounts.get(number))
                .map(String::as_str),
        }
    }

    /// Counts the response.
    fn counted(&self, (response, done): Answered) -> Response {
        if let Some(operation) = done {
            self.count(operation);
        }
        response
    }

    /// Processes a request and writes its response.
    async fn respond(
        &self,
        parts: &Parts,
        received: Received,
        distortion: &Distortion<'_>,
    ) -> Answered {
        let now = skewed(SystemTime::now(), distortion.skew);
        // A panic becomes an error response, and the connection stays open.
        let mut ticket = None;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.decide(parts, received, now, distortion, &mut ticket)
        }))
        .unwrap_or_else(|_| Err(defect()));
        // Nothing is reported that a crash could undo.
        let outcome = settled(ticket).await.and(outcome);
        let done = outcome.as_ref().ok().map(|done| done.operation);
        let mut response = match outcome {
            Ok(mut done) => {
                done.version.apply(done.operation, &mut done.reply);
                if self.quirks {
                    quirks::apply(done.operation, &mut done.reply);
                }
                let path = parts.uri.path();
                let mut response = response::success(done.operation, done.reply, &done.base, path);
                if self.quirks {
                    let url = format!("{}{path}", done.base);
                    quirks::name_resource(done.operation, &mut response, &url);
                }
                response
            }
            Err(mut refusal) => {
                if self.quirks {
                    quirks::refuse(&mut refusal);
                }
                let base = self.address.base_or_default(parts);
                refuse(parts, &refusal, &base, now)
            }
        };
        if distortion.skew != 0 {
            response::set_date(&mut response, now.into());
        }
        echo_client_request_id(&parts.headers, response.headers_mut());
        if parts.method == Method::HEAD {
            response::strip_body(&mut response);
        }
        if self.quirks {
            response = quirks::send(response);
        }
        (response, done)
    }

    /// Runs the request pipeline. Sets the ticket that must be settled before the response is sent.
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
        let base = self.address.base(parts)?;
        if self.only_local {
            address::check_local(parts)?;
        }
        check_length(&parts.method, &parts.headers)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // An unknown path is reported after authentication, a missing version before it.
        let route = route::find(method, path);
        if route.is_ok() {
            check::names_version(query)?;
        }
        let account = self
            .authenticator
            .authenticate(method, target, &parts.headers, now)?;
        let service = self.services.get(account).ok_or_else(defect)?;
        let body = received.into_bytes()?;
        let route = route?;
        let operation = route.operation;
        let mut request = check::request(route, query, &parts.headers, &body, base)?;
        if !Authenticator::has_token(&parts.headers) {
            check::signed(&request)?;
        }
        check::machines(&request, self.any_image)?;
        let failing = match (distortion.tasks, &mut request.body) {
            (Some(injected), Some(body)) => Some(faults::FailingTasks::choose(injected, body)),
            _ => None,
        };
        let call = service.is_persistent().then(|| {
            // If a fault excludes tasks, only the tasks that were really added are persisted.
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
            failing.report(&mut reply);
        }
        Ok(Done {
            operation,
            version: request.version,
            reply,
            base: request.base,
        })
    }
}

fn defect() -> Refusal {
    let text = "The service had an internal error; see its stderr for details.";
    Refusal::new(500, "InternalError", text)
}

/// Returns path and query exactly as received.
fn target(parts: &Parts) -> Result<&str, Refusal> {
    let target = parts.uri.path_and_query().map(PathAndQuery::as_str);
    target
        .filter(|text| text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| {
            route::unreadable("The request target is not a path of visible ASCII characters.")
        })
}

/// Rejects a request without a length, which the service requires even if there is no body.
fn check_length(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    let has_length = headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING);
    if !has_body || has_length {
        return Ok(());
    }
    Err(Refusal::new(
        411,
        "MissingContentLengthHeader",
        "The request does not state the length of its body; send `Content-Length: 0` if it is empty.",
    ))
}

/// Shifts a time by this number of seconds.
fn skewed(time: SystemTime, seconds: i64) -> SystemTime {
    let span = Duration::from_secs(seconds.unsigned_abs());
    let off = if seconds < 0 {
        time.checked_sub(span)
    } else {
        time.checked_add(span)
    };
    off.unwrap_or(time)
}

fn refuse(parts: &Parts, refusal: &Refusal, base: &str, now: SystemTime) -> Response {
    let mut response = response::failure(refusal, base, now.into());
    if refusal.status == 401 {
        let challenge = header::HeaderValue::from_static(entra::CHALLENGE);
        let headers = response.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    if refusal.status == 405 {
        let allowed = route::allowed(parts.uri.path()).join(", ");
        if let Ok(value) = allowed.parse() {
            response.headers_mut().insert(header::ALLOW, value);
        }
    }
    response
}

/// Copies the client's request id to the response if the request asks for that.
fn echo_client_request_id(request: &HeaderMap, response: &mut HeaderMap) {
    let wanted = request
        .get("return-client-request-id")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    if let Some(id) = request.get("client-request-id").filter(|_| wanted) {
        response.insert("client-request-id", id.clone());
    }
}

/// Accepts connections until this future is dropped; the connections end with it.
pub(crate) async fn serve(listener: TcpListener, tls: Option<Acceptor>, app: Arc<App>) {
    let router = Router::new().fallback(handle).with_state(app);
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(line::accept(stream, tls.clone(), router.clone()));
            }
            // For example, too many open files: some of them will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn handle(State(app): State<Arc<App>>, request: HttpRequest) -> Response {
    app.answer(request).await
}
