//! The builder that a call is until it is awaited: its fields and setters.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::sending;
use crate::api::{Api, Operation, Parameter, Place, Scalar};
use crate::emit::shape::{argument, builder_name, field, is_page, own_parameters, stored};
use crate::emit::{docs, queries};
use crate::error::Result;
use crate::names::{ident, snake};
use crate::raw::RawMethod;

/// The header whose setter has a companion that takes what was read.
const IF_MATCH: &str = "If-Match";

pub(super) fn builder(
    api: &Api,
    operation: &Operation,
    raw: &BTreeMap<&str, &RawMethod>,
) -> Result<TokenStream> {
    let name = builder_name(operation);
    let fields = own_parameters(operation).map(|parameter| {
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
    let continuation = is_page(operation).then(|| {
        quote! { continuation: Option<ContinuationToken>, }
    });
    let setters = own_parameters(operation)
        .filter(|p| !p.required)
        .map(|parameter| setter(api, operation, parameter));
    let body_setter = body_setter(operation);
    let docs = docs::attributes(&format!(
        "A call of [`{}`](Operations::{}), sent when it is awaited.",
        operation.id,
        snake(&operation.name)
    ));
    let common = common_setters();
    let sending = sending::sending(api, operation, raw)?;
    Ok(quote! {
        #docs
        #[derive(Clone, Debug)]
        #[must_use = "a call is sent only when it is awaited"]
        pub struct #name {
            client: Client,
            options: CallOptions,
            #(#fields)*
            #body_field
            #continuation
        }

        impl #name {
            #(#setters)*
            #body_setter
            #common
        }

        #sending
    })
}

fn setter(api: &Api, operation: &Operation, parameter: &Parameter) -> TokenStream {
    let name = field(parameter);
    let item = queries::item(api, operation, &parameter.wire).map(ident);
    let (kind, value) = match (item, parameter.wire.as_str(), parameter.scalar) {
        (Some(item), queries::FILTER, _) => (
            quote! { impl crate::filter::IntoFilter<models::#item> },
            quote! { #name.into_filter() },
        ),
        (Some(item), _, _) => (
            quote! { impl crate::select::IntoSelection<models::#item> },
            quote! { #name.into_selection() },
        ),
        (None, _, Scalar::Text) => (argument(parameter.scalar), quote! { #name.into() }),
        _ => (argument(parameter.scalar), quote! { #name }),
    };
    let place = match parameter.place {
        Place::Header => format!("Sent as the header `{}`.", parameter.wire),
        _ => format!("Sent as `{}`.", parameter.wire),
    };
    let typed = typed_names(&parameter.wire).to_owned();
    let docs = docs::prose(&parameter.docs);
    let docs = docs::attributes(&docs::paragraphs(&[docs, typed, place]));
    let unchanged = (parameter.wire == IF_MATCH).then(if_unchanged);
    quote! {
        #docs
        pub fn #name(mut self, #name: #kind) -> Self {
            self.#name = Some(#value);
            self
        }

        #unchanged
    }
}

/// Where the typed names for a parameter are.
fn typed_names(parameter: &str) -> &'static str {
    match parameter {
        queries::FILTER => "Made of typed names by [`filter`](crate::filter), or a text.",
        queries::SELECT => "Made of typed names by [`select`](crate::select), or a text.",
        queries::EXPAND => "An [`Expand`](crate::Expand), or a text.",
        _ => "",
    }
}

fn if_unchanged() -> TokenStream {
    quote! {
        #[doc = " Only if it still is in the version that was seen: `if_match` with the `ETag` of an answer or a"]
        #[doc = " resource. Otherwise the service answers 412"]
        #[doc = " ([`Error::is_precondition_failed`](crate::Error::is_precondition_failed)). What has no `ETag` is"]
        #[doc = " refused before anything is sent. See [`edit`](crate::edit)."]
        pub fn if_unchanged<V: crate::Versioned + ?Sized>(mut self, seen: &V) -> Self {
            self.if_match = Some(crate::edit::version(seen));
            self
        }
    }
}

fn body_setter(operation: &Operation) -> Option<TokenStream> {
    let body = operation.body.as_ref().filter(|body| !body.required)?;
    let model = ident(&body.model);
    let docs = docs::attributes(&docs::prose(&body.docs));
    Some(quote! {
        #docs
        pub fn body(mut self, body: models::#model) -> Self {
            self.body = Some(body);
            self
        }
    })
}

/// What every call can be told, in the same words everywhere.
fn common_setters() -> TokenStream {
    quote! {
        #[doc = " Longest time for the whole call, all its attempts included. A streamed body that"]
        #[doc = " is read afterwards is not bounded by it, and a listing has it for each page."]
        pub fn timeout(mut self, timeout: Duration) -> Self {
            self.options.timeout = Some(timeout);
            self
        }

        #[doc = " How the call is tried again, instead of the client's [`RetryPolicy`](crate::RetryPolicy)."]
        pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
            self.options.retry = Some(policy);
            self
        }

        #[doc = " Longest time that the server may spend on the request, in seconds. Sent as `timeout`."]
        pub fn server_timeout(mut self, seconds: i32) -> Self {
            self.options.server_timeout = Some(seconds);
            self
        }

        #[doc = " The caller's id of the request, a GUID. Sent as the header `client-request-id`."]
        pub fn client_request_id(mut self, id: impl Into<String>) -> Self {
            self.options.client_request_id = Some(id.into());
            self
        }

        #[doc = " Whether the answer shall carry the `client-request-id`."]
        pub fn return_client_request_id(mut self, wanted: bool) -> Self {
            self.options.return_client_request_id = Some(wanted);
            self
        }

        #[doc = " The date that the request is signed with, instead of the clock's. Sent as `ocp-date`."]
        pub fn ocp_date(mut self, date: DateTime<Utc>) -> Self {
            self.options.ocp_date = Some(date);
            self
        }

        #[doc = " One more header, as strings or as `HeaderName` and `HeaderValue`. It is signed with"]
        #[doc = " the others where SharedKey covers it. A name or value that HTTP does not allow is an"]
        #[doc = " error of the call."]
        pub fn header<K, V>(mut self, name: K, value: V) -> Self
        where
            K: TryInto<HeaderName>,
            K::Error: Into<http::Error>,
            V: TryInto<HeaderValue>,
            V::Error: Into<http::Error>,
        {
            self.options.header(name, value);
            self
        }
    }
}
