//! Emits `without_read_only()` for every model that has read-only properties, directly or in a
//! nested model.

use proc_macro2::TokenStream;
use quote::quote;

use super::types;
use crate::api::{Api, Kind, Model, Property};

/// Returns the method, or `None` if the model has nothing to clear.
pub(super) fn method(api: &Api, model: &Model) -> Option<TokenStream> {
    if !clears(api, model) {
        return None;
    }
    let steps = model.properties.iter().filter_map(|p| step(api, model, p));
    Some(quote! {
        #[doc = " Clears the properties that a request cannot set, in this model and in nested ones."]
        #[doc = ""]
        #[doc = " The result contains only properties that a request can change, so it can be compared with"]
        #[doc = " a request. It corresponds to `as_dict(exclude_readonly=True)` of the Python client."]
        #[must_use]
        pub fn without_read_only(mut self) -> Self {
            #(#steps)*
            self
        }
    })
}

/// Returns true if a model or a nested one has a property that a request cannot set.
fn clears(api: &Api, model: &Model) -> bool {
    model
        .properties
        .iter()
        .any(|property| is_cleared(model, property) || held(api, model, property).is_some())
}

/// Returns true for a read-only property that can be cleared. A required property of a request has
/// no empty value.
fn is_cleared(model: &Model, property: &Property) -> bool {
    property.read_only && !types::is_plain(model, property)
}

/// Returns the nested model of a property, if that has something to clear.
fn held<'a>(api: &'a Api, model: &Model, property: &Property) -> Option<&'a Model> {
    let inner = api.model(property.kind.model()?)?;
    // A model can contain a list of the same model.
    (inner.name != model.name && clears(api, inner)).then_some(inner)
}

fn step(api: &Api, model: &Model, property: &Property) -> Option<TokenStream> {
    let field = types::field(property);
    if is_cleared(model, property) {
        return Some(quote! { self.#field = None; });
    }
    held(api, model, property)?;
    if property.boxed {
        // Reuses the box.
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
