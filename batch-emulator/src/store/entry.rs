//! An input of the state, as the journal stores it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::generated::MODELS;
use crate::request::Object;
use crate::state::Settings;
use crate::state::report::Report;
use crate::table::{self, Kind, Operation};
use crate::time::Time;

/// The headers that affect a change. None of them is secret.
const HEADERS: [&str; 5] = [
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
];

/// An input of the state, with its time in the state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) time: Time,
    pub(crate) input: Input,
}

/// Kinds of input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Input {
    /// A request that changed the state.
    Request(Call),
    /// A report about an event outside the state.
    Report(Report),
    /// The service was started with changed settings.
    Settings(Settings),
}

/// The parts of a request that affect its changes. Authentication has already happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Path and query exactly as received.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Scheme and host that the client used.
    pub(crate) base: String,
    /// True if the request succeeded; a rejected one may still have had effects.
    pub(crate) accepted: bool,
}

impl Call {
    /// Creates the record of a request that can change the state; `None` for one that only reads.
    pub(crate) fn new(
        operation: &Operation,
        method: &str,
        target: &str,
        headers: &HeaderMap,
        body: &[u8],
        base: &str,
    ) -> Option<Self> {
        if matches!(method, "GET" | "HEAD") {
            return None;
        }
        let header = |name: &&str| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        };
        Some(Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: HEADERS.iter().filter_map(header).collect(),
            body: without_secrets(operation, &String::from_utf8_lossy(body)),
            base: base.to_owned(),
            accepted: true,
        })
    }

    /// Returns its approximate size.
    pub(crate) fn weight(&self) -> usize {
        self.body.len() + self.target.len() + 256
    }
}

/// Returns the body without passwords and keys: the state forgets them, so they need not be
/// persisted.
fn without_secrets(operation: &Operation, body: &str) -> String {
    let Some(model) = operation.body.as_ref().map(|body| body.model) else {
        return String::new();
    };
    // Escapes may hide a name.
    let may_have = body.contains("\\u") || secret_names().iter().any(|name| body.contains(name));
    if !may_have {
        return body.to_owned();
    }
    match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(mut object)) => {
            forget(&mut object, model);
            Value::Object(object).to_string()
        }
        // No operation has parsed it.
        _ => String::new(),
    }
}

/// Returns the names of all secret properties.
fn secret_names() -> &'static [&'static str] {
    static NAMES: OnceLock<Vec<&str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let properties = MODELS.iter().flat_map(|model| model.properties);
        let secret = properties.filter(|property| property.secret);
        let names: BTreeSet<&str> = secret.map(|property| property.name).collect();
        names.into_iter().collect()
    })
}

/// Blanks the secrets in an object and removes properties that its definition does not have.
fn forget(object: &mut Object, model: &str) {
    let Some(model) = table::model(model) else {
        object.clear();
        return;
    };
    object.retain(|name, _| model.property(name).is_some());
    for property in model.properties {
        let is_secret = property.is_secret_in(object);
        let Some(value) = object.get_mut(property.name) else {
            continue;
        };
        if is_secret {
            blank(value);
        } else {
            forget_below(value, &property.kind);
        }
    }
}

fn forget_below(value: &mut Value, kind: &Kind) {
    match (kind, value) {
        (Kind::Model(model), Value::Object(object)) => forget(object, model),
        (Kind::Array(kind), Value::Array(items)) => {
            for item in items {
                forget_below(item, kind);
            }
        }
        _ => {}
    }
}

/// Replaces a value with one of the same type, which passes the same validation.
fn blank(value: &mut Value) {
    match value {
        Value::String(text) => "not kept".clone_into(text),
        Value::Object(object) => object.clear(),
        Value::Array(items) => items.clear(),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::state::numbers::{NodeNumber, Number as _, PoolNumber};
    use crate::state::report::{End, Program};

    fn call(method: &str, body: &str) -> Option<Call> {
        call_of("Job_Add", method, body)
    }

    fn call_of(operation: &str, method: &str, body: &str) -> Option<Call> {
        let mut headers = HeaderMap::new();
        headers.insert("if-match", HeaderValue::from_static("0x1"));
        headers.insert(
            "authorization",
            HeaderValue::from_static("SharedKey a:c2VjcmV0"),
        );
        Call::new(
            table::operation(operation).unwrap(),
            method,
            "/jobs?api-version=1",
            &headers,
            body.as_bytes(),
            "http://h",
        )
    }

    #[test]
    fn read_only_requests_are_not_recorded() {
        assert_eq!(call("GET", ""), None);
        assert_eq!(call("HEAD", ""), None);
        assert!(call("DELETE", "").is_some());
    }

    #[test]
    fn secrets_are_not_recorded() {
        let bodies = [
            (
                "ComputeNode_AddUser",
                r#"{"name":"u","password":"hunter2","isAdmin":true}"#,
            ),
            (
                "ComputeNode_AddUser",
                r#"{"name":"u","passw\u006frd":"hunter2","isAdmin":true}"#,
            ),
            (
                "Pool_Add",
                r#"{"id":"p","mountConfiguration":[{"azureBlobFileSystemConfiguration":{"sasKey":"hunter2","accountKey":"hunter2"}}],
                    "virtualMachineConfiguration":{"extensions":[{"name":"e","protectedSettings":{"k":"hunter2"}}],
                    "containerConfiguration":{"containerRegistries":[{"username":"u","password":"hunter2"}]}},
                    "userAccounts":[{"name":"u","password":"hunter2","linuxUserConfiguration":{"sshPrivateKey":"hunter2"}}]}"#,
            ),
            (
                "Certificate_Add",
                r#"{"thumbprint":"a","data":"hunter2","password":"hunter2","certificateFormat":"pfx"}"#,
            ),
            ("Certificate_Add", r#"{"thumbprint":"a","data":"hunter2"}"#),
            // A property without a definition may be a misspelled secret.
            (
                "ComputeNode_AddUser",
                r#"{"name":"u","password":"a","passwd":"hunter2"}"#,
            ),
        ];
        for (operation, body) in bodies {
            let call = call_of(operation, "POST", body).unwrap();
            let entry = Entry {
                time: Time::from_ticks(7),
                input: Input::Request(call),
            };
            let text = serde_json::to_string(&entry).unwrap();
            assert!(
                !text.contains("hunter2") && !text.contains("c2VjcmV0"),
                "{text}"
            );
            assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
        }
        let plain = r#"{ "id": "j",  "priority": 1.0 }"#;
        assert_eq!(call("POST", plain).unwrap().body, plain);
        // The service returns the file of a certificate without a private key, so it must survive.
        let public = r#"{"thumbprint":"a","data":"cHVibGlj","certificateFormat":"CER"}"#;
        let call = call_of("Certificate_Add", "POST", public).unwrap();
        assert!(call.body.contains("cHVibGlj"), "{}", call.body);
    }

    #[test]
    fn reports_and_settings_round_trip() {
        let report = Input::Report(Report::Ended {
            program: Program::Start {
                pool: PoolNumber::from_index(1),
                node: NodeNumber::from_index(2),
                epoch: 3,
            },
            end: End::exit(-1),
        });
        let settings = Input::Settings(Settings::new(&crate::config::Config::default()));
        for input in [report, settings] {
            let entry = Entry {
                time: Time::from_ticks(7),
                input,
            };
            let bytes = serde_json::to_vec(&entry).unwrap();
            assert_eq!(serde_json::from_slice::<Entry>(&bytes).unwrap(), entry);
        }
    }
}
