//! Settlers: functions that clear read-only properties from a copied model and detect missing
//! secrets. There is one for each model that contains either at any depth.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::api::facts::Missing;
use crate::api::{Api, Kind, Model, Property};
use crate::emit::types;
use crate::error::{Error, Result, step};
use crate::names::{ident, snake};
use crate::tables::Tables;

/// Returns the secrets in a property and below it, by their names in the definitions.
pub(super) fn find_secrets(
    api: &Api,
    owner: &Model,
    property: &Property,
    out: &mut BTreeSet<String>,
) {
    if property.is_secret() {
        out.insert(format!("`{}` of `{}`", property.wire, owner.name));
    } else if let Some(inner) = property.kind.model().and_then(|name| api.model(name)) {
        for property in &inner.properties {
            find_secrets(api, inner, property, out);
        }
    }
}

/// Emits the call of the settler for a property's model; `None` if there is nothing to settle.
pub(super) fn visit(
    api: &Api,
    owner: &Model,
    property: &Property,
    value: &TokenStream,
    settled: &mut BTreeSet<String>,
) -> Option<TokenStream> {
    let inner = property.kind.model().and_then(|name| api.model(name))?;
    if !settles(api, inner) {
        return None;
    }
    note(api, inner, settled);
    let (field, wire) = (types::field(property), &property.wire);
    let settler = ident(&snake(&inner.name));
    let plain = types::is_plain(owner, property);
    Some(match (&property.kind, plain) {
        (Kind::Model(_), true) => quote! {
            #settler(&mut #value.#field).map_err(|gap| gap.inside(#wire))?;
        },
        (Kind::Model(_), false) => quote! {
            if let Some(inner) = &mut #value.#field {
                #settler(inner).map_err(|gap| gap.inside(#wire))?;
            }
        },
        (_, true) => quote! {
            for inner in &mut #value.#field {
                #settler(inner).map_err(|gap| gap.inside(#wire))?;
            }
        },
        (_, false) => quote! {
            for inner in #value.#field.iter_mut().flatten() {
                #settler(inner).map_err(|gap| gap.inside(#wire))?;
            }
        },
    })
}

/// Returns true if a model contains a read-only property or a secret at any depth.
fn settles(api: &Api, model: &Model) -> bool {
    model.properties.iter().any(|property| {
        let inner = property.kind.model().and_then(|name| api.model(name));
        property.read_only
            || property.is_secret()
            || inner.is_some_and(|inner| inner.name != model.name && settles(api, inner))
    })
}

/// Collects a model to settle and the models nested in it.
fn note(api: &Api, model: &Model, settled: &mut BTreeSet<String>) {
    if !settled.insert(model.name.clone()) {
        return;
    }
    for property in &model.properties {
        let inner = property.kind.model().and_then(|name| api.model(name));
        if let Some(inner) = inner.filter(|inner| settles(api, inner)) {
            note(api, inner, settled);
        }
    }
}

/// Emits the function that clears the read-only properties of a model and finds missing secrets.
pub(super) fn settler(api: &Api, model: &Model, tables: &Tables) -> Result<TokenStream> {
    let mut steps = Vec::new();
    for property in &model.properties {
        let (field, wire) = (types::field(property), &property.wire);
        if property.read_only {
            steps.push(quote! { model.#field = None; });
        } else if property.is_secret() {
            if let Some(told) = tables.or_mismatch(told(model, property))?.flatten() {
                steps.push(quote! {
                    if model.#field.is_none() #told {
                        return Err(Gap::secret(#wire));
                    }
                });
            }
        } else {
            steps.extend(visit(
                api,
                model,
                property,
                &quote! { model },
                &mut BTreeSet::new(),
            ));
        }
    }
    let (function, name) = (ident(&snake(&model.name)), ident(&model.name));
    let unused = steps.is_empty().then(|| quote! { let _ = model; });
    Ok(quote! {
        fn #function(model: &mut models::#name) -> Result<(), Gap> {
            #unused
            #(#steps)*
            Ok(())
        }
    })
}

/// Returns the condition under which an absent secret means that it is missing; `None` if it never
/// means that.
fn told(model: &Model, property: &Property) -> Result<Option<TokenStream>> {
    if property.required {
        return Ok(Some(TokenStream::new()));
    }
    let at = step(&step("$.definitions", &model.name), &property.wire);
    let field = |wire: &str| {
        let found = model.property(wire).map(types::field);
        found.ok_or_else(|| {
            Error::new(
                &at,
                format!("a rule names {wire:?}, which the model does not have"),
            )
        })
    };
    Ok(match &property.missing {
        None => {
            return Err(Error::new(
                &at,
                "a secret can be lost when what was read is written back; say in the column `missing` \
                 of spec/secrets.json how its absence tells",
            ));
        }
        Some(Missing::Never(_)) => None,
        Some(Missing::With(others)) => {
            let others = others
                .iter()
                .map(|o| field(o))
                .collect::<Result<Vec<_>>>()?;
            Some(quote! { #(&& model.#others.is_some())* })
        }
        Some(Missing::Without(others)) => {
            let others = others
                .iter()
                .map(|o| field(o))
                .collect::<Result<Vec<_>>>()?;
            Some(quote! { #(&& model.#others.is_none())* })
        }
    })
}
