//! Lenient reading of numbers.
//!
//! The service sometimes sends 64-bit integers as JSON strings (`"contentLength": "13"`), and older
//! documents have doubles as strings too (`"10.0"`, `"0"`). Numbers are always written as JSON
//! numbers, for which serde suffices.
//!
//! ```text
//! 13, "13", 13.0, "13.0" ──► lenient::<_, i64> ──► 13
//! ```
//!
//! Reading allocates nothing.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Unexpected, Visitor};

/// Number type that [`lenient`] reads.
pub(crate) trait Lenient: Sized {
    /// Expected value, for error messages.
    const EXPECTED: &'static str;

    /// Converts an integer, if it is in range.
    fn from_integer(value: i128) -> Option<Self>;

    /// Converts a double, if it is in range and, for an integer type, whole.
    fn from_float(value: f64) -> Option<Self>;

    /// Parses a number.
    fn from_text(text: &str) -> Option<Self> {
        match text.parse::<i128>() {
            Ok(value) => Self::from_integer(value),
            Err(_) => Self::from_float(text.parse().ok()?),
        }
    }
}

impl Lenient for i32 {
    const EXPECTED: &'static str = "a whole number of 32 bits, or a string with one";

    fn from_integer(value: i128) -> Option<Self> {
        value.try_into().ok()
    }

    fn from_float(value: f64) -> Option<Self> {
        whole(value)?.try_into().ok()
    }
}

impl Lenient for i64 {
    const EXPECTED: &'static str = "a whole number of 64 bits, or a string with one";

    fn from_integer(value: i128) -> Option<Self> {
        value.try_into().ok()
    }

    fn from_float(value: f64) -> Option<Self> {
        whole(value)
    }
}

impl Lenient for f64 {
    const EXPECTED: &'static str = "a finite number, or a string with one";

    #[expect(clippy::cast_precision_loss, reason = "JSON means the nearest double")]
    fn from_integer(value: i128) -> Option<Self> {
        Some(value as f64)
    }

    /// Refuses NaN and infinities, which `serde_json` would write back as `null`.
    fn from_float(value: f64) -> Option<Self> {
        value.is_finite().then_some(value)
    }
}

/// Converts a double without fraction to an integer.
///
/// The ends of the range are excluded, because beyond 2^53 a double may represent a neighbour that
/// is out of range (such as `-9223372036854775809`, which JSON readers turn into -2^63).
fn whole(value: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and in range, so that the cast is exact"
    )]
    (value.fract() == 0.0 && value.abs() < END).then_some(value as i64)
}

/// Reads a number or a string with a number.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient,
{
    deserializer.deserialize_any(AnyForm(PhantomData))
}

/// Number that [`lenient`] reads, for code that names a type instead of a function.
pub(crate) struct Number<T>(pub(crate) T);

impl<'de, T: Lenient> Deserialize<'de> for Number<T> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer).map(Self)
    }
}

struct AnyForm<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for AnyForm<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        T::from_integer(value.into())
            .ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        T::from_integer(value.into())
            .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
        T::from_float(value).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    /// A plain number, as `serde_json` gives it when any crate of the program has turned on its
    /// feature `arbitrary_precision`: a map of one private key to the number's text.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        match map.next_key::<String>()?.as_deref() {
            Some("$serde_json::private::Number") => self.visit_str(&map.next_value::<String>()?),
            _ => Err(de::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde::de::value::{Error as ValueError, MapDeserializer};

    use super::*;

    fn read<T: Lenient>(json: &str) -> Result<T, String> {
        let direct: Result<T, String> =
            lenient(&mut serde_json::Deserializer::from_str(json)).map_err(|e| e.to_string());
        // From a tree of values it comes out the same, though through other methods.
        let tree: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(lenient::<_, T>(tree).is_ok(), direct.is_ok(), "{json}");
        direct
    }

    #[test]
    fn integers() {
        for json in ["13", "\"13\"", "13.0", "\"13.0\"", "1.3e1", "\"013\""] {
            assert_eq!(read(json), Ok(13_i32), "{json}");
            assert_eq!(read(json), Ok(13_i64), "{json}");
        }
        for json in ["0", "\"0\"", "-0.0", "\"-0\""] {
            assert_eq!(read(json), Ok(0_i64), "{json}");
        }
        for (json, value) in [
            ("9223372036854775807", i64::MAX),
            ("\"9223372036854775807\"", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("\"-9223372036854775808\"", i64::MIN),
            ("9007199254740993", 9_007_199_254_740_993),
        ] {
            assert_eq!(read(json), Ok(value), "{json}");
        }
        assert_eq!(read("-2147483648"), Ok(i32::MIN));
        assert_eq!(read("\"2147483647.0\""), Ok(i32::MAX));
    }

    #[test]
    fn what_is_no_integer_is_refused() {
        for json in [
            "13.5",
            "\"13.5\"",
            "\"\"",
            "\" 13\"",
            "\"13 tasks\"",
            "\"NaN\"",
            "\"Infinity\"",
            "9223372036854775808",
            "-9223372036854775809",
            "\"9223372036854775808\"",
            "\"-9223372036854775809\"",
            "1e300",
            "true",
            "null",
            "[13]",
            "{\"value\":13}",
            "{}",
        ] {
            assert!(read::<i64>(json).is_err(), "{json}");
            assert!(read::<i32>(json).is_err(), "{json}");
        }
        for json in [
            "2147483648",
            "-2147483649",
            "\"2147483648\"",
            "2147483648.0",
        ] {
            assert!(read::<i32>(json).is_err(), "{json}");
        }
        assert!(read::<i32>("\"many\"").unwrap_err().starts_with(
            "invalid value: string \"many\", expected a whole number of 32 bits, or a string"
        ));
    }

    #[test]
    fn doubles() {
        for (json, value) in [
            ("10", 10.0),
            ("10.0", 10.0),
            ("\"10.0\"", 10.0),
            ("\"0\"", 0.0),
            ("-1.5e3", -1500.0),
            ("\"-1.5E3\"", -1500.0),
            ("0.1", 0.1),
            ("\"0.1\"", 0.1),
            ("18446744073709551615", 18_446_744_073_709_551_615.0),
        ] {
            assert_eq!(read(json), Ok(value), "{json}");
        }
        for json in [
            "\"NaN\"",
            "\"nan\"",
            "\"Infinity\"",
            "\"-inf\"",
            "\"1e999\"",
            "\"\"",
            "false",
            "null",
            "{}",
        ] {
            assert!(read::<f64>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn fields_of_models() {
        #[derive(Deserialize)]
        struct Model {
            required: Number<i64>,
            optional: Option<Number<f64>>,
        }

        for (json, optional) in [
            (r#"{"required":"1"}"#, None),
            (r#"{"required":1,"optional":null}"#, None),
            (r#"{"required":1.0,"optional":"0.5"}"#, Some(0.5)),
            (r#"{"required":1,"optional":2}"#, Some(2.0)),
        ] {
            let tree: serde_json::Value = serde_json::from_str(json).unwrap();
            for model in [
                serde_json::from_str::<Model>(json).unwrap(),
                serde_json::from_value(tree).unwrap(),
            ] {
                assert_eq!(model.required.0, 1, "{json}");
                assert_eq!(model.optional.map(|number| number.0), optional, "{json}");
            }
        }
        let error = serde_json::from_str::<Model>(r#"{"required":1,"optional":"x"}"#)
            .err()
            .expect("not a number");
        assert!(
            error.to_string().contains("expected a finite number"),
            "{error}"
        );
    }

    #[test]
    fn survives_arbitrary_precision() {
        let number = |key: &'static str, text: &'static str| {
            lenient::<_, i64>(MapDeserializer::<_, ValueError>::new(
                [(key, text)].into_iter(),
            ))
        };
        assert_eq!(number("$serde_json::private::Number", "13.0"), Ok(13));
        assert!(number("$serde_json::private::Number", "13.5").is_err());
        assert!(number("value", "13").is_err());
    }

    proptest! {
        #[test]
        fn every_i64(value: i64) {
            prop_assert_eq!(read(&value.to_string()), Ok(value));
            prop_assert_eq!(read(&format!("\"{value}\"")), Ok(value));
            let narrow = i32::try_from(value).ok();
            prop_assert_eq!(read::<i32>(&value.to_string()).ok(), narrow);
        }

        /// As text, which serde_json's fast reading of numbers does not touch.
        #[test]
        fn every_finite_f64(value in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            prop_assert_eq!(read(&format!("\"{value}\"")), Ok(value));
        }
    }
}
