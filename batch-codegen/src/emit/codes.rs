//! Constants for the service's error codes, from `spec/error-codes.json` (the description names
//! none).

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs;
use crate::api::Api;
use crate::error::{Error, Result};
use crate::names::{ident, screaming_snake};

pub(crate) fn emit(api: &Api) -> Result<TokenStream> {
    let mut seen = BTreeSet::new();
    let mut constants = Vec::new();
    for code in &api.codes {
        let name = screaming_snake(&code.name);
        if !seen.insert(name.clone()) {
            return Err(Error::new(
                "error-codes.json",
                format!("two codes make the constant {name}"),
            ));
        }
        let status = code
            .status
            .map_or(String::new(), |s| format!(", with status {s}"));
        let place = format!("{}{status}.", code.kind.words());
        let docs = docs::attributes(&docs::paragraphs(&[docs::prose(&code.description), place]));
        let (name, value) = (ident(&name), &code.name);
        constants.push(quote! { #docs pub const #name: &str = #value; });
    }
    Ok(quote! { #(#constants)* })
}
