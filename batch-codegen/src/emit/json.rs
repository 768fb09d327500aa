//! Reading a model from a JSON object and writing it as one: a line for each property in each
//! direction. The loop around them is in `wire::object` of the client.

use proc_macro2::TokenStream;
use quote::quote;

use super::{enums, models, types};
use crate::api::{Api, Kind, Model, Property};
use crate::error::{Error, Result, step};
use crate::names::ident;

/// Properties are the bits of a `u64`.
const MOST: usize = 64;

pub(super) fn of_model(api: &Api, model: &Model) -> Result<TokenStream> {
    let at = step("$.definitions", &model.name);
    if model.properties.len() > MOST {
        let why = format!("a model of more than {MOST} properties cannot be read");
        return Err(Error::new(at, why));
    }
    let (name, text) = (ident(&model.name), &model.name);
    let wires = model.properties.iter().map(|property| &property.wire);
    let required = (0..MOST)
        .zip(&model.properties)
        .filter(|(_, property)| types::is_plain(model, property))
        .fold(0_u64, |bits, (index, _)| bits | 1 << index);
    let empty = empty(api, model);
    let reads = model
        .properties
        .iter()
        .enumerate()
        .map(|(index, property)| read(model, index, property))
        .collect::<Result<Vec<_>>>()?;
    let writes = model.properties.iter().map(|p| write(model, p));
    Ok(quote! {
        impl crate::wire::object::Model for #name {
            const NAME: &'static str = #text;
            const PROPERTIES: &'static [&'static str] = &[#(#wires),*];
            const REQUIRED: u64 = #required;

            fn empty() -> Self {
                #empty
            }

            fn read<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                property: usize,
                object: &mut A,
            ) -> Result<(), A::Error> {
                match property {
                    #(#reads)*
                    _ => {}
                }
                Ok(())
            }

            fn write<M: serde::ser::SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
                #(#writes)*
                Ok(())
            }
        }

        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::wire::object::deserialize(deserializer)
            }
        }

        impl serde::Serialize for #name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::wire::object::serialize(self, serializer)
            }
        }
    })
}

/// The model before its properties are read. Required properties get arbitrary values, which are
/// never visible.
fn empty(api: &Api, model: &Model) -> TokenStream {
    if models::has_default(model) {
        return quote! { Self::default() };
    }
    let fields = model.properties.iter().map(|property| {
        let field = types::field(property);
        let value = match &property.kind {
            _ if !types::is_plain(model, property) => quote! { None },
            Kind::Model(name) => {
                let name = ident(name);
                quote! { <#name as crate::wire::object::Model>::empty() }
            }
            Kind::Enum(name) => {
                let first = api.enums.iter().find(|source| source.name == *name);
                let first = first.and_then(|source| source.variants.first());
                let name = ident(name);
                if let Some(variant) = first {
                    let variant = ident(&enums::variant_name(variant));
                    quote! { #name::#variant }
                } else {
                    quote! { #name::from("") }
                }
            }
            _ => quote! { Default::default() },
        };
        quote! { #field: #value }
    });
    quote! { Self { #(#fields),* } }
}

fn read(model: &Model, index: usize, property: &Property) -> Result<TokenStream> {
    let field = types::field(property);
    let plain = types::is_plain(model, property);
    let value = match &property.kind {
        Kind::Model(_) if plain => {
            return Ok(quote! { #index => crate::wire::object::model(object, &mut self.#field)?, });
        }
        Kind::Model(_) => {
            return Ok(quote! {
                #index => crate::wire::object::optional_model(object, &mut self.#field)?,
            });
        }
        Kind::Text | Kind::Enum(_) if !plain => {
            return Ok(quote! { #index => crate::wire::object::text(object, &mut self.#field)?, });
        }
        Kind::DateTime if !plain => {
            return Ok(quote! { #index => crate::wire::object::time(object, &mut self.#field)?, });
        }
        Kind::Array(item) if matches!(**item, Kind::Model(_)) && plain => {
            quote! { object.next_value::<crate::wire::object::Models<_>>()?.0 }
        }
        Kind::Array(item) if matches!(**item, Kind::Model(_)) => {
            quote! { crate::wire::object::models(object)? }
        }
        Kind::I32 | Kind::I64 | Kind::F64 if plain => {
            quote! { object.next_value::<crate::wire::number::Number<_>>()?.0 }
        }
        Kind::I32 | Kind::I64 | Kind::F64 => quote! { crate::wire::object::number(object)? },
        Kind::DateTime => quote! { crate::wire::object::required_time(object)? },
        Kind::Array(item) if !matches!(**item, Kind::Text | Kind::Enum(_) | Kind::Duration) => {
            return Err(Error::new(
                step(&step("$.definitions", &model.name), &property.wire),
                format!("no lenient reading is written for an array of {item:?}"),
            ));
        }
        _ => quote! { object.next_value()? },
    };
    Ok(quote! { #index => self.#field = #value, })
}

fn write(model: &Model, property: &Property) -> TokenStream {
    let (field, wire) = (types::field(property), &property.wire);
    let time = property.kind == Kind::DateTime;
    match (types::is_plain(model, property), time) {
        (true, true) => quote! {
            crate::wire::object::put_time(object, #wire, Some(self.#field))?;
        },
        (true, false) => quote! { object.serialize_entry(#wire, &self.#field)?; },
        (false, true) => quote! {
            crate::wire::object::put_time(object, #wire, self.#field)?;
        },
        (false, false) => quote! { crate::wire::object::put(object, #wire, &self.#field)?; },
    }
}
