//! `without_read_only()`: a model cleared of what a request cannot set, for every model that has
//! such properties itself or in what it holds.

use proc_macro2::TokenStream;
use quote::quote;

use super::types;
use crate::api::{Api, Kind, Model, Property};

/// The method, where the model has something to clear.
pub(super) fn method(api: &Api, model: &Model) -> Option<TokenStream> {
    if !clears(api, model) {
        return None;
    }
    let steps = model.properties.iter().filter_map(|p| step(api, model, p));
    Some(quote! {
        #[doc = " Clears the properties that a request cannot set, here and in what this model holds."]
        #[doc = ""]
        #[doc = " What remains can be changed by a request, and can be compared with what was sent. It is"]
        #[doc = " what `as_dict(exclude_readonly=True)` of the Python client gives."]
        #[must_use]
        pub fn without_read_only(mut self) -> Self {
            #(#steps)*
            self
        }
    })
}

/// Whether something at or below a model cannot be set by a request.
fn clears(api: &Api, model: &Model) -> bool {
    model
        .properties
        .iter()
        .any(|property| is_cleared(model, property) || held(api, model, property).is_some())
}

/// A required property of a request has no value to be cleared to.
fn is_cleared(model: &Model, property: &Property) -> bool {
    property.read_only && !types::is_plain(model, property)
}

/// The model that a property holds, where it has something to clear.
fn held<'a>(api: &'a Api, model: &Model, property: &Property) -> Option<&'a Model> {
    let inner = api.model(property.kind.model()?)?;
    // A model can hold a list of its own kind.
    (inner.name != model.name && clears(api, inner)).then_some(inner)
}

fn step(api: &Api, model: &Model, property: &Property) -> Option<TokenStream> {
    let field = types::field(property);
    if is_cleared(model, property) {
        return Some(quote! { self.#field = None; });
    }
    held(api, model, property)?;
    if property.boxed {
        // In its box, which is not made anew.
        return Some(quote! {
            self.#field = self.#field.map(|mut inner| {
                *inner = inner.without_read_only();
                inner
            });
        });
    }
    let is_list = matches!(property.kind, Kind::Array(_));
    Some(match (is_list, types::is_plain(model, property)) {
        (false, true) => quote! { self.#field = self.#field.without_read_only(); },
        (false, false) => quote! {
            self.#field = self.#field.map(|inner| inner.without_read_only());
        },
        (true, true) => quote! {
            self.#field = self.#field.into_iter().map(|inner| inner.without_read_only()).collect();
        },
        (true, false) => quote! {
            self.#field = self
                .#field
                .map(|list| list.into_iter().map(|inner| inner.without_read_only()).collect());
        },
    })
}
