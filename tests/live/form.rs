//! Forms of JSON documents: which properties there are, and of which types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The form of each response: types by the paths of properties.
pub(crate) type Forms = BTreeMap<&'static str, Form>;
pub(crate) type Form = BTreeMap<String, BTreeSet<&'static str>>;

/// Adds a document to a form. Items of a list have one path.
pub(crate) fn add(form: &mut Form, path: &str, value: &Value) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    form.entry(path.to_owned()).or_default().insert(kind);
    match value {
        Value::Array(items) => {
            for item in items {
                add(form, &format!("{path}[]"), item);
            }
        }
        Value::Object(properties) => {
            for (name, value) in properties {
                add(form, &format!("{path}.{name}"), value);
            }
        }
        _ => {}
    }
}

/// Lists where two sets of forms differ. What is below a difference is not listed.
pub(crate) fn differences(account: &Forms, emulator: &Forms) -> Vec<String> {
    let mut lines = Vec::new();
    let empty = Form::new();
    let names: BTreeSet<_> = account.keys().chain(emulator.keys()).collect();
    for name in names {
        let left = account.get(name).unwrap_or(&empty);
        let right = emulator.get(name).unwrap_or(&empty);
        let paths: BTreeSet<_> = left.keys().chain(right.keys()).collect();
        let mut above: Option<String> = None;
        for path in paths {
            let is_below = |above: &String| {
                let rest = path.strip_prefix(above.as_str());
                rest.is_some_and(|rest| rest.starts_with(['.', '[']))
            };
            if above.as_ref().is_some_and(is_below) {
                continue;
            }
            let difference = match (left.get(path), right.get(path)) {
                (Some(left), Some(right)) if left == right => continue,
                (Some(left), Some(right)) => {
                    format!("{left:?} of the account, {right:?} of the emulator")
                }
                (Some(left), None) => format!("only of the account: {left:?}"),
                (None, right) => format!(
                    "only of the emulator: {:?}",
                    right.unwrap_or(&BTreeSet::new())
                ),
            };
            above = Some(path.clone());
            lines.push(format!("{name} {path}: {difference}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn forms(value: &Value) -> Forms {
        let mut form = Form::new();
        add(&mut form, "", value);
        Forms::from([("Pool_Get", form)])
    }

    #[test]
    fn differences_are_those_of_names_and_types() {
        let account = forms(&json!({"id": "a", "n": "1", "new": {"x": 1}, "list": [{"a": 1}]}));
        let emulator = forms(&json!({"id": "b", "n": 1, "old": [], "list": [{"a": 2}, {"a": 3}]}));
        assert_eq!(
            differences(&account, &emulator),
            [
                r#"Pool_Get .n: {"string"} of the account, {"number"} of the emulator"#,
                r#"Pool_Get .new: only of the account: {"object"}"#,
                r#"Pool_Get .old: only of the emulator: {"list"}"#,
            ]
        );
        assert_eq!(differences(&account, &account), Vec::<String>::new());
    }
}
