//! Compares bodies by value, guided by their definition: dates, durations and numbers have several
//! spellings, and live responses have properties that the description does not name.

use chrono::DateTime;
use serde_json::{Map, Value};

use crate::description::DESCRIPTION;

/// Reduces a recorded body to the properties that the description names, each value in its
/// canonical spelling.
pub fn described(schema: &Value, recorded: &Value) -> Value {
    canonical(schema, recorded, Side::Theirs)
}

/// Writes the values of one of our bodies in the canonical spelling. Keeps every property, so that
/// one that should not be there is found.
pub fn written(schema: &Value, body: &Value) -> Value {
    canonical(schema, body, Side::Ours)
}

/// Who wrote a body. In a body from the service or another client, nulls and properties that the
/// description does not name are dropped, and enum values get the description's letter case. Our
/// own bodies must be right without that.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Theirs,
    Ours,
}

/// Properties that only later versions describe, and the service returns in all of them. The models
/// have what all versions have, so these are read, too.
const LATER: [&str; 2] = ["deallocated", "deallocating"];

fn canonical(schema: &Value, value: &Value, side: Side) -> Value {
    let schema = DESCRIPTION.resolve(schema);
    match value {
        Value::Object(object) => {
            let mut result = Map::new();
            for (name, value) in object {
                let property = schema["properties"].get(name);
                // A free-form object does not list its properties.
                let free = schema.get("properties").is_none() || LATER.contains(&name.as_str());
                let schema = property.or(schema.get("additionalProperties"));
                match schema {
                    Some(_) if value.is_null() && side == Side::Theirs => None,
                    Some(schema) => Some(canonical(schema, value, side)),
                    None if free || side == Side::Ours => Some(value.clone()),
                    None => None,
                }
                .map(|value| result.insert(name.clone(), value));
            }
            Value::Object(result)
        }
        Value::Array(items) => items
            .iter()
            .map(|item| canonical(&schema["items"], item, side))
            .collect(),
        Value::String(text) => scalar(schema, text, side).unwrap_or_else(|| value.clone()),
        Value::Number(number) if schema["type"] == "number" => number.as_f64().into(),
        _ => value.clone(),
    }
}

/// Canonical spelling of a string that can be spelled in several ways.
fn scalar(schema: &Value, text: &str, side: Side) -> Option<Value> {
    if let Some(values) = schema["enum"].as_array() {
        let same = |value: &&Value| {
            let value = value.as_str();
            value.is_some_and(|value| value.eq_ignore_ascii_case(text))
        };
        let described = values.iter().find(same)?;
        return (side == Side::Theirs).then(|| described.clone());
    }
    match (schema["type"].as_str()?, schema["format"].as_str()) {
        ("string", Some("date-time")) => {
            let date = DateTime::parse_from_rfc3339(text).ok()?;
            Some(format!("{} ns since 1970", date.timestamp_nanos_opt()?).into())
        }
        ("string", Some("duration")) => Some(format!("{} ticks", ticks(text)?).into()),
        ("integer", _) => text.parse::<i64>().ok().map(Value::from),
        ("number", _) => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    }
}

/// Length of an ISO 8601 duration in days and smaller units, in the service's ticks of 100 ns. The
/// client's parser is more complete, but it is what the tests check.
fn ticks(text: &str) -> Option<i128> {
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some(parts) => parts,
        None => (text.strip_prefix('P')?, ""),
    };
    let mut total = 0;
    for (part, units) in [(date, "D"), (time, "HMS")] {
        let mut rest = part;
        for unit in units.chars() {
            let Some((amount, after)) = rest.split_once(unit) else {
                continue;
            };
            let seconds = match unit {
                'D' => 86_400,
                'H' => 3_600,
                'M' => 60,
                _ => 1,
            };
            let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
            total += whole.parse::<i128>().ok()? * seconds * 10_000_000;
            total += format!("{fraction:0<7}").parse::<i128>().ok()?;
            rest = after;
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(total)
}

/// Returns a line that names the place for each difference between two bodies.
pub fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("$", expected, actual, &mut found);
    found
}

fn compare(place: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (name, value) in expected {
                match actual.get(name) {
                    Some(other) => compare(&format!("{place}.{name}"), value, other, found),
                    None => found.push(format!("{place}.{name} is missing: {value}")),
                }
            }
            for (name, value) in actual
                .iter()
                .filter(|(name, _)| !expected.contains_key(*name))
            {
                found.push(format!("{place}.{name} is unexpected: {value}"));
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (value, other)) in expected.iter().zip(actual).enumerate() {
                compare(&format!("{place}[{index}]"), value, other, found);
            }
        }
        _ if expected == actual => {}
        _ => found.push(format!("{place} is {actual}, expected {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_converted_to_ticks() {
        assert_eq!(ticks("PT01H00M00S"), ticks("PT1H"));
        assert_eq!(ticks("P10675199DT2H48M5.4775807S"), Some(i64::MAX.into()));
        assert_eq!(ticks("PT0.5S"), Some(5_000_000));
        assert_eq!(ticks("P1X"), None);
    }

    #[test]
    fn enum_values_in_our_bodies_need_the_described_letter_case() {
        let schema = json!({"$ref": "#/definitions/TaskState"});
        let theirs = |text: &str| described(&schema, &json!(text));
        assert_eq!(theirs("Active"), written(&schema, &json!("active")));
        assert_ne!(theirs("Active"), written(&schema, &json!("Active")));
        // An unknown value stays as it came.
        assert_eq!(theirs("Paused"), written(&schema, &json!("Paused")));
        assert_ne!(theirs("Paused"), written(&schema, &json!("paused")));
    }

    #[test]
    fn other_spellings_are_equal_but_other_values_are_not() {
        let schema = json!({"$ref": "#/definitions/TaskStatistics"});
        let spelled = |date: &str, number: Value| json!({"startTime": date, "readIOps": number, "waitTime": "PT60S", "odata.metadata": "m"});
        let one = described(&schema, &spelled("2024-01-01T00:00:00.500Z", json!("7")));
        let other = written(
            &schema,
            &json!({"startTime": "2024-01-01T00:00:00.5Z", "readIOps": 7, "waitTime": "PT1M"}),
        );
        assert_eq!(differences(&one, &other), [""; 0]);
        let third = written(&schema, &spelled("2024-01-01T00:00:00.6Z", json!(8)));
        let found = differences(&one, &third).join("\n");
        for place in [
            "$.startTime is",
            "$.readIOps is",
            "$.odata.metadata is unexpected",
        ] {
            assert!(found.contains(place), "{found}");
        }
    }
}
