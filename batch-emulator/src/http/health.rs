//! `GET /_health`, for whoever starts the service and waits for it. It requires no signature, says
//! nothing about the state, and does not count as a request.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use serde_json::json;

use crate::generated::API_VERSION;

/// Handles a request for the health; returns `None` if it is for something else.
pub(super) fn answer(parts: &Parts) -> Option<Response> {
    let reads = [Method::GET, Method::HEAD].contains(&parts.method);
    if !reads || parts.uri.path() != "/_health" {
        return None;
    }
    let health =
        json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "apiVersion": API_VERSION});
    let mut response = Response::new(Body::from(health.to_string()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Some(response)
}
