//! Type of an operation: its fields, the parameters that it takes, and the setters that only it
//! has.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::sending;
use crate::api::facts::Repeat;
use crate::api::{Api, Operation, Parameter, Place, Returns, Scalar};
use crate::emit::shape::{argument, builder_name, field, item, own_parameters, shared, stored};
use crate::emit::{docs, queries};
use crate::error::Result;
use crate::names::{ident, snake};
use crate::raw::RawMethod;

pub(super) fn builder(
    api: &Api,
    operation: &Operation,
    raw: &BTreeMap<&str, &RawMethod>,
) -> Result<TokenStream> {
    let name = builder_name(operation);
    let own: Vec<&Parameter> = own_parameters(operation)
        .filter(|parameter| shared(api, operation, parameter).is_none())
        .collect();
    let fields = own.iter().map(|parameter| {
        let name = field(parameter);
        let kind = stored(parameter.scalar);
        if parameter.required {
            quote! { #name: #kind, }
        } else {
            quote! { #name: Option<#kind>, }
        }
    });
    let body_field = operation.body.as_ref().map(|body| {
        let model = ident(&body.model);
        if body.required {
            quote! { body: models::#model, }
        } else {
            quote! { body: Option<models::#model>, }
        }
    });
    let setters: Vec<TokenStream> = own
        .iter()
        .filter(|p| !p.required)
        .map(|parameter| setter(parameter))
        .chain(body_setter(operation))
        .collect();
    let setters = (!setters.is_empty()).then(|| {
        let docs = format!(
            " Setters of a call of [`{}`](Operations::{}) alone.",
            operation.id,
            snake(&operation.name)
        );
        quote! {
            #[doc = #docs]
            impl Call<#name> {
                #(#setters)*
            }
        }
    });
    let docs = docs::attributes(&docs::paragraphs(&[
        format!(
            "The operation [`{}`](Operations::{}), called by a [`Call`] of it.",
            operation.id,
            snake(&operation.name)
        ),
        docs::linked(&format!(
            "Awaited, the call returns {}.",
            returned(api, operation)
        )),
    ]));
    let taken = taken(api, operation);
    let sending = sending::sending(api, operation, raw)?;
    Ok(quote! {
        #docs
        #[derive(Clone, Debug)]
        pub struct #name {
            #(#fields)*
            #body_field
        }

        #setters
        #taken
        #sending
    })
}

/// The type of what the call returns, in words and links.
fn returned(api: &Api, operation: &Operation) -> String {
    let link = |name: &str| {
        let name = ident(name);
        format!("[`{name}`](models::{name})")
    };
    match &operation.returns {
        Returns::Nothing => "a [`Response`] without content".into(),
        Returns::Existence => "`true` if the resource exists".into(),
        Returns::FileProperties => "a [`Response`] with [`FileProperties`]".into(),
        Returns::Bytes => "a [`Response`] with a [`Download`]".into(),
        Returns::Model(model) => format!("a [`Response`] with {}", link(model)),
        Returns::Page { model, items, .. } => {
            let item = item(api, model, items).to_string();
            let name = item.rsplit(' ').next().unwrap_or_default();
            format!("a [`Response`] with a [`Page`] of {}", link(name))
        }
    }
}

/// Parameters whose setters are methods of `Call`, and what the call can accept.
fn taken(api: &Api, operation: &Operation) -> TokenStream {
    let name = builder_name(operation);
    let accepts = match operation.repeat {
        Repeat::Adds { .. } => Some(quote! { impl takes::IfAbsent for #name {} }),
        Repeat::Deletes { .. } => Some(quote! { impl takes::IfPresent for #name {} }),
        _ => None,
    };
    let impls = own_parameters(operation).filter_map(|parameter| {
        let takes = ident(shared(api, operation, parameter)?.takes);
        let item = queries::item(api, operation, &parameter.wire).map(|model| {
            let model = ident(model);
            quote! { type Item = models::#model; }
        });
        Some(quote! {
            impl takes::#takes for #name { #item }
        })
    });
    quote! { #(#impls)* #accepts }
}

fn setter(parameter: &Parameter) -> TokenStream {
    let name = field(parameter);
    let kind = argument(parameter.scalar);
    let value = if parameter.scalar == Scalar::Text {
        quote! { #name.into() }
    } else {
        quote! { #name }
    };
    let place = match parameter.place {
        Place::Header => format!("Sent as the header `{}`.", parameter.wire),
        _ => format!("Sent as `{}`.", parameter.wire),
    };
    let docs = docs::prose(&parameter.docs);
    let span = parameter.span.sentence().unwrap_or_default();
    let place = format!("{place} {span}");
    let docs = docs::attributes(&docs::paragraphs(&[docs, place.trim_end().to_owned()]));
    quote! {
        #docs
        pub fn #name(self, #name: #kind) -> Self {
            self.with(|operation| operation.#name = Some(#value))
        }
    }
}

fn body_setter(operation: &Operation) -> Option<TokenStream> {
    let body = operation.body.as_ref().filter(|body| !body.required)?;
    let model = ident(&body.model);
    let docs = docs::attributes(&docs::prose(&body.docs));
    Some(quote! {
        #docs
        pub fn body(self, body: models::#model) -> Self {
            self.with(|operation| operation.body = Some(body))
        }
    })
}
