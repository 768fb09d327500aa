//! How an operation is sent and its response read: the second half of its builder.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::api::{Api, Operation, Place, Returns, Scalar};
use crate::emit::shape::{builder_name, field, is_page, item, output, own_parameters};
use crate::emit::{repeats, types};
use crate::error::{Error, Result};
use crate::names::{ident, snake};
use crate::raw::RawMethod;

pub(super) fn sending(
    api: &Api,
    operation: &Operation,
    raw: &BTreeMap<&str, &RawMethod>,
) -> Result<TokenStream> {
    let name = builder_name(operation);
    let output = output(operation, api);
    let id = &operation.id;
    let send = send(operation, raw)?;
    let decode = match &operation.returns {
        Returns::Nothing => quote! { Ok(self.send().await?.without_body()) },
        Returns::Existence => quote! { crate::response::exists(self.send().await) },
        Returns::FileProperties => quote! {
            Ok(self.send().await?.with_headers(FileProperties::from_headers))
        },
        Returns::Bytes => quote! {
            Ok(self.send().await?.into_download())
        },
        Returns::Model(_) => quote! { self.send().await?.into_model().await },
        Returns::Page { model, .. } => {
            let model = ident(model);
            quote! { crate::page::read::<models::#model>(self.send().await?).await }
        }
    };
    let streams = match &operation.returns {
        Returns::Page { model, items, next } => Some(streams(api, operation, model, items, next)?),
        _ => None,
    };
    Ok(quote! {
        impl #name {
            #send

            #[doc = " Sends the request and gives the answer undecoded. An answer that is no success is an"]
            #[doc = " [`Error`] here too."]
            pub fn raw(self) -> impl Future<Output = Result<RawResponse, Error>> + Send + 'static {
                let (client, timeout) = (self.client.clone(), self.options.timeout);
                crate::client::bounded(&client, #id, timeout, Box::pin(self.send()))
            }
        }

        impl IntoFuture for #name {
            type Output = Result<#output, Error>;
            type IntoFuture = BoxFuture<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                let (client, timeout) = (self.client.clone(), self.options.timeout);
                crate::client::bounded(&client, #id, timeout, Box::pin(async move { #decode }))
            }
        }

        #streams
    })
}

fn send(operation: &Operation, raw: &BTreeMap<&str, &RawMethod>) -> Result<TokenStream> {
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
        .map(|name| raw_argument(operation, name))
        .collect::<Result<Vec<_>>>()?;
    let dates = own_parameters(operation).filter_map(|parameter| {
        let name = field(parameter);
        let text = format_ident!("{}_text", snake(&parameter.client));
        match parameter.scalar {
            Scalar::DateTime => Some(quote! {
                let #text = self.#name.as_ref().map(timestamp::to_text);
            }),
            Scalar::HttpDate => Some(quote! {
                let #text = self.#name.and_then(http_date::format);
            }),
            _ => None,
        }
    });
    let id = &operation.id;
    let headers = own_parameters(operation)
        .filter(|p| p.place == Place::Header && p.scalar == Scalar::Text)
        .map(|parameter| {
            let (name, wire) = (field(parameter), &parameter.wire);
            quote! { crate::transport::header(#id, #wire, self.#name.as_deref())?; }
        });
    let checks = own_parameters(operation)
        .filter(|p| p.place == Place::Path)
        .map(|parameter| {
            let name = field(parameter);
            let label = snake(&parameter.client);
            quote! { crate::transport::segment(#id, #label, &self.#name)?; }
        });
    let follow = is_page(operation).then(|| {
        quote! {
            if let Some(token) = &self.continuation {
                return crate::page::follow(&self.client, #id, self.options, token).await;
            }
        }
    });
    let raw_method = ident(&raw_name);
    let effect = repeats::effect(operation);
    let streamed = (operation.returns == Returns::Bytes).then(|| quote! { .streamed() });
    let call = quote! { Call::new(#id, #effect, self.options) #streamed };
    Ok(quote! {
        async fn send(self) -> Result<RawResponse, Error> {
            #follow
            #(#checks)*
            #(#headers)*
            crate::transport::header(#id, "client-request-id", self.options.client_request_id.as_deref())?;
            #(#dates)*
            let request = self.client.raw().#raw_method(#(#arguments),*);
            let request = request.map_err(|why| Error::unbuildable(#id, why))?;
            self.client.send(#call, request).await
        }
    })
}

/// What the raw client's argument of this name is given.
fn raw_argument(operation: &Operation, name: &str) -> Result<TokenStream> {
    Ok(match name {
        "api_version" => quote! { API_VERSION },
        "timeout" => quote! { self.options.server_timeout },
        "client_request_id" => quote! { self.options.client_request_id.as_deref() },
        "return_client_request_id" => quote! { self.options.return_client_request_id },
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
            let field = field(parameter);
            let text = format_ident!("{}_text", snake(&parameter.client));
            match (parameter.scalar, parameter.required) {
                (Scalar::Text, true) => quote! { &self.#field },
                // The signers of the service's clients disagree on a blank value, so none is sent.
                (Scalar::Text, false) if parameter.place == Place::Query => {
                    quote! { self.#field.as_deref().filter(|text| !text.is_empty()) }
                }
                (Scalar::Text, false) => quote! { self.#field.as_deref() },
                (Scalar::DateTime | Scalar::HttpDate, _) => quote! { #text.as_deref() },
                _ => quote! { self.#field },
            }
        }
    })
}

fn streams(
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
                "{} is pageable by {items:?} and {next:?}, which are not both there",
                operation.id
            ),
        ));
    }
    let item = item(api, model, items);
    let (model, id) = (ident(model), &operation.id);
    Ok(quote! {
        impl #name {
            #[doc = " Takes the listing up where a page said it goes on; see [`Page::continuation`]."]
            pub fn continue_from(mut self, token: impl Into<ContinuationToken>) -> Self {
                self.continuation = Some(token.into());
                self
            }

            #[doc = " The pages, one after the other, until the service names no next one."]
            pub fn pages(self) -> PageStream<#item> {
                PageStream::new(
                    self.client.clone(),
                    #id,
                    self.options.clone(),
                    self.into_future(),
                    crate::page::next::<models::#model>,
                )
            }

            #[doc = " The items of all pages."]
            pub fn stream(self) -> ItemStream<#item> {
                self.pages().items()
            }
        }
    })
}

/// How list results are taken apart, for the hand-written pager.
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
