//! Tables by which a retried add compares an existing resource with its request: one for each
//! definition that the body of an adding operation holds.
//!
//! Secrets and read-only properties are not in the tables, because responses do not hold them as
//! they were sent. The client reads the tables in `retry::comparison`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::api::facts::{LetterCase, Repeat, Source};
use crate::api::{Api, Kind, Model, Operation, Property};
use crate::error::{Error, Result};
use crate::names::{ident, screaming_snake};

pub(super) fn emit(api: &Api) -> Result<TokenStream> {
    let adding: Vec<&Operation> = api
        .operations()
        .filter(|operation| matches!(operation.repeat, Repeat::Adds { .. }))
        .collect();
    let bodies = adding
        .iter()
        .filter_map(|operation| operation.body.as_ref());
    let reached = api.reached(bodies.map(|body| body.model.as_str()));
    let tables = reached.iter().filter_map(|name| {
        let model = api.model(name)?;
        let (table, properties) = (table(name), properties(model));
        let copies = copies(model);
        Some(quote! {
            pub(crate) static #table: ModelComparison = ModelComparison {
                properties: &[#(#properties),*],
                copies: &[#(#copies),*],
            };
        })
    });
    let added = adding
        .into_iter()
        .map(|operation| {
            added(api, operation).ok_or_else(|| {
                let why = "`adds` in spec/repeats.json, and no operation of the group gets what it adds; make it `acts`";
                Error::new("$.paths", format!("{}: {why}", operation.id))
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        #[allow(unused_imports)]
        use crate::retry::effect::Added;
        #[allow(unused_imports)]
        use crate::retry::comparison::{ValueComparison, ModelComparison, CopiedProperty, Property};
        #(#added)*
        #(#tables)*
    })
}

/// The table by which an added resource is found and recognized.
fn added(api: &Api, operation: &Operation) -> Option<TokenStream> {
    let Repeat::Adds { exists } = &operation.repeat else {
        return None;
    };
    let (name, compared) = (
        ident(&screaming_snake(&operation.id)),
        table(&operation.body.as_ref()?.model),
    );
    let suffix = suffix(api, operation)?;
    Some(quote! {
        pub(crate) static #name: Added = Added {
            exists: &[#(#exists),*],
            suffix: #suffix,
            compared: &#compared,
        };
    })
}

/// Returns the part of a resource's URL that follows the URL it is added at, with properties of the
/// body in braces: `/{id}` for `/pools/{poolId}` and `/pools`. `None` if the group has no operation
/// that reads a single resource.
fn suffix(api: &Api, operation: &Operation) -> Option<String> {
    let group = operation.id.split('_').next()?;
    let get = api
        .operations()
        .find(|other| other.id == format!("{group}_Get"))?;
    let suffix = get.path.strip_prefix(&operation.path)?;
    let body = api.model(&operation.body.as_ref()?.model)?;
    let parameters = suffix
        .split('{')
        .skip(1)
        .filter_map(|part| Some(part.split_once('}')?.0));
    if parameters.clone().all(|name| body.property(name).is_some()) {
        return Some(suffix.to_owned());
    }
    body.property("id").filter(|_| parameters.count() == 1)?;
    Some("/{id}".to_owned())
}

/// The name of a definition's table.
pub(crate) fn table(definition: &str) -> Ident {
    ident(&screaming_snake(definition))
}

fn properties(model: &Model) -> impl Iterator<Item = TokenStream> {
    let compared = |p: &&Property| !p.read_only && p.secrecy.is_returned();
    model.properties.iter().filter(compared).map(|property| {
        let (name, by) = (&property.wire, by(property, &property.kind));
        let default = default(model, &property.wire).map(|json| quote! { .or(#json) });
        quote! { Property::new(#name, #by) #default }
    })
}

fn by(property: &Property, kind: &Kind) -> TokenStream {
    match kind {
        Kind::Text if property.letter_case != LetterCase::Exact => {
            quote! { ValueComparison::Caseless }
        }
        Kind::Text if is_url(&property.wire) => quote! { ValueComparison::Url },
        Kind::Text | Kind::Bool | Kind::Map | Kind::Json => quote! { ValueComparison::Value },
        Kind::Enum(_) => quote! { ValueComparison::Caseless },
        Kind::I32 | Kind::I64 | Kind::F64 => quote! { ValueComparison::Number },
        Kind::DateTime => quote! { ValueComparison::Time },
        Kind::Duration => quote! { ValueComparison::Duration },
        Kind::Model(name) => {
            let table = table(name);
            quote! { ValueComparison::Properties(&#table) }
        }
        Kind::Array(item) => {
            let item = by(property, item);
            quote! { ValueComparison::Items(&#item) }
        }
    }
}

/// Returns true for the properties that the service documents as URLs: it names them so.
fn is_url(wire: &str) -> bool {
    wire == "url" || wire.ends_with("Url")
}

/// Returns the JSON of a property's default.
fn default(model: &Model, wire: &str) -> Option<String> {
    let mut defaults = model.defaults.iter();
    let default = defaults.find(|default| default.path == [wire])?;
    match &default.value {
        Source::Value(value) => Some(value.to_string()),
        Source::Copies(_) | Source::AfterNow(_) => None,
    }
}

/// The properties that the service copies from others.
fn copies(model: &Model) -> impl Iterator<Item = TokenStream> {
    model.defaults.iter().filter_map(|default| {
        let Source::Copies(from) = &default.value else {
            return None;
        };
        let to = &default.path;
        Some(quote! { CopiedProperty { from: &[#(#from),*], to: &[#(#to),*] } })
    })
}
