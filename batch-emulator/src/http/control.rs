//! The control endpoint, outside the API's paths: `/_control/faults` shows, sets and clears the
//! injected faults, and `/_control/scenario` the scenario.
//!
//! It is for programs on the same machine and requires no signature. A browser must not reach it on
//! behalf of a page: the `Host` must be a loopback address, not a name that resolves to one; a
//! request with an `Origin` is rejected; and rules are accepted only as `application/json`, which a
//! page cannot send to another origin without a preflight.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode, header};
use serde_json::json;

use super::line::Line;
use super::{App, body};
use crate::faults::{FaultError, FaultPlan};
use crate::scenario::Scenario;
use crate::service::settled;
use crate::store::Ticket;

const FAULTS: &str = "/_control/faults";
const SCENARIO: &str = "/_control/scenario";

/// Returns true if the request is for the control endpoint rather than the API.
pub(super) fn is_for(parts: &Parts) -> bool {
    parts.uri.path().starts_with("/_control/")
}

/// Handles a request.
pub(super) async fn answer(app: &App, parts: &Parts, body: Body) -> Response<Body> {
    let received = body::read(body).await;
    let bytes = received
        .into_bytes()
        .map_err(|refusal| (refusal.status, refusal.message));
    let outcome = match bytes.and_then(|bytes| act(app, parts, &bytes)) {
        Ok((text, tickets)) => persisted(tickets).await.map(|()| text),
        Err(refused) => Err(refused),
    };
    match outcome {
        Ok(text) => respond(StatusCode::OK, text),
        Err((status, error)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            let mut response = respond(status, json!({ "error": error }).to_string());
            if status == StatusCode::METHOD_NOT_ALLOWED {
                let allowed = axum::http::HeaderValue::from_static("GET, PUT, POST, DELETE");
                response.headers_mut().insert(header::ALLOW, allowed);
            }
            response
        }
    }
}

/// A status and the reason of the error.
type Refused = (u16, String);

/// A response, and the tickets to be settled before it is sent.
type Done = (String, Vec<Option<Ticket>>);

async fn persisted(tickets: Vec<Option<Ticket>>) -> Result<(), Refused> {
    for ticket in tickets {
        let settled = settled(ticket).await;
        settled.map_err(|refusal| (refusal.status, refusal.message))?;
    }
    Ok(())
}

fn act(app: &App, parts: &Parts, bytes: &[u8]) -> Result<Done, Refused> {
    from_this_machine(parts).map_err(|text| (403, text.to_owned()))?;
    match parts.uri.path() {
        FAULTS => act_on_faults(app, parts, bytes).map(|text| (text, Vec::new())),
        SCENARIO => act_on_scenario(app, parts, bytes),
        _ => {
            let text = format!("unknown path; the control endpoints are {FAULTS} and {SCENARIO}");
            Err((404, text))
        }
    }
}

fn act_on_faults(app: &App, parts: &Parts, bytes: &[u8]) -> Result<String, Refused> {
    let set = |plan: FaultPlan| {
        app.faults
            .set(plan)
            .map_err(|error| (400, error.to_string()))
    };
    match parts.method {
        Method::GET => {}
        Method::PUT | Method::POST => set(read(parts, bytes)?)?,
        Method::DELETE => set(FaultPlan::default())?,
        _ => return Err(unknown_method()),
    }
    serde_json::to_string(&app.faults.shown()).map_err(|error| (500, error.to_string()))
}

/// Shows, sets or clears the scenario of all accounts. What is shown is that of the first one.
fn act_on_scenario(app: &App, parts: &Parts, bytes: &[u8]) -> Result<Done, Refused> {
    let tickets = match parts.method {
        Method::GET => Vec::new(),
        Method::PUT | Method::POST => {
            let scenario: Scenario = read(parts, bytes)?;
            scenario.check().map_err(|error| (400, error.to_string()))?;
            app.set_scenario(&scenario)
        }
        Method::DELETE => app.set_scenario(&Scenario::default()),
        _ => return Err(unknown_method()),
    };
    let Some(first) = app.services.first() else {
        return Err((500, "there is no account".to_owned()));
    };
    let (scenario, progress) = first.scenario();
    let shown = json!({"scenario": scenario, "lost": progress.lost, "resized": progress.resized});
    Ok((shown.to_string(), tickets))
}

fn unknown_method() -> Refused {
    let text = "use GET to show, PUT or POST to set, DELETE to clear";
    (405, text.to_owned())
}

fn read<T: FromStr<Err = FaultError>>(parts: &Parts, bytes: &[u8]) -> Result<T, Refused> {
    let media_type = parts.headers.get(header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let text =
            format!("send the rules as `Content-Type: application/json`, not `{media_type}`");
        return Err((415, text));
    }
    let text = str::from_utf8(bytes)
        .map_err(|error| (400, format!("the rules are not UTF-8: {error}")))?;
    text.parse()
        .map_err(|error: FaultError| (400, error.to_string()))
}

/// Rejects requests from other machines, and requests that may be made on behalf of another site.
fn from_this_machine(parts: &Parts) -> Result<(), &'static str> {
    let line = parts.extensions.get::<Line>();
    let peer = line
        .and_then(|line| line.peer)
        .map(|peer| peer.to_canonical());
    if !peer.is_some_and(|peer| peer.is_loopback()) {
        return Err("faults can be set only from the same machine");
    }
    let authority = parts
        .uri
        .authority()
        .map(axum::http::uri::Authority::as_str);
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if !authority.or(host).is_some_and(is_loopback) {
        return Err(
            "the Host of the request is not a loopback address; use http://127.0.0.1 or http://localhost",
        );
    }
    if parts.headers.contains_key(header::ORIGIN) {
        return Err("the request has an Origin header; pages in browsers may not set faults");
    }
    Ok(())
}

/// Returns true if the host, with or without a port, is a loopback address.
fn is_loopback(host: &str) -> bool {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address
            .parse::<Ipv6Addr>()
            .is_ok_and(|address| address.is_loopback());
    }
    let (name, _) = host.split_once(':').unwrap_or((host, ""));
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn respond(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let json = axum::http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8000",
            "127.9.9.9:1",
            "localhost",
            "LocalHost:8",
            "[::1]",
            "[::1]:80",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com:80",
            "127.0.0.1.example.com",
            "10.0.0.1",
            "[::2]",
            "[::1",
            "::1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
