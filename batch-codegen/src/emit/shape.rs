//! Names and types of an operation: its method, builder, parameters and result. All emitters of
//! operations take them from here.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::queries;
use crate::api::{Api, Operation, Parameter, Returns, Scalar};
use crate::names::{ident, pascal, snake};

/// Parameters that every call has, set through `CallOptions`.
pub(crate) const COMMON: &[&str] = &[
    "client-request-id",
    "ocp-date",
    "return-client-request-id",
    "timeout",
];

const VERSION: &str = "api-version";

/// Parameters of the operation itself, in the order of the description.
pub(crate) fn own_parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation
        .parameters
        .iter()
        .filter(|p| p.wire != VERSION && !COMMON.contains(&p.wire.as_str()))
}

/// A parameter that several operations share. `Call` has its setter, for the operations that
/// implement the trait; `CallOptions` has its value.
pub(crate) struct Shared {
    wire: &'static str,
    scalar: Scalar,
    /// The trait in `call::takes`.
    pub(crate) takes: &'static str,
}

const SHARED: &[Shared] = &[
    shared_as(queries::SELECT, Scalar::Text, "Select"),
    shared_as(queries::FILTER, Scalar::Text, "Filter"),
    shared_as(queries::EXPAND, Scalar::Text, "Expand"),
    shared_as("maxresults", Scalar::Integer, "MaxResults"),
    shared_as("If-Match", Scalar::Text, "IfMatch"),
    shared_as("If-None-Match", Scalar::Text, "IfNoneMatch"),
    shared_as("If-Modified-Since", Scalar::HttpDate, "IfModifiedSince"),
    shared_as("If-Unmodified-Since", Scalar::HttpDate, "IfUnmodifiedSince"),
];

const fn shared_as(wire: &'static str, scalar: Scalar, takes: &'static str) -> Shared {
    Shared {
        wire,
        scalar,
        takes,
    }
}

/// Returns how a parameter is shared; `None` if only this operation has it, or has it with another
/// type.
pub(crate) fn shared(
    api: &Api,
    operation: &Operation,
    parameter: &Parameter,
) -> Option<&'static Shared> {
    let is_typed = [queries::SELECT, queries::FILTER].contains(&parameter.wire.as_str());
    if parameter.required || (is_typed && queries::item(api, operation, &parameter.wire).is_none())
    {
        return None;
    }
    SHARED
        .iter()
        .find(|shared| shared.wire == parameter.wire && shared.scalar == parameter.scalar)
}

pub(crate) fn field(parameter: &Parameter) -> Ident {
    ident(&snake(&parameter.client))
}

/// Returns the Rust type that awaiting the operation returns, and a phrase for it.
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
        .and_then(|model| model.property(items))
        .and_then(|property| property.kind.model());
    let name = ident(name.unwrap_or(model));
    quote! { models::#name }
}

/// The method that makes a call.
pub(crate) fn method_name(operation: &Operation) -> Ident {
    ident(&snake(&operation.name))
}

/// The type of the operation, of which its `Call` is made.
pub(crate) fn builder_name(operation: &Operation) -> Ident {
    ident(&pascal(&operation.name))
}

/// The type of an argument or setter.
pub(crate) fn argument(scalar: Scalar) -> TokenStream {
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
