//! Reading of models from JSON, and why it cannot be read.

use std::any::Any;
use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Reads a body into a model of a type that the caller knows.
pub(crate) type Decode = fn(&[u8]) -> Result<Box<dyn Any + Send>, Flaw>;

/// Reason why a body is not the expected model.
#[derive(Debug, PartialEq)]
pub(crate) struct Flaw {
    /// Without any value of the body.
    pub(crate) why: String,
    /// True if the body is not whole JSON: it was cut off, or is the page of a proxy. The model may
    /// arrive next time. False if it is JSON, but of another model.
    pub(crate) is_incomplete: bool,
}

/// Reads a body into a model, by a function that has the same type for every model.
pub(crate) fn decode<T: DeserializeOwned + Send + 'static>(
    body: &[u8],
) -> Result<Box<dyn Any + Send>, Flaw> {
    Ok(Box::new(model::<T>(body)?))
}

/// Reads a body into a model, which is a JSON object.
pub(crate) fn model<T: DeserializeOwned>(body: &[u8]) -> Result<T, Flaw> {
    match flaw(body) {
        None => value(body),
        Some(why) => Err(Flaw {
            why: why.to_owned(),
            is_incomplete: true,
        }),
    }
}

/// Reads a body into a value of any type.
pub(crate) fn value<T: DeserializeOwned>(body: &[u8]) -> Result<T, Flaw> {
    serde_json::from_slice(without_mark(body)).map_err(|error| Flaw {
        why: reason(&error),
        is_incomplete: !error.is_data(),
    })
}

/// Returns the text without a byte order mark, which JSON may not have and some servers send.
pub(crate) fn without_mark(json: &[u8]) -> &[u8] {
    json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json)
}

/// Returns true if the JSON can be a model: serde would also read an array as one, by position.
pub(crate) fn is_object(json: &[u8]) -> bool {
    without_mark(json).trim_ascii_start().starts_with(b"{")
}

/// Returns the reason why a body is not a whole JSON object, as far as its two ends show it. What
/// was cut off behind an inner `}` is noticed by reading it.
fn flaw(body: &[u8]) -> Option<&'static str> {
    if body.starts_with(b"\xFF\xFE") || body.starts_with(b"\xFE\xFF") {
        Some("it is UTF-16, not UTF-8")
    } else if !is_object(body) {
        Some("it is not a JSON object")
    } else if !body.trim_ascii_end().ends_with(b"}") {
        Some("it ends too early")
    } else {
        None
    }
}

/// Returns the reason why JSON could not be read, without the value at which reading stopped: it
/// may be secret.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.classify() != Category::Data {
        return text;
    }
    let (place, why) = match text.rsplit_once(" at line ") {
        Some((why, place)) => (format!(" at line {place}"), why),
        None => (String::new(), text.as_str()),
    };
    format!("{}{place}", without_value(why))
}

/// Removes the value from serde's `invalid type: string "secret", expected …`.
fn without_value(why: &str) -> Cow<'_, str> {
    let quote = why.find(['"', '`']);
    let (Some(quote), Some(expected)) = (quote, why.rfind(", expected ")) else {
        // `missing field`, `duplicate field`: they name a property.
        let is_named = ["missing field `", "duplicate field `"]
            .iter()
            .any(|start| why.starts_with(start));
        return match quote {
            Some(_) if !is_named => Cow::Borrowed("a value is not as expected"),
            _ => Cow::Borrowed(why),
        };
    };
    if quote > expected {
        return Cow::Borrowed(why);
    }
    Cow::Owned(format!("{}{}", why[..quote].trim_end(), &why[expected..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_an_object_are_checked() {
        for (body, expected) in [
            (&b"{}"[..], None),
            (b" {\"a\":1}\r\n", None),
            (b"\xEF\xBB\xBF{}", None),
            (b"", Some("it is not a JSON object")),
            (b"<html>", Some("it is not a JSON object")),
            (b"[]", Some("it is not a JSON object")),
            (b"{\"a\":[", Some("it ends too early")),
            (b"\xFF\xFE{\0}\0", Some("it is UTF-16, not UTF-8")),
            (b"\xFE\xFF\0{\0}", Some("it is UTF-16, not UTF-8")),
        ] {
            assert_eq!(flaw(body), expected, "{body:?}");
        }
    }

    #[test]
    fn a_reason_has_no_value() {
        for (json, expected) in [
            (
                r#"{"id":"SECRET"}"#,
                "invalid type: string, expected i32 at line 1 column 14",
            ),
            (
                r#"{"id":"SECRET\", expected \"x"}"#,
                "invalid type: string, expected i32 at line 1 column 30",
            ),
            (
                r#"{"id":1.5}"#,
                "invalid type: floating point, expected i32 at line 1 column 9",
            ),
            ("{}", "missing field `id` at line 1 column 2"),
            (r#"{"id":"#, "EOF while parsing a value at line 1 column 6"),
        ] {
            let read = serde_json::from_str::<Model>(json);
            assert_eq!(reason(&read.expect_err("no model")), expected);
        }
        let read = serde_json::from_str::<Word>("\"SECRET\"");
        let shown = reason(&read.expect_err("no word"));
        assert!(shown.contains("expected `on`"), "{shown}");
        assert!(!shown.contains("SECRET"), "{shown}");
        assert_eq!(
            without_value("no value \"SECRET\" is allowed"),
            "a value is not as expected"
        );
    }

    #[derive(serde::Deserialize, Debug)]
    struct Model {
        #[expect(dead_code, reason = "read alone counts")]
        id: i32,
    }

    #[derive(serde::Deserialize, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        On,
    }
}
