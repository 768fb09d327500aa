//! Deviations of the live service from its API description, if the configuration enables them.
//!
//! A pass over the finished reply: the state below knows nothing of it. It follows the tables of
//! the description, so that it reaches every response that has such a property. Each deviation was
//! observed in responses of the live service, in this or a neighbouring version; the lists here
//! give the source.

mod messages;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::ext::ReasonPhrase;
use serde_json::Value;

use crate::chance;
use crate::generated::OperationId;
use crate::http::scripted::with_unknown_length;
use crate::refusal::Refusal;
use crate::request::{Content, Object, Reply};
use crate::table::{self, Kind, Model, Operation, Returns};

const IS_DIRECTORY: &str = "ocp-batch-file-isdirectory";
const SERVICE_ID: &str = "dataserviceid";
/// Reason phrase of a 412.
const NOT_MET: &[u8] = b"The condition specified using HTTP conditional header(s) is not met.";

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
    let (Returns::Model(name) | Returns::Page { model: name, .. }) = operation.returns else {
        return;
    };
    if let Some(model) = table::model(name) {
        deviate(model, object);
    }
    if operation.action == Some(OperationId::TaskAddCollection) {
        shuffle(object);
    }
}

/// Applies the deviations to a refusal.
pub(super) fn refuse(refusal: &mut Refusal) {
    messages::replace(refusal);
}

/// Applies the deviations to the headers that name a resource; `url` is the requested one.
///
/// Source: recorded, `Task_Get`, `Task_Reactivate` and `ComputeNode_GetRemoteLoginSettings`; the
/// tests of the official clients for `Job_Add`, whose headers name a job that does not exist.
pub(super) fn name_resource(operation: &Operation, response: &mut Response, url: &str) {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, url: String| {
        if let Ok(value) = HeaderValue::try_from(url) {
            headers.insert(name, value);
        }
    };
    match operation.action {
        Some(OperationId::TaskGet | OperationId::TaskReactivate) => {
            headers.remove(SERVICE_ID);
        }
        Some(OperationId::ComputeNodeGetRemoteLoginSettings) => {
            set(HeaderName::from_static(SERVICE_ID), url.to_owned());
        }
        Some(OperationId::JobAdd) => {
            set(HeaderName::from_static(SERVICE_ID), format!("{url}/job-1"));
            set(header::LOCATION, format!("{url}/job-1"));
        }
        _ => {}
    }
}

/// Applies the deviations to a response: booleans in headers start with a capital letter, the
/// reason phrase of a failed condition is its message, and the bodies of successful responses are
/// chunked, even if they are empty. The length in the response to a HEAD is the file's and stays.
///
/// Source: all recorded responses. A recorded 204 also has the length 0, which RFC 9110 forbids and
/// hyper does not send.
pub(super) fn send(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if parts.status == StatusCode::PRECONDITION_FAILED {
        parts.extensions.insert(ReasonPhrase::from_static(NOT_MET));
    }
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
    let has_length = parts.headers.contains_key(header::CONTENT_LENGTH);
    let chunked =
        parts.status.is_success() && parts.status != StatusCode::NO_CONTENT && !has_length;
    let body = if chunked {
        with_unknown_length(body)
    } else {
        body
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
