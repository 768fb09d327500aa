//! The error in the body of a response, read leniently: one odd part does not cost the others.
//!
//! Besides the service's own form it reads those of the management plane, of gateways and of older
//! services:
//!
//! ```text
//! {"code": "JobNotFound", "message": {"lang": "en-US", "value": "…"}, "values": […]}
//! {"error": {"code": "Forbidden", "message": "…", "details": […]}}
//! {"odata.error": {"code": "…", "message": {"value": "…"}}}
//! {"statusCode": 401, "message": "…"}
//! ```

use serde_json::{Map, Value};

use crate::models::{BatchError, BatchErrorDetail, ErrorMessage};
use crate::wire::json::without_mark;

/// Reads an error that has a code or a message.
pub(super) fn read(body: &[u8]) -> Option<BatchError> {
    let body: Value = serde_json::from_slice(without_mark(body)).ok()?;
    let body = body.as_object()?;
    ["error", "odata.error"]
        .iter()
        .filter_map(|name| body.get(*name)?.as_object())
        .chain([body])
        .find_map(of_object)
}

fn of_object(object: &Map<String, Value>) -> Option<BatchError> {
    let code = object.get("code").and_then(text);
    let message = object.get("message").and_then(|message| match message {
        Value::Object(parts) => text(parts.get("value")?),
        other => text(other),
    });
    if code.is_none() && message.is_none() {
        return None;
    }
    let lang = object
        .get("message")
        .and_then(|message| message.get("lang"));
    let message = message.map(|value| ErrorMessage {
        lang: lang.and_then(text),
        value: Some(value),
    });
    Some(BatchError {
        code,
        message,
        values: details(object),
    })
}

/// The `values` of the service, or the `details` of the management plane, whose code and message
/// become key and value.
fn details(object: &Map<String, Value>) -> Option<Vec<BatchErrorDetail>> {
    let list = |name: &str, key: &str, value: &str| {
        let list = object.get(name)?.as_array()?;
        let details = list.iter().filter_map(|detail| {
            let detail = detail.as_object()?;
            Some(BatchErrorDetail {
                key: detail.get(key).and_then(text),
                value: detail.get(value).and_then(text),
            })
        });
        Some(details.collect())
    };
    list("values", "key", "value").or_else(|| list("details", "code", "message"))
}

/// A value as text. Absence, objects and lists have none.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()).cloned(),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read() {
        for (body, code, message) in [
            (
                r#"{"code":"A","message":{"lang":"en","value":"m"}}"#,
                Some("A"),
                Some("m"),
            ),
            (r#"{"code":"A","message":"m"}"#, Some("A"), Some("m")),
            (
                r#"{"error":{"code":"A","message":"m"}}"#,
                Some("A"),
                Some("m"),
            ),
            (
                r#"{"odata.error":{"code":"A","message":{"value":"m"}}}"#,
                Some("A"),
                Some("m"),
            ),
            (r#"{"statusCode":401,"message":"m"}"#, None, Some("m")),
            (r#"{"error":"unauthorized","code":"A"}"#, Some("A"), None),
            (r#"{"code":null,"message":{"value":"m"}}"#, None, Some("m")),
            (r#"{"code":7,"message":{"value":null}}"#, Some("7"), None),
            (r#"{"code":"A","message":[]}"#, Some("A"), None),
            ("\u{feff}{\"code\":\"A\"}", Some("A"), None),
            (r#" {"code":"A","values":7}"#, Some("A"), None),
        ] {
            let error = read(body.as_bytes()).expect(body);
            assert_eq!(error.code.as_deref(), code, "{body}");
            let value = error.message.as_ref().and_then(|m| m.value.as_deref());
            assert_eq!(value, message, "{body}");
        }
    }

    #[test]
    fn one_odd_detail_costs_no_other() {
        let body = br#"{"code":"A","values":[{"key":"k","value":7},{"key":null,"value":"v"},3,
            {"value":{}},{"key":"l","value":true}]}"#;
        let error = read(body).expect("an error");
        let details: Vec<_> = error
            .values
            .iter()
            .flatten()
            .map(|detail| (detail.key.as_deref(), detail.value.as_deref()))
            .collect();
        assert_eq!(
            details,
            [
                (Some("k"), Some("7")),
                (None, Some("v")),
                (None, None),
                (Some("l"), Some("true"))
            ]
        );
        let body = br#"{"error":{"code":"A","details":[{"code":"B","message":"m"}]}}"#;
        let error = read(body).expect("an error");
        let detail = &error.values.expect("details")[0];
        assert_eq!(
            (detail.key.as_deref(), detail.value.as_deref()),
            (Some("B"), Some("m"))
        );
    }

    #[test]
    fn other_bodies_have_no_error() {
        for body in [
            "",
            "{}",
            "[]",
            "<html>",
            "7",
            "{\"code\":",
            "{\"code\":\"\"}",
            "{\"error\":{}}",
        ] {
            assert!(read(body.as_bytes()).is_none(), "{body}");
        }
    }
}
