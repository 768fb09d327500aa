//! Deviations of the live service from its API description, if the configuration enables them.
//!
//! A pass over the finished reply: the state below knows nothing of it. It follows the tables of
//! the description, so that it reaches every response that has such a property. Each deviation was
//! observed in responses of the live service, in this or a neighbouring version; the lists here
//! give the source.

use axum::body::HttpBody as _;
use axum::http::HeaderValue;
use axum::response::Response;
use serde_json::Value;

use crate::chance;
use crate::generated::OperationId;
use crate::http::scripted::with_unknown_length;
use crate::request::{Content, Object, Reply};
use crate::table::{self, Answer, Kind, Model, Operation};

const IS_DIRECTORY: &str = "ocp-batch-file-isdirectory";

/// Enums whose letter case differs from the description. All other enums match it.
const SPELLINGS: &[&[&str]] = &[
    &["CurrentUser", "LocalMachine"],
    &["None", "ReadOnly", "ReadWrite"],
    &["Regional", "Zonal"],
    &["Spread", "Pack"],
    &["Success", "ClientError", "ServerError"],
    &["TaskSuccess", "TaskFailure", "TaskCompletion"],
    &["UserError", "ServerError"],
    &["trustedlaunch", "confidentialvm"],
];

/// Required properties that are missing, by definition.
const LEFT_OUT: &[(&str, &str)] = &[
    ("ApplicationSummary", "displayName"),
    ("InboundEndpoint", "publicFQDN"),
    ("NodeCounts", "upgradingOS"),
];

/// Properties that the oldest version does not describe and the service returns in all of them, by
/// definition. All are counts.
const ADDED: &[(&str, &str)] = &[
    ("NodeCounts", "deallocated"),
    ("NodeCounts", "deallocating"),
];

/// Times that come from nodes, which have a resolution of microseconds instead of ticks.
const TIMED_BY_NODES: &[(&str, &str)] = &[
    ("ComputeNode", "lastBootTime"),
    ("ComputeNode", "stateTransitionTime"),
    ("FileProperties", "creationTime"),
    ("FileProperties", "lastModified"),
    ("NodeAgentInformation", "lastUpdateTime"),
];

/// Applies the deviations to a reply.
pub(super) fn apply(operation: &Operation, reply: &mut Reply) {
    let Content::Object(object) = &mut reply.content else {
        return;
    };
    let (Answer::Model(name) | Answer::Page { model: name, .. }) = operation.answer else {
        return;
    };
    if let Some(model) = table::model(name) {
        deviate(model, object);
    }
    if operation.action == Some(OperationId::TaskAddCollection) {
        shuffle(object);
    }
}

/// Applies the deviations to a response: booleans in headers start with a capital letter, and
/// bodies are chunked, without a length. The length in the response to a HEAD is the file's and
/// stays.
pub(super) fn send(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let directory = match parts.headers.get(IS_DIRECTORY) {
        Some(value) if value == "true" => Some("True"),
        Some(value) if value == "false" => Some("False"),
        _ => None,
    };
    if let Some(spelled) = directory {
        parts
            .headers
            .insert(IS_DIRECTORY, HeaderValue::from_static(spelled));
    }
    let body = if body.is_end_stream() {
        body
    } else {
        with_unknown_length(body)
    };
    Response::from_parts(parts, body)
}

fn deviate(model: &Model, object: &mut Object) {
    for (name, value) in object.iter_mut() {
        let property = model
            .properties
            .iter()
            .find(|property| property.name == name);
        if let Some(property) = property {
            respell((model.name, property.name), &property.kind, value);
        }
    }
    let of_model = |(name, _): &&(&str, &str)| *name == model.name;
    for (_, property) in LEFT_OUT.iter().filter(of_model) {
        object.remove(*property);
    }
    for (_, property) in ADDED.iter().filter(of_model) {
        object.entry(*property).or_insert(0.into());
    }
}

fn respell(at: (&str, &str), kind: &Kind, value: &mut Value) {
    match (kind, &mut *value) {
        (Kind::Enum(values), Value::String(text)) => {
            if let Some(spelling) = spelling(values, text) {
                spelling.clone_into(text);
            }
        }
        (Kind::I64, Value::Number(number)) => *value = number.to_string().into(),
        (Kind::F64, Value::Number(number)) if at.0.ends_with("Statistics") => {
            // Always with a decimal point, even if it is an integer.
            *value = format!("{:?}", number.as_f64().unwrap_or_default()).into();
        }
        (Kind::DateTime, Value::String(text)) if TIMED_BY_NODES.contains(&at) => {
            *text = in_microseconds(text);
        }
        (Kind::Model(name), Value::Object(object)) => {
            if let Some(model) = table::model(name) {
                deviate(model, object);
            }
        }
        (Kind::Array(kind), Value::Array(items)) => {
            for item in items {
                respell(at, kind, item);
            }
        }
        _ => {}
    }
}

/// Returns the live service's spelling of an enum value if it differs from the description.
fn spelling(values: &[&str], text: &str) -> Option<&'static str> {
    let spelled = SPELLINGS.iter().find(|spelled| is_of(spelled, values))?;
    let mut spelled = spelled.iter();
    spelled
        .find(|known| known.eq_ignore_ascii_case(text))
        .copied()
}

/// Returns true if the spellings belong to the enum with these values.
fn is_of(spelled: &[&str], values: &[&str]) -> bool {
    let mut pairs = spelled.iter().zip(values);
    spelled.len() == values.len() && pairs.all(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// Truncates a time to microseconds and removes trailing zeros.
fn in_microseconds(time: &str) -> String {
    let Some((whole, fraction)) = time.trim_end_matches('Z').split_once('.') else {
        return time.to_owned();
    };
    let digits = fraction.get(..6).unwrap_or(fraction).trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    format!("{whole}{point}{digits}Z")
}

/// Reorders the results of a collection: deterministically, by their ids.
fn shuffle(object: &mut Object) {
    let Some(Value::Array(results)) = object.get_mut("value") else {
        return;
    };
    let place = |result: &Value| {
        chance::hash(
            result
                .get("taskId")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        )
    };
    if results.is_sorted_by_key(place) {
        results.reverse();
    } else {
        results.sort_by_cached_key(place);
    }
}

#[cfg(test)]
mod tests;
