//! The version of the API that a request asks for, and what it means for requests and responses.
//!
//! The tables describe all versions together; each operation, parameter, property and enum value
//! that only some of them have carries a [`Span`](crate::table::Span). A request is checked as its
//! version has it, and its response has only what that version has.

use serde_json::Value;

use crate::generated::{API_VERSION, LATE_VALUES, VERSIONS};
use crate::refusal::Refusal;
use crate::request::{Content, Object, Reply};
use crate::table::{self, Kind, Model, Operation, Returns};

/// Versions that Microsoft released before the oldest one of the tables, and that have its shape.
/// Their clients are still in use (the official JavaScript client is at 2022-10-01). They get
/// responses of the oldest version: such clients ignore properties that were added later.
///
/// Versions before these have other properties (`maxTasksPerNode`, task counts without slots).
const EARLIER: &[&str] = &[
    "2020-09-01.12.0",
    "2021-06-01.14.0",
    "2022-01-01.15.0",
    "2022-10-01.16.0",
    "2023-05-01.17.0",
    "2023-11-01.18.0",
];

/// A version of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(&'static str);

impl Default for Version {
    fn default() -> Self {
        Self(API_VERSION)
    }
}

impl Version {
    /// Returns the version of the tables for one that a request asks for.
    pub(crate) fn find(text: &str) -> Option<Self> {
        if EARLIER.contains(&text) {
            return Some(Self::default());
        }
        VERSIONS
            .iter()
            .find(|known| **known == text)
            .map(|known| Self(known))
    }

    /// Returns all versions that a request can ask for, the oldest first.
    pub(crate) fn known() -> String {
        let all: Vec<&str> = EARLIER.iter().chain(VERSIONS).copied().collect();
        all.join(", ")
    }

    pub(crate) fn text(self) -> &'static str {
        self.0
    }

    /// Refuses an operation that the version does not have, like an address that no version has.
    pub(crate) fn check(self, operation: &Operation) -> Result<(), Refusal> {
        if operation.span.has(self) {
            return Ok(());
        }
        let text = format!(
            "The service has no resource at this address in version {}; check the path and the version.",
            self.0
        );
        Err(Refusal::new(400, "InvalidUri", text))
    }

    /// Returns the enum values that the version has.
    pub(crate) fn values(self, all: &'static [&'static str]) -> Vec<&'static str> {
        let late = |value: &str| {
            let mut spans = LATE_VALUES.iter();
            let found = spans.find(|(values, late, _)| *values == all && *late == value);
            found.is_some_and(|(.., span)| !span.has(self))
        };
        all.iter().copied().filter(|value| !late(value)).collect()
    }

    /// Removes what the version does not have from a response, and writes numbers as text where it
    /// does.
    pub(crate) fn apply(self, operation: &Operation, reply: &mut Reply) {
        let Content::Object(object) = &mut reply.content else {
            return;
        };
        let (Returns::Model(name) | Returns::Page { model: name, .. }) = operation.returns else {
            return;
        };
        if let Some(model) = table::model(name) {
            self.trim(model, object);
        }
    }

    fn trim(self, model: &Model, object: &mut Object) {
        for property in model.properties {
            if !property.span.has(self) {
                object.remove(property.name);
                continue;
            }
            let Some(value) = object.get_mut(property.name) else {
                continue;
            };
            if let (Value::Number(number), true) = (&*value, property.is_text(self)) {
                *value = number.to_string().into();
            }
            self.trim_value(&property.kind, value);
        }
    }

    fn trim_value(self, kind: &Kind, value: &mut Value) {
        match (kind, value) {
            (Kind::Model(name), Value::Object(object)) => {
                if let Some(model) = table::model(name) {
                    self.trim(model, object);
                }
            }
            (Kind::Array(kind), Value::Array(items)) => {
                for item in items {
                    self.trim_value(kind, item);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::find(text).expect("a known version")
    }

    #[test]
    fn earlier_versions_get_the_oldest_shape_and_older_ones_are_unknown() {
        for text in ["2020-09-01.12.0", "2023-11-01.18.0", "2024-02-01.19.0"] {
            assert_eq!(version(text).text(), "2024-02-01.19.0", "{text}");
        }
        for text in ["2020-03-01.11.0", "2019-08-01.10.0", "2024-02-01", ""] {
            assert_eq!(Version::find(text), None, "{text}");
        }
        assert_eq!(version("2025-06-01").text(), "2025-06-01");
    }

    #[test]
    fn values_and_operations_have_their_versions() {
        let states = table::model("ComputeNode").and_then(|model| model.property("state"));
        let Some(Kind::Enum(all)) = states.map(|property| property.kind) else {
            panic!("an enum");
        };
        let has = |text| version(text).values(all).contains(&"deallocated");
        assert_eq!(
            [
                has("2024-02-01.19.0"),
                has("2024-07-01.20.0"),
                has("2025-06-01")
            ],
            [false, true, true]
        );
        let start = table::operation("ComputeNode_Start").expect("an operation");
        assert_eq!(
            version("2024-02-01.19.0")
                .check(start)
                .expect_err("too old")
                .code,
            "InvalidUri"
        );
        version("2024-07-01.20.0").check(start).expect("it has it");
        let certificates = table::operation("Certificate_List").expect("an operation");
        version("2024-07-01.20.0")
            .check(certificates)
            .expect("it has it");
        version("2025-06-01")
            .check(certificates)
            .expect_err("dropped");
    }
}
