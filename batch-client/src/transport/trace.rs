//! Tracing: a span for each call and for each of its attempts, with the attributes of
//! OpenTelemetry's conventions for HTTP clients, and an event for each failure that is retried.
//!
//! URLs are shown without the values of their query; headers and bodies are not shown.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Request, StatusCode, Url};
use tracing::field::Empty;
use tracing::{Span, debug_span, info_span};

use super::success::Success;
use crate::error::Error;

/// Returns the id for all attempts of a call: a UUID (version 4) of random bits.
pub(super) fn request_id(random: u128) -> HeaderValue {
    let id = uuid::Builder::from_random_bytes(random.to_ne_bytes()).into_uuid();
    let mut text = uuid::Uuid::encode_buffer();
    let text = id.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).expect("hexadecimal digits and hyphens can stand in a header")
}

/// Creates the span of a call, which contains all its attempts.
pub(super) fn call(operation: &'static str, request: &Request) -> Span {
    let span = info_span!(
        "batch.call",
        otel.name = operation,
        otel.kind = "internal",
        az.namespace = "Microsoft.Batch",
        az.client_request_id = Empty,
        az.service_request_id = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
    );
    if !span.is_disabled() {
        span.record(
            "az.client_request_id",
            text(request.headers(), "client-request-id"),
        );
    }
    span
}

/// Creates the span of an attempt; the first is number 1.
pub(super) fn attempt(request: &Request, number: u32) -> Span {
    let span = debug_span!(
        "batch.attempt",
        otel.name = Empty,
        otel.kind = "client",
        http.request.method = Empty,
        http.request.resend_count = number - 1,
        server.address = Empty,
        server.port = Empty,
        url.full = Empty,
        az.client_request_id = Empty,
        az.service_request_id = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
    );
    if !span.is_disabled() {
        let (method, url) = (request.method().as_str(), request.url());
        span.record("otel.name", method);
        span.record("http.request.method", method);
        span.record("server.address", url.host_str().unwrap_or_default());
        span.record(
            "server.port",
            url.port_or_known_default().unwrap_or_default(),
        );
        span.record("url.full", shown(url));
        span.record(
            "az.client_request_id",
            text(request.headers(), "client-request-id"),
        );
    }
    span
}

/// Records the result in a span.
pub(super) fn ended(span: &Span, result: &Result<Success, Error>) {
    if span.is_disabled() {
        return;
    }
    match result {
        Ok(success) => received(span, success.status, &success.headers),
        Err(error) => match (error.refusal(), error.headers()) {
            (Some(status), Some(headers)) => {
                received(span, status, headers);
                if status.is_client_error() || status.is_server_error() {
                    span.record("error.type", status.as_str());
                }
            }
            _ => {
                span.record("error.type", error.reason());
            }
        },
    }
}

fn received(span: &Span, status: StatusCode, headers: &HeaderMap) {
    span.record("http.response.status_code", status.as_u16());
    span.record("az.service_request_id", text(headers, "request-id"));
}

/// Logs a failure that is retried.
pub(super) fn again(operation: &str, attempt: u32, pause: Duration, error: &Error) {
    let status = error.refusal().map(|status| status.as_u16());
    let reason = status.is_none().then(|| error.reason());
    tracing::warn!(
        operation,
        attempt,
        ?pause,
        status,
        reason,
        "attempt failed; retrying"
    );
}

/// Returns a URL with the names of its query, but not their values.
fn shown(url: &Url) -> String {
    let names: Vec<String> = url
        .query_pairs()
        .map(|(name, _)| format!("{name}=…"))
        .collect();
    let mut shown = url.clone();
    shown.set_query(None);
    if names.is_empty() {
        return shown.into();
    }
    format!("{shown}?{}", names.join("&"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    crate::wire::header::text(headers, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_guids_and_differ() {
        let (one, other) = (request_id(7), request_id(u128::MAX));
        let text = one.to_str().expect("text");
        let id = uuid::Uuid::parse_str(text).expect("a UUID");
        assert_eq!(id.hyphenated().to_string(), text);
        assert_eq!(id.get_version_num(), 4, "{text}");
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122, "{text}");
        assert_ne!(one, other);
    }

    #[test]
    fn values_of_a_query_are_not_shown() {
        let url = Url::parse("https://a.example/jobs/j?api-version=1&$filter=id%20eq%20'secret'")
            .expect("a URL");
        assert_eq!(
            shown(&url),
            "https://a.example/jobs/j?api-version=…&$filter=…"
        );
    }
}
