//! A value for everything that an operation takes, derived from the description alone.

use serde_json::{Map, Value, json};

use crate::description::{DESCRIPTION, Kind, Operation, Pairs, Parameter, Place};

/// Which values to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Values that are easy to get wrong: many digits, all kinds of characters.
    Hard,
    /// Values that are easily mistaken for absent: `false`, 0, empty strings and lists.
    Least,
}

/// Date of every sample that goes into a header, in both spellings.
pub const HTTP_DATE: (&str, &str) = ("2024-02-29T23:59:58Z", "Thu, 29 Feb 2024 23:59:58 GMT");
const DATE: &str = "2024-02-29T23:59:58.1234567Z";
const UNLIMITED: &str = "P10675199DT2H48M5.4775807S";
/// Not representable as an `f64`.
const INTEGER: i64 = 9_007_199_254_740_993;

/// Sample value of a parameter, as a caller writes it.
pub fn parameter(parameter: &Parameter) -> String {
    let name = &parameter.name;
    match (parameter.kind, parameter.place) {
        (Kind::Integer, _) => "17".to_owned(),
        (Kind::Boolean, _) => "true".to_owned(),
        (Kind::Date, _) => DATE.to_owned(),
        (Kind::HttpDate, _) => HTTP_DATE.0.to_owned(),
        (Kind::Text, Place::Path) => format!("{name} b/ü#?%\\+&=;(),'~%2F"),
        (Kind::Text, Place::Query) => format!("{name} eq 'a&b+c=d;é %41/?#'"),
        (Kind::Text, Place::Header) => format!("\"{name}=0x8D5; %41\""),
    }
}

/// The same value as it is expected on the wire after decoding.
pub fn on_the_wire(parameter: &Parameter) -> String {
    match parameter.kind {
        Kind::HttpDate => HTTP_DATE.1.to_owned(),
        _ => self::parameter(parameter),
    }
}

/// Names and sample values of all parameters, or of the required ones only.
pub fn parameters(operation: &Operation, all: bool) -> Pairs {
    let wanted = operation.parameters.iter().filter(|p| all || p.required);
    wanted.map(|p| (p.name.clone(), parameter(p))).collect()
}

/// JSON with every property of this schema, at any depth.
pub fn json(schema: &Value, values: Values) -> Value {
    Sampler {
        values,
        below: Vec::new(),
    }
    .sample("value", schema)
}

struct Sampler<'a> {
    values: Values,
    /// Definitions being written, to stop at one that contains itself.
    below: Vec<&'a str>,
}

impl<'a> Sampler<'a> {
    fn sample(&mut self, name: &str, schema: &'a Value) -> Value {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return self.value(name, schema);
        };
        self.below.push(reference);
        let value = self.value(name, DESCRIPTION.resolve(schema));
        self.below.pop();
        value
    }

    fn value(&mut self, name: &str, schema: &'a Value) -> Value {
        let least = self.values == Values::Least;
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        let format = schema["format"].as_str().unwrap_or_default();
        match (schema["type"].as_str().unwrap_or("object"), format) {
            ("string", "date-time") => DATE.into(),
            ("string", "duration") => if least { "PT0S" } else { UNLIMITED }.into(),
            ("string", _) if least => "".into(),
            ("string", _) => format!("{name} \"é\" \\ / \u{1F980}\n").into(),
            ("integer" | "number", _) if least => 0.into(),
            ("integer", "int64") => INTEGER.into(),
            ("integer", _) => 7.into(),
            ("number", _) => 0.1.into(),
            ("boolean", _) => (!least).into(),
            ("array", _) if least => json!([]),
            ("array", _) => self.list(name, &schema["items"]),
            ("object", _) => self.object(schema),
            other => panic!("{name} has the unexpected type {other:?}"),
        }
    }

    fn list(&mut self, name: &str, items: &'a Value) -> Value {
        if self.is_below(items) {
            json!([])
        } else {
            json!([self.sample(name, items)])
        }
    }

    fn object(&mut self, schema: &'a Value) -> Value {
        let least = self.values == Values::Least;
        if let Some(properties) = schema["properties"].as_object() {
            let mut object = Map::new();
            for (name, property) in properties {
                if !self.is_below(property) {
                    object.insert(name.clone(), self.sample(name, property));
                }
            }
            return object.into();
        }
        match schema.get("additionalProperties") {
            Some(_) if least => json!({}),
            Some(values) => json!({"a key": self.sample("a key", values)}),
            // Free-form: the service also accepts values that are not objects there.
            None if least => json!(""),
            None => json!({"list": [1, "two", {"three": 0.5}], "none": null}),
        }
    }

    fn is_below(&self, schema: &Value) -> bool {
        let reference = schema.get("$ref").and_then(Value::as_str);
        reference.is_some_and(|reference| self.below.contains(&reference))
    }
}
