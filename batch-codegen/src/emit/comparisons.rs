//! What a resource that exists is compared by with what was sent to add it: a table for each
//! definition that the body of an adding operation holds.
//!
//! A property that a response never holds as it was sent (a secret, or what a request cannot set) is
//! not in the table. The client reads it in `retry::same`.

use crate::api::facts::{Repeat, Source};
use crate::api::{Api, Kind, Model, Property};
use crate::names::{ident, shouting};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn emit(api: &Api) -> TokenStream {
    let bodies = api
        .operations()
        .filter(|operation| matches!(operation.repeat, Repeat::Adds { .. }))
        .filter_map(|operation| operation.body.as_ref());
    let reached = api.reached(bodies.map(|body| body.model.as_str()));
    let tables = reached.iter().filter_map(|name| {
        let model = api.model(name)?;
        let (table, properties) = (table(name), properties(model));
        let copies = copies(model);
        Some(quote! {
            pub(crate) static #table: Compared = Compared {
                properties: &[#(#properties),*],
                copies: &[#(#copies),*],
            };
        })
    });
    quote! {
        #[allow(unused_imports)]
        use crate::retry::same::{By, Compared, Copy, Property};
        #(#tables)*
    }
}

/// The name of a definition's table.
pub(crate) fn table(definition: &str) -> Ident {
    ident(&shouting(definition))
}

fn properties(model: &Model) -> impl Iterator<Item = TokenStream> {
    let compared = |p: &&Property| !p.read_only && p.secrecy.is_returned();
    model.properties.iter().filter(compared).map(|property| {
        let (name, by) = (&property.wire, by(property, &property.kind));
        let default = default(model, &property.wire).map(|json| quote! { .or(#json) });
        quote! { Property::new(#name, #by) #default }
    })
}

fn by(property: &Property, kind: &Kind) -> TokenStream {
    match kind {
        Kind::Text if property.ignores_case => quote! { By::Caseless },
        Kind::Text | Kind::Bool | Kind::Map | Kind::Json => quote! { By::Value },
        Kind::Enum(_) => quote! { By::Caseless },
        Kind::I32 | Kind::I64 | Kind::F64 => quote! { By::Number },
        Kind::DateTime => quote! { By::Time },
        Kind::Duration => quote! { By::Duration },
        Kind::Model(name) => {
            let table = table(name);
            quote! { By::Properties(&#table) }
        }
        Kind::Array(item) => {
            let item = by(property, item);
            quote! { By::Items(&#item) }
        }
    }
}

/// The JSON text that the service fills in for a property.
fn default(model: &Model, wire: &str) -> Option<String> {
    let mut defaults = model.defaults.iter();
    let default = defaults.find(|default| default.path == [wire])?;
    match &default.value {
        Source::Value(value) => Some(value.to_string()),
        Source::Copies(_) | Source::AfterNow(_) => None,
    }
}

/// The properties that the service copies from another one.
fn copies(model: &Model) -> impl Iterator<Item = TokenStream> {
    model.defaults.iter().filter_map(|default| {
        let Source::Copies(from) = &default.value else {
            return None;
        };
        let to = &default.path;
        Some(quote! { Copy { from: &[#(#from),*], to: &[#(#to),*] } })
    })
}
