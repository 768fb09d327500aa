//! Whether what exists is what was sent.
//!
//! The service gives a resource back in its own spelling: durations and dates rewritten, letter case of enums and ids
//! its own, defaults filled in, secrets left out. So both sides pass through the model that the resource is read as,
//! and then everything that was sent has to be there; what the service has added does not count.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What the service never gives back.
const SECRETS: [&str; 6] = [
    "password",
    "accountKey",
    "sasKey",
    "sshPrivateKey",
    "protectedSettings",
    "data",
];
/// What the service compares without letter case, and may give back in another.
const CASELESS: [&str; 10] = [
    "id",
    "poolId",
    "vmSize",
    "publisher",
    "offer",
    "sku",
    "nodeAgentSKUId",
    "thumbprint",
    "thumbprintAlgorithm",
    "type",
];

/// Whether what was sent is what was found, by the model that the resource is read as. Instantiated where a program adds
/// such a resource, so that it costs no other program anything.
pub(crate) type Same = fn(sent: &[u8], found: &[u8]) -> bool;

/// Whether `found`, the body of a resource that was read, is what `sent`, the body of a request to add it, asks for.
/// What cannot be read as the resource's model is not.
pub(crate) fn is_same<M: DeserializeOwned + Serialize>(sent: &[u8], found: &[u8]) -> bool {
    let spelled = |text| -> Option<Value> {
        serde_json::to_value(serde_json::from_slice::<M>(text).ok()?).ok()
    };
    match (spelled(sent), spelled(found)) {
        (Some(sent), Some(found)) => holds("", &sent, &found),
        _ => false,
    }
}

/// Whether everything of `sent` is in `found`.
#[inline]
fn holds(name: &str, sent: &Value, found: &Value) -> bool {
    match (sent, found) {
        (Value::Object(sent), Value::Object(found)) => {
            sent.iter().all(|(name, value)| has(found, name, value))
        }
        (Value::Array(sent), Value::Array(found)) => {
            sent.len() == found.len()
                && sent
                    .iter()
                    .zip(found)
                    .all(|(sent, found)| holds(name, sent, found))
        }
        (Value::String(sent), Value::String(found)) if CASELESS.contains(&name) => {
            sent.eq_ignore_ascii_case(found)
        }
        (Value::Number(sent), Value::Number(found)) => sent.as_f64() == found.as_f64(),
        _ => sent == found,
    }
}

#[inline]
fn has(found: &Map<String, Value>, name: &str, sent: &Value) -> bool {
    if SECRETS.contains(&name) {
        return true;
    }
    match found.get(name) {
        Some(found) => holds(name, sent, found),
        // An empty list and none are one to the service, and so is an object of which it keeps nothing.
        None => sent.is_null() || is_empty(sent),
    }
}

#[inline]
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object
            .iter()
            .all(|(name, value)| SECRETS.contains(&name.as_str()) || is_empty(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{CloudPool, CloudTask};
    use serde_json::json;

    fn same<M: DeserializeOwned + Serialize>(sent: &Value, found: &Value) -> bool {
        is_same::<M>(sent.to_string().as_bytes(), found.to_string().as_bytes())
    }

    #[test]
    fn the_services_spelling_is_the_same() {
        let sent = json!({
            "id": "Nightly", "commandLine": "echo", "requiredSlots": 2,
            "constraints": {"maxWallClockTime": "PT60M", "retentionTime": "P1D"},
            "resourceFiles": [], "userIdentity": {"autoUser": {"scope": "Pool"}},
            "environmentSettings": [{"name": "A", "value": "1"}],
        });
        let found = json!({
            "id": "nightly", "url": "https://…", "commandLine": "echo", "requiredSlots": "2", "state": "active",
            "constraints": {"maxWallClockTime": "PT1H", "retentionTime": "P1D", "maxTaskRetryCount": 0},
            "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "nonAdmin"}},
            "environmentSettings": [{"name": "A", "value": "1"}],
        });
        assert!(same::<CloudTask>(&sent, &found));
    }

    #[test]
    fn each_difference_counts() {
        let sent = json!({
            "id": "t", "commandLine": "echo", "requiredSlots": 2, "constraints": {"maxTaskRetryCount": 1},
            "environmentSettings": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        });
        assert!(same::<CloudTask>(&sent, &sent));
        for (pointer, other) in [
            ("/id", json!("u")),
            ("/commandLine", json!("Echo")),
            ("/requiredSlots", json!(1)),
            ("/constraints/maxTaskRetryCount", json!(2)),
            ("/environmentSettings/0/value", json!("2")),
            ("/environmentSettings", json!([{"name": "A", "value": "1"}])),
            ("/environmentSettings", json!([])),
            ("/constraints", Value::Null),
        ] {
            let mut found = sent.clone();
            *found.pointer_mut(pointer).expect(pointer) = other;
            assert!(!same::<CloudTask>(&sent, &found), "{pointer}");
        }
    }

    #[test]
    fn secrets_do_not_come_back() {
        let sent = json!({"id": "p", "vmSize": "Standard_D2s_v3", "userAccounts": [{"name": "u", "password": "secret"}]});
        let mut found =
            json!({"id": "p", "vmSize": "standard_d2s_v3", "userAccounts": [{"name": "u"}]});
        assert!(same::<CloudPool>(&sent, &found));
        found["userAccounts"][0]["name"] = json!("v");
        assert!(!same::<CloudPool>(&sent, &found));
    }

    #[test]
    fn what_cannot_be_read_is_not_the_same() {
        for found in ["", "[]", "<html>", "{\"id\":7}"] {
            assert!(
                !is_same::<CloudTask>(b"{\"id\":\"t\"}", found.as_bytes()),
                "{found}"
            );
        }
    }
}
