//! Validates the body against its definition.
//!
//! The result has only properties that the definition has, enum values as the tables spell them,
//! and numbers and booleans as such: like the service, it also accepts them as strings. Nulls
//! (equivalent to absent properties) and read-only properties are removed. The JSON parser limits
//! the depth.

use std::str::FromStr;

use axum::http::HeaderMap;
use batch_wire::{TimeSpan, http_date, timestamp};
use serde_json::Value;

use crate::check::headers;
use crate::check::query::excerpt;
use crate::check::{rules, scalar};
use crate::refusal::Refusal;
use crate::request::Object;
use crate::table::{self, Kind, Operation, Property};
use crate::version::Version;

/// Validates the body if the operation takes one.
pub(super) fn check(
    operation: &Operation,
    version: Version,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<Option<Object>, Refusal> {
    let Some(body) = &operation.body else {
        return Ok(None);
    };
    if bytes.trim_ascii().is_empty() {
        return if body.required {
            Err(shape("the body is missing"))
        } else {
            Ok(None)
        };
    }
    check_encoding(headers)?;
    check_type(headers)?;
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| shape(format!("the body is not JSON: {error}")))?;
    let place = Place {
        name: body.model,
        path: String::new(),
        version,
    };
    match value {
        Value::Object(object) => check_object(body.model, object, &place).map(Some),
        other => Err(place.wrong_type("an object", &other)),
    }
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers::single(headers, "content-encoding")? {
        Some(coding) if !coding.eq_ignore_ascii_case("identity") => Err(headers::invalid(
            "Content-Encoding",
            coding,
            "compressed bodies are not supported",
        )),
        _ => Ok(()),
    }
}

/// Accepts `application/json` with `odata=minimalmetadata` and, if a charset is given, UTF-8. The
/// parameter `odata` may be absent.
fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let name = "Content-Type";
    let Some(text) = headers::single(headers, name)? else {
        return Err(headers::missing(name));
    };
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|part| part.eq_ignore_ascii_case("application/json"));
    let fits = is_json
        && parts
            .filter(|part| !part.is_empty())
            .all(is_known_parameter);
    if fits {
        return Ok(());
    }
    let reason = "the content type must be application/json; odata=minimalmetadata";
    Err(headers::invalid(name, text, reason))
}

fn is_known_parameter(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let value = value.trim().trim_matches('"');
    match name.trim().to_ascii_lowercase().as_str() {
        "odata" => ["minimalmetadata", "nometadata", "fullmetadata"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(value)),
        "charset" => value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8"),
        _ => true,
    }
}

/// Position of a value in the body.
struct Place<'a> {
    /// Name of the property, reported as `PropertyName`.
    name: &'a str,
    /// Path from the body's root.
    path: String,
    /// The version of the API that the request asks for.
    version: Version,
}

impl Place<'_> {
    fn property<'b>(&self, name: &'b str) -> Place<'b> {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Place {
            name,
            path,
            version: self.version,
        }
    }

    fn item(&self, index: usize) -> Place<'_> {
        Place {
            name: self.name,
            path: format!("{}[{index}]", self.path),
            version: self.version,
        }
    }

    fn wrong_type(&self, wanted: &str, value: &Value) -> Refusal {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let path = if self.path.is_empty() {
            "the body"
        } else {
            &self.path
        };
        shape(format!(
            "{}: expected {wanted}, found {found}",
            excerpt(path)
        ))
    }

    fn invalid(&self, value: &Value, reason: &str) -> Refusal {
        let text = "A property of the body has an invalid value.";
        let shown = match value {
            Value::String(text) => excerpt(text),
            Value::Array(_) | Value::Object(_) => String::new(),
            other => other.to_string(),
        };
        Refusal::new(400, "InvalidPropertyValue", text)
            .with("PropertyName", self.name)
            .with("PropertyValue", shown)
            .with("Reason", format!("{}: {reason}", excerpt(&self.path)))
    }
}

/// Creates the error for a body that does not have the expected structure.
fn shape(reason: impl Into<String>) -> Refusal {
    let text = "The body is not valid JSON for the operation.";
    Refusal::new(400, "InvalidRequestBody", text).with("Reason", reason)
}

fn check_object(model: &'static str, object: Object, place: &Place) -> Result<Object, Refusal> {
    let Some(known) = table::model(model) else {
        return Ok(object);
    };
    let mut checked = Object::new();
    for (name, value) in object {
        // Clients may send back the annotations that they received.
        if name.starts_with("odata.") || name.contains("@odata.") {
            continue;
        }
        let place = place.property(&name);
        let version = place.version;
        let mut properties = known.properties.iter();
        let found = properties.find(|known| known.name == name && known.span.has(version));
        let Some(property) = found else {
            let reason = format!(
                "{}: {model} does not have this property in version {}",
                excerpt(&place.path),
                version.text()
            );
            return Err(shape(reason));
        };
        if property.read_only || value.is_null() {
            continue;
        }
        let value = check_property(property, value, &place)?;
        if let Some(reason) = rules::broken(model, &name, &value) {
            return Err(place.invalid(&value, &reason));
        }
        checked.insert(name, value);
    }
    let absent = known.properties.iter().find(|property| {
        let is_needed = property.required && property.span.has(place.version);
        is_needed && !property.read_only && !checked.contains_key(property.name)
    });
    if let Some(property) = absent {
        return Err(missing(&place.property(property.name)));
    }
    Ok(checked)
}

fn missing(place: &Place) -> Refusal {
    let text = "The body lacks a required property.";
    Refusal::new(400, "MissingRequiredProperty", text)
        .with("PropertyName", place.name)
        .with(
            "Reason",
            format!("{}: the property is required", excerpt(&place.path)),
        )
}

fn check_property(property: &Property, value: Value, place: &Place) -> Result<Value, Refusal> {
    let value = check_kind(property.kind, value, place)?;
    if let Some(most) = property.max_items
        && let Some(count) = value.as_array().map(Vec::len)
        && count > most
    {
        let reason = format!("at most {most} items are allowed, got {count}");
        return Err(place.invalid(&value, &reason));
    }
    check_range(property, &value, place)?;
    Ok(value)
}

fn check_range(property: &Property, value: &Value, place: &Place) -> Result<(), Refusal> {
    let Value::Number(number) = value else {
        return Ok(());
    };
    // Bounds are small integers, so a comparison needs at most 53 bits of the value.
    #[allow(clippy::cast_precision_loss)]
    let beyond = |bound: i64, is_beyond: fn(f64, f64) -> bool| {
        number
            .as_f64()
            .is_some_and(|number| is_beyond(number, bound as f64))
    };
    if let Some(least) = property.minimum
        && beyond(least, |number, least| number < least)
    {
        return Err(place.invalid(value, &format!("must be at least {least}")));
    }
    if let Some(most) = property.maximum
        && beyond(most, |number, most| number > most)
    {
        return Err(place.invalid(value, &format!("must be at most {most}")));
    }
    Ok(())
}

fn check_kind(kind: Kind, value: Value, place: &Place) -> Result<Value, Refusal> {
    match kind {
        Kind::Json => Ok(value),
        Kind::Bool => check_bool(value, place),
        Kind::I32 => check_i32(&value, place),
        Kind::I64 => check_i64(&value, place),
        Kind::F64 => check_f64(value, place),
        Kind::Text | Kind::Enum(_) | Kind::DateTime | Kind::HttpDate | Kind::Duration => {
            match value {
                Value::String(text) => check_text(kind, text, place),
                other => Err(place.wrong_type("a string", &other)),
            }
        }
        Kind::Model(model) => match value {
            Value::Object(object) => check_object(model, object, place).map(Value::Object),
            other => Err(place.wrong_type("an object", &other)),
        },
        Kind::Array(kind) => match value {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| check_kind(*kind, item, &place.item(index)))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            other => Err(place.wrong_type("a list", &other)),
        },
        Kind::Map => check_map(value, place),
    }
}

/// Converts a string to the type of the property, if it is one.
///
/// Source: `az batch` sends the numbers and booleans of its options as strings, and the service
/// accepts them: its `OData` reader converts them to the declared type by the rules of .NET's
/// invariant culture, which ignore surrounding white space.
fn converted<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.trim().parse().ok()
}

fn check_bool(value: Value, place: &Place) -> Result<Value, Refusal> {
    let text = value.as_str().map(str::trim);
    match text.filter(|text| scalar::is_bool(text)) {
        Some(text) => Ok(text.eq_ignore_ascii_case("true").into()),
        None if value.is_boolean() => Ok(value),
        None => Err(place.wrong_type("a boolean", &value)),
    }
}

fn check_i32(value: &Value, place: &Place) -> Result<Value, Refusal> {
    let number = value.as_i64().or_else(|| converted(value));
    match number {
        Some(number) if i32::try_from(number).is_ok() => Ok(number.into()),
        None if !value.is_u64() => Err(place.wrong_type("an integer", value)),
        _ => Err(place.invalid(value, "does not fit into 32 bits")),
    }
}

fn check_i64(value: &Value, place: &Place) -> Result<Value, Refusal> {
    match value.as_i64().or_else(|| converted(value)) {
        Some(number) => Ok(number.into()),
        None if value.is_u64() => Err(place.invalid(value, "does not fit into 64 bits")),
        None => Err(place.wrong_type("an integer", value)),
    }
}

fn check_f64(value: Value, place: &Place) -> Result<Value, Refusal> {
    let number = converted(&value).and_then(serde_json::Number::from_f64);
    match number {
        Some(number) => Ok(number.into()),
        None if value.is_number() => Ok(value),
        None => Err(place.wrong_type("a number", &value)),
    }
}

fn check_text(kind: Kind, text: String, place: &Place) -> Result<Value, Refusal> {
    let refused = match kind {
        Kind::Enum(known) => {
            let known = place.version.values(known);
            let canonical = known.iter().find(|known| known.eq_ignore_ascii_case(&text));
            match canonical {
                Some(canonical) => return Ok(Value::from(*canonical)),
                None => Some(format!("not one of {}", known.join(", "))),
            }
        }
        Kind::DateTime if timestamp::parse(&text).is_none() => {
            Some("not an RFC 3339 time".to_owned())
        }
        Kind::HttpDate if http_date::parse(&text).is_none() => {
            Some("not an RFC 1123 date".to_owned())
        }
        Kind::Duration if text.parse::<TimeSpan>().is_err() => {
            Some("not an ISO 8601 duration, such as PT1H30M".to_owned())
        }
        _ => None,
    };
    match refused {
        Some(reason) => Err(place.invalid(&Value::String(text), &reason)),
        None => Ok(Value::String(text)),
    }
}

fn check_map(value: Value, place: &Place) -> Result<Value, Refusal> {
    let Value::Object(object) = value else {
        return Err(place.wrong_type("an object", &value));
    };
    for (name, value) in &object {
        if !value.is_string() {
            return Err(place.property(name).wrong_type("a string", value));
        }
    }
    Ok(Value::Object(object))
}

#[cfg(test)]
mod tests;
