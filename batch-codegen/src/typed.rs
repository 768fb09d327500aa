//! Reads text as a type, with a JSON path in each error, and refuses duplicate keys.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_path_to_error::{Path, Segment};

use crate::error::{Error, Result, step};

/// Reads text as a type.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|e| Error::new(json_path(e.path()), e.inner().to_string()))?;
    json.end()
        .map_err(|e| Error::new("$", format!("unexpected text after the description: {e}")))?;
    Ok(value)
}

/// Refuses duplicate keys anywhere in a text.
pub(crate) fn check_keys(text: &str) -> Result<()> {
    read::<DistinctKeys>(text).map(|_| ())
}

fn json_path(path: &Path) -> String {
    path.iter()
        .fold("$".to_owned(), |out, segment| match segment {
            Segment::Seq { index } => format!("{out}[{index}]"),
            Segment::Map { key } => step(&out, key),
            Segment::Enum { variant } => step(&out, variant),
            Segment::Unknown => out,
        })
}

/// Deserializes any JSON without duplicate keys and discards it. JSON does not define which of two
/// counts, and serde silently takes the last one when it reads a map.
#[derive(Debug)]
struct DistinctKeys;

impl<'de> Deserialize<'de> for DistinctKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for DistinctKeys {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> std::result::Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = access.next_key::<String>()? {
            access.next_value::<Self>()?;
            if let Some(twice) = seen.replace(key) {
                return Err(A::Error::custom(format!("duplicate key `{twice}`")));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> std::result::Result<Self, A::Error> {
        while access.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: serde::de::Error>(self) -> std::result::Result<Self, E> {
        Ok(self)
    }
}
