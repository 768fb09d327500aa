//! Responses as the service writes them.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use quick_xml::escape::escape;
use uuid::Uuid;

use super::account::Entry;
use super::request::Asked;
use crate::refusal::Refusal;

/// Version of a response to a request that names none.
const VERSION: &str = "2021-08-06";

pub(super) fn date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Creates a response without a body.
pub(super) fn empty(status: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// Creates a response that says the version of a container or a blob.
pub(super) fn version(status: u16, entry: &Entry) -> Response {
    let mut response = empty(status);
    let headers = response.headers_mut();
    set(headers, header::ETAG, &entry.etag);
    set(headers, header::LAST_MODIFIED, &date(entry.changed));
    response
}

/// Creates the same with the metadata.
pub(super) fn entry(status: u16, entry: &Entry) -> Response {
    let mut response = version(status, entry);
    for (name, value) in &entry.metadata {
        if let Ok(name) = format!("x-ms-meta-{name}").parse() {
            set::<HeaderName>(response.headers_mut(), name, value);
        }
    }
    response
}

/// Creates the response to a request that was performed or refused.
pub(super) fn complete(outcome: Result<Response, Refusal>, asked: &Asked<'_>) -> Response {
    let mut response = outcome.unwrap_or_else(|refusal| refused(&refusal, asked));
    let headers = response.headers_mut();
    let version = match asked.header("x-ms-version") {
        "" => VERSION,
        version => version,
    };
    let version_name = HeaderName::from_static("x-ms-version");
    set(headers, version_name, version);
    let request_id = HeaderName::from_static("x-ms-request-id");
    set(headers, request_id, &Uuid::new_v4().to_string());
    if let Some(id) = asked.headers().get("x-ms-client-request-id") {
        headers.insert("x-ms-client-request-id", id.clone());
    }
    response
}

fn refused(refusal: &Refusal, asked: &Asked<'_>) -> Response {
    let mut response = empty(refusal.status);
    let code = HeaderName::from_static("x-ms-error-code");
    set(response.headers_mut(), code, refusal.code);
    if *asked.method() != Method::HEAD {
        let xml = HeaderName::from_static("content-type");
        set(response.headers_mut(), xml, "application/xml");
        let text = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{}</Code><Message>{}\
             </Message></Error>",
            refusal.code,
            escape(&refusal.message)
        );
        *response.body_mut() = Body::from(text);
    }
    response
}

fn set<N: axum::http::header::IntoHeaderName>(headers: &mut HeaderMap, name: N, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
