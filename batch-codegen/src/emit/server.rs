//! Emits the API description as tables, by which the emulator routes and validates requests.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::api::facts::{Condition as When, LetterCase, Repeat, ServiceDefault, Source, System};
use crate::api::{self, Api, Kind, Operation, Parameter, Place, Property, Returns, Scalar};
use crate::error::{Error, Result};
use crate::names::{ident, pascal};

pub(crate) fn emit(api: &Api) -> Result<TokenStream> {
    let mut operations: Vec<&Operation> = api.operations().collect();
    // The emulator looks them up by binary search.
    operations.sort_by(|a, b| a.id.cmp(&b.id));
    let operations = operations
        .into_iter()
        .map(|o| operation(api, o))
        .collect::<Result<Vec<_>>>()?;
    let models = api.models.iter().map(|model| {
        let name = &model.name;
        let properties = model.properties.iter().map(|p| property(api, p));
        let defaults: Vec<_> = model
            .defaults
            .iter()
            .filter(|default| default.returned)
            .map(default)
            .collect();
        let defaults_call = (!defaults.is_empty()).then(|| quote! { .defaults(&[#(#defaults),*]) });
        quote! { Model::new(#name, &[#(#properties),*]) #defaults_call }
    });
    let late = late_values(api);
    let version = &api.version;
    let versions = &api.versions;
    let actions = actions(api);
    Ok(quote! {
        #[allow(unused_imports)]
        use crate::table::{
            Returns, Body, Condition, Default, DefaultValue, Kind, Model, Operation, Parameter, Property,
            Segment, Span,
        };

        #[doc = " Version of the Batch API that a client asks for by default."]
        pub(crate) const API_VERSION: &str = #version;

        #[doc = " All versions that the tables describe together, the oldest first."]
        pub(crate) const VERSIONS: &[&str] = &[#(#versions),*];

        #[doc = " Values of enums that only some versions have: all values of the enum, the value, and its"]
        #[doc = " versions."]
        pub(crate) const LATE_VALUES: &[(&[&str], &str, Span)] = &[#(#late),*];

        #actions

        #[doc = " The operations, ordered by id."]
        pub(crate) const OPERATIONS: &[Operation] = &[#(#operations),*];

        #[doc = " The definitions, ordered by name."]
        pub(crate) const MODELS: &[Model] = &[#(#models),*];
    })
}

/// Emits the operations as an enum, so that the emulator's match over them is exhaustive. A new
/// operation has no variant, and returns 501, until `spec/repeats.json` says what a repeat of it
/// does.
fn actions(api: &Api) -> TokenStream {
    let variants = api.decided.iter().map(|id| {
        let (name, docs) = (action(id), format!(" `{id}`."));
        quote! { #[doc = #docs] #name }
    });
    quote! {
        #[doc = " The operations that the emulator implements."]
        #[allow(dead_code, reason = "not every description has all of them")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum OperationId { #(#variants),* }
    }
}

fn action(id: &str) -> Ident {
    ident(&pascal(id))
}

/// Emits a default of the service.
fn default(source: &ServiceDefault) -> TokenStream {
    let path = &source.path;
    let value = match &source.value {
        Source::Value(value) => {
            let json = value.to_string();
            quote! { DefaultValue::Json(#json) }
        }
        Source::Copies(from) => quote! { DefaultValue::Copy(&[#(#from),*]) },
        Source::AfterNow(span) => quote! { DefaultValue::AfterNow(#span) },
    };
    let when = match &source.when {
        None => quote! { Condition::Always },
        Some(When::Equals(values)) => {
            let (names, values) = (values.keys(), values.values().map(ToString::to_string));
            quote! { Condition::Equals(&[#((#names, #values)),*]) }
        }
        Some(When::Absent(names)) => quote! { Condition::Absent(&[#(#names),*]) },
        Some(When::Pool(System::Windows)) => quote! { Condition::WindowsPool },
    };
    quote! { Default { path: &[#(#path),*], value: #value, when: #when } }
}

fn operation(api: &Api, source: &Operation) -> Result<TokenStream> {
    let (id, method) = (&source.id, source.method.to_uppercase());
    let segments = source.path.trim_start_matches('/').split('/').map(segment);
    let parameters = source
        .parameters
        .iter()
        .filter(|p| p.place != Place::Path)
        .map(parameter);
    let body = optional(source.body.as_ref().map(|body| {
        let (model, required) = (&body.model, body.required);
        quote! { Body { model: #model, required: #required } }
    }));
    let Some((success, _)) = source.success.first() else {
        return Err(Error::new("$.paths", format!("{id} has no success status")));
    };
    let returns = returns(api, source)?;
    let action = optional((source.repeat != Repeat::Todo).then(|| {
        let action = action(&source.id);
        quote! { OperationId::#action }
    }));
    let headers = source
        .headers
        .iter()
        .map(|header| header.name.to_lowercase());
    let span = span(&source.span);
    Ok(quote! {
        Operation {
            id: #id,
            action: #action,
            method: #method,
            path: &[#(#segments),*],
            parameters: &[#(#parameters),*],
            body: #body,
            success: #success,
            returns: #returns,
            headers: &[#(#headers),*],
            span: #span,
        }
    })
}

/// Emits the versions of an item.
fn span(source: &api::Span) -> TokenStream {
    if source.is_all() {
        return quote! { Span::ALL };
    }
    let (since, until) = (
        source.since.as_deref().unwrap_or_default(),
        source.until.as_deref().unwrap_or_default(),
    );
    quote! { Span::new(#since, #until) }
}

/// Emits the values of enums that only some versions have.
fn late_values(api: &Api) -> Vec<TokenStream> {
    let mut out = Vec::new();
    for source in &api.enums {
        let values: Vec<&str> = source.variants.iter().map(|v| v.value.as_str()).collect();
        for variant in source.variants.iter().filter(|v| !v.span.is_all()) {
            let (value, span) = (&variant.value, span(&variant.span));
            out.push(quote! { (&[#(#values),*], #value, #span) });
        }
    }
    out
}

/// Splits `certificates(thumbprint={thumbprint})` into its literal strings and its parameters.
fn segment(text: &str) -> TokenStream {
    let mut texts = Vec::new();
    let mut parameters = Vec::new();
    let mut rest = text;
    while let Some((before, (name, after))) = rest
        .split_once('{')
        .and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        texts.push(before);
        parameters.push(name);
        rest = after;
    }
    texts.push(rest);
    match (texts.as_slice(), parameters.as_slice()) {
        ([text], []) => quote! { Segment::text(&[#text]) },
        (["", ""], [name]) => quote! { Segment::parameter(&[#name]) },
        _ => quote! { Segment { texts: &[#(#texts),*], parameters: &[#(#parameters),*] } },
    }
}

fn parameter(source: &Parameter) -> TokenStream {
    let (name, header, required) = (&source.wire, source.place == Place::Header, source.required);
    let kind = match source.scalar {
        Scalar::Text => quote! { Kind::Text },
        Scalar::Integer => quote! { Kind::I32 },
        Scalar::Long => quote! { Kind::I64 },
        Scalar::Boolean => quote! { Kind::Bool },
        Scalar::DateTime => quote! { Kind::DateTime },
        Scalar::HttpDate => quote! { Kind::HttpDate },
    };
    let place = if header {
        quote! { header }
    } else {
        quote! { query }
    };
    let required = required.then(|| quote! { .required() });
    let range = range(source.minimum, source.maximum);
    let span = in_versions(&source.span);
    quote! { Parameter::#place(#name, #kind) #required #range #span }
}

fn range(minimum: Option<i64>, maximum: Option<i64>) -> Option<TokenStream> {
    if minimum.is_none() && maximum.is_none() {
        return None;
    }
    let (minimum, maximum) = (optional(minimum), optional(maximum));
    Some(quote! { .range(#minimum, #maximum) })
}

fn returns(api: &Api, source: &Operation) -> Result<TokenStream> {
    Ok(match &source.returns {
        Returns::Nothing => quote! { Returns::Nothing },
        Returns::Existence => quote! { Returns::Existence },
        Returns::FileProperties => quote! { Returns::FileProperties },
        Returns::Bytes => quote! { Returns::Bytes },
        Returns::Model(model) => quote! { Returns::Model(#model) },
        Returns::Page { model, items, next } => {
            let item = api
                .model(model)
                .and_then(|model| model.property(items))
                .and_then(|property| property.kind.model())
                .ok_or_else(|| Error::new("$.definitions", format!("{model} has no items")))?;
            quote! { Returns::Page { model: #model, items: #items, next: #next, item: #item } }
        }
    })
}

fn property(api: &Api, source: &Property) -> TokenStream {
    let (name, required, read_only) = (&source.wire, source.required, source.read_only);
    let kind = kind(api, &source.kind);
    let number = |text: &Option<String>| text.as_ref().and_then(|t| t.parse::<i64>().ok());
    let range = range(
        number(&source.bounds.minimum),
        number(&source.bounds.maximum),
    );
    let required = required.then(|| quote! { .required() });
    let read_only = read_only.then(|| quote! { .read_only() });
    let max_items = source
        .bounds
        .max_items
        .map(|most| quote! { .max_items(#most) });
    let secret = (!source.secrecy.is_returned()).then(|| quote! { .secret() });
    let unless = source.unless.as_ref().map(|(name, value)| {
        quote! { .unless(#name, #value) }
    });
    let case = (source.letter_case == LetterCase::Lowered).then(|| quote! { .lowered() });
    let span = in_versions(&source.span);
    let text = source.text_since.as_ref();
    let text = text.map(|first| quote! { .text_since(#first) });
    quote! {
        Property::new(#name, #kind) #required #read_only #secret #unless #case #range #max_items #span #text
    }
}

fn kind(api: &Api, source: &Kind) -> TokenStream {
    match source {
        Kind::Text => quote! { Kind::Text },
        Kind::I32 => quote! { Kind::I32 },
        Kind::I64 => quote! { Kind::I64 },
        Kind::F64 => quote! { Kind::F64 },
        Kind::Bool => quote! { Kind::Bool },
        Kind::DateTime => quote! { Kind::DateTime },
        Kind::Duration => quote! { Kind::Duration },
        Kind::Map => quote! { Kind::Map },
        Kind::Json => quote! { Kind::Json },
        Kind::Model(name) => quote! { Kind::Model(#name) },
        Kind::Array(item) => {
            let item = kind(api, item);
            quote! { Kind::Array(&#item) }
        }
        Kind::Enum(name) => {
            let found = api.enums.iter().find(|e| e.name == *name);
            let values = found
                .into_iter()
                .flat_map(|e| &e.variants)
                .map(|v| &v.value);
            quote! { Kind::Enum(&[#(#values),*]) }
        }
    }
}

fn in_versions(source: &api::Span) -> Option<TokenStream> {
    let span = (!source.is_all()).then(|| span(source))?;
    Some(quote! { .only(#span) })
}

fn optional<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    value.map_or_else(|| quote! { None }, |value| quote! { Some(#value) })
}
