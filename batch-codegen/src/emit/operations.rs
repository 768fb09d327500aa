//! The typed operations: one module a group, one builder an operation.
//!
//! Required parameters are arguments of the group's method, optional ones setters of the builder. Awaiting the
//! builder sends the request through the raw client and reads the answer.

use super::raw::RawMethod;
use super::{docs, examples, queries, repeats};
use crate::api::{Api, Group, Operation, Parameter, Place, Returns, Scalar};
use crate::error::Result;
use crate::names::{ident, kebab, pascal, snake};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeMap;

/// Parameters that every call has, set through `CallOptions`.
pub(crate) const COMMON: &[&str] = &[
    "client-request-id",
    "ocp-date",
    "return-client-request-id",
    "timeout",
];

const VERSION: &str = "api-version";

/// The header whose setter has a companion that takes what was read.
const IF_MATCH: &str = "If-Match";

/// Parameters of the operation itself, in the order of the description.
pub(crate) fn own_parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation
        .parameters
        .iter()
        .filter(|p| p.wire != VERSION && !COMMON.contains(&p.wire.as_str()))
}

pub(crate) fn field(parameter: &Parameter) -> Ident {
    ident(&snake(&parameter.client))
}

pub(crate) fn emit(api: &Api, raw: &[RawMethod]) -> Result<BTreeMap<String, TokenStream>> {
    let raw: BTreeMap<&str, &RawMethod> = raw.iter().map(|m| (m.name.as_str(), m)).collect();
    let mut modules = BTreeMap::new();
    for group in &api.groups {
        modules.insert(snake(&group.name), module(api, group, &raw)?);
    }
    Ok(modules)
}

/// The methods that lead from the client to its groups.
pub(crate) fn entry_points(api: &Api) -> TokenStream {
    let methods = api.groups.iter().map(|group| {
        let name = ident(&snake(&group.name));
        let count = group.operations.len();
        let docs = format!(" The {count} operations on {}.", words(&group.name));
        quote! {
            #[doc = #docs]
            pub fn #name(&self) -> #name::Operations {
                #name::Operations { client: self.clone() }
            }
        }
    });
    let modules = api.groups.iter().map(|group| ident(&snake(&group.name)));
    let docs = api.groups.iter().map(|group| {
        let list = group
            .operations
            .iter()
            .map(|o| format!("`{}`", snake(&o.name)));
        let text = format!(
            "{}: {}.",
            capital(&words(&group.name)),
            list.collect::<Vec<_>>().join(", ")
        );
        docs::attributes(&docs::prose(&text))
    });
    quote! {
        #(#docs pub mod #modules;)*

        #[doc = " The groups of operations."]
        impl crate::Client {
            #(#methods)*
        }
    }
}

/// `ComputeNodeExtension` → `compute node extensions`.
fn words(group: &str) -> String {
    let words = snake(group).replace('_', " ");
    match words.as_str() {
        "account" => "the account".into(),
        _ => format!("{words}s"),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn module(api: &Api, group: &Group, raw: &BTreeMap<&str, &RawMethod>) -> Result<TokenStream> {
    let methods = group
        .operations
        .iter()
        .map(|operation| method(api, operation));
    let mut builders = Vec::new();
    for operation in &group.operations {
        builders.push(builder(api, operation, raw)?);
    }
    let docs = format!(
        " The operations on {}; see [`Client::{}`](crate::Client::{}).",
        words(&group.name),
        snake(&group.name),
        snake(&group.name)
    );
    Ok(quote! {
        #[allow(unused_imports)]
        use crate::generated::{headers::*, models};
        #[allow(unused_imports)]
        use crate::{
            API_VERSION, BoxFuture, Client, ContinuationToken, Download, Error, ItemStream, Page,
            PageStream, RawResponse, Response,
            options::CallOptions,
            retry::same::is_same,
            transport::Call,
            wire::{http_date, timestamp},
        };
        #[allow(unused_imports)]
        use chrono::{DateTime, Utc};
        use reqwest::header::{HeaderName, HeaderValue};
        use std::future::{Future, IntoFuture};
        use std::time::Duration;

        #[doc = #docs]
        #[derive(Clone, Debug)]
        pub struct Operations {
            pub(crate) client: Client,
        }

        impl Operations {
            #(#methods)*
        }

        #(#builders)*
    })
}

/// The Rust type that the operation gives when it is awaited, and how to say it in words.
pub(crate) fn output(operation: &Operation, api: &Api) -> TokenStream {
    match &operation.returns {
        Returns::Nothing => quote! { Response<()> },
        Returns::Existence => quote! { bool },
        Returns::FileProperties => quote! { Response<FileProperties> },
        Returns::Bytes => quote! { Response<Download> },
        Returns::Model(model) => {
            let model = ident(model);
            quote! { Response<models::#model> }
        }
        Returns::Page { model, items, .. } => {
            let item = item(api, model, items);
            quote! { Response<Page<#item>> }
        }
    }
}

pub(crate) fn item(api: &Api, model: &str, items: &str) -> TokenStream {
    let name = api
        .model(model)
        .and_then(|model| model.properties.iter().find(|p| p.wire == items))
        .and_then(|property| property.kind.model());
    let name = ident(name.unwrap_or(model));
    quote! { models::#name }
}

/// The method that makes a call.
pub(crate) fn method_name(operation: &Operation) -> Ident {
    ident(&snake(&operation.name))
}

/// The type that a call is until it is awaited.
pub(crate) fn builder_name(operation: &Operation) -> Ident {
    ident(&pascal(&operation.name))
}

fn method(api: &Api, operation: &Operation) -> TokenStream {
    let name = method_name(operation);
    let builder = builder_name(operation);
    let mut arguments: Vec<TokenStream> = own_parameters(operation)
        .filter(|p| p.required)
        .map(|parameter| {
            let name = field(parameter);
            let kind = argument(parameter.scalar);
            quote! { #name: #kind }
        })
        .collect();
    let mut fields: Vec<TokenStream> = own_parameters(operation)
        .map(|parameter| {
            let name = field(parameter);
            match (parameter.required, parameter.scalar) {
                (true, Scalar::Text) => quote! { #name: #name.into() },
                (true, _) => quote! { #name },
                (false, _) => quote! { #name: None },
            }
        })
        .collect();
    if let Some(body) = &operation.body {
        let model = ident(&body.model);
        if body.required {
            arguments.push(quote! { body: models::#model });
            fields.push(quote! { body });
        } else {
            fields.push(quote! { body: None });
        }
    }
    if is_page(operation) {
        fields.push(quote! { continuation: None });
    }
    let docs = docs::attributes(&method_docs(api, operation));
    let deprecated = operation.deprecated.then(|| {
        quote! { #[deprecated = "the service is giving this operation up"] }
    });
    quote! {
        #docs
        #deprecated
        pub fn #name(&self, #(#arguments),*) -> #builder {
            #builder {
                client: self.client.clone(),
                options: CallOptions::default(),
                #(#fields),*
            }
        }
    }
}

pub(crate) fn is_page(operation: &Operation) -> bool {
    matches!(operation.returns, Returns::Page { .. })
}

fn method_docs(api: &Api, operation: &Operation) -> String {
    let mut required: Vec<String> = own_parameters(operation)
        .filter(|p| p.required)
        .map(|p| docs::prose(&format!("- `{}`: {}", snake(&p.client), p.docs)))
        .collect();
    if let Some(body) = operation.body.as_ref().filter(|body| body.required) {
        required.push(docs::prose(&format!("- `body`: {}", body.docs)));
    }
    let mut optional: Vec<String> = own_parameters(operation)
        .filter(|p| !p.required)
        .map(|p| format!("`{}`", snake(&p.client)))
        .collect();
    if operation.body.as_ref().is_some_and(|body| !body.required) {
        optional.push("`body`".into());
    }
    let optional = match optional.as_slice() {
        [] => String::new(),
        names => docs::prose(&format!("Optional: {}.", names.join(", "))),
    };
    let (group, name) = operation.id.split_once('_').unwrap_or_default();
    let page = format!(
        "`{}` · `{} {}` · [service page](https://learn.microsoft.com/rest/api/batchservice/{}/{})",
        operation.id,
        operation.method.to_uppercase(),
        operation.path,
        kebab(group),
        kebab(name),
    );
    docs::paragraphs(&[
        docs::prose(&operation.summary),
        docs::prose(&operation.description),
        required.join("\n"),
        optional,
        returns_docs(operation),
        docs::prose(&repeats::sentence(operation).unwrap_or_default()),
        examples::operation(api, operation),
        page,
    ])
}

fn returns_docs(operation: &Operation) -> String {
    let codes: Vec<String> = operation
        .success
        .iter()
        .map(|(code, text)| format!("{code} ({})", text.trim_end_matches('.')))
        .collect();
    let extra = match operation.returns {
        Returns::Existence => " `false` stands for the service's 404.",
        Returns::Page { .. } => {
            " Awaited, it gives one page; `stream()` gives the items of all pages and `pages()` the pages."
        }
        Returns::Bytes => " The body is a stream that is read as it is polled.",
        _ => "",
    };
    let answers = docs::prose(&format!("The service answers {}.", codes.join(" or ")));
    format!("{answers} Everything else is an [`Error`].{extra}")
}

/// The type of an argument or setter.
fn argument(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::Text => quote! { impl Into<String> },
        other => stored(other),
    }
}

/// The type of the builder's field.
pub(crate) fn stored(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::Text => quote! { String },
        Scalar::Integer => quote! { i32 },
        Scalar::Long => quote! { i64 },
        Scalar::Boolean => quote! { bool },
        Scalar::DateTime | Scalar::HttpDate => quote! { DateTime<Utc> },
    }
}

fn builder(
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
    let sending = super::sending::sending(api, operation, raw)?;
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

        #[doc = " One more header; it is signed with the others where SharedKey covers it."]
        pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
            self.options.headers.insert(name, value);
            self
        }
    }
}
