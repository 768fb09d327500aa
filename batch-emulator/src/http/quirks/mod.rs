//! The live service's deviations from its own description, where the configuration asks for them.
//!
//! A pass over a reply on its way out: the state below knows nothing of it. It goes along the
//! tables of the description, so that it reaches every answer that has a property of the kind. Each
//! deviation was seen in answers of the live service, of this or of a neighbouring version; the
//! lists here say where.

use axum::body::HttpBody as _;
use axum::http::HeaderValue;
use axum::response::Response;
use serde_json::Value;

use crate::chance;
use crate::generated::OperationId;
use crate::http::scripted::of_untold_length;
use crate::request::{Content, Object, Reply};
use crate::table::{self, Answer, Kind, Model, Operation};

const IS_DIRECTORY: &str = "ocp-batch-file-isdirectory";

/// The enums whose letter case is another than the description has it. All others come as
/// described.
const SPELLINGS: &[&[&str]] = &[
    &["CurrentUser", "LocalMachine"],
    &["None", "ReadOnly", "ReadWrite"],
    &["Regional", "Zonal"],
    &["Spread", "Pack"],
    &["Success", "ClientError", "ServerError"],
    &["TaskSuccess", "TaskFailure", "TaskCompletion"],
    &["UserError", "ServerError"],
    &["trustedlaunch"],
];

/// Required properties that are not there, by definition.
const LEFT_OUT: &[(&str, &str)] = &[
    ("ApplicationSummary", "displayName"),
    ("InboundEndpoint", "publicFQDN"),
    ("NodeCounts", "upgradingOS"),
];

/// Properties that no description has, by definition. All are counts.
const ADDED: &[(&str, &str)] = &[
    ("NodeCounts", "deallocated"),
    ("NodeCounts", "deallocating"),
];

/// Times that come from nodes, which count microseconds and not ticks.
const TIMED_BY_NODES: &[(&str, &str)] = &[
    ("ComputeNode", "lastBootTime"),
    ("ComputeNode", "stateTransitionTime"),
    ("FileProperties", "creationTime"),
    ("FileProperties", "lastModified"),
    ("NodeAgentInformation", "lastUpdateTime"),
];

/// Makes the reply one of the live service.
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

/// Sends the response as the live service does: booleans in headers with a capital letter, bodies
/// in chunks, so that their length is not told before. The length in the answer to a HEAD is that
/// of the file, and stays.
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
        of_untold_length(body)
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
        object.insert((*property).to_owned(), 0.into());
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
            // With a decimal point, also where it is whole.
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

/// How the live service writes a value of the enum, where that is not as described.
fn spelling(values: &[&str], text: &str) -> Option<&'static str> {
    let spelled = SPELLINGS.iter().find(|spelled| is_of(spelled, values))?;
    let mut spelled = spelled.iter();
    spelled
        .find(|known| known.eq_ignore_ascii_case(text))
        .copied()
}

/// Whether the spellings are those of the enum with these values.
fn is_of(spelled: &[&str], values: &[&str]) -> bool {
    let mut pairs = spelled.iter().zip(values);
    spelled.len() == values.len() && pairs.all(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// Cuts the seventh digit, and the zeros before it.
fn in_microseconds(time: &str) -> String {
    let Some((whole, fraction)) = time.trim_end_matches('Z').split_once('.') else {
        return time.to_owned();
    };
    let digits = fraction.get(..6).unwrap_or(fraction).trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    format!("{whole}{point}{digits}Z")
}

/// Puts the results of a collection in another order than that of the request: the same one for the
/// same ids.
fn shuffle(object: &mut Object) {
    let Some(Value::Array(results)) = object.get_mut("value") else {
        return;
    };
    let place = |result: &Value| {
        chance::of_text(
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
