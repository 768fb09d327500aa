//! Carries out faults on order: errors in the place of answers, and answers that do not arrive as
//! they should.
//!
//! Stands between `http` and the way of a request. What is ordered is known from
//! [`Faults`](crate::faults::Faults); whether the request goes down its way, and what becomes of
//! the answer that comes up, is decided here.

use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::body::Received;
use super::line::Line;
use super::scripted::ScriptedBody;
use super::{App, Distortion, answer, base_or_default, echo_client_request_id};
use crate::faults::{AnswerFault, FaultBody, FaultKind, InjectedFault};
use crate::refusal::Refusal;
use crate::request::{Content, Object, Reply};

/// Answers a request that a fault befalls.
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
    // Nothing of it happens before it is awaited.
    let whole = app.respond(parts, received, &distortion);
    match &injected.fault {
        FaultKind::Answer(fault) => {
            if fault.applied {
                drop(whole.await);
            }
            error(parts, fault)
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

/// Ends the connection without an answer.
async fn reset(parts: &Parts) -> Response {
    if let Some(line) = parts.extensions.get::<Line>() {
        line.reset();
    }
    // The connection ends, and with it this.
    std::future::pending().await
}

/// The error that is answered.
fn error(parts: &Parts, fault: &AnswerFault) -> Response {
    let (code, message) = code_of(fault.status);
    let refusal = Refusal::new(fault.status, code, message);
    let mut response = answer::failure(&refusal, &base_or_default(parts), SystemTime::now().into());
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
        answer::strip_body(&mut response);
    }
    response
}

/// The service's code for a status, as its page on error codes has it where it does, and a message.
fn code_of(status: u16) -> (&'static str, &'static str) {
    match status {
        408 => ("RequestTimeout", "The request took too long to arrive."),
        429 => (
            "TooManyRequests",
            "There are too many requests; send fewer of them.",
        ),
        500 => (
            "InternalError",
            "Something broke inside of the service; try again.",
        ),
        502 => (
            "BadGateway",
            "What stands before the service got no good answer from it.",
        ),
        503 => ("ServerBusy", "The service is busy; try again later."),
        504 => (
            "GatewayTimeout",
            "What stands before the service got no answer from it in time.",
        ),
        400..500 => ("InvalidRequest", "The request is refused on order."),
        _ => ("InternalError", "The request fails on order."),
    }
}

/// What a proxy before the service sends. It knows nothing of the service's headers.
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

/// The body of a response whose size is known here, since it was made here.
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
        // One more than there is, where all of it is sent.
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

/// The tasks of a collection that an error is said of: their places, and the errors.
pub(super) struct Failing {
    results: Vec<(usize, Value)>,
    applied: bool,
}

impl Failing {
    /// Chooses tasks, and takes those out of the body that are not to be added.
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
                    .filter(|place| injected.befalls(probability, *place))
                else {
                    return true;
                };
                results.push((place, failure(&task["id"])));
                applied
            });
        }
        Self { results, applied }
    }

    /// Puts the errors among the results.
    pub(super) fn tell(self, reply: &mut Reply) {
        let Content::Object(object) = &mut reply.content else {
            return;
        };
        let Some(Value::Array(told)) = object.get_mut("value") else {
            return;
        };
        for (place, result) in self.results {
            if !self.applied {
                told.insert(place.min(told.len()), result);
            } else if let Some(told) = told.get_mut(place) {
                *told = result;
            }
        }
    }
}

fn failure(id: &Value) -> Value {
    let message = json!({"lang": "en-US", "value": "The task could not be added now; try again."});
    json!({"status": "servererror", "taskId": id, "error": {"code": "InternalError", "message": message}})
}
