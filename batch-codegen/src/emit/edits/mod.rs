//! Conversions from models that are read to models that are written, such as `CloudPool` →
//! `PoolPatchParameter`.
//!
//! The pairs follow from the operations of a group: the result of `Get`, and the bodies of `Add`,
//! `Patch` and `Update`. A property is copied if name and type are the same. A property without a
//! counterpart is an error here, so that no property of a new API version is lost silently. The
//! tables in `pairs`, `conversion` and `settle` hold facts that are not in the description. For an
//! API version other than the one they are written for, a property without a counterpart is left
//! out, with a note.

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
