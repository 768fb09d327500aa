//! Emits the typed operations: one module per group, one type per operation.
//!
//! Required parameters are arguments of the group's method, which returns a `Call` of the
//! operation. Optional ones are setters of the call: those that operations share are written by
//! hand in `batch-client/src/call/`, and an operation says by its traits which of them it takes.
//!
//! [`shape`](super::shape) provides the names; `method` with its `examples`, and `builder` with
//! its `sending`, use it.

mod builder;
mod examples;
mod method;
mod sending;

pub(crate) use examples::runner;
pub(crate) use sending::paged_models;

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs;
use crate::api::{Api, Group};
use crate::error::Result;
use crate::names::{ident, snake};
use crate::raw::RawMethod;
use builder::builder;
use method::method;

pub(crate) fn emit(api: &Api, raw: &[RawMethod]) -> Result<BTreeMap<String, TokenStream>> {
    let raw: BTreeMap<&str, &RawMethod> = raw.iter().map(|m| (m.name.as_str(), m)).collect();
    let mut modules = BTreeMap::new();
    for group in &api.groups {
        modules.insert(snake(&group.name), module(api, group, &raw)?);
    }
    Ok(modules)
}

/// Emits the methods of the client that return its groups.
pub(crate) fn entry_points(api: &Api) -> TokenStream {
    let methods = api.groups.iter().map(|group| {
        let name = ident(&snake(&group.name));
        let count = group.operations.len();
        let docs = format!(" The {count} operations on {}.", words(&group.name));
        let aliases = docs::aliases(&group.aliases);
        quote! {
            #[doc = #docs]
            #aliases
            pub fn #name(&self) -> #name::Operations {
                #name::Operations { client: self.clone() }
            }
        }
    });
    let modules = api.groups.iter().map(|group| ident(&snake(&group.name)));
    let docs = api.groups.iter().map(|group| {
        let list = group
            .operations
            .iter()
            .map(|o| format!("`{}`", snake(&o.name)));
        let text = format!(
            "{}: {}.",
            capital(&words(&group.name)),
            list.collect::<Vec<_>>().join(", ")
        );
        docs::attributes(&docs::prose(&text))
    });
    quote! {
        #(#docs pub mod #modules;)*

        #[doc = " The groups of operations."]
        impl crate::Client {
            #(#methods)*
        }
    }
}

/// `ComputeNodeExtension` → `compute node extensions`.
fn words(group: &str) -> String {
    let words = snake(group).replace('_', " ");
    match words.as_str() {
        "account" => "the account".into(),
        _ => format!("{words}s"),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn module(api: &Api, group: &Group, raw: &BTreeMap<&str, &RawMethod>) -> Result<TokenStream> {
    let methods = group
        .operations
        .iter()
        .map(|operation| method(api, operation));
    let mut builders = Vec::new();
    for operation in &group.operations {
        builders.push(builder(api, operation, raw)?);
    }
    let docs = format!(
        " The operations on {}; see [`Client::{}`](crate::Client::{}).",
        words(&group.name),
        snake(&group.name),
        snake(&group.name)
    );
    Ok(quote! {
        #[allow(unused_imports)]
        use chrono::{DateTime, Utc};
        use reqwest::Request;

        #[allow(unused_imports)]
        use crate::call::{Call, Listing, sealed::Sends, takes};
        #[allow(unused_imports)]
        use crate::generated::{comparisons, headers::*, models, raw};
        #[allow(unused_imports)]
        use crate::{
            Client, Download, Error, Page, RawResponse, Response,
            options::{self, CallOptions},
            page, response,
            retry::effect::Effect,
            wire::{http_date, json::{self, Decode}, request::BuildError, timestamp},
        };

        #[doc = #docs]
        #[derive(Clone, Debug)]
        pub struct Operations {
            pub(crate) client: Client,
        }

        impl Operations {
            #(#methods)*
        }

        #(#builders)*
    })
}
