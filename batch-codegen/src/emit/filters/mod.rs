//! Typed names for `$filter`, from `spec/filters.json` (the description does not say what can be
//! filtered by).
//!
//! The file has names and operators; the types come from the description. A name that is not in the
//! description is an error for the API version that the file is written for. For any other version
//! it is left out, with a note.

mod read;

pub(crate) use read::Filters;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use super::{docs, queries, types};
use crate::api::{Api, Kind};
use crate::error::Result;
use crate::names::{ident, snake};
use read::{Operator, Property};

/// The modules of typed names.
pub(crate) fn emit(api: &Api, filters: &Filters) -> Result<TokenStream> {
    let modules = queries::modules(api, queries::FILTER)?;
    let mut out = Vec::new();
    for (definition, properties) in &filters.of {
        let item = ident(definition);
        let mut tree = Module::default();
        for property in properties {
            tree.add(&property.path, function(&item, property));
        }
        let body = tree.tokens();
        let name = ident(modules.get(definition.as_str()).map_or("", String::as_str));
        let text =
            format!(" Filterable properties of [`{definition}`](crate::models::{definition}).");
        out.push(quote! { #[doc = #text] pub mod #name { #body } });
    }
    let values = values(filters);
    let sets = sets(filters);
    Ok(quote! {
        #(#out)*
        #(#values)*

        pub(crate) mod sets {
            use crate::filter::operators::{Equal, NotEqual, Ordered, Prefix};
            #(#sets)*
        }
    })
}

/// Functions of a module, and its nested modules.
#[derive(Default)]
struct Module {
    functions: Vec<TokenStream>,
    modules: BTreeMap<String, Module>,
}

impl Module {
    fn add(&mut self, path: &str, function: TokenStream) {
        match path.split_once('/') {
            Some((name, rest)) => {
                let inner = self.modules.entry(name.to_owned()).or_default();
                inner.add(rest, function);
            }
            None => self.functions.push(function),
        }
    }

    fn tokens(&self) -> TokenStream {
        let functions = &self.functions;
        let modules = self.modules.iter().map(|(wire, module)| {
            let (name, body) = (ident(&snake(wire)), module.tokens());
            let docs = format!(" Filterable properties inside `{wire}`.");
            quote! { #[doc = #docs] pub mod #name { #body } }
        });
        quote! {
            use crate::filter::{Property, operators::*};
            #[allow(unused_imports)]
            use crate::models;
            #(#functions)*
            #(#modules)*
        }
    }
}

fn function(item: &proc_macro2::Ident, property: &Property) -> TokenStream {
    let path = &property.path;
    let name = ident(&snake(path.rsplit('/').next().unwrap_or(path)));
    let value = match &property.kind {
        Kind::Enum(name) => {
            let name = ident(name);
            quote! { models::#name }
        }
        kind => types::owned(kind),
    };
    let set = ident(&set(property));
    let list: Vec<String> = property
        .operators
        .iter()
        .map(|operator| format!("`{}`", operator.wire()))
        .collect();
    let docs = docs::attributes(&format!(
        "Property `{path}`, with the operators {}.",
        list.join(", ")
    ));
    quote! {
        #docs
        pub const fn #name() -> Property<models::#item, #value, #set> {
            Property::new(#path)
        }
    }
}

/// The traits of a property's operators.
fn traits(property: &Property) -> Vec<&'static str> {
    let has = |operator| property.operators.contains(&operator);
    let all = [
        ("Equal", has(Operator::Eq)),
        ("NotEqual", has(Operator::Ne)),
        ("Ordered", has(Operator::Gt)),
        ("Prefix", has(Operator::Startswith)),
    ];
    all.into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| name)
        .collect()
}

/// The name of a set of operators: `EqNeOrder`.
fn set(property: &Property) -> String {
    let short = traits(property).into_iter().map(|name| match name {
        "Equal" => "Eq",
        "NotEqual" => "Ne",
        "Ordered" => "Order",
        _ => "StartsWith",
    });
    short.collect()
}

fn sets(filters: &Filters) -> Vec<TokenStream> {
    let mut sets: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for property in filters.of.values().flatten() {
        sets.insert(set(property), traits(property));
    }
    let sets = sets.into_iter().map(|(name, traits)| {
        let words: Vec<String> = traits.iter().map(|name| format!("[`{name}`]")).collect();
        let docs = format!(
            " Operators of properties that support {}.",
            words.join(", ")
        );
        let name = ident(&name);
        let traits = traits.iter().map(|name| ident(name));
        quote! {
            #[doc = #docs]
            #[derive(Debug)]
            pub enum #name {}
            #(impl #traits for #name {})*
        }
    });
    sets.collect()
}

/// Emits the conversion of enums into filter values.
fn values(filters: &Filters) -> Vec<TokenStream> {
    let enums: BTreeSet<&str> = filters
        .of
        .values()
        .flatten()
        .filter_map(|property| match &property.kind {
            Kind::Enum(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let values = enums.into_iter().map(|name| {
        let name = ident(name);
        quote! {
            impl crate::filter::sealed::Value for crate::models::#name {
                fn literal(&self) -> String {
                    crate::filter::quoted(self.as_str())
                }
            }
        }
    });
    values.collect()
}

/// Emits the same as a table for the emulator: definitions, each with its properties and their
/// operators.
pub(crate) fn table(filters: &Filters) -> TokenStream {
    let entries = filters.of.iter().map(|(definition, properties)| {
        let properties = properties.iter().map(|property| {
            let (path, operators) = (&property.path, property.operators.iter());
            let operators = operators.map(|operator| operator.wire());
            quote! { (#path, &[#(#operators),*]) }
        });
        quote! { (#definition, &[#(#properties),*]) }
    });
    quote! {
        #[doc = " Filterable properties: definitions, each with its properties and their operators."]
        #[allow(clippy::type_complexity)]
        pub(crate) const FILTERS: &[(&str, &[(&str, &[&str])])] = &[#(#entries),*];
    }
}
