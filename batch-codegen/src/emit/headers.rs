//! Typed response headers: accessors for those of every response, a struct for those of files.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs;
use crate::api::{Api, Header, Operation, Returns, Scalar};
use crate::error::{Error, Result};
use crate::names::{ident, snake};

pub(crate) fn emit(api: &Api) -> Result<TokenStream> {
    let mut common: BTreeMap<String, &Header> = BTreeMap::new();
    let mut file: BTreeMap<String, &Header> = BTreeMap::new();
    for operation in api.operations() {
        for header in &operation.headers {
            let place = if in_file_properties(operation, header) {
                &mut file
            } else {
                &mut common
            };
            let known = place.entry(header.name.to_lowercase()).or_insert(header);
            if known.scalar != header.scalar {
                return Err(Error::new(
                    "$.paths",
                    format!("the header {:?} has two types", header.name),
                ));
            }
        }
    }
    let accessors: Vec<TokenStream> = common.values().map(|header| accessor(header)).collect();
    let fields = file.values().map(|header| {
        let name = field(header);
        let decoded = if is_encoded(header) {
            "Decoded here."
        } else {
            ""
        };
        let text = docs::paragraphs(&[docs::prose(&header.docs), decoded.into()]);
        let docs = docs::attributes(&text);
        let kind = kind(header.scalar);
        quote! { #docs pub #name: Option<#kind>, }
    });
    let values = file.values().map(|header| {
        let name = field(header);
        let read = read(header, &quote! { headers });
        let owned = match header.scalar {
            Scalar::Text if !is_encoded(header) => quote! { #read.map(str::to_owned) },
            _ => read,
        };
        quote! { #name: #owned, }
    });
    Ok(quote! {
        use chrono::{DateTime, Utc};
        use reqwest::header::HeaderMap;

        use crate::wire::header;
        use crate::{RawResponse, Response};

        #[doc = " Headers that the service documents."]
        impl<T> Response<T> {
            #(#accessors)*
        }

        #[doc = " Headers that the service documents."]
        impl RawResponse {
            #(#accessors)*
        }

        #[doc = " Properties of a file, from the response headers. A property is `None` if the header is missing."]
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct FileProperties {
            #(#fields)*
        }

        impl FileProperties {
            pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
                Self { #(#values)* }
            }
        }
    })
}

/// Returns true if the header belongs to `FileProperties`; if not, every response has a method for
/// it.
pub(crate) fn in_file_properties(operation: &Operation, header: &Header) -> bool {
    let of_file = matches!(operation.returns, Returns::FileProperties | Returns::Bytes);
    of_file && is_of_file(&header.name)
}

fn is_of_file(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("ocp-") || name.starts_with("content-") || name == "last-modified"
}

/// `ocp-batch-file-isdirectory` → `is_directory`.
pub(crate) fn field(header: &Header) -> proc_macro2::Ident {
    let name = header.name.to_lowercase();
    let short = name
        .strip_prefix("ocp-batch-file-")
        .or_else(|| name.strip_prefix("ocp-"))
        .unwrap_or(&name);
    match short {
        "isdirectory" => ident("is_directory"),
        other => ident(&snake(other)),
    }
}

/// The only header whose value is percent-encoded; the description does not say so.
fn is_encoded(header: &Header) -> bool {
    header.name.eq_ignore_ascii_case("ocp-batch-file-url")
}

pub(crate) fn kind(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::Text => quote! { String },
        Scalar::Integer => quote! { i32 },
        Scalar::Long => quote! { i64 },
        Scalar::Boolean => quote! { bool },
        Scalar::DateTime | Scalar::HttpDate => quote! { DateTime<Utc> },
    }
}

fn read(header: &Header, headers: &TokenStream) -> TokenStream {
    let name = header.name.to_lowercase();
    match header.scalar {
        Scalar::Text if is_encoded(header) => {
            quote! { header::decoded(#headers, #name) }
        }
        Scalar::Text => quote! { header::text(#headers, #name) },
        Scalar::Integer | Scalar::Long => quote! { header::number(#headers, #name) },
        Scalar::Boolean => quote! { header::boolean(#headers, #name) },
        Scalar::DateTime | Scalar::HttpDate => quote! { header::date(#headers, #name) },
    }
}

/// `DataServiceId` → `data_service_id`.
pub(crate) fn accessor_name(header: &Header) -> proc_macro2::Ident {
    match header.name.to_lowercase().as_str() {
        "dataserviceid" => ident("data_service_id"),
        other => ident(&snake(other)),
    }
}

fn accessor(header: &Header) -> TokenStream {
    let name = accessor_name(header);
    let kind = match header.scalar {
        Scalar::Text => quote! { &str },
        other => kind(other),
    };
    let read = read(header, &quote! { self.headers() });
    let place = format!("The header `{}`.", header.name);
    let docs = docs::attributes(&docs::paragraphs(&[docs::prose(&header.docs), place]));
    quote! {
        #docs
        pub fn #name(&self) -> Option<#kind> {
            #read
        }
    }
}
