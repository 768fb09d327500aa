//! The versions of the API that the client speaks.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::api::{Api, Span};

pub(crate) fn emit(api: &Api) -> TokenStream {
    let names: Vec<Ident> = api.versions.iter().map(|version| name(version)).collect();
    let texts = &api.versions;
    let variants = names.iter().zip(texts).map(|(name, text)| {
        let default = if *text == api.version {
            ", the default"
        } else {
            ""
        };
        let docs = format!(" Version `{text}`{default}.");
        quote! { #[doc = #docs] #name }
    });
    let default = name(&api.version);
    quote! {
        use crate::wire::UnknownValue;

        #[doc = " Version of the Batch API that a client asks for."]
        #[doc = ""]
        #[doc = " Set it with [`ClientBuilder::api_version`](crate::ClientBuilder::api_version). Models and"]
        #[doc = " operations have what all versions have together; whatever is not in all of them says so in"]
        #[doc = " its documentation. Non-exhaustive: any other version is preserved in `Other`."]
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ApiVersion {
            #(#variants,)*
            #[doc = " Another version, unchanged. Its date says which operations it has."]
            Other(UnknownValue),
        }

        impl ApiVersion {
            #[doc = " The versions that this crate knows, the default first."]
            pub const VALUES: &'static [&'static str] = &[#(#texts),*];

            #[doc = " Returns the version as it is sent."]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#names => #texts,)*
                    Self::Other(version) => version.as_str(),
                }
            }
        }

        impl Default for ApiVersion {
            fn default() -> Self {
                Self::#default
            }
        }

        impl From<&str> for ApiVersion {
            fn from(version: &str) -> Self {
                match version {
                    #(#texts => Self::#names,)*
                    _ => Self::Other(UnknownValue::new(version)),
                }
            }
        }

        impl std::fmt::Display for ApiVersion {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    }
}

/// `2024-02-01.19.0` → `V2024_02_01`.
fn name(version: &str) -> Ident {
    let date = version.split('.').next().unwrap_or_default();
    format_ident!("V{}", date.replace('-', "_"))
}

/// Returns the arguments `since` and `until` of a check; an empty string stands for no limit.
pub(crate) fn limits(span: &Span) -> TokenStream {
    let (since, until) = (
        span.since.as_deref().unwrap_or_default(),
        span.until.as_deref().unwrap_or_default(),
    );
    quote! { #since, #until }
}
