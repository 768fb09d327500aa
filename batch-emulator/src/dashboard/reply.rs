//! Responses of the dashboard.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

pub(super) const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Returns a weak tag: content with the same tag may differ in its current time.
pub(super) fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Returns the content, or 304 if the client has the content with this tag.
pub(super) fn tagged(
    parts: &Parts,
    kind: &'static str,
    tag: &str,
    body: impl FnOnce() -> Body,
) -> Response {
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

pub(super) fn respond(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

pub(super) fn plain(status: StatusCode, text: impl Into<Body>) -> Response {
    respond(status, TEXT, text.into())
}

/// Returns text that the client may know already.
pub(super) fn tagged_text(parts: &Parts, text: String) -> Response {
    let tag = tag(&text);
    tagged(parts, TEXT, &tag, || Body::from(text))
}
