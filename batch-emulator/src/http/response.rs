//! Writes replies and errors as the service does: statuses, headers, bodies.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use crate::http::metadata;
use crate::http::scripted::with_unknown_length;
use crate::refusal::Refusal;
use crate::request::{Content, FileHeaders, Object, Reply};
use crate::requests::Code;
use crate::table::Operation;
use crate::time::wire_time;

const JSON: &str = "application/json;odata=minimalmetadata";
const SERVER: &str = concat!("batch-emulator/", env!("CARGO_PKG_VERSION"));

/// All characters except the unreserved ones.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Creates the response to a successful operation; `path` is the requested path.
pub(super) fn success(operation: &Operation, reply: Reply, base: &str, path: &str) -> Response {
    let mut response = empty(operation.success, Uuid::new_v4());
    let headers = response.headers_mut();
    let has = |name| operation.headers.contains(&name);
    if let Some(etag) = reply.etag.filter(|_| has("etag")) {
        set(headers, header::ETAG, &etag);
    }
    if let Some(time) = reply.last_modified.filter(|_| has("last-modified")) {
        set(headers, header::LAST_MODIFIED, &http_date(time));
    }
    if has("dataserviceid") {
        let id = reply
            .data_service_id
            .unwrap_or_else(|| format!("{base}{path}"));
        set(headers, HeaderName::from_static("dataserviceid"), &id);
        if operation.success == 201 {
            set(headers, header::LOCATION, &id);
        }
    }
    if let Some(file) = &reply.file {
        set_file(headers, file);
    }
    let body = match reply.content {
        Content::Nothing => Body::empty(),
        Content::Object(object) => {
            set(headers, header::CONTENT_TYPE, JSON);
            Body::from(with_metadata(
                &metadata::of_response(operation, base),
                &object,
            ))
        }
        Content::Bytes(bytes) => {
            if reply.file.is_none() {
                set(headers, header::CONTENT_TYPE, "application/octet-stream");
            }
            // The length is that of these bytes, not of the whole file, if only a range was
            // requested.
            headers.remove(header::CONTENT_LENGTH);
            Body::from(bytes)
        }
        Content::File(file, length) => {
            headers.remove(header::CONTENT_LENGTH);
            // The file may shrink in the meantime, so the response is chunked rather than promising
            // a length.
            let file = tokio::fs::File::from_std(file).take(length);
            Body::from_stream(ReaderStream::new(file))
        }
    };
    *response.body_mut() = body;
    response
}

/// Creates the response to a rejected request.
pub(super) fn failure(refusal: &Refusal, base: &str, now: DateTime<Utc>) -> Response {
    let id = Uuid::new_v4();
    let mut response = empty(refusal.status, id);
    response.extensions_mut().insert(Code(refusal.code));
    // HTTP does not allow a body here.
    if refusal.status == 304 {
        return response;
    }
    let time = wire_time(now);
    let text = format!("{}\nRequestId:{id}\nTime:{time}", refusal.message);
    let mut object = Object::new();
    object.insert("code".to_owned(), refusal.code.into());
    object.insert(
        "message".to_owned(),
        json!({"lang": "en-US", "value": text}),
    );
    if !refusal.values.is_empty() {
        let values = refusal.values.iter();
        let values = values.map(|(key, value)| json!({"key": key, "value": value}));
        object.insert("values".to_owned(), values.collect());
    }
    set(response.headers_mut(), header::CONTENT_TYPE, JSON);
    *response.body_mut() = Body::from(with_metadata(&metadata::of_refusal(base), &object));
    response
}

/// Sets the header `Date` if the time differs from what the server would add.
pub(super) fn set_date(response: &mut Response, now: DateTime<Utc>) {
    set(response.headers_mut(), header::DATE, &http_date(now));
}

/// Removes the body but keeps the headers, for the response to a HEAD. An error then has no headers
/// that describe its body.
///
/// Source: recorded, `Pool_Exists` with 404: neither a content type nor a length.
pub(super) fn strip_body(response: &mut Response) {
    let body = std::mem::take(response.body_mut());
    if !response.status().is_success() {
        *response.body_mut() = with_unknown_length(body);
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
}

/// Creates a response with the headers that every response has. The server adds `date`.
fn empty(status: u16, id: Uuid) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    set(headers, header::SERVER, SERVER);
    let named = HeaderName::from_static;
    set(headers, named("dataserviceversion"), "3.0");
    // Recorded: every response.
    set(headers, named("x-content-type-options"), "nosniff");
    set(headers, named("request-id"), &id.to_string());
    response
}

fn set_file(headers: &mut HeaderMap, file: &FileHeaders) {
    let mut named = |name, value: &str| set(headers, HeaderName::from_static(name), value);
    named("ocp-creation-time", &http_date(file.created));
    let is_directory = if file.is_directory { "true" } else { "false" };
    named("ocp-batch-file-isdirectory", is_directory);
    let url = utf8_percent_encode(&file.url, ENCODED).to_string();
    named("ocp-batch-file-url", &url);
    if let Some(mode) = &file.mode {
        named("ocp-batch-file-mode", mode);
    }
    named("content-type", &file.content_type);
    named("content-length", &file.length.to_string());
}

/// Sets a header; a value that HTTP does not allow is omitted.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Serializes the object with `odata.metadata` in front, as the service does; a JSON map would sort
/// it.
fn with_metadata(metadata: &str, object: &Object) -> Vec<u8> {
    let metadata = serde_json::Value::from(metadata).to_string();
    let mut text = format!("{{\"odata.metadata\":{metadata}").into_bytes();
    if object.is_empty() {
        text.push(b'}');
        return text;
    }
    text.push(b',');
    let object = serde_json::to_vec(object).unwrap_or_default();
    text.extend_from_slice(object.get(1..).unwrap_or_default());
    text
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;
    use crate::table::operation;

    async fn text(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn times_have_seven_digits() {
        let time = DateTime::from_timestamp(1_706_745_600, 1_234_599).unwrap();
        assert_eq!(wire_time(time), "2024-02-01T00:00:00.0012345Z");
        assert_eq!(http_date(time), "Thu, 01 Feb 2024 00:00:00 GMT");
    }

    #[tokio::test]
    async fn a_reply_has_the_headers_of_its_operation() {
        let reply = || Reply {
            etag: Some("0x8D".to_owned()),
            last_modified: DateTime::from_timestamp(0, 0),
            content: Content::Object(Object::from_iter([("id".to_owned(), "p".into())])),
            ..Reply::default()
        };
        let found = success(
            operation("Pool_Get").unwrap(),
            reply(),
            "http://h",
            "/pools/p",
        );
        assert_eq!(found.status(), 200);
        assert_eq!(found.headers()["etag"], "0x8D");
        assert_eq!(
            found.headers()["last-modified"],
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
        assert!(!found.headers().contains_key("dataserviceid"));
        assert_eq!(
            text(found).await,
            r#"{"odata.metadata":"http://h/$metadata#pools/@Element","id":"p"}"#
        );
        let added = success(
            operation("Pool_Resize").unwrap(),
            Reply::default(),
            "http://h",
            "/pools/p/resize",
        );
        assert_eq!(added.status(), 202);
        assert_eq!(added.headers()["dataserviceid"], "http://h/pools/p/resize");
    }

    #[tokio::test]
    async fn an_error_response_has_the_services_format() {
        let refusal = Refusal::new(404, "PoolNotFound", "No pool.").with("Key", "value");
        let response = failure(&refusal, "http://h", Utc::now());
        let id = response.headers()["request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let text = text(response).await;
        assert!(text.starts_with("{\"odata.metadata\":\"http://h/$metadata#Microsoft."));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["code"], "PoolNotFound");
        assert_eq!(json["message"]["lang"], "en-US");
        let message = json["message"]["value"].as_str().unwrap();
        assert!(message.starts_with(&format!("No pool.\nRequestId:{id}\nTime:2")));
        assert_eq!(json["values"], json!([{"key": "Key", "value": "value"}]));
        assert!(
            failure(&Refusal::new(304, "ConditionNotMet", ""), "", Utc::now())
                .headers()
                .get("content-type")
                .is_none()
        );
    }

    #[test]
    fn a_files_headers_are_written() {
        let file = FileHeaders {
            created: DateTime::from_timestamp(0, 0).unwrap(),
            is_directory: false,
            url: "http://h/jobs/j/a b".to_owned(),
            mode: Some("0o100644".to_owned()),
            content_type: "text/plain".to_owned(),
            length: 13,
        };
        let reply = Reply {
            file: Some(file),
            ..Reply::default()
        };
        let operation = operation("File_GetPropertiesFromTask").unwrap();
        let response = success(operation, reply, "http://h", "/");
        let headers = response.headers();
        assert_eq!(
            headers["ocp-batch-file-url"],
            "http%3A%2F%2Fh%2Fjobs%2Fj%2Fa%20b"
        );
        assert_eq!(headers["content-length"], "13");
        assert_eq!(headers["ocp-batch-file-isdirectory"], "false");
        assert_eq!(headers["ocp-batch-file-mode"], "0o100644");
    }
}
