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

/// Returns the modules of models: one for each group with the models that only it uses, and
/// `shared` for all others.
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

/// Returns true if the model derives `Default`, that is, if no field is required.
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
    let span = model.span.sentence().unwrap_or_default();
    let docs = docs::attributes(&docs::paragraphs(&[docs::prose(&model.docs), span]));
    let aliases = docs::aliases(&model.aliases);
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
        #aliases
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
    facts.extend(property.span.sentence());
    docs::paragraphs(&[docs::prose(&property.docs), facts.join(" ")])
}

/// Properties that `new` takes although the description does not require them, because the model is
/// useless without them.
const USUAL: [(&str, &str); 3] = [
    ("ComputeNodeIdentityReference", "resourceId"),
    ("EnvironmentSetting", "value"),
    ("HttpHeader", "value"),
];

/// Returns true if there is a `new`. A model that is only received has none: the service adds
/// required properties to its responses, and each would break a constructor that nobody needs.
pub(crate) fn has_constructor(model: &Model) -> bool {
    model.in_requests || !model.in_responses
}

/// The arguments of `new`; none if there is no `new`.
pub(crate) fn arguments(model: &Model) -> Vec<&Property> {
    if !has_constructor(model) {
        return Vec::new();
    }
    let properties = model.properties.iter();
    properties
        .filter(|property| property.required || is_usual(model, property))
        .collect()
}

fn is_usual(model: &Model, property: &Property) -> bool {
    USUAL.contains(&(model.name.as_str(), property.wire.as_str()))
}

fn constructor(model: &Model) -> Option<TokenStream> {
    if !has_constructor(model) {
        return None;
    }
    let given = arguments(model);
    if given.is_empty() {
        return Some(quote! {
            #[doc = " Creates a model with all fields absent, like `default()`."]
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }
        });
    }
    let is_given = |property: &Property| property.required || is_usual(model, property);
    let arguments = given.iter().map(|property| {
        let name = types::field(property);
        let kind = types::argument(&property.kind);
        quote! { #name: #kind }
    });
    let fields = model.properties.iter().map(|property| {
        let name = types::field(property);
        let value = types::hold(property, &name);
        match (is_given(property), types::is_plain(model, property)) {
            // `name: name` would only be noise.
            (true, true) if types::is_itself(&property.kind) => quote! { #name },
            (true, true) => quote! { #name: #value },
            (true, false) => quote! { #name: Some(#value) },
            (false, _) => quote! { #name: None },
        }
    });
    let docs = if given.iter().all(|property| property.required) {
        " Creates a model with its required fields; all others are absent."
    } else {
        " Creates a model with its usual fields; all others are absent."
    };
    let many = (given.len() > 7).then(|| quote! { #[allow(clippy::too_many_arguments)] });
    Some(quote! {
        #[doc = #docs]
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

/// Emits a `Debug` that shows neither secrets nor the query of a URL.
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
