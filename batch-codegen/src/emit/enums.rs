//! Enums of the service: open (unknown values are preserved) and matched without regard to case.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs;
use crate::api::{Api, Enum, Variant};
use crate::error::{Error, Result};
use crate::names::{ident, pascal};

/// The variant for values that the description does not name.
const OTHER: &str = "Other";

pub(crate) fn emit(api: &Api) -> Result<TokenStream> {
    let enums = api.enums.iter().map(one).collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        use crate::wire::UnknownValue;
        #(#enums)*
    })
}

pub(crate) fn variant_name(variant: &Variant) -> String {
    pascal(&variant.name)
}

fn one(source: &Enum) -> Result<TokenStream> {
    let name = ident(&source.name);
    let docs = docs::attributes(&docs::paragraphs(&[
        docs::prose(&source.docs),
        "Non-exhaustive: a value that is not named here is preserved in `Other`.".into(),
    ]));
    let values: Vec<&str> = source.variants.iter().map(|v| v.value.as_str()).collect();
    let mut variants = Vec::new();
    let mut names = Vec::new();
    for variant in &source.variants {
        let rust = variant_name(variant);
        if rust == OTHER || names.iter().any(|known| *known == rust) {
            return Err(Error::new(
                &source.at,
                format!("the enum {} has two variants {rust:?} in Rust", source.name),
            ));
        }
        let variant_ident = ident(&rust);
        names.push(variant_ident.clone());
        let text = match variant.docs.as_str() {
            "" => format!("`{}`.", variant.value),
            text => docs::prose(text),
        };
        let span = variant.span.sentence().unwrap_or_default();
        let docs = docs::attributes(&docs::paragraphs(&[text, span]));
        variants.push(quote! { #docs #variant_ident });
    }
    let aliases = docs::aliases(&source.aliases);
    Ok(quote! {
        #docs
        #aliases
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
            #[doc = " A value that no [version](crate::ApiVersion) names, unchanged."]
            Other(UnknownValue),
        }

        impl #name {
            #[doc = " Known values, as the service spells them."]
            pub const VALUES: &'static [&'static str] = &[#(#values),*];

            #[doc = " Returns the value as the service spells it."]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#names => #values,)*
                    Self::Other(value) => value.as_str(),
                }
            }
        }

        impl From<&str> for #name {
            fn from(value: &str) -> Self {
                #(if value.eq_ignore_ascii_case(#values) { return Self::#names; })*
                Self::Other(UnknownValue::new(value))
            }
        }

        impl std::str::FromStr for #name {
            type Err = std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(value))
            }
        }

        impl std::fmt::Display for #name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for #name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::wire::open_enum::deserialize(deserializer)
            }
        }
    })
}
