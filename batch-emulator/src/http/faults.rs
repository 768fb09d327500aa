//! Carries out injected faults: error responses, and responses that do not arrive as they should.
//!
//! This module sits between `http` and the request pipeline. [`Faults`](crate::faults::Faults)
//! selects the fault; this module decides whether the request is processed and what happens to its
//! response.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::body::Received;
use super::line::Line;
use super::scripted::ScriptedBody;
use super::{App, Distortion, echo_client_request_id, response};
use crate::faults::{AnswerFault, FaultBody, FaultKind, InjectedFault};
use crate::refusal::Refusal;
use crate::request::{Content, Object, Reply};

/// Handles a request with an injected fault.
pub(super) async fn answer(
    app: &App,
    parts: &Parts,
    received: Received,
    injected: &InjectedFault,
) -> Response {
    let distortion = match injected.fault {
        FaultKind::ClockSkew { seconds } => Distortion {
            skew: seconds,
            tasks: None,
        },
        FaultKind::TaskErrors { .. } => Distortion {
            skew: 0,
            tasks: Some(injected),
        },
        _ => Distortion::default(),
    };
    // Lazy: nothing happens until this is awaited.
    let whole = app.respond(parts, received, &distortion);
    match &injected.fault {
        FaultKind::Answer(fault) => {
            if fault.applied {
                drop(whole.await);
            }
            error(app, parts, fault)
        }
        FaultKind::Reset { applied } => {
            if *applied {
                drop(whole.await);
            }
            reset(parts).await
        }
        FaultKind::Truncate { bytes, chunked } => {
            cut(app.counted(whole.await), *bytes, *chunked).await
        }
        FaultKind::Delay { milliseconds } => {
            let response = app.counted(whole.await);
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            response
        }
        FaultKind::SlowBody {
            bytes,
            milliseconds,
        } => {
            let pause = Duration::from_millis(*milliseconds);
            slow(app.counted(whole.await), *bytes, pause).await
        }
        FaultKind::TaskErrors { .. } | FaultKind::ClockSkew { .. } => app.counted(whole.await),
    }
}

/// Closes the connection without a response.
async fn reset(parts: &Parts) -> Response {
    if let Some(line) = parts.extensions.get::<Line>() {
        line.reset();
    }
    // The connection closes and drops this future.
    std::future::pending().await
}

/// Creates the injected error response.
fn error(app: &App, parts: &Parts, fault: &AnswerFault) -> Response {
    let (code, message) = code_of(fault.status);
    let code = fault.code.as_deref().map_or(code, interned);
    let mut refusal = Refusal::new(fault.status, code, message);
    for (key, value) in &fault.values {
        refusal = refusal.with(interned(key), value);
    }
    let base = app.address.base_or_default(parts);
    let mut response = response::failure(&refusal, &base, SystemTime::now().into());
    match fault.body {
        FaultBody::Json => {}
        FaultBody::Html => response = page(response.status()),
        FaultBody::Empty => {
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(header::CONTENT_TYPE);
        }
    }
    if let Some(seconds) = fault.retry_after_seconds {
        let value = if fault.retry_after_date {
            let then = SystemTime::now() + Duration::from_secs(seconds.into());
            HeaderValue::from_str(&httpdate::fmt_http_date(then)).ok()
        } else {
            Some(seconds.into())
        };
        response
            .headers_mut()
            .extend(value.map(|value| (header::RETRY_AFTER, value)));
    }
    if fault.body != FaultBody::Html {
        echo_client_request_id(&parts.headers, response.headers_mut());
    }
    if parts.method == Method::HEAD {
        response::strip_body(&mut response);
    }
    response
}

/// Returns the same string with an unlimited lifetime. Each distinct one is stored once; they come
/// from rules, not from clients.
fn interned(text: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(text) {
        return found;
    }
    let text: &'static str = Box::leak(Box::from(text));
    known.insert(text);
    text
}

/// Returns the service's error code for a status, from its page on error codes if the page has one,
/// and a message.
fn code_of(status: u16) -> (&'static str, &'static str) {
    match status {
        408 => ("RequestTimeout", "The request took too long to arrive."),
        429 => (
            "TooManyRequests",
            "There are too many requests; reduce the request rate.",
        ),
        500 => (
            "InternalError",
            "The service had an internal error; try again.",
        ),
        502 => (
            "BadGateway",
            "The gateway received an invalid response from the service.",
        ),
        503 => ("ServerBusy", "The service is busy; try again later."),
        504 => (
            "GatewayTimeout",
            "The gateway did not receive a response from the service in time.",
        ),
        400..500 => (
            "InvalidRequest",
            "The request was rejected by an injected fault.",
        ),
        _ => (
            "InternalError",
            "The request failed because of an injected fault.",
        ),
    }
}

/// Creates the page that a proxy in front of the service sends, without the service's headers.
fn page(status: StatusCode) -> Response {
    let text = format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    headers.insert(header::SERVER, HeaderValue::from_static("gateway"));
    response
}

/// Collects the body of a response whose size is known because it was created here.
async fn bytes_of(response: Response) -> (axum::http::response::Parts, Bytes, bool) {
    let (parts, body) = response.into_parts();
    let length_is_told = body.size_hint().exact().is_some();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (parts, bytes, length_is_told)
}

async fn cut(response: Response, most: Option<usize>, chunked: bool) -> Response {
    let (mut parts, bytes, _) = bytes_of(response).await;
    let sent = most.unwrap_or(bytes.len() / 2).min(bytes.len());
    if chunked {
        parts.headers.remove(header::CONTENT_LENGTH);
    } else {
        // At least one more byte than is sent, even if all of it is sent.
        let length = bytes.len().max(sent + 1);
        parts.headers.insert(header::CONTENT_LENGTH, length.into());
    }
    Response::from_parts(parts, ScriptedBody::cut(bytes.slice(..sent)))
}

async fn slow(response: Response, size: usize, pause: Duration) -> Response {
    let (mut parts, bytes, length_is_told) = bytes_of(response).await;
    if length_is_told {
        parts
            .headers
            .insert(header::CONTENT_LENGTH, bytes.len().into());
    }
    Response::from_parts(parts, ScriptedBody::slowly(&bytes, size, pause))
}

/// The tasks of a collection that fail: their positions and errors.
pub(super) struct FailingTasks {
    results: Vec<(usize, Value)>,
    applied: bool,
}

impl FailingTasks {
    /// Chooses the failing tasks and removes those from the body that are not to be added.
    pub(super) fn choose(injected: &InjectedFault, body: &mut Object) -> Self {
        let (probability, applied) = match injected.fault {
            FaultKind::TaskErrors {
                probability,
                applied,
            } => (probability, applied),
            _ => (0.0, true),
        };
        let mut results = Vec::new();
        if let Some(Value::Array(tasks)) = body.get_mut("value") {
            let mut place = 0..;
            tasks.retain(|task| {
                let Some(place) = place
                    .next()
                    .filter(|place| injected.happens_to(probability, *place))
                else {
                    return true;
                };
                results.push((place, failure(&task["id"])));
                applied
            });
        }
        Self { results, applied }
    }

    /// Inserts the errors into the results.
    pub(super) fn report(self, reply: &mut Reply) {
        let Content::Object(object) = &mut reply.content else {
            return;
        };
        let Some(Value::Array(results)) = object.get_mut("value") else {
            return;
        };
        for (place, result) in self.results {
            if !self.applied {
                results.insert(place.min(results.len()), result);
            } else if let Some(slot) = results.get_mut(place) {
                *slot = result;
            }
        }
    }
}

fn failure(id: &Value) -> Value {
    let message = json!({"lang": "en-US", "value": "The task could not be added now; try again."});
    json!({"status": "servererror", "taskId": id, "error": {"code": "InternalError", "message": message}})
}
