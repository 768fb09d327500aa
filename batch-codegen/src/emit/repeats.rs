//! Effect of sending an operation a second time: a sentence for its docs, and the value by which
//! the client's retries decide. Both come from `spec/repeats.json`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::api::Operation;
use crate::api::facts::Repeat;
use crate::names::{ident, screaming_snake};

/// The sentence; `None` where a second attempt changes nothing.
pub(crate) fn sentence(operation: &Operation) -> Option<String> {
    let text = match &operation.repeat {
        Repeat::Reads => return None,
        Repeat::Adds { .. } => {
            "a retry that finds the resource already there succeeds if it is what was sent"
        }
        Repeat::Deletes { .. } => "a retry that finds the resource already gone succeeds",
        Repeat::Sets => {
            "a retry sets the same values again; with `if_match` it can fail with 412, because the \
             first attempt has changed the `ETag`"
        }
        Repeat::Acts { docs, .. } => docs,
        Repeat::Todo => {
            return Some(
                "A retry is sent only if the first attempt was certainly not carried out."
                    .to_owned(),
            );
        }
    };
    Some(format!("If the response is lost, {text}."))
}

/// The value of `retry::effect::Effect`.
pub(crate) fn effect(operation: &Operation) -> TokenStream {
    match &operation.repeat {
        Repeat::Reads => quote! { Effect::Reads },
        Repeat::Adds { .. } => {
            let added = ident(&screaming_snake(&operation.id));
            quote! { Effect::Adds(&comparisons::#added) }
        }
        Repeat::Deletes { applied } => quote! { Effect::Deletes(&[#(#applied),*]) },
        Repeat::Sets => quote! { Effect::Sets },
        Repeat::Acts { applied, .. } => quote! { Effect::Acts(&[#(#applied),*]) },
        Repeat::Todo => quote! { Effect::Unknown },
    }
}
