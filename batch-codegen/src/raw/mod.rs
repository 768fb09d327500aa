//! *Raw*, beside the stages: the faithful OpenAPI document → the raw client, which builds requests.
//!
//! [`adapt`] removes from the document whatever progenitor would get wrong, `progenitor` generates
//! the client, and `patches` fix the problems that no document can avoid; one of them, `requests`,
//! rewrites the methods. The emitters of the typed client add the file to theirs, and call its
//! methods with the arguments recorded here.

pub mod adapt;
mod patches;
mod progenitor;
mod requests;

use openapiv3::OpenAPI;

use crate::error::Result;
use crate::tables::Tables;

/// A method of the raw client and its arguments, in order.
#[derive(Debug, Clone)]
pub(crate) struct RawMethod {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

/// The raw client as a syntax tree, and its methods.
pub(crate) struct RawClient {
    pub(crate) file: syn::File,
    pub(crate) methods: Vec<RawMethod>,
}

/// Generates the raw client of a description.
pub(crate) fn client(faithful: &OpenAPI, tables: &Tables) -> Result<RawClient> {
    let adapted = adapt::adapt_for(faithful, tables)?;
    let mut file = progenitor::generate(&adapted)?;
    patches::apply(&mut file, &adapted)?;
    let methods = patches::methods(&mut file)
        .map(|method| raw_method(method))
        .collect();
    Ok(RawClient { file, methods })
}

fn raw_method(method: &syn::ImplItemFn) -> RawMethod {
    let arguments = method.sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(argument) => match &*argument.pat {
            syn::Pat::Ident(name) => Some(name.ident.to_string()),
            _ => None,
        },
        syn::FnArg::Receiver(_) => None,
    });
    RawMethod {
        name: method.sig.ident.to_string(),
        arguments: arguments.collect(),
    }
}
