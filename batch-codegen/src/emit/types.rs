//! Rust types of properties: as fields, as arguments, and the conversion between the two.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::api::{Kind, Model, Property};
use crate::names::{ident, snake};

/// The field of a property.
pub(crate) fn field(property: &Property) -> Ident {
    ident(&snake(&property.client))
}

/// Returns true if the field has the type itself, not an `Option` of it.
pub(crate) fn is_plain(model: &Model, property: &Property) -> bool {
    model.is_plain(property)
}

/// The type of a property's value in its field, without the `Option`.
pub(crate) fn held(property: &Property) -> TokenStream {
    let owned = owned(&property.kind);
    if property.boxed {
        quote! { Box<#owned> }
    } else {
        owned
    }
}

/// The value that a property's field holds, without the `Option`, from the argument.
pub(crate) fn hold(property: &Property, name: &Ident) -> TokenStream {
    let value = convert(&property.kind, name);
    if property.boxed {
        quote! { Box::new(#value) }
    } else {
        value
    }
}

/// The type of a value.
pub(crate) fn owned(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Text => quote! { String },
        Kind::I32 => quote! { i32 },
        Kind::I64 => quote! { i64 },
        Kind::F64 => quote! { f64 },
        Kind::Bool => quote! { bool },
        Kind::DateTime => quote! { chrono::DateTime<chrono::Utc> },
        Kind::Duration => quote! { crate::TimeSpan },
        Kind::Enum(name) | Kind::Model(name) => {
            let name = ident(name);
            quote! { #name }
        }
        Kind::Array(item) => {
            let item = owned(item);
            quote! { Vec<#item> }
        }
        Kind::Map => quote! { std::collections::BTreeMap<String, String> },
        Kind::Json => quote! { serde_json::Value },
    }
}

/// The type of an argument that sets the field.
pub(crate) fn argument(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Text | Kind::Enum(_) | Kind::Duration | Kind::Json | Kind::Model(_) => {
            let owned = owned(kind);
            quote! { impl Into<#owned> }
        }
        // An item is the model itself, so that `vec![]` and `collect()` have a type.
        Kind::Array(item) if matches!(**item, Kind::Model(_)) => {
            let item = owned(item);
            quote! { impl IntoIterator<Item = #item> }
        }
        Kind::Array(item) => {
            let item = argument(item);
            quote! { impl IntoIterator<Item = #item> }
        }
        Kind::Map => quote! { impl IntoIterator<Item = (impl Into<String>, impl Into<String>)> },
        _ => owned(kind),
    }
}

/// Returns true if the argument needs no conversion to the field's value.
pub(crate) fn is_itself(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::I32 | Kind::I64 | Kind::F64 | Kind::Bool | Kind::DateTime
    )
}

/// The field's value from the argument.
pub(crate) fn convert(kind: &Kind, name: &Ident) -> TokenStream {
    match kind {
        Kind::Text | Kind::Enum(_) | Kind::Duration | Kind::Json | Kind::Model(_) => {
            quote! { #name.into() }
        }
        Kind::Array(item) if is_itself(item) || matches!(**item, Kind::Model(_)) => {
            quote! { #name.into_iter().collect() }
        }
        Kind::Array(_) => quote! { #name.into_iter().map(Into::into).collect() },
        Kind::Map => quote! {
            #name.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
        },
        _ => quote! { #name },
    }
}
