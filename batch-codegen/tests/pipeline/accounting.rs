//! Completeness: every definition, enum and operation of the description is in the client.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::support::{enums, members, operations, ours, parse, structs, union_json};

/// Collects the names of every `x-ms-enum`.
fn enum_names(value: &Value, names: &mut BTreeSet<String>) {
    for (key, member) in members(value) {
        if key == "x-ms-enum" {
            names.insert(member["name"].as_str().expect("a name").to_owned());
        }
        enum_names(member, names);
    }
    for item in value.as_array().into_iter().flatten() {
        enum_names(item, names);
    }
}

/// `ListPoolNodeCounts` → `list_pool_node_counts`.
fn snake(name: &str) -> String {
    let words = name.split_inclusive(|_: char| true).map(|c| {
        if c.starts_with(char::is_uppercase) {
            format!("_{}", c.to_lowercase())
        } else {
            c.to_owned()
        }
    });
    words.collect::<String>().trim_start_matches('_').to_owned()
}

#[test]
fn every_definition_is_a_type_under_its_name_and_there_are_no_others() {
    let swagger = union_json();
    let definitions: BTreeSet<String> = members(&swagger["definitions"])
        .map(|(name, _)| name.clone())
        .collect();
    let mut named_enums = BTreeSet::new();
    enum_names(&swagger, &mut named_enums);

    let structs: BTreeSet<String> = structs(ours()).into_keys().collect();
    let enums: BTreeSet<String> = enums(ours()).into_keys().collect();
    assert_eq!(enums, named_enums);
    assert_eq!(structs.intersection(&enums).next(), None);
    let types: BTreeSet<String> = structs.union(&enums).cloned().collect();
    assert_eq!(types, definitions.union(&named_enums).cloned().collect());

    let enum_definitions = definitions.intersection(&enums).count();
    assert_eq!(structs.len() + enum_definitions, definitions.len());
    // 184 in the base, 9 in later versions.
    assert_eq!(definitions.len(), 193);
    println!(
        "{} definitions: {} structs, {enum_definitions} enums; {} inline enums",
        definitions.len(),
        structs.len(),
        enums.len() - enum_definitions
    );
}

#[test]
fn every_property_is_a_field_and_every_value_a_variant() {
    let swagger = union_json();
    let (structs, enums) = (structs(ours()), enums(ours()));
    for (name, definition) in members(&swagger["definitions"]) {
        if let Some(item) = structs.get(name) {
            let properties = members(&definition["properties"]).count();
            assert_eq!(item.fields.len(), properties, "{name}");
        }
    }
    let mut values: BTreeMap<String, usize> = BTreeMap::new();
    let mut open = vec![&swagger];
    while let Some(value) = open.pop() {
        if let (Some(list), Some(name)) = (
            value["enum"].as_array(),
            value["x-ms-enum"]["name"].as_str(),
        ) {
            values.insert(name.to_owned(), list.len());
        }
        open.extend(members(value).map(|(_, member)| member));
        open.extend(value.as_array().into_iter().flatten());
    }
    for (name, count) in values {
        // Plus one for values that the description does not list.
        assert_eq!(enums[&name].variants.len(), count + 1, "{name}");
    }
}

#[test]
fn every_operation_is_a_method_of_its_group_and_of_the_raw_client() {
    let swagger = union_json();
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut raw_wanted = BTreeSet::new();
    for (_, _, operation) in operations(&swagger) {
        let id = operation["operationId"].as_str().expect("an id");
        let (group, name) = id.split_once('_').expect("two words");
        let file = format!("operations/{}.rs", snake(group));
        wanted.entry(file).or_default().insert(snake(name));
        raw_wanted.insert(format!("{}_{}", snake(group), snake(name)));
    }
    assert_eq!(raw_wanted.len(), 78);

    let mut found = BTreeMap::new();
    for (path, text) in &ours().client {
        if path.starts_with("operations/") && !path.ends_with("/mod.rs") {
            found.insert(path.clone(), methods(text, "Operations"));
        }
    }
    // Adds and deletes have a second method.
    let mut seconds = 0;
    for (file, methods) in &mut found {
        let operations = &wanted[file];
        methods.retain(|method: &String| {
            let first = method
                .strip_suffix("_if_absent")
                .or_else(|| method.strip_suffix("_if_present"));
            let is_second = first.is_some_and(|first| operations.contains(first));
            seconds += usize::from(is_second);
            !is_second
        });
    }
    assert_eq!(found, wanted);
    assert_eq!(seconds, 13);

    let mut raw = methods(&ours().client["raw.rs"], "Client");
    assert!(raw.remove("new"));
    assert_eq!(raw, raw_wanted);

    let dispatch = &ours().client["dispatch.rs"];
    for (_, _, operation) in operations(&swagger) {
        let arm = format!("{} => {{", operation["operationId"]);
        assert_eq!(dispatch.matches(&arm).count(), 1, "{arm}");
    }
}

/// Returns the public methods in a type's inherent implementations.
fn methods(text: &str, of: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in parse(text).items {
        let syn::Item::Impl(block) = item else {
            continue;
        };
        let of_type = matches!(&*block.self_ty, syn::Type::Path(path) if path.path.is_ident(of));
        if !of_type || block.trait_.is_some() {
            continue;
        }
        for item in block.items {
            if let syn::ImplItem::Fn(method) = item
                && matches!(method.vis, syn::Visibility::Public(_))
            {
                assert!(
                    names.insert(method.sig.ident.to_string()),
                    "{}",
                    method.sig.ident
                );
            }
        }
    }
    names
}
