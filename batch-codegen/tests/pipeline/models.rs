//! The rules for models: optional fields, extensibility, and values hidden from Debug.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use serde_json::Value;

use super::support::{
    enums, members, model_files, operations, ours, parse, structs, tables, union_json,
};

/// Returns the definitions that a value refers to, directly or indirectly.
fn reachable(swagger: &Value, value: &Value, seen: &mut BTreeSet<String>) {
    if let Some(reference) = value["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = swagger.pointer(pointer).expect("a reference that resolves");
        let is_new = match pointer.strip_prefix("/definitions/") {
            Some(name) => seen.insert(name.to_owned()),
            None => true,
        };
        if is_new {
            reachable(swagger, target, seen);
        }
    }
    for (_, member) in members(value) {
        reachable(swagger, member, seen);
    }
    for item in value.as_array().into_iter().flatten() {
        reachable(swagger, item, seen);
    }
}

fn in_responses(swagger: &Value) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for (_, _, operation) in operations(swagger) {
        reachable(swagger, &operation["responses"], &mut seen);
    }
    seen
}

/// Returns the wire names of each model's fields, in their order, from its `wire::object::Model`.
fn wire_names() -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::new();
    for (_, text) in model_files(ours()) {
        for item in parse(text).items {
            let syn::Item::Impl(block) = item else {
                continue;
            };
            let list = block.items.iter().find_map(|item| match item {
                syn::ImplItem::Const(value) if value.ident == "PROPERTIES" => Some(&value.expr),
                _ => None,
            });
            let Some(syn::Expr::Reference(list)) = list else {
                continue;
            };
            let syn::Expr::Array(list) = &*list.expr else {
                panic!("{} is not a list", list.to_token_stream());
            };
            let list = list.elems.iter().map(|name| {
                let name = name.to_token_stream();
                let name: syn::LitStr = syn::parse2(name).expect("a string");
                name.value()
            });
            let list = list.collect();
            names.insert(block.self_ty.to_token_stream().to_string(), list);
        }
    }
    names
}

fn is_option(field: &syn::Field) -> bool {
    matches!(&field.ty, syn::Type::Path(path) if path.path.segments[0].ident == "Option")
}

#[test]
fn fields_that_the_service_may_omit_are_optional() {
    let swagger = union_json();
    let answers = in_responses(&swagger);
    let wires = wire_names();
    let (mut of_answers, mut of_requests, mut plain) = (0, 0, 0);
    for (name, item) in structs(ours()) {
        let definition = &swagger["definitions"][&name];
        let required: Vec<&str> = definition["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let is_answer = answers.contains(&name);
        *(if is_answer {
            &mut of_answers
        } else {
            &mut of_requests
        }) += 1;
        assert_eq!(wires[&name].len(), item.fields.len(), "{name}");
        for (field, wire) in item.fields.iter().zip(&wires[&name]) {
            let known = definition["properties"].get(wire).is_some();
            assert!(known, "{name} has no property {wire}");
            let expected = is_answer || !required.contains(&wire.as_str());
            assert_eq!(is_option(field), expected, "{name}.{wire}");
            plain += usize::from(!expected);
        }
    }
    assert!(of_answers > 0 && of_requests > 0 && plain > 0);
    println!(
        "{of_answers} response models, all fields optional; \
         {of_requests} only in requests, {plain} fields required"
    );
}

#[test]
fn models_and_enums_can_grow() {
    let attributes = structs(ours())
        .into_iter()
        .map(|(name, item)| (name, item.attrs))
        .chain(
            enums(ours())
                .into_iter()
                .map(|(name, item)| (name, item.attrs)),
        );
    for (name, attributes) in attributes {
        let open = attributes
            .iter()
            .any(|a| a.path().is_ident("non_exhaustive"));
        assert!(open, "{name}");
    }
}

/// Returns the fields in the hand-written Debug of each model that has one.
fn debug_fields() -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (_, text) in model_files(ours()) {
        for item in parse(text).items {
            if let syn::Item::Impl(block) = item
                && let Some((_, path, _)) = &block.trait_
                && path.segments.last().is_some_and(|s| s.ident == "Debug")
            {
                let name = block.self_ty.to_token_stream().to_string();
                let text = block.items[0].to_token_stream().to_string();
                fields.insert(name, text.replace(' ', "").replace(",)", ")"));
            }
        }
    }
    fields
}

#[test]
fn debug_shows_no_secret() {
    let rows = serde_json::from_str::<Value>(&tables()["secrets.json"]).expect("JSON");
    let rows = rows["rows"].as_array().expect("rows").clone();
    let class = |place: &str| {
        let row = rows.iter().find(|row| row["place"] == place)?;
        row["is"].as_str().map(str::to_owned)
    };
    let fields = debug_fields();
    let structs = structs(ours());
    let wires = wire_names();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (name, item) in &structs {
        let derived = item.attrs.iter().any(|a| {
            a.path().is_ident("derive") && a.to_token_stream().to_string().contains("Debug")
        });
        assert_ne!(derived, fields.contains_key(name), "{name} has one Debug");
        for (field, wire) in item.fields.iter().zip(&wires[name]) {
            let is = class(&format!("{name}.{wire}")).or_else(|| class(wire));
            if !is.is_some_and(|is| is == "secret" || is == "hidden") {
                continue;
            }
            let own = field.ident.as_ref().expect("a name").to_string();
            let text = fields
                .get(name)
                .unwrap_or_else(|| panic!("{name}.{wire} is shown"));
            let guarded = [
                format!(".field(\"{own}\",&crate::wire::redact::Secret)"),
                format!(".field(\"{own}\",&crate::wire::redact::secret(&self.{own}))"),
            ];
            assert!(
                guarded.iter().any(|g| text.contains(g)),
                "{name}.{wire} is shown: {text}"
            );
            *seen.entry(wire.clone()).or_default() += 1;
        }
    }
    let hidden = rows
        .iter()
        .filter(|row| row["is"] == "secret" || row["is"] == "hidden");
    for row in hidden {
        let place = row["place"].as_str().expect("a place");
        let wire = place.rsplit('.').next().unwrap_or(place);
        assert!(seen.contains_key(wire), "{place} is not in any model");
    }
    println!("guarded: {seen:?}");
}

#[test]
fn hand_written_debug_omits_no_field() {
    let structs = structs(ours());
    for (name, text) in debug_fields() {
        for field in &structs[&name].fields {
            let own = field.ident.as_ref().expect("a name").to_string();
            let label = format!(".field(\"{}\",", own.trim_start_matches("r#"));
            assert_eq!(text.matches(&label).count(), 1, "{name}.{own}");
        }
    }
}
