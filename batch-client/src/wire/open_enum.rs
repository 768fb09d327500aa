//! Open enums: values that the description does not name are preserved and written back.
//!
//! The live service sends some values in another letter case than its description, and newer
//! versions add values. So a generated enum reads any string: its `From<&str>` ignores case and
//! puts unknown values into [`UnknownValue`].

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, Visitor};

/// Value of an enum that this version of the API description does not name.
///
/// Models store it unchanged and write it back. Only this crate can create one, because a known
/// value could hide in it otherwise. To send a value that this crate does not know, convert a
/// string into the enum.
///
/// ```
/// use batch_client::UnknownValue;
///
/// fn label(value: &UnknownValue) -> String {
///     format!("{value} (newer than this program)")
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownValue(Box<Box<str>>);

impl UnknownValue {
    /// The caller has checked that the text is not a known value.
    pub(crate) fn new(text: &str) -> Self {
        Self(Box::new(text.into()))
    }

    /// The value on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The quoted text.
impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Reads a string into an enum from the reader's buffer: a known value needs no allocation.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: for<'a> From<&'a str>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            Ok(T::from(text))
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// As the generated enums are.
    #[derive(Debug, PartialEq)]
    enum NodeState {
        Idle,
        Unknown(UnknownValue),
    }

    impl From<&str> for NodeState {
        fn from(text: &str) -> Self {
            if text.eq_ignore_ascii_case("idle") {
                Self::Idle
            } else {
                Self::Unknown(UnknownValue::new(text))
            }
        }
    }

    impl<'de> Deserialize<'de> for NodeState {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserialize(deserializer)
        }
    }

    fn read(json: &str) -> Result<NodeState, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn known_and_unknown_values() {
        assert_eq!(read("\"idle\""), Ok(NodeState::Idle));
        assert_eq!(read("\"Idle\""), Ok(NodeState::Idle));
        // Escaped, so that the reader cannot borrow it.
        assert_eq!(read("\"\\u0069dle\""), Ok(NodeState::Idle));
        let unknown = NodeState::Unknown(UnknownValue::new("Deallocated"));
        assert_eq!(read("\"Deallocated\""), Ok(unknown));
        let tree = serde_json::Value::from("IDLE");
        assert_eq!(
            serde_json::from_value::<NodeState>(tree).unwrap(),
            NodeState::Idle
        );
    }

    #[test]
    fn only_strings() {
        for json in ["1", "null", "{}", "[\"idle\"]"] {
            assert!(
                read(json).unwrap_err().contains("expected a string"),
                "{json}"
            );
        }
    }

    #[test]
    fn shows_the_text() {
        let value = UnknownValue::new("a \"b\"");
        assert_eq!(value.as_str(), "a \"b\"");
        assert_eq!(value.to_string(), "a \"b\"");
        assert_eq!(format!("{value:?}"), r#""a \"b\"""#);
        assert_eq!(format!("{:>4}|", UnknownValue::new("x")), "   x|");
        assert_eq!(value.clone(), value);
    }
}
