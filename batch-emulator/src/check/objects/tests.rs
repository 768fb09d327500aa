//! Walks the table: each rule has an object that passes and one that fails.

use std::collections::{BTreeSet, VecDeque};

use serde_json::json;

use super::*;
use crate::generated::OPERATIONS;
use crate::generated::rules::EXAMPLES;

/// Reads an example: a list of `{"repeat": n}` stands for n long items.
fn example(json: &str) -> Object {
    let Ok(Value::Object(mut object)) = serde_json::from_str(json) else {
        panic!("{json}");
    };
    for value in object.values_mut() {
        if let Some(count) = value.get("repeat").and_then(Value::as_u64) {
            let item = json!({"httpUrl": "u".repeat(200)});
            *value = (0..count).map(|_| item.clone()).collect();
        }
    }
    object
}

#[test]
fn each_rule_has_an_object_that_passes_and_one_that_fails() {
    for rule in RULES {
        let row = EXAMPLES.iter().find(|(name, ..)| *name == rule.name);
        let (_, passes, fails) = row.expect(rule.name);
        let good = broken(rule.model, &example(passes));
        assert!(good.is_none(), "{} {}: {good:?}", rule.name, rule.model);
        let failed = rule.rule.broken_by(&example(fails));
        assert!(failed.is_some(), "{} {}: {fails}", rule.name, rule.model);
        let (first, reason) = broken(rule.model, &example(fails)).expect(rule.name);
        assert_eq!(first.name, rule.name, "another rule comes first: {reason}");
    }
    assert!(RULES.len() > 50, "{}", RULES.len());
}

/// Returns the operation and the properties through which its body leads to a definition, by the
/// shortest way.
fn way_to(wanted: &str) -> (&'static str, Vec<&'static table::Property>) {
    let bodies = OPERATIONS
        .iter()
        .filter_map(|operation| operation.body.as_ref());
    let mut ways: VecDeque<_> = bodies
        .map(|body| (body.model, body.model, Vec::new()))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some((body, model, way)) = ways.pop_front() {
        if model == wanted {
            return (body, way);
        }
        if !seen.insert((body, model)) {
            continue;
        }
        for property in table::model(model).expect(model).properties {
            let (Kind::Model(inner) | Kind::Array(&Kind::Model(inner))) = property.kind else {
                continue;
            };
            let mut longer = way.clone();
            longer.push(property);
            ways.push_back((body, inner, longer));
        }
    }
    panic!("no request has a {wanted}");
}

/// Returns a valid object of a definition: the shortest example of its rules, or its required
/// properties.
fn sample(model: &str) -> Object {
    let rules = RULES.iter().filter(|rule| rule.model == model);
    let rows = rules.filter_map(|rule| EXAMPLES.iter().find(|(name, ..)| *name == rule.name));
    let shortest = rows.min_by_key(|(_, passes, _)| passes.len());
    let mut object = shortest.map_or_else(Object::new, |(_, passes, _)| example(passes));
    for property in table::model(model).expect(model).properties {
        if property.required && !object.contains_key(property.name) {
            object.insert(property.name.to_owned(), value(&property.kind));
        }
    }
    object
}

fn value(kind: &Kind) -> Value {
    match kind {
        Kind::I32 | Kind::I64 | Kind::F64 => 1.into(),
        Kind::Bool => true.into(),
        Kind::Enum(words) => words[0].into(),
        Kind::Model(model) => sample(model).into(),
        Kind::Array(_) => json!([]),
        _ => "a".into(),
    }
}

/// Puts an object at the end of a way.
fn embed(body: &str, way: &[&table::Property], object: Object) -> Object {
    let [first, rest @ ..] = way else {
        return object;
    };
    let mut outer = sample(body);
    let inner = match first.kind {
        Kind::Model(model) => embed(model, rest, object).into(),
        Kind::Array(Kind::Model(model)) => json!([embed(model, rest, object)]),
        _ => Value::Null,
    };
    for rule in RULES.iter().filter(|rule| rule.model == body) {
        if let Rule::ExactlyOne(names) | Rule::AtMostOne(names) = rule.rule
            && names.contains(&first.name)
        {
            outer.retain(|name, _| !names.contains(&name.as_str()));
        }
    }
    outer.insert(first.name.to_owned(), inner);
    outer
}

#[test]
fn each_rule_has_a_request_that_passes_and_one_that_fails() {
    for rule in RULES {
        let (_, passes, fails) = EXAMPLES
            .iter()
            .find(|(name, ..)| *name == rule.name)
            .expect(rule.name);
        let (body, way) = way_to(rule.model);
        let request = |json| embed(body, &way, example(json));
        let good = check(body, &request(passes));
        assert!(good.is_ok(), "{} {}: {good:?}", rule.name, rule.model);
        let refusal = check(body, &request(fails)).expect_err(rule.name);
        assert_eq!(
            (refusal.status, refusal.code),
            (400, rule.code),
            "{}",
            rule.name
        );
        let property = &refusal.values[0];
        assert_eq!(
            *property,
            ("PropertyName", rule.property.to_owned()),
            "{}",
            rule.name
        );
        let place = way.iter().map(|property| property.name).next_back();
        let reason = &refusal.values[2].1;
        assert!(
            reason.contains(place.unwrap_or(rule.model)),
            "{}: {reason}",
            rule.name
        );
    }
}

#[test]
fn texts_are_recognized() {
    let reason = |rule: &Rule, text: &str| {
        let object = Object::from_iter([("a".to_owned(), text.into())]);
        rule.broken_by(&object)
    };
    for (rule, good, bad) in [
        (
            Rule::NatName("a"),
            &["a", "1.b-c_", "Z9"][..],
            &["", "-a", "a.", "a b", "é"][..],
        ),
        (
            Rule::GalleryImage("a"),
            &[
                "/x/galleries/g/images/i",
                "/x/Galleries/g/Images/i/Versions/1.0.0",
            ],
            &[
                "",
                "/x/images/i",
                "/x/galleries/g",
                "/x/galleries/g/images/",
                "/x/galleries/g/images/i/versions",
            ],
        ),
    ] {
        for text in good {
            assert_eq!(reason(&rule, text), None, "{text}");
        }
        for text in bad {
            assert!(reason(&rule, text).is_some(), "{text}");
        }
    }
}
