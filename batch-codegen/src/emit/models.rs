//! Models: structs with public fields of plain types. How they are read and written is in `json`.
//!
//! A model that a response can hold has every field optional, because the service leaves out even
//! required ones (and all that `$select` does not name). A model of requests alone holds its
//! required fields plainly.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{docs, json, read_only, types};
use crate::api::facts::Secrecy;
use crate::api::{Api, Model, Property};
use crate::error::{Error, Result, step};
use crate::names::{ident, snake};

/// The modules of models by the group that alone uses them (`shared` for the rest).
pub(crate) fn emit(api: &Api) -> Result<BTreeMap<String, TokenStream>> {
    let mut modules: BTreeMap<String, Vec<TokenStream>> = BTreeMap::new();
    for model in &api.models {
        let module = model.group.as_deref().map_or("shared".to_owned(), snake);
        modules.entry(module).or_default().push(one(api, model)?);
    }
    Ok(modules
        .into_iter()
        .map(|(name, models)| {
            let file = quote! {
                #[allow(unused_imports)]
                use crate::generated::{enums::*, models::*};
                #(#models)*
            };
            (name, file)
        })
        .collect())
}

/// Whether it derives `Default`: no field must be there.
pub(crate) fn has_default(model: &Model) -> bool {
    !model.properties.iter().any(|p| types::is_plain(model, p))
}

fn one(api: &Api, model: &Model) -> Result<TokenStream> {
    let name = ident(&model.name);
    let mut seen = BTreeSet::new();
    for property in &model.properties {
        if !seen.insert(snake(&property.client)) {
            return Err(Error::new(
                step("$.definitions", &model.name),
                format!(
                    "two properties have the Rust name {:?}",
                    snake(&property.client)
                ),
            ));
        }
    }
    let derives = {
        let default = has_default(model).then(|| quote! { Default, });
        let debug = (!is_guarded(model)).then(|| quote! { Debug, });
        quote! { #[derive(Clone, #debug #default PartialEq)] }
    };
    let docs = docs::attributes(&docs::prose(&model.docs));
    let fields = model
        .properties
        .iter()
        .map(|property| struct_field(model, property));
    let constructor = constructor(model);
    let setters = model.properties.iter().map(|p| setter(model, p));
    let debug = is_guarded(model).then(|| guarded_debug(model));
    let without_read_only = read_only::method(api, model);
    let json = json::of_model(api, model)?;
    Ok(quote! {
        #docs
        #derives
        #[non_exhaustive]
        pub struct #name {
            #(#fields)*
        }

        impl #name {
            #constructor
            #(#setters)*
            #without_read_only
        }

        #debug
        #json
    })
}

fn struct_field(model: &Model, property: &Property) -> TokenStream {
    let name = types::field(property);
    let docs = docs::attributes(&property_docs(property, model.in_requests));
    let kind = types::held(property);
    let kind = if types::is_plain(model, property) {
        kind
    } else {
        quote! { Option<#kind> }
    };
    quote! {
        #docs
        pub #name: #kind,
    }
}

fn property_docs(property: &Property, in_requests: bool) -> String {
    let bounds = &property.bounds;
    let mut facts = Vec::new();
    if property.required {
        facts.push("Required.".to_owned());
    }
    if property.read_only && in_requests {
        facts.push("Set by the service; ignored in requests.".to_owned());
    }
    if property.boxed {
        facts.push("Boxed, because it is large.".to_owned());
    }
    if let Some(default) = &bounds.default {
        facts.push(format!("Default: `{default}`."));
    }
    match (&bounds.minimum, &bounds.maximum) {
        (Some(low), Some(high)) => facts.push(format!("From {low} to {high}.")),
        (Some(low), None) => facts.push(format!("At least {low}.")),
        (None, Some(high)) => facts.push(format!("At most {high}.")),
        (None, None) => {}
    }
    if let Some(most) = bounds.max_items {
        facts.push(format!("At most {most} items."));
    }
    docs::paragraphs(&[docs::prose(&property.docs), facts.join(" ")])
}

/// What `new` takes; nothing where there is none. What is only received has none: the service adds
/// required properties to its answers, which would break users for the sake of what they never
/// make.
pub(crate) fn arguments(model: &Model) -> Vec<&Property> {
    let properties = model.properties.iter();
    properties
        .filter(|property| property.required && (model.in_requests || !model.in_responses))
        .collect()
}

fn constructor(model: &Model) -> Option<TokenStream> {
    let required = arguments(model);
    if required.is_empty() {
        return None;
    }
    let arguments = required.iter().map(|property| {
        let name = types::field(property);
        let kind = types::argument(&property.kind);
        quote! { #name: #kind }
    });
    let fields = model.properties.iter().map(|property| {
        let name = types::field(property);
        let value = types::hold(property, &name);
        match (property.required, types::is_plain(model, property)) {
            // `name: name` would only be noise.
            (true, true) if types::is_itself(&property.kind) => quote! { #name },
            (true, true) => quote! { #name: #value },
            (true, false) => quote! { #name: Some(#value) },
            (false, _) => quote! { #name: None },
        }
    });
    let many = (required.len() > 7).then(|| quote! { #[allow(clippy::too_many_arguments)] });
    Some(quote! {
        #[doc = " One with its required fields set and all others absent."]
        #many
        pub fn new(#(#arguments),*) -> Self {
            Self { #(#fields),* }
        }
    })
}

fn setter(model: &Model, property: &Property) -> TokenStream {
    let name = types::field(property);
    let setter = format_ident!("with_{}", snake(&property.client));
    let kind = types::argument(&property.kind);
    let value = types::hold(property, &name);
    let value = if types::is_plain(model, property) {
        value
    } else {
        quote! { Some(#value) }
    };
    let docs = format!(" Sets [`{0}`](Self::{0}).", snake(&property.client));
    quote! {
        #[doc = #docs]
        #[must_use]
        pub fn #setter(mut self, #name: #kind) -> Self {
            self.#name = #value;
            self
        }
    }
}

/// How Debug shows a property.
#[derive(PartialEq)]
enum Guard {
    None,
    Hidden,
    Scrubbed,
}

fn guard(property: &Property) -> Guard {
    match property.secrecy {
        Secrecy::Plain => Guard::None,
        Secrecy::Scrubbed => Guard::Scrubbed,
        Secrecy::Secret | Secrecy::Hidden | Secrecy::Todo => Guard::Hidden,
    }
}

fn is_guarded(model: &Model) -> bool {
    model.properties.iter().any(|p| guard(p) != Guard::None)
}

/// Debug that shows neither secrets nor the query of an address.
fn guarded_debug(model: &Model) -> TokenStream {
    let name = ident(&model.name);
    let text = &model.name;
    let fields = model.properties.iter().map(|property| {
        let field = types::field(property);
        let label = snake(&property.client);
        let value = match (guard(property), types::is_plain(model, property)) {
            (Guard::None, _) => quote! { &self.#field },
            (Guard::Hidden, true) => quote! { &crate::wire::redact::Secret },
            (Guard::Hidden, false) => quote! { &crate::wire::redact::secret(&self.#field) },
            (Guard::Scrubbed, _) => quote! { &crate::wire::redact::Shown(&self.#field) },
        };
        quote! { .field(#label, #value) }
    });
    quote! {
        impl std::fmt::Debug for #name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(#text) #(#fields)* .finish()
            }
        }
    }
}
