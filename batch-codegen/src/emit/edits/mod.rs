//! From what is read to what is written: `CloudPool` → `PoolPatchParameter` and the like.
//!
//! Which models belong together follows from the operations of a group: what `Get` gives, and the
//! bodies of `Add`, `Patch`, `Update`. A property goes over where name and type are the same; one
//! that finds no counterpart is an error here, so that a new version of the API loses nothing in
//! silence. What the tables in `pairs`, `conversion` and `settle` say is not in the description; in
//! a version other than theirs, what finds no counterpart is left out, with a note.

mod conversion;
mod pairs;
mod settle;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::api::Api;
use crate::error::Result;
use crate::names::ident;
use crate::tables::Tables;
use pairs::pairs;
use settle::settler;

pub(crate) fn emit(api: &Api, tables: &Tables) -> Result<TokenStream> {
    let mut settled = BTreeSet::new();
    let mut conversions = Vec::new();
    for pair in pairs(api, tables)? {
        conversions.extend(tables.or_mismatch(pair.conversion(&mut settled))?);
    }
    let settlers = settled
        .iter()
        .filter_map(|name| api.model(name))
        .map(|model| settler(api, model, tables))
        .collect::<Result<Vec<_>>>()?;
    let versioned = api
        .models
        .iter()
        .filter(|model| model.property("eTag").is_some());
    let versioned = versioned.map(|model| {
        let name = ident(&model.name);
        quote! {
            impl crate::Versioned for models::#name {
                fn etag(&self) -> Option<&str> {
                    self.etag.as_deref()
                }
            }
        }
    });
    Ok(quote! {
        #[allow(unused_imports)]
        use crate::edit::{Gap, present};
        #[allow(unused_imports)]
        use crate::{Error, Response, models};
        #(#versioned)*
        #(#conversions)*
        #(#settlers)*
    })
}
