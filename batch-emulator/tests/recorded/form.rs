//! The form of a response: everything but its values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Headers that depend on the moment, the server or the connection.
const IGNORED: [&str; 8] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "request-id",
    "server",
    "strict-transport-security",
    "transfer-encoding",
];

/// How a response states where its body ends.
fn length(header: impl Fn(&str) -> Option<String>) -> String {
    match header("content-length").as_deref() {
        Some("0") => "length 0".to_owned(),
        Some(_) => "length".to_owned(),
        None if header("transfer-encoding").is_some() => "chunked".to_owned(),
        None => "no length".to_owned(),
    }
}

/// The form of a response, as names and what they are.
pub(crate) type Form = BTreeMap<String, String>;

/// Describes a response by its status, headers and body.
pub(crate) fn of(
    status: u64,
    names: &BTreeSet<String>,
    header: impl Fn(&str) -> Option<String>,
    body: Option<&Value>,
) -> Form {
    let mut form = Form::new();
    form.insert("status".to_owned(), status.to_string());
    form.insert("length".to_owned(), length(&header));
    for name in names
        .iter()
        .filter(|name| !IGNORED.contains(&name.as_str()))
    {
        form.insert(format!("header {name}"), "present".to_owned());
    }
    if let Some(Value::Object(_)) = body {
        describe("", body.unwrap_or(&Value::Null), &mut form);
    }
    form
}

fn describe(path: &str, value: &Value, form: &mut Form) {
    let kind = match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                describe(&path, value, form);
            }
            "object"
        }
        Value::Array(items) => {
            for item in items {
                describe(&format!("{path}[]"), item, form);
            }
            "list"
        }
        Value::String(text) if path == "code" => text,
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
    };
    if !path.is_empty() {
        form.insert(path.to_owned(), kind.to_owned());
    }
}

/// Returns the differences of two forms: the name, what was recorded, what was found.
pub(crate) fn differences(recorded: &Form, found: &Form) -> Vec<String> {
    let names: BTreeSet<&String> = recorded.keys().chain(found.keys()).collect();
    let absent = || "absent".to_owned();
    let mut differences = Vec::new();
    for name in names {
        let one = recorded.get(name).cloned().unwrap_or_else(absent);
        let other = found.get(name).cloned().unwrap_or_else(absent);
        if one != other {
            differences.push(format!("{name}: {one} -> {other}"));
        }
    }
    differences
}
