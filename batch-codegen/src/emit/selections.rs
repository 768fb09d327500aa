//! Typed names for `$select`: a function for each definition that properties are selected from, and
//! a method for each property.

use proc_macro2::TokenStream;
use quote::quote;

use super::{docs, queries};
use crate::api::Api;
use crate::error::Result;
use crate::names::{ident, snake};

pub(crate) fn emit(api: &Api) -> Result<TokenStream> {
    queries::check_expand(api)?;
    let modules = queries::modules(api, queries::SELECT)?;
    let all = modules.into_iter().filter_map(|(definition, name)| {
        let model = api.model(definition)?;
        let (item, name) = (ident(definition), ident(&name));
        let text = format!(
            "Creates an empty selection of [`{definition}`](crate::models::{definition}); its methods add properties."
        );
        let intro = docs::attributes(&docs::paragraphs(&[text]));
        let methods = model.properties.iter().map(|property| {
            let (name, wire) = (ident(&snake(&property.client)), &property.wire);
            let field = snake(&property.client);
            let docs = format!(" Adds [`{wire}`](crate::models::{definition}::{field}).");
            quote! {
                #[doc = #docs]
                pub fn #name(self) -> Self {
                    self.with(#wire)
                }
            }
        });
        Some(quote! {
            #intro
            pub const fn #name() -> Selection<models::#item> {
                Selection::new()
            }

            impl Selection<models::#item> {
                #(#methods)*
            }
        })
    });
    Ok(quote! {
        #[allow(unused_imports)]
        use crate::{models, select::Selection};
        #(#all)*
    })
}
