//! How the request of an operation is built and its response read.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::api::{Api, Operation, Place, Returns, Scalar};
use crate::emit::shape::{builder_name, field, item, output, own_parameters, shared};
use crate::emit::{repeats, types, version};
use crate::error::{Error, Result};
use crate::names::{ident, snake};
use crate::raw::RawMethod;

pub(super) fn sending(
    api: &Api,
    operation: &Operation,
    raw: &BTreeMap<&str, &RawMethod>,
) -> Result<TokenStream> {
    let name = builder_name(operation);
    let response = output(operation, api);
    let id = &operation.id;
    let effect = repeats::effect(operation);
    let streamed = (operation.returns == Returns::Bytes).then(|| {
        quote! { const STREAMED: bool = true; }
    });
    let decode = match &operation.returns {
        Returns::Model(model) | Returns::Page { model, .. } => {
            let model = ident(model);
            Some(quote! { const DECODE: Option<Decode> = Some(json::decode::<models::#model>); })
        }
        _ => None,
    };
    let build = build(api, operation, raw)?;
    let read = match &operation.returns {
        Returns::Nothing => quote! { Ok(response?.without_body()) },
        Returns::Existence => quote! { response::exists(response) },
        Returns::FileProperties => quote! {
            Ok(response?.with_headers(FileProperties::from_headers))
        },
        Returns::Bytes => quote! { Ok(response?.into_download()) },
        Returns::Model(_) => quote! { response?.into_model() },
        Returns::Page { model, .. } => {
            let model = ident(model);
            quote! { page::read::<models::#model>(response?) }
        }
    };
    let listing = match &operation.returns {
        Returns::Page { model, items, next } => Some(listing(api, operation, model, items, next)?),
        _ => None,
    };
    Ok(quote! {
        impl Sends for #name {
            type Response = #response;
            const ID: &'static str = #id;
            const EFFECT: Effect = #effect;
            #decode
            #streamed

            fn request(&self, raw: &raw::Client, options: &CallOptions) -> Result<Request, BuildError> {
                #build
            }

            fn read(response: Result<RawResponse, Error>) -> Result<Self::Response, Error> {
                #read
            }
        }

        #listing
    })
}

/// Calls the raw client's method.
fn build(
    api: &Api,
    operation: &Operation,
    raw: &BTreeMap<&str, &RawMethod>,
) -> Result<TokenStream> {
    let raw_name = snake(&operation.id);
    let Some(method) = raw.get(raw_name.as_str()) else {
        return Err(Error::new(
            "$.paths",
            format!(
                "the raw client has no method `{raw_name}` for {}",
                operation.id
            ),
        ));
    };
    let arguments = method
        .arguments
        .iter()
        .map(|name| raw_argument(api, operation, name))
        .collect::<Result<Vec<_>>>()?;
    let raw_method = ident(&raw_name);
    let checks = checks(operation);
    let request = quote! { raw.#raw_method(#(#arguments),*) };
    let optional = optional_later(api, operation);
    Ok(if optional.is_empty() {
        quote! { #checks #request }
    } else {
        quote! {
            #checks
            let mut request = #request?;
            #(#optional)*
            Ok(request)
        }
    })
}

/// Refuses the operation, or a parameter that is set, in versions that do not have it.
fn checks(operation: &Operation) -> TokenStream {
    let id = &operation.id;
    let whole = (!operation.span.is_all()).then(|| {
        let limits = version::limits(&operation.span);
        quote! { raw.version.check(#id, None, #limits)?; }
    });
    let parameters = own_parameters(operation).filter(|p| !p.span.is_all() && !p.required);
    let parameters = parameters.map(|parameter| {
        let (name, limits) = (&parameter.wire, version::limits(&parameter.span));
        let field = field(parameter);
        quote! {
            if self.#field.is_some() {
                raw.version.check(#id, Some(#name), #limits)?;
            }
        }
    });
    quote! { #whole #(#parameters)* }
}

/// Leaves out lists of the body that older versions require and newer ones do not have, if they are
/// empty.
fn optional_later(api: &Api, operation: &Operation) -> Vec<TokenStream> {
    let body = operation.body.as_ref().filter(|body| body.required);
    let model = body.and_then(|body| api.model(&body.model));
    let Some(model) = model else {
        return Vec::new();
    };
    let properties = model.properties.iter().filter(|p| model.is_plain(p));
    properties
        .filter_map(|property| {
            let (name, last) = (&property.wire, property.span.until.as_ref()?);
            Some(quote! {
                if raw.version.is_after(#last) {
                    crate::wire::request::without_empty(&mut request, #name);
                }
            })
        })
        .collect()
}

/// Returns the expression that is passed for this argument of the raw client.
fn raw_argument(api: &Api, operation: &Operation, name: &str) -> Result<TokenStream> {
    Ok(match name {
        "api_version" => quote! { raw.version.as_str() },
        "timeout" => quote! { options.server_timeout },
        "client_request_id" => quote! { options.client_request_id.as_deref() },
        "return_client_request_id" => quote! { options.return_client_request_id },
        // Each attempt of a call gets its own date, from the transport.
        "ocp_date" => quote! { None },
        "body" => match &operation.body {
            Some(body) if body.required => quote! { &self.body },
            _ => quote! { self.body.as_ref() },
        },
        name => {
            let parameter = own_parameters(operation)
                .find(|parameter| snake(&parameter.wire) == name)
                .ok_or_else(|| {
                    Error::new(
                        "$.paths",
                        format!(
                            "{} has no parameter for the raw client's `{name}`",
                            operation.id
                        ),
                    )
                })?;
            let is_shared = shared(api, operation, parameter).is_some();
            let field = field(parameter);
            match (parameter.scalar, parameter.required) {
                (Scalar::Text, true) => quote! { &self.#field },
                (Scalar::HttpDate, _) if is_shared => quote! { options.#field().as_deref() },
                (Scalar::Text, _) if is_shared && parameter.place == Place::Query => {
                    quote! { options.#field() }
                }
                (Scalar::Text, _) if is_shared => quote! { options.#field.as_deref() },
                _ if is_shared => quote! { options.#field },
                (Scalar::Text, false) if parameter.place == Place::Query => {
                    quote! { options::given(self.#field.as_deref()) }
                }
                (Scalar::Text, false) => quote! { self.#field.as_deref() },
                (Scalar::DateTime, _) => {
                    quote! { self.#field.as_ref().map(timestamp::to_text).as_deref() }
                }
                (Scalar::HttpDate, _) => {
                    quote! { self.#field.and_then(http_date::format).as_deref() }
                }
                _ => quote! { self.#field },
            }
        }
    })
}

fn listing(
    api: &Api,
    operation: &Operation,
    model: &str,
    items: &str,
    next: &str,
) -> Result<TokenStream> {
    let name = builder_name(operation);
    let has = |wire: &str| {
        api.model(model)
            .is_some_and(|model| model.property(wire).is_some())
    };
    if !has(items) || !has(next) {
        return Err(Error::new(
            crate::error::step("$.definitions", model),
            format!(
                "{} is pageable by {items:?} and {next:?}, but it does not have both",
                operation.id
            ),
        ));
    }
    let item = item(api, model, items);
    let model = ident(model);
    Ok(quote! {
        impl Listing for #name {
            type Item = #item;
            type List = models::#model;
        }
    })
}

/// Emits access to the items and next links of list results, for the hand-written pager.
pub(crate) fn paged_models(api: &Api) -> TokenStream {
    let mut done = std::collections::BTreeSet::new();
    let impls = api.operations().filter_map(|operation| {
        let Returns::Page { model, items, next } = &operation.returns else {
            return None;
        };
        if !done.insert(model.clone()) {
            return None;
        }
        let item = item(api, model, items);
        let property = |wire: &str| {
            let model = api.model(model)?;
            let property = model.property(wire)?;
            Some(types::field(property))
        };
        let (items, next) = (property(items)?, property(next)?);
        let model = ident(model);
        Some(quote! {
            impl Paged for models::#model {
                type Item = #item;

                fn into_parts(self) -> (Vec<#item>, Option<String>) {
                    (self.#items.unwrap_or_default(), self.#next)
                }
            }
        })
    });
    quote! {
        use crate::generated::models;
        use crate::page::Paged;
        #(#impls)*
    }
}
