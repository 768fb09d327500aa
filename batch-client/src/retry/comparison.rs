//! Comparison of an existing resource with the request that should have added it.
//!
//! After a lost response, the retry of an add can fail because the resource exists. This module
//! decides if it is the caller's own, by tables that are generated from the description and from
//! `spec/defaults.json`, `spec/secrets.json`, `spec/read-only.json` and `spec/letter-case.json`.
//!
//! The comparison is symmetric: what was sent has to be there, and what was not sent has to be
//! absent, empty, or what the service fills in by itself. Values are compared as what they mean:
//! durations and times in any spelling, numbers that came as strings, enums and some ids without
//! regard to letter case. Secrets and what only the service sets are in no table, so they do not
//! count, and neither does a property that the definition of the add does not have.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::signed_urls;
use crate::wire::{TimeSpan, timestamp};

/// The properties of one definition that count.
#[derive(Debug)]
pub(crate) struct ModelComparison {
    pub(crate) properties: &'static [Property],
    pub(crate) copies: &'static [CopiedProperty],
}

/// A property that counts.
#[derive(Debug)]
pub(crate) struct Property {
    name: &'static str,
    by: ValueComparison,
    /// The default that the service fills in, as JSON.
    default: Option<&'static str>,
}

/// The meaning by which two values are equal.
#[derive(Debug)]
pub(crate) enum ValueComparison {
    /// The same JSON; see [`Queries`] for its strings.
    Value,
    /// The same string in any letter case.
    Caseless,
    /// The same URL; see [`Queries`].
    Url,
    /// The same number, be it written as a string.
    Number,
    /// The same moment.
    Time,
    /// The same duration.
    Duration,
    /// Equal properties.
    Properties(&'static ModelComparison),
    /// As many items, equal in this order.
    Items(&'static ValueComparison),
}

/// Treatment of the queries of URLs. A query may be a SAS, which is signed again for each run of a
/// program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Queries {
    /// They are compared like the rest of the URL.
    #[default]
    Count,
    /// They are left out of URLs. In other strings, those of signed URLs are
    /// ([`signed_urls`](super::signed_urls)).
    Ignored,
}

/// A property that the service copies from another one where it was not sent.
#[derive(Debug)]
pub(crate) struct CopiedProperty {
    pub(crate) from: &'static [&'static str],
    pub(crate) to: &'static [&'static str],
}

impl Property {
    pub(crate) const fn new(name: &'static str, by: ValueComparison) -> Self {
        Self {
            name,
            by,
            default: None,
        }
    }

    /// The property as the service fills it in.
    pub(crate) const fn or(self, default: &'static str) -> Self {
        Self {
            name: self.name,
            by: self.by,
            default: Some(default),
        }
    }

    fn is_same(&self, sent: Option<&Value>, found: Option<&Value>, queries: Queries) -> bool {
        let given = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
        match (sent.filter(|_| given(sent)), found.filter(|_| given(found))) {
            (None, None) => true,
            (Some(sent), Some(found)) => self.by.is_same(sent, found, queries),
            (Some(one), None) | (None, Some(one)) => self.is_nothing(one),
        }
    }

    /// Returns true if a value means the same as its absence.
    fn is_nothing(&self, value: &Value) -> bool {
        let default = self
            .default
            .and_then(|text| serde_json::from_str(text).ok());
        if default.is_some_and(|default: Value| self.by.is_same(&default, value, Queries::Count)) {
            return true;
        }
        match value {
            Value::Array(items) => items.is_empty(),
            Value::Object(_) => self
                .by
                .is_same(&Value::Object(Map::new()), value, Queries::Count),
            _ => false,
        }
    }
}

impl ValueComparison {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Properties(compared) => compared.has(name),
            Self::Items(by) => by.has(name),
            _ => false,
        }
    }

    fn is_same(&self, sent: &Value, found: &Value, queries: Queries) -> bool {
        match (self, sent, found) {
            (Self::Properties(compared), Value::Object(sent), Value::Object(found)) => {
                compared.is_same(sent, found, queries)
            }
            (Self::Items(by), Value::Array(sent), Value::Array(found)) => {
                let mut pairs = sent.iter().zip(found);
                sent.len() == found.len()
                    && pairs.all(|(sent, found)| by.is_same(sent, found, queries))
            }
            (Self::Caseless, Value::String(sent), Value::String(found)) => {
                sent.eq_ignore_ascii_case(found)
            }
            (Self::Url, Value::String(sent), Value::String(found))
                if queries == Queries::Ignored =>
            {
                without_query(sent) == without_query(found)
            }
            (Self::Value, sent, found) if queries == Queries::Ignored => {
                is_same_unsigned(sent, found)
            }
            (Self::Number, sent, found) => match (number(sent), number(found)) {
                // Both were parsed from decimal text, so equal numbers have equal bits.
                (Some(sent), Some(found)) => sent.total_cmp(&found).is_eq(),
                _ => sent == found,
            },
            (Self::Time, Value::String(sent), Value::String(found)) => {
                let read = (timestamp::parse(sent), timestamp::parse(found));
                sent == found || matches!(read, (Some(sent), Some(found)) if sent == found)
            }
            (Self::Duration, Value::String(sent), Value::String(found)) => {
                let read = (sent.parse::<TimeSpan>(), found.parse::<TimeSpan>());
                sent == found || matches!(read, (Ok(sent), Ok(found)) if sent == found)
            }
            _ => sent == found,
        }
    }
}

impl ModelComparison {
    /// Returns true if `found`, the body of a resource that was read, is what `sent`, the body of a
    /// request to add it, asks for. `None` if one of them is not a JSON object.
    pub(crate) fn compare(&self, sent: &[u8], found: &[u8], queries: Queries) -> Option<bool> {
        let read = |body| serde_json::from_slice::<Map<String, Value>>(body).ok();
        Some(self.is_same(&read(sent)?, &read(found)?, queries))
    }

    /// Names of the properties that count.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.properties.iter().map(|property| property.name)
    }

    /// Returns true if the definition or one that it holds has a property of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.properties
            .iter()
            .any(|property| property.name == name || property.by.has(name))
    }

    /// Returns true if the properties of a resource are what the request to add it asks for.
    pub(crate) fn is_same(
        &self,
        sent: &Map<String, Value>,
        found: &Map<String, Value>,
        queries: Queries,
    ) -> bool {
        let sent = self.with_copies(sent);
        self.properties.iter().all(|property| {
            let found = found.get(property.name);
            property.is_same(sent.get(property.name), found, queries)
        })
    }

    /// Returns the request with the values that the service copies from one property to another.
    fn with_copies<'a>(&self, sent: &'a Map<String, Value>) -> Cow<'a, Map<String, Value>> {
        let mut sent = Cow::Borrowed(sent);
        for copy in self.copies {
            let (Some(value), Some((first, rest))) = (at(&sent, copy.from), copy.to.split_first())
            else {
                continue;
            };
            let value = value.clone();
            if sent.get(*first).is_some_and(Value::is_object) && at(&sent, copy.to).is_none() {
                put(&mut sent.to_mut()[*first], rest, value);
            }
        }
        sent
    }
}

/// The value at a path.
fn at<'a>(object: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = object.get(*first).filter(|value| !value.is_null())?;
    match rest {
        [] => Some(value),
        rest => at(value.as_object()?, rest),
    }
}

/// Sets the value at a path, through objects that may not be there yet.
fn put(value: &mut Value, path: &[&str], new: Value) {
    match path {
        [] => *value = new,
        [first, rest @ ..] => {
            if !value.is_object() {
                *value = Value::Object(Map::new());
            }
            put(&mut value[*first], rest, new);
        }
    }
}

/// Compares JSON of any form, without the queries of signed URLs in its strings.
fn is_same_unsigned(sent: &Value, found: &Value) -> bool {
    match (sent, found) {
        (Value::String(sent), Value::String(found)) => {
            signed_urls::without_their_queries(sent) == signed_urls::without_their_queries(found)
        }
        (Value::Array(sent), Value::Array(found)) => {
            let mut pairs = sent.iter().zip(found);
            sent.len() == found.len() && pairs.all(|(sent, found)| is_same_unsigned(sent, found))
        }
        (Value::Object(sent), Value::Object(found)) => {
            let is_there = |(name, sent): (&String, &Value)| {
                found
                    .get(name)
                    .is_some_and(|found| is_same_unsigned(sent, found))
            };
            sent.len() == found.len() && sent.iter().all(is_there)
        }
        _ => sent == found,
    }
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(path, _)| path)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::generated::comparisons::{
        JOB_ADD_PARAMETER, POOL_ADD_PARAMETER, TASK_ADD_PARAMETER,
    };

    fn same(compared: &ModelComparison, sent: &Value, found: &Value) -> bool {
        same_apart_from(Queries::Count, compared, sent, found)
    }

    fn same_apart_from(
        queries: Queries,
        compared: &ModelComparison,
        sent: &Value,
        found: &Value,
    ) -> bool {
        let (sent, found) = (sent.to_string(), found.to_string());
        compared.compare(sent.as_bytes(), found.as_bytes(), queries) == Some(true)
    }

    #[test]
    fn queries_of_urls_can_be_left_out() {
        let task = |sas: &str, path: &str| {
            json!({"id": "t", "commandLine": "curl https://h/a?x=1",
                "resourceFiles": [{"httpUrl": format!("https://h/{path}{sas}"), "filePath": "a"},
                    {"storageContainerUrl": format!("https://h/c{sas}")}],
                "outputFiles": [{"filePattern": "*", "uploadOptions": {"uploadCondition": "taskFailure"},
                    "destination": {"container": {"containerUrl": format!("https://h/d{sas}")}}}]})
        };
        let (monday, tuesday) = (task("?sig=1", "a"), task("?sig=2", "a"));
        let table = &TASK_ADD_PARAMETER;
        assert!(!same(table, &monday, &tuesday));
        assert!(same_apart_from(Queries::Ignored, table, &monday, &tuesday));
        let unsigned = task("", "a");
        assert!(same_apart_from(Queries::Ignored, table, &monday, &unsigned));
        let other = task("?sig=1", "b");
        assert!(!same_apart_from(Queries::Ignored, table, &monday, &other));
        let mut other = monday.clone();
        other["commandLine"] = json!("curl https://h/a?x=2");
        assert!(!same_apart_from(Queries::Ignored, table, &monday, &other));
    }

    /// A program passes signed URLs to its tasks in any place.
    #[test]
    fn queries_of_signed_urls_can_be_left_out_of_other_strings() {
        let task = |sas: &str, path: &str| {
            let url = format!("https://h/{path}?sv=1{sas}");
            json!({"id": "t", "commandLine": format!("get '{url}' && run"),
                "environmentSettings": [{"name": "IN", "value": url}]})
        };
        let (monday, tuesday) = (task("&sig=1", "a"), task("&sig=2", "a"));
        let table = &TASK_ADD_PARAMETER;
        assert!(!same(table, &monday, &tuesday));
        assert!(same_apart_from(Queries::Ignored, table, &monday, &tuesday));
        for other in [task("&sig=1", "b"), task("", "a"), task("&x=2", "a")] {
            assert!(!same_apart_from(Queries::Ignored, table, &monday, &other));
            assert!(!same_apart_from(Queries::Ignored, table, &other, &monday));
        }
    }

    #[test]
    fn signed_urls_are_found_in_json_of_any_form() {
        let value = |sig: u8, more: Value| {
            let url = format!("https://h/a?sig={sig}");
            json!({"settings": {"in": [url, 1], "more": more}})
        };
        let by = ValueComparison::Value;
        let (one, other) = (value(1, json!(null)), value(2, json!(null)));
        assert!(!by.is_same(&one, &other, Queries::Count));
        assert!(by.is_same(&one, &other, Queries::Ignored));
        for different in [value(1, json!(0)), json!({"settings": {}}), json!({})] {
            assert!(
                !by.is_same(&one, &different, Queries::Ignored),
                "{different}"
            );
            assert!(
                !by.is_same(&different, &one, Queries::Ignored),
                "{different}"
            );
        }
        let lists = (json!([1, 2]), json!([1]));
        assert!(!by.is_same(&lists.0, &lists.1, Queries::Ignored));
        assert!(!by.is_same(&lists.1, &lists.0, Queries::Ignored));
    }

    #[test]
    fn names_of_properties_are_known_at_any_depth() {
        for (name, known) in [("commandLine", true), ("httpUrl", true), ("jobId", false)] {
            assert_eq!(TASK_ADD_PARAMETER.has(name), known, "{name}");
        }
    }

    #[test]
    fn the_spelling_of_the_service_is_the_same() {
        let sent = json!({
            "id": "Nightly", "commandLine": "echo", "requiredSlots": 2,
            "constraints": {"maxWallClockTime": "PT60M", "retentionTime": "P1D"},
            "resourceFiles": [], "userIdentity": {"autoUser": {"scope": "Pool"}},
            "environmentSettings": [{"name": "A", "value": "1"}],
        });
        let found = json!({
            "id": "nightly", "url": "https://…", "commandLine": "echo", "requiredSlots": "2",
            "state": "active",
            "constraints": {"maxWallClockTime": "PT1H", "retentionTime": "P1D", "maxTaskRetryCount": 0},
            "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "nonAdmin"}},
            "environmentSettings": [{"name": "A", "value": "1"}],
        });
        assert!(same(&TASK_ADD_PARAMETER, &sent, &found));
    }

    #[test]
    fn what_the_service_fills_in_is_the_same() {
        let pool = json!({"id": "p", "vmSize": "Standard_D2s_v3", "startTask": {"commandLine": "true"},
            "virtualMachineConfiguration": {"nodeAgentSKUId": "batch.node.ubuntu 22.04",
                "imageReference": {"publisher": "Canonical", "offer": "o", "sku": "s"}}});
        let found = json!({"id": "p", "vmSize": "standard_d2s_v3", "resizeTimeout": "PT15M",
            "targetDedicatedNodes": 0, "targetLowPriorityNodes": 0, "enableAutoScale": false,
            "taskSlotsPerNode": 1, "taskSchedulingPolicy": {"nodeFillType": "Spread"},
            "enableInterNodeCommunication": false, "metadata": [],
            "currentDedicatedNodes": 0, "allocationState": "steady",
            "startTask": {"commandLine": "true", "maxTaskRetryCount": 0, "waitForSuccess": true,
                "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "nonadmin"}}},
            "virtualMachineConfiguration": {"nodeAgentSKUId": "batch.node.ubuntu 22.04",
                "imageReference": {"publisher": "canonical", "offer": "o", "sku": "s",
                    "version": "latest", "exactVersion": "22.04.2024"}}});
        assert!(same(&POOL_ADD_PARAMETER, &pool, &found));

        let job = json!({"id": "j", "poolInfo": {"poolId": "p"},
            "constraints": {"maxTaskRetryCount": 3}, "jobManagerTask": {"id": "m", "commandLine": "x"}});
        let mut found = json!({"id": "j", "priority": 0, "maxParallelTasks": -1,
            "onAllTasksComplete": "noaction", "poolInfo": {"poolId": "p"},
            "constraints": {"maxTaskRetryCount": 3, "maxWallClockTime": "P10675199DT2H48M5.4775807S"},
            "jobManagerTask": {"id": "m", "commandLine": "x", "killJobOnCompletion": true,
                "constraints": {"maxTaskRetryCount": 3, "retentionTime": "P7D"}}});
        assert!(same(&JOB_ADD_PARAMETER, &job, &found));
        found["jobManagerTask"]["constraints"]["maxTaskRetryCount"] = json!(2);
        assert!(!same(&JOB_ADD_PARAMETER, &job, &found));
    }

    #[test]
    fn each_difference_counts_on_both_sides() {
        let whole = json!({
            "id": "t", "commandLine": "echo", "displayName": "d", "requiredSlots": 2,
            "constraints": {"maxTaskRetryCount": 1, "maxWallClockTime": "PT1H"},
            "environmentSettings": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "resourceFiles": [{"httpUrl": "https://h/a", "filePath": "a"}],
            "outputFiles": [{"filePattern": "*", "destination": {"container": {"containerUrl": "https://h"}},
                "uploadOptions": {"uploadCondition": "taskfailure"}}],
            "userIdentity": {"autoUser": {"elevationLevel": "admin"}},
            "affinityInfo": {"affinityId": "a"},
            "dependsOn": {"taskIds": ["s"], "taskIdRanges": [{"start": 1, "end": 2}]},
            "exitConditions": {"default": {"jobAction": "terminate"}},
            "applicationPackageReferences": [{"applicationId": "b"}],
        });
        assert!(same(&TASK_ADD_PARAMETER, &whole, &whole));
        let mut cases = 0;
        for (name, value) in whole.as_object().expect("an object") {
            let mut less = whole.clone();
            less.as_object_mut().expect("an object").remove(name);
            assert!(
                !same(&TASK_ADD_PARAMETER, &whole, &less),
                "{name} is missing"
            );
            assert!(!same(&TASK_ADD_PARAMETER, &less, &whole), "{name} is there");
            let mut other = whole.clone();
            other[name] = match value {
                Value::Array(items) => items[..items.len() - 1].to_vec().into(),
                Value::Object(_) => json!({}),
                Value::Number(_) => json!(7),
                _ => json!("other"),
            };
            assert!(!same(&TASK_ADD_PARAMETER, &whole, &other), "{name} differs");
            assert!(!same(&TASK_ADD_PARAMETER, &other, &whole), "{name} differs");
            cases += 1;
        }
        assert_eq!(cases, 13);
    }

    #[test]
    fn secrets_do_not_come_back() {
        let sent = json!({"id": "p", "vmSize": "v", "userAccounts": [{"name": "u", "password": "secret"}]});
        let mut found = json!({"id": "p", "vmSize": "v",
            "userAccounts": [{"name": "u", "elevationLevel": "nonadmin"}]});
        assert!(same(&POOL_ADD_PARAMETER, &sent, &found));
        found["userAccounts"][0]["elevationLevel"] = json!("admin");
        assert!(!same(&POOL_ADD_PARAMETER, &sent, &found));
    }

    #[test]
    fn what_cannot_be_read_is_neither_the_same_nor_different() {
        for (found, expected) in [
            ("", None),
            ("[]", None),
            ("<html>", None),
            ("{\"id\":7}", Some(false)),
        ] {
            let sent = b"{\"id\":\"t\"}";
            let compared = TASK_ADD_PARAMETER.compare(sent, found.as_bytes(), Queries::Count);
            assert_eq!(compared, expected, "{found}");
        }
    }
}
