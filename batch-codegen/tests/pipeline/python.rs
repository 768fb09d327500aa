//! The guide's table of Python calls: each operation has a row, and each row names an existing
//! method.
//!
//! `tests/peers/python_table.py` checks the Python side against the real package.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase as _;
use quote::ToTokens;

use super::support::{description_json, operations, ours, parse};

/// Our side of a row.
struct Row {
    group: String,
    method: String,
    /// Names, or the type of a body.
    arguments: Vec<String>,
    /// The target of its link.
    link: String,
    optional: Vec<String>,
}

/// Returns the rows of the table; fails on a malformed row.
fn rows() -> Vec<Row> {
    let lines = ours().client["python.md"].lines();
    lines
        .filter(|line| line.starts_with("| `"))
        .map(|line| row(line).unwrap_or_else(|| panic!("malformed row: {line}")))
        .collect()
}

fn row(text: &str) -> Option<Row> {
    let (_, rest) = text.split_once("| [`client.")?;
    let (group, rest) = rest.split_once("().")?;
    let (method, rest) = rest.split_once('(')?;
    let (arguments, rest) = rest.split_once(")`](")?;
    let (link, rest) = rest.split_once(") | ")?;
    let list = |text: &str| -> Vec<String> {
        let names = text.split(", ").filter(|name| !name.is_empty());
        names
            .map(|name| name.trim_matches('`').to_owned())
            .collect()
    };
    Some(Row {
        group: group.to_owned(),
        method: method.to_owned(),
        arguments: list(arguments),
        link: link.to_owned(),
        optional: list(rest.trim_end_matches('|').trim()),
    })
}

/// Returns the methods of the types in a generated file of operations, by type; for an operation,
/// the setters of its `Call`.
fn methods(group: &str) -> BTreeMap<String, Vec<syn::Signature>> {
    let file = parse(&ours().client[&format!("operations/{group}.rs")]);
    let mut methods: BTreeMap<String, Vec<syn::Signature>> = BTreeMap::new();
    for item in file.items {
        let syn::Item::Impl(block) = item else {
            continue;
        };
        let found = methods.entry(operation(&block.self_ty)).or_default();
        match &block.trait_ {
            None => found.extend(block.items.into_iter().filter_map(|item| match item {
                syn::ImplItem::Fn(method) => Some(method.sig),
                _ => None,
            })),
            Some((_, takes, _)) if takes.segments[0].ident == "takes" => {
                let parameter = takes.segments[1].ident.to_string().to_snake_case();
                let setter = format!("fn {parameter}(self)");
                found.push(syn::parse_str(&setter).expect("a signature"));
            }
            Some(_) => {}
        }
    }
    methods
}

/// `Call<Get>` → `Get`.
fn operation(of: &syn::Type) -> String {
    let text = of.to_token_stream().to_string();
    let call = text
        .strip_prefix("Call <")
        .and_then(|of| of.strip_suffix('>'));
    call.map_or(text.clone(), |of| of.trim().to_owned())
}

/// Returns the arguments of a method in the form of a row.
fn arguments(method: &syn::Signature) -> Vec<String> {
    let typed = method.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(argument) => Some(argument),
        syn::FnArg::Receiver(_) => None,
    });
    typed
        .map(|argument| {
            let name = argument.pat.to_token_stream().to_string();
            let kind = argument.ty.to_token_stream().to_string();
            match kind.strip_prefix("models :: ") {
                Some(model) => model.to_owned(),
                None => name,
            }
        })
        .collect()
}

#[test]
fn every_operation_has_one_row() {
    let swagger = description_json();
    let ids = operations(&swagger).map(|(_, _, operation)| &operation["operationId"]);
    let flat = |text: &str| text.replace('_', "").to_lowercase();
    let wanted: BTreeSet<String> = ids.map(|id| flat(id.as_str().expect("an id"))).collect();
    let rows = rows();
    let found: BTreeSet<String> = rows
        .iter()
        .map(|row| flat(&format!("{}{}", row.group, row.method)))
        .collect();
    assert_eq!(rows.len(), wanted.len());
    assert_eq!(found, wanted);
}

#[test]
fn every_row_names_a_method_with_its_arguments_and_setters() {
    let mut read = BTreeMap::new();
    for row in rows() {
        let (group, name) = (&row.group, &row.method);
        let types = read.entry(group.clone()).or_insert_with(|| methods(group));
        let method = types["Operations"]
            .iter()
            .find(|method| method.ident == name);
        let method = method.unwrap_or_else(|| panic!("{group} has no method {name}"));
        assert_eq!(row.arguments, arguments(method), "{group}.{name}");
        let link = format!("crate::operations::{group}::Operations::{name}");
        assert_eq!(row.link, link);

        let syn::ReturnType::Type(_, builder) = &method.output else {
            panic!("{group}.{name} gives nothing");
        };
        let setters = &types[&operation(builder)];
        for setter in &row.optional {
            let (wanted, model) = match setter.split_once('(') {
                Some((wanted, model)) => (wanted, vec![model.trim_end_matches(')').to_owned()]),
                None if setter == "conditions" => ("if_unmodified_since", Vec::new()),
                None => (setter.as_str(), Vec::new()),
            };
            let found = setters.iter().find(|method| method.ident == wanted);
            let found = found.unwrap_or_else(|| panic!("{group}.{name} has no setter {setter}"));
            assert!(
                model.is_empty() || model == arguments(found),
                "{group}.{name} takes another body"
            );
        }
    }
}
