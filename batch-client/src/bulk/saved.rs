//! How a report and its outcomes are written and read with serde, so that a later run can resume
//! the call.
//!
//! Written by hand, as [`Model`]s: derived, these four types alone would make every application
//! build serde's derive.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::outcome::AddOutcome;
use super::positions::Positions;
use super::report::{AddFailure, AddReport};
use crate::wire::object::{self, Model};

impl Model for AddReport {
    const NAME: &'static str = "AddReport";
    const PROPERTIES: &'static [&'static str] = &[
        "added",
        "already_there",
        "different",
        "rejected",
        "not_attempted",
        "unknown",
        "failures",
        "requests",
        "throttled",
        "settled",
        "open",
        "input_ended",
    ];
    // A report of which a part is missing would count tasks that nobody added.
    const REQUIRED: u64 = (1 << Self::PROPERTIES.len()) - 1;

    #[inline]
    fn empty() -> Self {
        Self::default()
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: usize,
        object: &mut A,
    ) -> Result<(), A::Error> {
        match Self::PROPERTIES[property] {
            "added" => self.added = object.next_value()?,
            "already_there" => self.already_there = object.next_value()?,
            "different" => self.different = object.next_value()?,
            "rejected" => self.rejected = object.next_value()?,
            "not_attempted" => self.not_attempted = object.next_value()?,
            "unknown" => self.unknown = object.next_value()?,
            "failures" => self.failures = object.next_value()?,
            "requests" => self.requests = object.next_value()?,
            "throttled" => self.throttled = object.next_value()?,
            "settled" => self.settled = object.next_value()?,
            "open" => self.open = object.next_value()?,
            _ => self.input_ended = object.next_value()?,
        }
        Ok(())
    }

    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry("added", &self.added)?;
        object.serialize_entry("already_there", &self.already_there)?;
        object.serialize_entry("different", &self.different)?;
        object.serialize_entry("rejected", &self.rejected)?;
        object.serialize_entry("not_attempted", &self.not_attempted)?;
        object.serialize_entry("unknown", &self.unknown)?;
        object.serialize_entry("failures", &self.failures)?;
        object.serialize_entry("requests", &self.requests)?;
        object.serialize_entry("throttled", &self.throttled)?;
        object.serialize_entry("settled", &self.settled)?;
        object.serialize_entry("open", &self.open)?;
        object.serialize_entry("input_ended", &self.input_ended)
    }
}

impl Model for AddFailure {
    const NAME: &'static str = "AddFailure";
    const PROPERTIES: &'static [&'static str] = &["position", "id", "outcome"];
    const REQUIRED: u64 = 0b111;

    fn empty() -> Self {
        Self {
            position: 0,
            id: String::new(),
            outcome: AddOutcome::NotAttempted,
        }
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: usize,
        object: &mut A,
    ) -> Result<(), A::Error> {
        match Self::PROPERTIES[property] {
            "position" => self.position = object.next_value()?,
            "id" => self.id = object.next_value()?,
            _ => self.outcome = object.next_value()?,
        }
        Ok(())
    }

    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry("position", &self.position)?;
        object.serialize_entry("id", &self.id)?;
        object.serialize_entry("outcome", &self.outcome)
    }
}

/// An outcome as an object: its kind, and the parts that the kind has.
#[derive(Default)]
struct Outcome {
    kind: String,
    etag: Option<String>,
    last_modified: Option<chrono::DateTime<chrono::Utc>>,
    code: Option<String>,
    message: Option<String>,
}

impl Model for Outcome {
    const NAME: &'static str = "AddOutcome";
    const PROPERTIES: &'static [&'static str] =
        &["kind", "etag", "last_modified", "code", "message"];
    const REQUIRED: u64 = 1;

    fn empty() -> Self {
        Self::default()
    }

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: usize,
        object: &mut A,
    ) -> Result<(), A::Error> {
        match Self::PROPERTIES[property] {
            "kind" => self.kind = object.next_value()?,
            "etag" => self.etag = object.next_value()?,
            "last_modified" => object::time(object, &mut self.last_modified)?,
            "code" => self.code = object.next_value()?,
            _ => self.message = object.next_value()?,
        }
        Ok(())
    }

    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry("kind", &self.kind)?;
        object::put(object, "etag", &self.etag)?;
        object::put_time(object, "last_modified", self.last_modified)?;
        object::put(object, "code", &self.code)?;
        object::put(object, "message", &self.message)
    }
}

impl From<&AddOutcome> for Outcome {
    fn from(outcome: &AddOutcome) -> Self {
        let mut saved = Self::default();
        let kind = match outcome {
            AddOutcome::Added {
                etag,
                last_modified,
            } => {
                saved.etag.clone_from(etag);
                saved.last_modified = *last_modified;
                "added"
            }
            AddOutcome::AlreadyThere => "already_there",
            AddOutcome::ExistsDifferent => "different",
            AddOutcome::Rejected { code, message } => {
                saved.code.clone_from(code);
                saved.message = Some(message.clone());
                "rejected"
            }
            AddOutcome::NotAttempted => "not_attempted",
            AddOutcome::Unknown { message } => {
                saved.message = Some(message.clone());
                "unknown"
            }
        };
        kind.clone_into(&mut saved.kind);
        saved
    }
}

impl Outcome {
    /// Returns the outcome; `None` if there is no such kind.
    fn outcome(self) -> Option<AddOutcome> {
        let message = self.message.unwrap_or_default();
        Some(match self.kind.as_str() {
            "added" => AddOutcome::Added {
                etag: self.etag,
                last_modified: self.last_modified,
            },
            "already_there" => AddOutcome::AlreadyThere,
            "different" => AddOutcome::ExistsDifferent,
            "rejected" => AddOutcome::Rejected {
                code: self.code,
                message,
            },
            "not_attempted" => AddOutcome::NotAttempted,
            "unknown" => AddOutcome::Unknown { message },
            _ => return None,
        })
    }
}

macro_rules! written_as_objects {
    ($($model:ty),+) => {$(
        impl<'de> Deserialize<'de> for $model {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                object::deserialize(deserializer)
            }
        }

        impl Serialize for $model {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                object::serialize(self, serializer)
            }
        }
    )+};
}

written_as_objects!(AddReport, AddFailure);

impl<'de> Deserialize<'de> for AddOutcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved: Outcome = object::deserialize(deserializer)?;
        saved
            .outcome()
            .ok_or_else(|| D::Error::custom("cannot read the outcome: its kind is not known"))
    }
}

impl Serialize for AddOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object::serialize(&Outcome::from(self), serializer)
    }
}

impl<'de> Deserialize<'de> for Positions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Ranges)
    }
}

impl Serialize for Positions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.ranges())
    }
}

struct Ranges;

impl<'de> Visitor<'de> for Ranges {
    type Value = Positions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of ascending ranges of positions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Positions, A::Error> {
        let mut ranges = Vec::new();
        while let Some(range) = items.next_element()? {
            ranges.push(range);
        }
        Positions::from_ranges(ranges)
            .ok_or_else(|| A::Error::custom("cannot read the positions: ranges overlap or descend"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(outcome: &AddOutcome) -> String {
        serde_json::to_string(outcome).expect("JSON")
    }

    #[test]
    fn every_outcome_is_read_as_it_was_written() {
        let time = "2024-03-05T01:02:03.5Z".parse().expect("a time");
        for (outcome, kind) in [
            (
                AddOutcome::Added {
                    etag: Some("0x1".to_owned()),
                    last_modified: Some(time),
                },
                "added",
            ),
            (
                AddOutcome::Added {
                    etag: None,
                    last_modified: None,
                },
                "added",
            ),
            (AddOutcome::AlreadyThere, "already_there"),
            (AddOutcome::ExistsDifferent, "different"),
            (
                AddOutcome::Rejected {
                    code: Some("TaskExists".to_owned()),
                    message: "it exists".to_owned(),
                },
                "rejected",
            ),
            (AddOutcome::NotAttempted, "not_attempted"),
            (
                AddOutcome::Unknown {
                    message: String::new(),
                },
                "unknown",
            ),
        ] {
            let json = saved(&outcome);
            assert!(json.contains(&format!(r#""kind":"{kind}""#)), "{json}");
            let read: AddOutcome = serde_json::from_str(&json).expect("an outcome");
            assert_eq!(read, outcome);
        }
        assert_eq!(
            saved(&AddOutcome::AlreadyThere),
            r#"{"kind":"already_there"}"#
        );
    }

    #[test]
    fn reports_that_cannot_be_true_are_refused() {
        let whole = serde_json::to_value(AddReport::default()).expect("JSON");
        assert!(serde_json::from_value::<AddReport>(whole.clone()).is_ok());
        for property in AddReport::PROPERTIES {
            let mut part = whole.clone();
            part.as_object_mut().expect("an object").remove(*property);
            let error = serde_json::from_value::<AddReport>(part).expect_err(property);
            assert!(error.to_string().contains(property), "{error}");
        }
        for ranges in [
            "[[5,4]]",
            "[[0,4],[4,6]]",
            "[[0,4],[5,6]]",
            "[[8,9],[0,1]]",
            "[[0,18446744073709551615]]",
        ] {
            let mut wrong = whole.clone();
            wrong["settled"] = serde_json::from_str(ranges).expect("JSON");
            assert!(
                serde_json::from_value::<AddReport>(wrong).is_err(),
                "{ranges}"
            );
        }
        assert!(serde_json::from_str::<AddOutcome>(r#"{"kind":"other"}"#).is_err());
        assert!(serde_json::from_str::<AddOutcome>("{}").is_err());
    }
}
